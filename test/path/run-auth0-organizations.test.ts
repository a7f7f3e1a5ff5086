import { describe, expect, test } from 'vitest';
import {
  atVelt,
  auth0Id,
  idsOf,
  makeAuth0Runs,
  makeTenant,
  mapped,
  membersOf,
  organizations,
  roles,
} from '../support/auth0-runs.ts';

/** What listing a whole tenant takes. */
const ALL_RIGHTS = [
  ...['read:users', 'read:organizations', 'read:organization_members', 'read:organization_member_roles'],
  ...['read:organization_groups', 'read:organization_group_roles', 'read:groups', 'read:group_members'],
  ...['read:roles', 'read:connections'],
];

describe('a tenant with mapped organizations', () => {
  const everyone = {
    'velt-acme': { users: idsOf(1, 2, 3, 4, 5, 6), groups: { grp_1: idsOf(1, 6), rol_1: idsOf(1, 2) } },
    'velt-globex': { users: idsOf(6, 7, 8, 9), groups: { grp_1: idsOf(6) } },
  };

  test('comes to Velt with its roles and groups, and costs nothing the second time', async () => {
    const world = makeTenant();

    const first = await world.read();
    const before = { calls: world.calls.length, mirror: world.memory.scan('auth0') };
    const second = await world.read();

    expect(first).toMatchObject({ state: 'done', people: 12 });
    expect(atVelt(world)).toEqual(everyone);
    expect(second).toMatchObject({ state: 'done', queued: 0 });
    expect({ calls: world.calls.length, mirror: world.memory.scan('auth0') }).toEqual(before);
  });

  test('loses what ended without a webhook: a membership, a role, a place in a group', async () => {
    const world = makeTenant();
    await world.read();

    world.auth0.removeMember('org_2', auth0Id(6));
    world.auth0.unassignRole('org_1', auth0Id(2), 'rol_1');
    world.auth0.removeGroupMember('grp_1', { member_type: 'user', id: auth0Id(1) });
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 3 });
    expect(atVelt(world)).toEqual({
      'velt-acme': { users: idsOf(1, 2, 3, 4, 5, 6), groups: { grp_1: idsOf(6), rol_1: idsOf(1) } },
      'velt-globex': { users: idsOf(7, 8, 9), groups: { grp_1: [] } },
    });
  });

  test('loses an organization that was deleted without a webhook, after a read of everyone in it', async () => {
    const world = makeTenant();
    await world.read();

    world.auth0.deleteOrganization('org_2');
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 4 });
    expect(atVelt(world)).toEqual({ ...everyone, 'velt-globex': { users: [], groups: { grp_1: [] } } });
  });

  test('gets nobody back where they left an organization while they were blocked', async () => {
    const world = makeTenant();
    world.auth0.blockUser(auth0Id(6));
    await world.read();
    const before = atVelt(world);

    world.auth0.removeMember('org_2', auth0Id(6));
    world.auth0.unblockUser(auth0Id(6));
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(before['velt-acme']?.users).toEqual(idsOf(1, 2, 3, 4, 5));
    expect(atVelt(world)).toMatchObject({
      'velt-acme': { users: idsOf(1, 2, 3, 4, 5, 6), groups: { grp_1: idsOf(1, 6), rol_1: idsOf(1, 2) } },
      'velt-globex': { users: idsOf(7, 8, 9) },
    });
  });

  test('is not read once more for a role that the configuration leaves out of the lists', async () => {
    const world = makeTenant({ ...mapped, roles: { include: [] } });
    await world.read();

    await world.webhook(...world.auth0.assignRole('org_1', auth0Id(3), 'rol_1'));
    world.auth0.updateUser(auth0Id(3), { name: 'Ada' });
    const calls = world.auth0.calls.length;
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done' });
    expect(world.auth0.calls.slice(calls).some(({ path }) => path.includes('/users/'))).toBe(false);
  });

  test('loses a group that was deleted without a webhook', async () => {
    const world = makeTenant();
    await world.read();

    world.auth0.deleteGroup('grp_1');
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 2 });
    expect(atVelt(world)).toMatchObject({
      'velt-acme': { groups: { grp_1: [], rol_1: idsOf(1, 2) } },
      'velt-globex': { groups: { grp_1: [] } },
    });
  });

  test('keeps everyone when an organization is renamed out of the map, and they are too many', async () => {
    const world = makeAuth0Runs({
      people: 20,
      source: mapped,
      tenant: { organizations, members: membersOf('org_2', ...Array.from({ length: 20 }, (_, n) => n + 1)) },
    });
    await world.read();

    world.auth0.updateOrganization('org_2', { name: 'initech' });
    const run = await world.read();

    expect(run).toMatchObject({ state: 'stopped', losing: 20 });
    expect(atVelt(world)['velt-globex']?.users).toHaveLength(20);
  });

  test('keeps the members of an organization whose list was cut short', async () => {
    const world = makeTenant();
    await world.read();
    world.auth0.faults.add({
      path: /organizations\/org_1\/members/,
      answer: { kind: 'lost-next', items: 3 },
    });

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 3, asked: 3 });
    expect(atVelt(world)).toEqual(everyone);
  });

  test.each(['read:groups', 'read:organizations', 'read:group_members', 'read:organization_members'])(
    'keeps everyone when the right %s was taken away',
    async (scope) => {
      const world = makeTenant();
      await world.read();
      const rights = ALL_RIGHTS.filter((right) => right !== scope);
      world.auth0.grantScopes(rights);
      world.auth0.revokeTokens();

      const run = await world.read().catch((error) => error);

      expect(run).toSatisfy(({ state, code }) => state !== undefined || code === 'credentials');
      expect(atVelt(world)).toEqual(everyone);
    },
  );

  test('lets a role in an organization that somebody joins while the run goes on', async () => {
    const world = makeTenant();
    await world.read();
    const readPage = world.directory.readPage;
    world.directory.readPage = async (cursor) => {
      const page = await readPage(cursor);
      if (page.next === undefined) {
        world.time.now += 1_000;
        await world.webhook(...world.auth0.addMember('org_1', auth0Id(10)));
        await world.webhook(...world.auth0.assignRole('org_1', auth0Id(10), 'rol_1'));
      }
      return page;
    };

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(atVelt(world)['velt-acme']).toEqual({
      users: idsOf(1, 2, 3, 4, 5, 6, 10),
      groups: { grp_1: idsOf(1, 6), rol_1: idsOf(1, 2, 10) },
    });
  });
});

test('a role that ended without a webhook ends also in the last of more organizations than are asked about at a time', async () => {
  const many = Array.from({ length: 12 }, (_, n) => ({ id: `org_${n + 10}`, name: `o${n + 10}` }));
  const world = makeAuth0Runs({
    people: 12,
    source: { organization: Object.fromEntries(many.map(({ id }) => [id, `velt-${id}`])) },
    tenant: {
      ...{ organizations: many, roles, groups: [] },
      members: many.flatMap(({ id }) => membersOf(id, 1)),
      memberRoles: many.map(({ id }) => [id, auth0Id(1), 'rol_1'] as const),
    },
  });
  await world.read();
  const before = atVelt(world)['velt-org_21']?.groups.rol_1;

  world.auth0.unassignRole('org_21', auth0Id(1), 'rol_1');
  const run = await world.read();

  expect(run).toMatchObject({ state: 'done', losing: 1 });
  expect(before).toEqual(idsOf(1));
  expect(Object.values(atVelt(world)).filter(({ groups }) => groups.rol_1?.length === 1)).toHaveLength(11);
  expect(atVelt(world)['velt-org_21']?.groups.rol_1).toEqual([]);
});
