import { describe, expect, test } from 'vitest';
import { policiesOf, readConfig } from '../../lib/config.ts';
import type { VeltCall } from '../../local/doubles/velt/velt.ts';
import { makeDelivery } from '../support/delivery.ts';
import { membershipChange, personChange, recheck, second } from '../support/factories.ts';
import { makeOktaRuns, person } from '../support/okta-runs.ts';
import { joins as listedPerson, makeReadBack, oktaOf } from '../support/read-back.ts';

const access = [{ group: 'Contractors', role: 'viewer' }];
const grants = [
  { group: 'Contractors', folderId: 'deals', role: 'viewer' },
  { group: 'Leads', folderId: 'deals' },
];
const oktaWith = (source: object) => ({ okta: { kind: 'okta', organization: 'acme', ...source } });
const name = 'Ada Example';
const ada = personChange({ exists: true, profile: { name } });
const inGroup = (group: string, at: number, member = true) =>
  membershipChange({
    ...{ id: `${group} ${at}`, at: second(at), member },
    container: { kind: 'group', id: `00g${group}`, name: group },
  });
const role = (userId: string, accessRole?: string) => ({ userId, name, ...(accessRole && { accessRole }) });

const email = 'one@example.com';
const photoUrl = 'https://images.example.com/1.png';

/** The calls about users since the n-th call, each with its body. */
const ofUsers = (calls: VeltCall[], since = 0) =>
  calls
    .slice(since)
    .filter(({ path }) => path.includes('/users/') && !path.includes('usergroups'))
    .map(({ path, body }) => [path, (body as { data: object }).data]);

describe('a role by group', () => {
  test('comes with whoever comes, by v2', async () => {
    const { run, calls, roles } = makeDelivery(oktaWith({ access }));

    await run(inGroup('Contractors', 1), ada);
    await run(personChange({ personId: 'bob', exists: true, profile: { name } }));

    const both = (users: object[]) => [
      ['/v2/users/add', { organizationId: 'acme', createOrganization: true, users }],
      ['/v2/users/update', { organizationId: 'acme', users }],
    ];
    expect(ofUsers(calls)).toEqual([...both([role('ada', 'viewer')]), ...both([role('bob', 'editor')])]);
    expect(roles().acme?.here).toEqual({ ada: 'viewer', bob: 'editor' });
  });

  test('of two who are one user comes with the profile of one of them, and never with a part of each', async () => {
    const { run, state } = makeDelivery(oktaWith({ userId: 'email', access }));
    await run(personChange({ personId: 'bob', exists: true, profile: { name: 'Bob', email } }));
    await run(personChange({ personId: 'ada', exists: true, profile: { name: 'Ada', email, photoUrl } }));

    await run({ ...inGroup('Contractors', 2), personId: 'bob' });

    expect(state()?.users[email]).toEqual({ name: 'Bob', email, accessRole: 'viewer' });
  });

  test.each(['added', 'already-exists'] as const)(
    'comes also to whom somebody else put there, where an add of them is answered: %s',
    async (repeatAdd) => {
      const { run, double } = makeReadBack({
        ...{ sources: { okta: oktaOf('acme', { access }) }, options: { repeatAdd } },
      });
      double.byHand.add('acme', { userId: 'ada', name });

      await run(ada, inGroup('Contractors', 1));

      expect(double.roles().acme?.here).toEqual({ ada: 'viewer' });
    },
  );

  test('changes by one update, down when the group is joined, and up when it is left', async () => {
    const { run, calls, roles } = makeDelivery(oktaWith({ access }));
    await run(ada);

    const steps = [inGroup('Contractors', 2), inGroup('Contractors', 2), inGroup('Contractors', 3, false)];
    const seen = [];
    for (const step of steps) {
      const before = calls.length;
      await run(step);
      seen.push([ofUsers(calls, before), roles().acme?.here?.ada]);
    }

    const update = (accessRole: string) => [
      '/v2/users/update',
      { organizationId: 'acme', users: [role('ada', accessRole)] },
    ];
    expect(seen).toEqual([
      [[update('viewer')], 'viewer'],
      [[], 'viewer'],
      [[update('editor')], 'editor'],
    ]);
  });

  test('changes in a folder by itself, and there only', async () => {
    const { run, calls, roles } = makeDelivery(oktaWith({ grants }));
    await run(ada, inGroup('Contractors', 1));
    const before = calls.length;

    await run(inGroup('Leads', 2));

    expect(ofUsers(calls, before)).toEqual([
      ['/v2/users/update', { organizationId: 'acme', folderId: 'deals', users: [role('ada', 'editor')] }],
    ]);
    expect(roles().acme).toMatchObject({ here: { ada: 'editor' }, deals: { ada: 'editor' } });
  });

  test('is given again to whom somebody took away by hand', async () => {
    const { run, gone, time, memory, roles } = makeDelivery(oktaWith({ access, grants }));
    await run(ada, inGroup('Leads', 1));
    gone('acme', 'ada');

    await run(inGroup('Contractors', 2));
    // Velt said of an update that there is nobody: that is tried again like everything that it refuses.
    time.now += 6 * 60_000;
    expect(memory.due(time.now, 9)).toHaveLength(1);
    await run(recheck({ of: { kind: 'person', id: 'ada' }, reason: 'sweep' as never }));

    expect(roles().acme).toMatchObject({ here: { ada: 'viewer' }, deals: { ada: 'editor' } });
  });

  test('is told less and less often where Velt finds nobody to update, in the organization and in a folder', async () => {
    const { run, calls, faults, time } = makeDelivery(oktaWith({ access, grants }));
    faults.add({
      match: { path: '/v2/users/update' },
      answer: { kind: 'refuse-item', reason: 'User does not exist.' },
    });
    await run(ada, inGroup('Contractors', 1));

    for (let hour = 0; hour < 48; hour += 1) {
      time.now += 60 * 60_000;
      await run(recheck({ of: { kind: 'person', id: 'ada' }, reason: 'sweep' as never }));
    }

    // After 5, 10, 20, … minutes, up to a day, in each of the two: not at each of the 48 looks.
    const updates = ofUsers(calls).filter(([path]) => path === '/v2/users/update');
    expect(updates.length).toBeLessThan(2 * 12);
  });

  test('never goes by v1, and is never left out where attributes are refused', async () => {
    const { run, roles, faults, state } = makeDelivery(oktaWith({ access }));
    faults.add({ match: { attribute: 'photoUrl' }, answer: { kind: 'refuse-item', reason: 'no' } });

    await run(
      inGroup('Contractors', 1),
      personChange({ exists: true, profile: { name, photoUrl: 'https://images.example.com/ada.png' } }),
    );

    expect(roles().acme?.here).toEqual({ ada: 'viewer' });
    expect(state()?.users.ada).toEqual({ name, accessRole: 'viewer' });
  });

  test('of two people who are one user is the one of who stays', async () => {
    const sources = { ...oktaWith({ access, userId: 'email' }) };
    const { run, roles } = makeDelivery(sources);
    const profile = { name, email: 'ada@example.com' };
    await run(personChange({ exists: true, profile }));
    await run(personChange({ personId: 'bob', exists: true, profile }), {
      ...inGroup('Contractors', 1),
      personId: 'bob',
    });

    await run(personChange({ at: second(3), exists: false }));

    expect(roles().acme?.here).toEqual({ 'ada@example.com': 'viewer' });
  });

  test('of two people who are one user is the one of who stays in a folder as well', async () => {
    const { run, roles } = makeDelivery(oktaWith({ grants, userId: 'email', groups: { include: [] } }));
    const profile = { name, email: 'ada@example.com' };
    await run(personChange({ personId: 'bob', exists: true, profile }), {
      ...inGroup('Contractors', 1),
      personId: 'bob',
    });
    await run(personChange({ exists: true, profile }), inGroup('Leads', 1));
    const both = roles().acme?.deals;

    await run(inGroup('Leads', 3, false));

    expect([both, roles().acme?.deals]).toEqual([
      { 'ada@example.com': 'editor' },
      { 'ada@example.com': 'viewer' },
    ]);
  });

  test.each([
    ['an organization', {}, { access }, 'here'],
    ['a folder', { grants: [{ folderId: 'deals' }] }, { grants }, 'deals'],
  ])(
    'in %s is one of editors for who stays, of a source without rules',
    async (_where, silent, giving, place) => {
      const byEmail = { kind: 'okta', organization: 'acme', userId: 'email' };
      const { run, roles } = makeDelivery({
        okta: { ...byEmail, ...giving },
        partners: { ...byEmail, ...silent },
      });
      const profile = { name, email: 'ada@example.com' };
      await run(personChange({ exists: true, profile }), inGroup('Contractors', 1));
      const alone = roles().acme?.[place];
      await run(personChange({ source: 'partners', exists: true, profile }));

      await run(personChange({ at: second(3), exists: false }));

      expect([alone, roles().acme?.[place]]).toEqual([
        { 'ada@example.com': 'viewer' },
        { 'ada@example.com': 'editor' },
      ]);
    },
  );
});

describe('roles that the configuration gives no more', () => {
  test('make editors of whoever was told one, and are told nobody else', async () => {
    const { run, calls, roles, deps } = makeDelivery(oktaWith({ access }));
    await run(ada, inGroup('Contractors', 1));
    deps.policies = policiesOf(readConfig({ sources: oktaWith({}) }));
    const before = calls.length;

    await run(inGroup('Leads', 2));
    await run(inGroup('Sales', 3));
    await run(personChange({ personId: 'bob', exists: true, profile: { name } }));

    expect(ofUsers(calls, before).map(([path, data]) => [path, (data as { users: object[] }).users])).toEqual(
      [
        ['/v2/users/update', [role('ada', 'editor')]],
        ['/v2/users/add', [role('bob')]],
      ],
    );
    expect(roles().acme?.here).toEqual({ ada: 'editor', bob: 'editor' });
  });
});

describe('a run under a configuration with roles', () => {
  const everyone = Array.from({ length: 20 }, (_, n) => n + 1);
  const strict = { removalShare: 0, removalsAtLeast: 0 };

  test('tells everybody theirs in one call, and takes nothing from anybody by that', async () => {
    const world = makeOktaRuns({ people: 20, groups: { '00gEng': everyone.slice(1) }, reconcile: strict });
    await world.read();
    const before = world.calls.length;

    world.reconfigure({ access: [{ group: 'Group 00gEng', role: 'viewer' }] });
    const run = await world.read();
    const after = world.calls.length;
    const again = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(world.calls.slice(before, after).map(({ path }) => path)).toEqual(['/v2/users/update']);
    expect([again, world.calls.length]).toMatchObject([{ state: 'done', queued: 0 }, after]);
    const roles = Object.values(world.roles().acme?.here ?? {});
    expect(Map.groupBy(roles, (one) => one).get('viewer')).toHaveLength(19);
  });

  test('finds who left a group without a word, and is not stopped by that', async () => {
    const world = makeOktaRuns({
      ...{ people: 20, groups: { '00gEng': everyone }, reconcile: strict },
      source: { groups: { include: [] }, access: [{ group: 'Group 00gEng', role: 'viewer' }] },
    });
    await world.read();

    for (const n of everyone.slice(1)) world.okta.removeMember('00gEng', person(n).id);
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(Object.values(world.roles().acme?.here ?? {}).filter((one) => one === 'viewer')).toHaveLength(1);
  });
});

describe('a read-back', () => {
  const people = ['ada', 'bob', 'cleo'].map((id) => listedPerson(id));
  const contractor = { ...inGroup('Contractors', 1), personId: 'bob' };

  test('gives a role back that somebody changed by hand', async () => {
    const { run, repair, double } = makeReadBack({ sources: { okta: oktaOf('acme', { access }) } });
    await run(...people, contractor);
    double.byHand.setRole('acme', 'bob', 'editor');

    const drift = [await repair(), await repair()];

    expect(drift).toMatchObject([{ changed: 1 }, { changed: 0, confirmed: 4 }]);
    expect(double.roles().acme?.here).toEqual({ ada: 'editor', bob: 'viewer', cleo: 'editor' });
  });

  test.each([
    ['where the configuration gives none', {}, {}],
    ['where Velt lists none', { access }, { listsRoles: false }],
  ])('leaves roles alone %s', async (_where, source, options) => {
    const { run, look, double } = makeReadBack({ sources: { okta: oktaOf('acme', source) }, options });
    await run(...people, contractor);
    double.byHand.setRole('acme', 'ada', 'viewer');

    expect(await look()).toMatchObject({ changed: 0, confirmed: 4 });
  });
});
