import { expect, test } from 'vitest';
import { innerOf } from '../../lib/directory/entry.ts';
import { preview } from '../../lib/reconcile/preview.ts';
import { makeOktaRuns, person } from '../support/okta-runs.ts';

test.each<[string, Record<string, unknown>]>([
  ['as it is by default', {}],
  [
    'with groups, roles and folders',
    {
      groups: { include: ['Group 00gEng'] },
      access: [{ group: 'Group 00gEng', role: 'viewer' }],
      grants: [{ group: 'Group 00gEng', folderId: 'specs', role: 'viewer' }, { documentId: 'all' }],
    },
  ],
  ['of some', { users: { groups: ['Group 00gEng'] } }],
  ['by address, of nothing but ids', { profile: 'ids', userId: 'profile.costCenter', api: {} }],
])('everybody is previewed as a delivery then tells Velt: %s', async (_what, source) => {
  const world = makeOktaRuns({ people: 5, source });
  world.okta.suspend(person(4).id);
  world.okta.updateProfile(person(1).id, { costCenter: 'CC-1' });
  const deps = {
    config: world.depsOf().config,
    clock: world.clock,
    connect: () => world.directories,
    mirror: world.deps.mirror,
  };
  const shown = await Promise.all(
    [1, 2, 3, 4, 5].map((n) => preview('okta', { person: person(n).id }, deps)),
  );
  expect([world.calls.length, world.queued]).toEqual([0, []]);

  await world.read();

  const people = shown.flatMap((one) => one.people);
  const { users = {}, groups = {}, folders = {}, documents = {} } = world.state() ?? {};
  const told = people.flatMap(({ user }) => (user ? [[user.userId, user.name]] : []));
  const inGroup = people.flatMap(({ user, memberships }) =>
    user && memberships.some(({ outcomes }) => outcomes.some(({ becomes }) => becomes === 'group'))
      ? [user.userId]
      : [],
  );
  const inPlace = (id: string) =>
    people.flatMap(({ user, places }) =>
      user && places.some(({ scope }) => scope.folderId === id || scope.documentId === id)
        ? [user.userId]
        : [],
    );
  expect(Object.entries(users).map(([id, { name }]) => [id, name])).toEqual(told);
  expect((groups['00gEng']?.members ?? []).toSorted()).toEqual(inGroup);
  expect([folders.specs ?? [], documents.all ?? []].map((ids) => ids.toSorted())).toEqual([
    inPlace('specs'),
    inPlace('all'),
  ]);
  const roles = Object.fromEntries(
    people.flatMap(({ user, places }) => {
      const role = places.find(({ scope }) => innerOf(scope) === undefined)?.role;
      // Velt's own for whoever is told none.
      return user ? [[user.userId, role ?? 'editor']] : [];
    }),
  );
  expect(world.roles().acme?.here ?? {}).toEqual(roles);
});
