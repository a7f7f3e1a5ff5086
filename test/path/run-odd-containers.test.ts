import { describe, expect, test } from 'vitest';
import { WorldFault } from '../../lib/errors.ts';
import { makePlan } from '../../lib/reconcile/plan.ts';
import { auth0Id, makeAuth0Runs, mapped } from '../support/auth0-runs.ts';
import { everyone, idsOf, makeOktaRuns, person, runOf } from '../support/okta-runs.ts';
import { answerOtherwise } from '../support/other-answers.ts';

type Item = { id: string };

/** From now on a double shows this at the place of a thing with this id in every answer at this path. */
function spoil(double: object, path: RegExp, id: string, odd: (item: object) => unknown): void {
  const shown = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(shown);
    if (typeof part !== 'object' || part === null) return part;
    const item = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, shown(value)]));
    return (part as Item).id === id ? odd(item) : item;
  };
  answerOtherwise(double, path, shown);
}

type World = ReturnType<typeof makeAuth0Runs>;

const without = (name: string) => (item: object) =>
  Object.fromEntries(Object.entries(item).filter(([key]) => key !== name));
const withoutId = without('id');

describe('a group of twelve without an id in the list of groups, for ever,', () => {
  /** One leaves who is in none of these groups. */
  async function makeOdd(more: Record<string, number[]> = {}, source: Record<string, unknown> = {}) {
    const groups = { '00gOdd': everyone(1, 12), ...more };
    const world = makeOktaRuns({ people: 30, groups, source });
    await world.read();
    world.okta.deleteUser(person(30).id);
    const members = (id: string) => world.state()?.groups[id]?.members.toSorted();
    return { ...world, members };
  }

  test.each([
    ['and alone', /groups/],
    ['but not alone', /groups\?/],
  ])('%s, keeps its members, and somebody else leaves', async (_where, path) => {
    const world = await makeOdd();
    spoil(world.okta, path, '00gOdd', withoutId);

    const runs = [runOf(await world.read()), runOf(await world.read())];

    expect(runs).toMatchObject([
      { state: 'done', losing: 1, asked: 1 },
      { state: 'done', losing: 0, asked: 0 },
    ]);
    expect(world.members('00gOdd')).toEqual(idsOf(everyone(1, 12)));
    expect(world.users()).toHaveLength(29);
  });

  test('keeps them at Velt where it decides who is mirrored, and another group loses who left it', async () => {
    const more = { '00gFew': everyone(13, 30) };
    const world = await makeOdd(more, { users: { groups: ['Group *'] } });
    spoil(world.okta, /groups/, '00gOdd', withoutId);

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done', losing: 1, people: 29 });
    expect(world.users().toSorted()).toEqual(idsOf(everyone(1, 29)));
  });

  test('costs nobody anything who is in a group that is gone meanwhile: they leave that one', async () => {
    const world = await makeOdd({ '00gGone': [13, 14] });
    spoil(world.okta, /groups/, '00gOdd', withoutId);
    world.okta.deleteGroup('00gGone');

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done', losing: 3 });
    expect([world.members('00gOdd'), world.members('00gGone')]).toEqual([idsOf(everyone(1, 12)), []]);
  });

  test('lets nobody slip through the breaker by being gone itself', async () => {
    const world = await makeOdd({ '00gOther': [13] });
    spoil(world.okta, /groups/, '00gOther', withoutId);
    world.okta.deleteGroup('00gOdd');

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'stopped', losing: 13 });
    expect(world.members('00gOdd')).toEqual(idsOf(everyone(1, 12)));
    expect(world.users()).toHaveLength(30);
  });

  test('nor where several small ones are gone', async () => {
    const small = { '00gA': [13, 14, 15], '00gB': [16, 17, 18], '00gC': [19, 20, 21] };
    const world = await makeOdd(small);
    spoil(world.okta, /groups/, '00gOdd', withoutId);
    for (const id of Object.keys(small)) world.okta.deleteGroup(id);

    expect(runOf(await world.read())).toMatchObject({ state: 'stopped', losing: 10 });
  });

  test('is in no plan', async () => {
    const world = await makeOdd();
    spoil(world.okta, /groups/, '00gOdd', withoutId);

    const plan = await makePlan('okta', world.depsOf());

    expect(plan.run.reason).toBeUndefined();
    expect(plan.items.filter(({ lost }) => lost)).toHaveLength(1);
  });

  test('is asked for once a run, whoever goes on with it', async () => {
    const world = await makeOdd({ '00gGone': [13] });
    spoil(world.okta, /groups/, '00gOdd', withoutId);
    world.okta.deleteGroup('00gGone');
    const asked: string[] = [];
    const { readGroup } = world.directory;
    world.directory.readGroup = async (id) => {
      asked.push(id);
      return readGroup(id);
    };
    const { mirror } = world.deps;
    const scan = async (...place: Parameters<typeof mirror.scan>) => {
      if (asked.length > 0) throw new WorldFault('mirror', 'no answer');
      return mirror.scan(...place);
    };

    await expect(world.readOnly({ mirror: { ...mirror, scan } })).rejects.toThrow('no answer');
    const run = runOf(await world.readOnly({}, { resume: true }));

    expect(run).toMatchObject({ state: 'done', losing: 2 });
    expect(asked.toSorted()).toEqual(['00gGone', '00gOdd']);
  });

  test('costs nothing where it gets no answer alone, while the directory is there', async () => {
    const world = await makeOdd();
    spoil(world.okta, /groups\?/, '00gOdd', withoutId);
    world.okta.faults.add({ path: /groups\/00gOdd$/, answer: { kind: 'status', status: 500 } });

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done', losing: 1 });
    expect(world.members('00gOdd')).toEqual(idsOf(everyone(1, 12)));
  });
});

test('a run ends whose lists name none of many groups that get no answer alone, be there time to ask for few', async () => {
  const ids = everyone(1, 14).map((n) => `00g${n}`);
  const world = makeOktaRuns({ groups: Object.fromEntries(ids.map((id, n) => [id, [n + 1]])) });
  await world.read();
  for (const id of ids) {
    spoil(world.okta, /groups\?/, id, withoutId);
    world.okta.faults.add({ path: new RegExp(`groups/${id}$`), answer: { kind: 'status', status: 500 } });
  }

  await expect(world.readOnly({}, {}, 300_000)).rejects.toThrow('Okta answered 500');
  const run = runOf(await world.readOnly({}, { resume: true }, 300_000));

  expect(run).toMatchObject({ state: 'done', losing: 0 });
});

test('a group that decides and has no usable name any more keeps its members at Velt', async () => {
  const groups = { '00gOdd': everyone(1, 12), '00gFew': everyone(13, 30) };
  const world = makeOktaRuns({ people: 30, groups, source: { users: { groups: ['Group *'] } } });
  await world.read();
  world.okta.deleteUser(person(30).id);
  spoil(world.okta, /groups/, '00gOdd', (item) => ({ ...item, profile: { name: 7 } }));

  const run = runOf(await world.read());

  expect(run).toMatchObject({ state: 'done', losing: 1, people: 29 });
  expect(world.users().toSorted()).toEqual(idsOf(everyone(1, 29)));
});

describe('of an Auth0 tenant', () => {
  const inOrganization = (id: string, from: number, to: number) =>
    everyone(from, to).map((n) => [id, auth0Id(n)] as const);

  /** Twelve in the first organization, of whom all have a role and are in a group; one of the second leaves the tenant. */
  async function makeTenant() {
    const world = makeAuth0Runs({
      people: 30,
      source: mapped,
      tenant: {
        organizations: [
          { id: 'org_1', name: 'acme' },
          { id: 'org_2', name: 'globex' },
        ],
        roles: [
          { id: 'rol_1', name: 'editor' },
          { id: 'rol_2', name: 'admin' },
        ],
        members: [...inOrganization('org_1', 1, 12), ...inOrganization('org_2', 13, 30)],
        memberRoles: [
          ...everyone(1, 12).map((n) => ['org_1', auth0Id(n), 'rol_1'] as const),
          ['org_1', auth0Id(1), 'rol_2'],
        ],
        groups: [{ id: 'grp_1', type: 'tenant', name: 'Engineers' }],
        groupMembers: everyone(1, 12).map(
          (n) => ['grp_1', { member_type: 'user' as const, id: auth0Id(n) }] as const,
        ),
      },
    });
    await world.read();
    world.auth0.deleteUser(auth0Id(30));
    const usersOf = (id: string) => Object.keys(world.organizations()[id]?.users ?? {}).toSorted();
    const membersOf = (id: string) => world.organizations()['velt-acme']?.groups[id]?.members.toSorted();
    return { ...world, usersOf, membersOf };
  }

  test.each([
    ['organization', 'org_1', /organizations/],
    ['organization in lists', 'org_1', /organizations\?/],
    ['role', 'rol_1', /roles/],
    ['group', 'grp_1', /groups/],
  ])('an odd %s keeps its twelve, and somebody else leaves', async (_what, id, path) => {
    const world = await makeTenant();
    spoil(world.auth0, path, id, withoutId);

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done', losing: 1 });
    expect(world.usersOf('velt-acme')).toEqual(everyone(1, 12).map(auth0Id));
    expect(world.membersOf('rol_1')).toEqual(everyone(1, 12).map(auth0Id));
    expect(world.membersOf('grp_1')).toEqual(everyone(1, 12).map(auth0Id));
    expect(world.usersOf('velt-globex')).toEqual(everyone(13, 29).map(auth0Id));
  });

  test.each([
    ['in the list of groups', (world: World) => spoil(world.auth0, /groups/, 'grp_1', withoutId)],
    [
      'in the list of its members',
      (world: World) =>
        world.auth0.faults.add({ path: /grp_1\/members/, answer: { kind: 'status', status: 500 } }),
    ],
  ])('a group that decides and is odd %s keeps nobody who was deleted', async (_where, become) => {
    const groupMembers = everyone(1, 12).map(
      (n) => ['grp_1', { member_type: 'user' as const, id: auth0Id(n) }] as const,
    );
    const groups = [{ id: 'grp_1', type: 'tenant' as const, name: 'Engineers' }];
    const world = makeAuth0Runs({
      source: { users: { groups: ['Engineers'] } },
      tenant: { groups, groupMembers },
    });
    await world.read();
    become(world);
    world.auth0.deleteUser(auth0Id(3));

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done' });
    expect(world.users().toSorted()).toEqual(
      everyone(1, 12)
        .filter((n) => n !== 3)
        .map(auth0Id),
    );
  });

  test('an organization that is gone counts, be another one odd', async () => {
    const world = await makeTenant();
    spoil(world.auth0, /organizations\?/, 'org_2', withoutId);
    world.auth0.deleteOrganization('org_1');

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'stopped', losing: 13 });
    expect(world.usersOf('velt-acme')).toHaveLength(12);
  });

  test('a role that one of them lost is over, be another one of somebody else odd', async () => {
    const world = await makeTenant();
    spoil(world.auth0, /roles/, 'rol_2', withoutId);
    world.auth0.unassignRole('org_1', auth0Id(3), 'rol_1');

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done', losing: 2 });
    expect(world.membersOf('rol_1')).toEqual(
      everyone(1, 12)
        .filter((n) => n !== 3)
        .map(auth0Id),
    );
    expect(world.membersOf('rol_2')).toEqual([auth0Id(1)]);
  });
});
