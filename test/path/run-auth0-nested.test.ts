import { describe, expect, test } from 'vitest';
import { policiesOf, readConfig } from '../../lib/config.ts';
import {
  atVelt,
  auth0Id,
  idsOf,
  makeAuth0Runs,
  mapped,
  membersOf,
  organizations,
  roles,
} from '../support/auth0-runs.ts';
import { recheck } from '../support/factories.ts';

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
    const world = makeAuth0Runs({
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
    const world = makeAuth0Runs({
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

    expect(run).toMatchObject({ state: 'done', losing: 0 });
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
    const world = makeAuth0Runs({
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
    expect(run).toMatchObject({ state: 'done', losing: 0 });
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
    world.deps.policies = policiesOf(world.deps.config);

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
    const world = makeAuth0Runs({
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
    const world = makeAuth0Runs({
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
    const world = makeAuth0Runs({
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
    const world = makeAuth0Runs({
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
    expect(run).toMatchObject({ state: 'done', losing: 1 });
    expect(world.state()?.groups.rol_1?.members).toEqual(idsOf(2));
    expect(world.auth0.calls.some(({ path }) => path.includes('grp_2/members'))).toBe(false);
  });
});
