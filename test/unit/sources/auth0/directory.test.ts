import { describe, expect, test } from 'vitest';
import { factsOf } from '../../../../lib/delivery/refresh.ts';
import { Change } from '../../../../lib/directory/change.ts';
import { newPerson } from '../../../../lib/directory/entry.ts';
import { foldPerson } from '../../../../lib/directory/fold.ts';
import {
  acme,
  ada,
  admin,
  engineers,
  makeDirectory,
  now,
  read,
  readPatiently,
  updated_at,
} from '../../../support/auth0-directory.ts';
import { membershipChange } from '../../../support/factories.ts';

test('a group is not read for an event, which tells all there is of it', () => {
  expect(makeDirectory({}).directory.eventsTellGroups).toBe(true);
});

describe('a person', () => {
  const routes = {
    'users/auth0|ada': ada,
    'users/auth0|ada/organizations': { organizations: [acme], total: 1 },
    'organizations/org_1/members/auth0|ada/roles': { roles: [admin], total: 1 },
    'users/auth0|ada/groups': { groups: [{ ...engineers, organization_id: 'org_1' }] },
  };

  test('is told as of their last update: what is absent was cleared, or never was', async () => {
    const { directory, requests } = makeDirectory(routes);

    const person = await directory.readPerson('auth0|ada', { memberships: false });

    expect(person).toEqual({
      readAt: now,
      complete: [],
      changes: [
        {
          ...{ ...read, kind: 'person', personId: 'auth0|ada', at: updated_at },
          ...{ exists: true, blocked: false, emailVerified: false, connections: ['acme-saml'] },
          profile: { name: 'Ada Example', email: 'ada@example.com', photoUrl: null },
        },
        // Known to be there as of now, also by whoever was told a moment ago that they are not.
        { ...read, kind: 'person', personId: 'auth0|ada', at: now, exists: true, connections: ['acme-saml'] },
      ],
    });
    expect(requests).toEqual(['users/auth0|ada']);
  });

  test('without a time of their own is told as of the read, and blocked by nothing but true', async () => {
    const { directory } = makeDirectory({ 'users/x': { user_id: 'x', blocked: true, updated_at: 'soon' } });

    const { changes } = await directory.readPerson('x', { memberships: false });

    expect(changes[0]).toMatchObject({ at: now, blocked: true, profile: { email: null } });
  });

  test('whom Auth0 does not know is gone, and nothing else is asked', async () => {
    const { directory, requests } = makeDirectory({});

    const person = await directory.readPerson('auth0|gone', { memberships: true });

    expect(person.changes).toEqual([
      { ...read, kind: 'person', personId: 'auth0|gone', at: now, exists: false },
    ]);
    expect([person.complete, requests]).toEqual([[], ['users/auth0|gone']]);
  });

  test('has all they are a member of: organizations, roles in each, groups', async () => {
    const { directory } = makeDirectory(routes);

    const person = await directory.readPerson('auth0|ada', { memberships: true });

    const membership = { ...read, kind: 'membership', personId: 'auth0|ada', at: now, member: true };
    expect(person.changes.slice(2)).toEqual([
      { ...membership, container: { kind: 'organization', id: 'org_1', name: 'acme' } },
      {
        ...membership,
        container: { kind: 'role', id: 'rol_1', name: 'org-admin', organization: 'org_1' },
      },
      {
        ...membership,
        container: { kind: 'group', id: 'grp_1', name: 'Engineers', organization: 'org_1' },
      },
    ]);
    expect(person).toMatchObject({ complete: ['organization', 'group'], rolesIn: ['org_1'] });
    expect(person.changes.every((change) => Change.safeParse(change).success)).toBe(true);
  });

  test('is not asked for the roles and groups that the configuration has no use for', async () => {
    const { directory, requests } = makeDirectory(routes, {
      roles: { include: [] },
      groups: { include: [] },
    });

    const person = await directory.readPerson('auth0|ada', { memberships: true });

    expect(person.complete).toEqual(['organization']);
    expect(requests).toEqual(['users/auth0|ada', 'users/auth0|ada/organizations']);
  });

  test.each([
    ['users by group', { users: { groups: ['org-admin'] } }],
    ['a grant by group', { grants: [{ group: 'org-admin', folderId: 'f' }] }],
  ])(
    'is asked for roles and groups that decide by %s, though none becomes a group',
    async (_what, config) => {
      const { directory } = makeDirectory(routes, {
        roles: { include: [] },
        groups: { include: [] },
        ...config,
      });

      const person = await directory.readPerson('auth0|ada', { memberships: true });

      expect(person).toMatchObject({ complete: ['organization', 'group'], rolesIn: ['org_1'] });
    },
  );

  test('is not taken for somebody else, as a linked identity may be answered with', async () => {
    const { directory } = makeDirectory({ 'users/google-oauth2|ada': ada });

    const read = directory.readPerson('google-oauth2|ada', { memberships: true });

    await expect(read).rejects.toMatchObject({ name: 'WorldFault', code: 'unreadable-answer' });
  });

  test('is asked for roles in organizations that are mirrored only', async () => {
    const other = { id: 'org_2', name: 'globex' };
    const { directory, requests } = makeDirectory(
      {
        ...routes,
        'users/auth0|ada/organizations': { organizations: [acme, other], total: 2 },
        'organizations/org_2/members/auth0|ada/roles': { roles: [], total: 0 },
      },
      { organization: { globex: 'velt-globex' } },
    );

    const { rolesIn } = await directory.readPerson('auth0|ada', { memberships: true });

    expect(requests.filter((route) => route.endsWith('/roles'))).toEqual([
      'organizations/org_2/members/auth0|ada/roles',
    ]);
    expect(rolesIn).toEqual(['org_2']);
  });

  test('keeps the roles that nobody asked for, in an organization that may be mapped tomorrow', async () => {
    const { directory } = makeDirectory(routes, { organization: { globex: 'velt-globex' } });
    const roleIn = (organization: string) =>
      membershipChange({
        ...{ source: 'auth0', personId: 'auth0|ada', at: '2026-08-01T08:00:00.000Z' },
        container: { kind: 'role', id: 'rol_1', organization },
      });
    const entry = ['org_1', 'org_left'].map(roleIn).reduce(foldPerson, newPerson('auth0', 'auth0|ada'));

    const person = await directory.readPerson('auth0|ada', { memberships: true });

    const ended = factsOf(person, entry).filter((change) => change.kind === 'membership' && !change.member);
    expect(ended).toMatchObject([{ container: { id: 'rol_1', organization: 'org_left' } }]);
  });

  test('in more organizations than calls are made for tells the roles in some of them, those asked for first', async () => {
    const many = Array.from({ length: 11 }, (_, n) => ({ id: `org_${n}`, name: `o${n}` }));
    const none = many.map(({ id }) => [
      `organizations/${id}/members/auth0|ada/roles`,
      { roles: [], total: 0 },
    ]);
    const { directory, requests } = makeDirectory({
      ...routes,
      ...Object.fromEntries(none),
      'users/auth0|ada/organizations': { organizations: many, total: 11 },
    });

    const { rolesIn } = await directory.readPerson('auth0|ada', { memberships: true, rolesIn: ['org_10'] });

    expect(requests.filter((route) => route.endsWith('/roles'))).toHaveLength(10);
    expect(rolesIn).toEqual(['org_10', ...many.slice(0, 9).map(({ id }) => id)]);
  });

  test.each([
    ['of a free tenant', 3, { burst: 2, perMinute: 120 }, 1],
    ['of a small tenant', 10, { burst: 10, perMinute: 120 }, 7],
  ])(
    '%s in more organizations than its limit ever allows calls for is read all the same',
    async (_what, organizations, limit, told) => {
      const person = await readPatiently(organizations, limit);

      const roles = person?.changes.filter(
        (change) => change.kind === 'membership' && change.container.kind === 'role',
      );
      expect(roles).toHaveLength(told);
      expect(person?.complete).toEqual(['organization', 'group']);
    },
  );

  test.each([
    [
      'groups that cannot be read',
      'users/auth0|ada/groups',
      { groups: [engineers, 7] },
      ['organization'],
      ['org_1'],
    ],
    ['groups that the tenant does not have', 'users/auth0|ada/groups', 404, ['organization'], ['org_1']],
    [
      'organizations that cannot be read',
      'users/auth0|ada/organizations',
      { organizations: [acme, 7], total: 2 },
      ['group'],
      ['org_1'],
    ],
    ['a missing list of organizations', 'users/auth0|ada/organizations', 404, ['group'], []],
    [
      'roles that cannot be read',
      'organizations/org_1/members/auth0|ada/roles',
      { roles: [admin, 7], total: 2 },
      ['organization', 'group'],
      [],
    ],
  ])('with %s has no whole list of what depends on them', async (_what, route, answer, complete, rolesIn) => {
    const { directory } = makeDirectory({ ...routes, [route]: answer });

    const person = await directory.readPerson('auth0|ada', { memberships: true });

    expect(person).toMatchObject({ complete, rolesIn });
  });
});

describe('a group', () => {
  test('is told with its name and organization, as of its last update', async () => {
    const { directory } = makeDirectory({ 'groups/grp_1': { ...engineers, organization_id: 'org_1' } });

    expect(await directory.readGroup('grp_1')).toEqual([
      {
        ...{ ...read, kind: 'group', containerId: 'grp_1', at: updated_at },
        ...{ exists: true, name: 'Engineers', organization: 'org_1' },
      },
    ]);
  });

  test('that Auth0 does not know is gone', async () => {
    const { directory } = makeDirectory({});

    expect(await directory.readGroup('grp_1')).toEqual([
      { ...read, kind: 'group', containerId: 'grp_1', at: now, exists: false },
    ]);
  });
});

test('an organization is told with its name, or as gone where Auth0 does not know it', async () => {
  const { directory } = makeDirectory({ 'organizations/org_1': { id: 'org_1', name: 'acme' } });

  const changes = [
    await directory.readOrganization?.('org_1'),
    await directory.readOrganization?.('org_2'),
  ].flat();

  const facts = { ...read, kind: 'organization', at: now };
  expect(changes).toEqual([
    { ...facts, containerId: 'org_1', exists: true, name: 'acme' },
    { ...facts, containerId: 'org_2', exists: false },
  ]);
});

describe('a connection', () => {
  test('is known by its name, or not at all', async () => {
    const { directory } = makeDirectory({ 'connections/con_1': { id: 'con_1', name: 'acme-saml' } });

    const names = [await directory.readConnection?.('con_1'), await directory.readConnection?.('con_2')];

    expect(names).toEqual(['acme-saml', undefined]);
  });
});
