import { describe, expect, test } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import type { Change } from '../../lib/directory/change.ts';
import { auth0Error } from '../../local/doubles/auth0/error.ts';
import { auth0Id, makeAuth0Reading } from '../support/auth0-reading.ts';
import { recheck } from '../support/factories.ts';

const idsOf = (...numbers: number[]) => numbers.map(auth0Id);
const membersOf = (organization: string, ...numbers: number[]) =>
  numbers.map((n) => [organization, auth0Id(n)] as const);

const organizations = [
  { id: 'org_1', name: 'acme' },
  { id: 'org_2', name: 'globex' },
];
const mapped = { organization: { org_1: 'velt-acme', globex: 'velt-globex' } };
const roles = [{ id: 'rol_1', name: 'editor' }];

/** What reading a tenant whole takes. */
const ALL_RIGHTS = [
  ...['read:users', 'read:organizations', 'read:organization_members', 'read:organization_member_roles'],
  ...['read:organization_groups', 'read:organization_group_roles', 'read:groups', 'read:group_members'],
  ...['read:roles', 'read:connections'],
];

/** Who is in which Velt organization, and in which of its groups. */
function atVelt({ organizations }: Pick<ReturnType<typeof makeAuth0Reading>, 'organizations'>) {
  return Object.fromEntries(
    Object.entries(organizations()).map(([id, { users, groups }]) => [
      id,
      {
        users: Object.keys(users).sort(),
        groups: Object.fromEntries(
          Object.entries(groups).map(([group, { members }]) => [group, [...members].sort()]),
        ),
      },
    ]),
  );
}

/** Two organizations, a role in one of them, a group of the tenant. */
function makeTenant(source: Record<string, unknown> = mapped) {
  return makeAuth0Reading({
    people: 12,
    source,
    tenant: {
      organizations,
      roles,
      members: [...membersOf('org_1', 1, 2, 3, 4, 5, 6), ...membersOf('org_2', 6, 7, 8, 9)],
      memberRoles: [
        ['org_1', auth0Id(1), 'rol_1'],
        ['org_1', auth0Id(2), 'rol_1'],
      ],
      groups: [{ id: 'grp_1', type: 'tenant', name: 'Engineers' }],
      groupMembers: [1, 6, 12].map(
        (n) => ['grp_1', { member_type: 'user' as const, id: auth0Id(n) }] as const,
      ),
    },
  });
}

describe('a tenant with one Velt organization for everyone', () => {
  test('of more than a thousand users is read whole, and costs nothing the second time', async () => {
    const world = makeAuth0Reading({ people: 1_130 });

    const first = await world.read();
    const before = { calls: world.calls.length, mirror: world.memory.scan('auth0') };
    const second = await world.read();

    expect(first).toMatchObject({ state: 'done', people: 1_130 });
    expect(world.users()).toHaveLength(1_130);
    expect(second).toMatchObject({ state: 'done', queued: 0, people: 1_130 });
    expect({ calls: world.calls.length, mirror: world.memory.scan('auth0') }).toEqual(before);
  });

  test('loses whoever was deleted or blocked without a webhook', async () => {
    const world = makeAuth0Reading();
    await world.read();

    world.auth0.deleteUser(auth0Id(7));
    world.auth0.blockUser(auth0Id(8));
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 2, kept: 0 });
    expect(world.users()).toHaveLength(28);
  });

  test('keeps out who was deleted before the page that lists them is delivered', async () => {
    const world = makeAuth0Reading();
    const readPage = world.directory.readPage;
    world.directory.readPage = async (cursor) => {
      const page = await readPage(cursor);
      world.time.now += 1_000;
      if (cursor === undefined) await world.webhook(...world.auth0.deleteUser(auth0Id(7)));
      return page;
    };

    await world.read();

    expect(world.users()).toHaveLength(29);
    expect(world.users()).not.toContain(auth0Id(7));
  });

  test('loses nobody when users cannot be listed to their end', async () => {
    const world = makeAuth0Reading({ people: 300 });
    await world.read();
    world.auth0.faults.add({ path: /users\?/, answer: { kind: 'lost-next', items: 50 } });

    const run = await world.read().catch((error) => error);

    expect(run).toSatisfy(({ state, code }) => state === 'stopped' || code === 'unreadable-answer');
    expect(world.users()).toHaveLength(300);
  });
});

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

    expect(run).toMatchObject({ state: 'done', losing: 3, kept: 0 });
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

    expect(run).toMatchObject({ state: 'done', losing: 4, kept: 0 });
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

    expect(run).toMatchObject({ state: 'done', losing: 0, kept: 0 });
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

    expect(run).toMatchObject({ state: 'done', kept: 0 });
    expect(world.auth0.calls.slice(calls).some(({ path }) => path.includes('/users/'))).toBe(false);
  });

  test('loses a group that was deleted without a webhook', async () => {
    const world = makeTenant();
    await world.read();

    world.auth0.deleteGroup('grp_1');
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 2, kept: 0 });
    expect(atVelt(world)).toMatchObject({
      'velt-acme': { groups: { grp_1: [], rol_1: idsOf(1, 2) } },
      'velt-globex': { groups: { grp_1: [] } },
    });
  });

  test('keeps everyone when an organization is renamed out of the map, and they are too many', async () => {
    const world = makeAuth0Reading({
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

    expect(run).toMatchObject({ state: 'done', losing: 3, kept: 3 });
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

  test('lets a role in an organization that somebody joins while the reading goes on', async () => {
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

test('a group that turns out to count in one organization only takes it from nobody outside when they are too many', async () => {
  const tenant = {
    organizations,
    groups: [{ id: 'grp_1', type: 'tenant' as const, name: 'Engineers' }],
    groupMembers: Array.from(
      { length: 20 },
      (_, n) => ['grp_1', { member_type: 'user' as const, id: auth0Id(n + 1) }] as const,
    ),
  };
  const world = makeAuth0Reading({ tenant });
  await world.read();
  const { readPage } = world.directory;
  world.directory.readPage = async (cursor) => {
    const page = await readPage(cursor);
    const changes = page.changes.map((change): Change => {
      if (change.kind === 'group') return { ...change, organization: 'org_1' };
      if (change.kind !== 'membership' || change.container.kind !== 'group') return change;
      return { ...change, container: { ...change.container, organization: 'org_1' } };
    });
    return { ...page, changes };
  };

  const run = await world.read();

  expect(run).toMatchObject({ state: 'stopped', losing: 20 });
  expect(world.state()?.groups.grp_1?.members).toHaveLength(20);
});

test('a tenant that has no groups any more keeps what was in them, and loses who left', async () => {
  const groups = [{ id: 'grp_1', type: 'tenant' as const, name: 'Engineers' }];
  const groupMembers = [1, 2].map(
    (n) => ['grp_1', { member_type: 'user' as const, id: auth0Id(n) }] as const,
  );
  const world = makeAuth0Reading({ tenant: { groups, groupMembers } });
  await world.read();
  world.auth0.deleteUser(auth0Id(7));
  const { handle } = world.auth0;
  world.auth0.handle = (request) =>
    request.path.includes('/groups') ? auth0Error(403, 'This feature is not enabled.') : handle(request);

  const run = await world.read();

  expect(run).toMatchObject({ state: 'done' });
  expect(world.users()).toHaveLength(29);
  expect(world.users()).not.toContain(auth0Id(7));
  expect(world.state()?.groups.grp_1?.members).toEqual(idsOf(1, 2));
});

test('a role that ended without a webhook ends also in the last of more organizations than are asked about at a time', async () => {
  const many = Array.from({ length: 12 }, (_, n) => ({ id: `org_${n + 10}`, name: `o${n + 10}` }));
  const world = makeAuth0Reading({
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

  expect(run).toMatchObject({ state: 'done', losing: 1, kept: 0 });
  expect(before).toEqual(idsOf(1));
  expect(Object.values(atVelt(world)).filter(({ groups }) => groups.rol_1?.length === 1)).toHaveLength(11);
  expect(atVelt(world)['velt-org_21']?.groups.rol_1).toEqual([]);
});

describe('what everyone in something is a member of', () => {
  const connections = [
    { id: 'con_1', name: 'acme-saml', strategy: 'samlp' },
    { id: 'con_2', name: 'acme-oidc', strategy: 'oidc' },
  ];
  const group = { id: 'grp_1', type: 'tenant' as const, name: 'Engineers' };
  /** So many that a checkpoint parts users and groups. */
  const others = Array.from({ length: 12 }, (_, n) => ({ id: `org_${n + 10}`, name: `other-${n}` }));

  /** Three people of a connection, everybody of which is in a group. */
  async function makeConnected() {
    const world = makeAuth0Reading({
      people: 12,
      tenant: {
        ...{ connections, groups: [group] },
        groupMembers: [['grp_1', { member_type: 'connection', id: 'con_1' }]],
      },
    });
    for (const n of [1, 2, 3]) {
      const identity = { connection: 'acme-saml', provider: 'samlp', user_id: `${n}`, isSocial: false };
      world.auth0.updateUser(auth0Id(n), { identities: [identity] });
    }
    await world.read();
    return world;
  }

  test('ends with a connection of a group, though no webhook told', async () => {
    const world = await makeConnected();
    const before = world.state()?.groups.grp_1?.members;

    world.auth0.removeGroupMember('grp_1', { member_type: 'connection', id: 'con_1' });
    const run = await world.read();

    expect(before).toEqual(idsOf(1, 2, 3));
    expect(run).toMatchObject({ state: 'done', losing: 3 });
    expect(world.state()?.groups.grp_1?.members).toEqual([]);
  });

  test('stays with whoever was made a member by themselves when their connection ended in it', async () => {
    const world = await makeConnected();

    world.auth0.removeGroupMember('grp_1', { member_type: 'connection', id: 'con_1' });
    world.auth0.addGroupMember('grp_1', { member_type: 'user', id: auth0Id(2) });
    await world.read();

    expect(world.state()?.groups.grp_1?.members).toEqual(idsOf(2));
  });

  test('gives nobody a role where they left, though it is a new connection of a group that brings them', async () => {
    const world = makeAuth0Reading({
      people: 3,
      source: { users: { groups: ['Engineers'] } },
      tenant: {
        ...{ connections: [{ id: 'con_1', name: 'Username-Password-Authentication', strategy: 'auth0' }] },
        ...{ organizations: [...organizations, ...others], roles, groups: [group] },
        members: membersOf('org_1', 1, 2),
        memberRoles: [
          ['org_1', auth0Id(1), 'rol_1'],
          ['org_1', auth0Id(2), 'rol_1'],
        ],
      },
    });
    await world.read();

    world.auth0.removeMember('org_1', auth0Id(2));
    world.auth0.addGroupMember('grp_1', { member_type: 'connection', id: 'con_1' });
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 0, kept: 0 });
    expect(atVelt(world).acme).toEqual({
      users: idsOf(1, 2, 3),
      groups: { grp_1: idsOf(1, 2, 3), rol_1: idsOf(1) },
    });
  });

  test.each(['a list', 'a read'])(
    'holds somebody again whom one read did not find, and %s does',
    async (how) => {
      const world = await makeConnected();
      const user_id = auth0Id(2);
      world.auth0.deleteUser(user_id);
      await world.read();
      const meanwhile = world.state()?.groups.grp_1?.members;
      const identities = [{ connection: 'acme-saml', provider: 'samlp', user_id: '2', isSocial: false }];
      world.auth0.createUser({
        user_id,
        name: 'Person 2',
        created_at: '2026-01-05T08:00:00.001Z',
        identities,
      });

      if (how === 'a list') await world.read();
      else {
        world.time.now += 60_000;
        world.deps.directories = new Map([['auth0', world.directory]]);
        const at = new Date(world.time.now).toISOString();
        await world.run(
          recheck({ source: 'auth0', of: { kind: 'person', id: user_id }, at, read: 'memberships' }),
        );
      }

      expect(meanwhile).toEqual(idsOf(1, 3));
      expect(world.users()).toContain(user_id);
      expect(world.state()?.groups.grp_1?.members.toSorted()).toEqual(idsOf(1, 2, 3));
    },
  );

  test('leaves nobody in Velt who was deleted without a webhook while they were not there', async () => {
    const groupMembers = [['grp_1', { member_type: 'user' as const, id: auth0Id(5) }] as const];
    const world = makeAuth0Reading({
      people: 12,
      source: { users: { groups: ['Engineers'] } },
      tenant: { connections, groups: [group], groupMembers },
    });
    for (const n of [1, 2, 3]) {
      const identity = { connection: 'acme-saml', provider: 'samlp', user_id: `${n}`, isSocial: false };
      world.auth0.updateUser(auth0Id(n), { identities: [identity] });
    }
    await world.read();
    const before = world.users();

    world.auth0.deleteUser(auth0Id(2));
    world.auth0.addGroupMember('grp_1', { member_type: 'connection', id: 'con_1' });
    const run = await world.read();

    expect(before).toEqual(idsOf(5));
    expect(run).toMatchObject({ state: 'done', losing: 0, kept: 0 });
    expect(world.users().toSorted()).toEqual(idsOf(1, 3, 5));
  });

  test('takes nobody from Velt by being looked at, where the configuration leaves out too many', async () => {
    const world = await makeConnected();
    const identity = { connection: 'acme-oidc', provider: 'oidc', isSocial: false };
    for (let n = 4; n <= 12; n += 1)
      world.auth0.updateUser(auth0Id(n), { identities: [{ ...identity, user_id: `${n}` }] });
    await world.read();
    world.auth0.addGroupMember('grp_1', { member_type: 'connection', id: 'con_2' });
    const users = { groups: ['Enginers'] };
    world.deps.config = readConfig({ sources: { auth0: { kind: 'auth0', organization: 'acme', users } } });

    const run = await world.read();

    expect(run).toMatchObject({ state: 'stopped', losing: 12 });
    expect(world.users()).toHaveLength(12);
  });

  test('stays where nobody listed who is in the group', async () => {
    const world = await makeConnected();
    const readPage = world.directory.readPage;
    world.directory.readPage = async (cursor) => {
      const page = await readPage(cursor);
      return { ...page, complete: [], changes: page.changes.filter(({ kind }) => kind !== 'nesting') };
    };

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 0, queued: 0 });
    expect(world.state()?.groups.grp_1?.members).toEqual(idsOf(1, 2, 3));
  });

  test('ends with a role of a group, though no webhook told', async () => {
    const world = makeAuth0Reading({
      people: 12,
      source: mapped,
      tenant: {
        ...{ organizations, roles, groups: [group] },
        members: membersOf('org_1', 1, 2, 3, 4),
        groupMembers: [1, 2].map((n) => ['grp_1', { member_type: 'user' as const, id: auth0Id(n) }] as const),
        organizationGroupRoles: [['org_1', 'grp_1', 'rol_1']],
      },
    });
    await world.read();
    const before = atVelt(world)['velt-acme']?.groups;

    world.auth0.removeOrganizationGroupRole('org_1', 'grp_1', 'rol_1');
    const run = await world.read();

    expect(before).toEqual({ grp_1: idsOf(1, 2), rol_1: idsOf(1, 2) });
    expect(run).toMatchObject({ state: 'done', losing: 2 });
    expect(atVelt(world)['velt-acme']?.groups).toEqual({ grp_1: idsOf(1, 2), rol_1: [] });
  });

  test('tells the new name of a role, which stands with those who have it only', async () => {
    const role = { id: 'rol_1', name: 'editor' };
    const world = makeAuth0Reading({
      people: 12,
      source: mapped,
      tenant: {
        ...{ organizations, roles: [role], groups: [] },
        members: membersOf('org_1', 1, 2, 3, 4),
        memberRoles: [['org_1', auth0Id(1), 'rol_1']],
      },
    });
    await world.read();

    role.name = 'publisher';
    await world.read();

    expect(world.organizations()['velt-acme']?.groups.rol_1?.groupName).toBe('publisher');
  });

  test('comes to whoever joins the organization of their group without a webhook', async () => {
    const world = makeAuth0Reading({
      people: 3,
      auth0: { groupsTellOrganization: true },
      tenant: {
        organizations: [{ id: 'org_1', name: 'acme' }, ...others],
        members: membersOf('org_1', 1),
        groups: [{ id: 'grp_1', type: 'organization', organization_id: 'org_1', name: 'Engineers' }],
        groupMembers: [1, 2].map((n) => ['grp_1', { member_type: 'user', id: auth0Id(n) }] as const),
      },
    });
    await world.read();
    const before = world.state()?.groups.grp_1?.members;

    world.auth0.addMember('org_1', auth0Id(2));
    await world.read();

    expect(before).toEqual(idsOf(1));
    expect(world.state()?.groups.grp_1?.members).toEqual(idsOf(1, 2));
  });

  test('is read also of a group with a role that becomes none of Velt itself, and not of others like it', async () => {
    const group = (id: string) => ({ id, type: 'tenant' as const, name: `Group ${id}` });
    const inGroup = (id: string, n: number) =>
      [id, { member_type: 'user' as const, id: auth0Id(n) }] as const;
    const world = makeAuth0Reading({
      people: 4,
      source: { groups: { include: ['Engineers'] } },
      tenant: {
        ...{ organizations, roles, members: membersOf('org_1', 1, 2, 3) },
        groups: [group('grp_1'), group('grp_2')],
        groupMembers: [inGroup('grp_1', 1), inGroup('grp_1', 2), inGroup('grp_2', 3)],
        organizationGroupRoles: [['org_1', 'grp_1', 'rol_1']],
      },
    });

    await world.read();
    const before = world.state()?.groups;
    world.auth0.removeGroupMember('grp_1', { member_type: 'user', id: auth0Id(1) });
    const run = await world.read();

    expect(before).toEqual({ rol_1: { groupName: 'editor', members: idsOf(1, 2) } });
    expect(run).toMatchObject({ state: 'done', losing: 1, kept: 0 });
    expect(world.state()?.groups.rol_1?.members).toEqual(idsOf(2));
    expect(world.auth0.calls.some(({ path }) => path.includes('grp_2/members'))).toBe(false);
  });
});
