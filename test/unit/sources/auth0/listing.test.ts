import { describe, expect, test } from 'vitest';
import { Change } from '../../../../lib/directory/change.ts';
import {
  acme,
  admin,
  engineers,
  list,
  makeDirectory,
  now,
  organizations,
  type Routes,
  read,
  updated_at,
  users,
} from '../../../support/auth0-directory.ts';
import { NOW } from '../../../support/factories.ts';

describe('a listing', () => {
  const routes: Routes = {
    ...users,
    organizations: { organizations: [acme], next: 'b' },
    'organizations?from=b': { organizations: [] },
    'organizations/org_1/members': { members: [{ user_id: 'auth0|ada', roles: [admin] }], next: 'c' },
    'organizations/org_1/members?from=c': { members: [{ user_id: 'auth0|bob' }] },
    'organizations/org_1/groups': { groups: [engineers] },
    'organizations/org_1/groups/grp_1/roles': { roles: [admin] },
    groups: { groups: [engineers] },
    'groups/grp_1/members': {
      members: [
        { id: 'auth0|ada', member_type: 'user' },
        { id: 'con_1', member_type: 'connection', connection_id: 'con_1' },
      ],
    },
    'connections/con_1': { id: 'con_1', name: 'acme-saml' },
  };
  // Without their names, which are as old as the page that they were on.
  const engineersRef = { kind: 'group', id: 'grp_1' };
  const adminRef = { kind: 'role', id: 'rol_1', name: 'org-admin', organization: 'org_1' };
  const acmeRef = { kind: 'organization', id: 'org_1' };

  test('tells users, then organizations with members, roles and roles of groups, then groups with members', async () => {
    const { changes, complete, requests } = await list(routes);

    const fact = { ...read, at: now };
    const member = { ...fact, kind: 'membership', member: true };
    const nesting = { ...fact, kind: 'nesting', member: true };
    expect(changes.slice(1)).toEqual([
      { ...fact, kind: 'organization', containerId: 'org_1', exists: true, name: 'acme' },
      { ...member, personId: 'auth0|ada', container: acmeRef },
      { ...member, personId: 'auth0|ada', container: adminRef },
      { ...member, personId: 'auth0|bob', container: acmeRef },
      { ...nesting, child: { kind: 'group', id: 'grp_1' }, container: adminRef },
      { ...fact, at: updated_at, kind: 'group', containerId: 'grp_1', exists: true, name: 'Engineers' },
      { ...member, personId: 'auth0|ada', container: engineersRef },
      { ...nesting, child: { kind: 'connection', id: 'acme-saml' }, container: engineersRef },
    ]);
    expect(changes[0]).toMatchObject({ kind: 'person', personId: 'auth0|ada', at: updated_at });
    const groupRoles = { kind: 'role', id: '*', organization: 'org_1' };
    expect(complete).toEqual([acmeRef, groupRoles, engineersRef]);
    expect(new Set(requests)).toEqual(new Set(Object.keys(routes)));
    expect(changes.every((change) => Change.safeParse(change).success)).toBe(true);
  });

  test('makes one call a page, so that no limit is too small for it', async () => {
    const { pages, requests } = await list(routes);

    expect(requests).toHaveLength(pages.length);
  });

  test('passes over members of a group that are neither people nor connections, and is whole', async () => {
    const members = [{ id: 'svc_1', member_type: 'service' }];

    const { changes, complete, pages } = await list({ ...routes, 'groups/grp_1/members': { members } });

    expect(complete).toContainEqual(engineersRef);
    expect(changes.filter((change) => 'container' in change && change.container.kind === 'group')).toEqual(
      [],
    );
    expect(pages.reduce((sum, { unreadable }) => sum + unreadable, 0)).toBe(0);
  });

  test('does not pass for whole in the roles of groups where those of one cannot be told', async () => {
    const { complete, unread } = await list({ ...routes, 'organizations/org_1/groups/grp_1/roles': 403 });

    expect(complete.filter(({ kind }) => kind === 'role').map(({ id }) => id)).toEqual(['*']);
    expect(unread).toEqual([{ kind: 'role', id: '*', organization: 'org_1' }]);
  });

  test('marks what has an item that cannot be read, and lists the rest of it to its end', async () => {
    const members = [{ id: 7 }, { id: 'auth0|ada', member_type: 'user' }];

    const { complete, unread } = await list({ ...routes, 'groups/grp_1/members': { members } });

    expect(complete).toContainEqual(engineersRef);
    expect(unread).toEqual([engineersRef]);
  });

  test.each<[string, object, unknown[], unknown[]]>([
    [
      'the members of an organization',
      { read: 'members', id: 'org_1', from: 'second' },
      [{ kind: 'organization', id: 'org_1' }],
      [{ read: 'organization-groups', id: 'org_1' }],
    ],
    [
      'the groups of an organization',
      { read: 'organization-groups', id: 'org_1' },
      [{ kind: 'role', id: '*', organization: 'org_1' }],
      [],
    ],
    [
      'the roles of a group',
      { read: 'group-roles', organization: 'org_1', id: 'grp_1', group: { id: 'grp_1' } },
      [{ kind: 'role', id: '*', organization: 'org_1' }],
      [],
    ],
    ['the members of a group', { read: 'group-members', id: 'grp_1' }, [{ kind: 'group', id: 'grp_1' }], []],
    [
      'a connection in a group',
      { read: 'connection', id: 'con_1', askedAt: 1, group: { id: 'grp_1' } },
      [{ kind: 'group', id: 'grp_1' }],
      [],
    ],
  ])('passes over %s, and goes on with what comes next', async (_what, step, unread, soon) => {
    const { directory, requests } = makeDirectory(routes);
    const left = { read: 'groups' };

    const page = directory.passOver?.(JSON.stringify({ v: 2, steps: [step, left] }));

    expect(page).toMatchObject({ changes: [], complete: [], unreadable: 1, unread });
    expect(JSON.parse(page?.next ?? '')).toEqual({ v: 2, steps: [...soon, left] });
    expect(requests).toEqual([]);
  });

  test.each(['users', 'organizations', 'groups'])('passes over no list of %s', async (read) => {
    const { directory } = makeDirectory(routes);
    const step = { read, ...(read === 'users' && { offset: 100, size: 100 }) };

    expect(directory.passOver?.(JSON.stringify({ v: 2, steps: [step] }))).toBeUndefined();
  });

  test('marks an organization as whole with the last page of its members, no sooner', async () => {
    const { pages } = await list(routes);

    const pagesOfMembers = pages.filter(({ changes }) =>
      changes.some((change) => change.kind === 'membership' && change.container.kind === 'organization'),
    );
    expect(pagesOfMembers.map(({ complete }) => complete)).toEqual([[], [acmeRef]]);
  });

  test('goes without roles of groups where Early Access is not granted', async () => {
    const { changes, complete } = await list({ ...routes, 'organizations/org_1/groups': 403 });

    const nested = changes.flatMap((change) => (change.kind === 'nesting' ? change.child.kind : []));
    expect(nested).toEqual(['connection']);
    expect(complete).toEqual([acmeRef, engineersRef]);
  });

  test('asks for nothing but users where only they matter', async () => {
    const { directory } = makeDirectory(routes, { roles: { include: [] }, groups: { include: [] } });
    const { requests } = await list(routes, { roles: { include: [] }, groups: { include: [] } });

    expect([directory.covers, requests]).toEqual([['person'], ['users']]);
  });

  test('asks for members only of organizations and groups that matter, and tells of the others that they are there', async () => {
    const globex = { id: 'org_2', name: 'globex' };
    const sales = { id: 'grp_2', name: 'Sales' };
    const { changes, requests } = await list(
      { ...routes, organizations: { organizations: [acme, globex] }, groups: { groups: [engineers, sales] } },
      { organization: { acme: 'velt-acme' }, groups: { include: ['eng*'] }, roles: { include: ['nobody'] } },
    );

    expect(requests.filter((route) => route.endsWith('/members'))).toEqual([
      'organizations/org_1/members',
      'groups/grp_1/members',
    ]);
    expect(changes.flatMap((change) => ('containerId' in change ? change.containerId : []))).toEqual([
      ...['org_1', 'org_2', 'grp_1', 'grp_2'],
    ]);
    expect(changes.some((change) => change.kind === 'membership' && change.container.kind === 'role')).toBe(
      false,
    );
  });

  test('tells nothing of the members of what went since it was listed', async () => {
    const gone = {
      'organizations/org_1/members': 404,
      'groups/grp_1/members': 404,
      'connections/con_1': 404,
    };

    const { changes, complete } = await list({ ...routes, ...gone });

    expect(changes.map(({ kind }) => kind)).toEqual(['person', 'organization', 'group']);
    expect(complete).toEqual([]);
  });

  test('leaves a connection out of a group that is gone', async () => {
    const { changes } = await list({ ...routes, 'connections/con_1': 404 });

    expect(changes.flatMap((change) => (change.kind === 'nesting' ? change.child.kind : []))).toEqual([
      'group',
    ]);
  });

  test('is told as of the read of the members, however late the name of a connection is read', async () => {
    const { directory } = makeDirectory(routes);
    const step = { read: 'connection', id: 'con_1', group: { id: 'grp_1' }, askedAt: NOW - 5_000 };

    const { changes } = await directory.readPage(JSON.stringify({ v: 2, steps: [step] }));

    expect(changes).toMatchObject([{ kind: 'nesting', at: new Date(NOW - 5_000).toISOString() }]);
  });

  test('counts what cannot be read', async () => {
    const { pages } = await list({ ...routes, ...organizations, groups: { groups: [engineers, 7] } });

    expect(pages.reduce((sum, { unreadable }) => sum + unreadable, 0)).toBe(1);
  });

  test('does not begin anew by a cursor that is none', async () => {
    const { directory } = makeDirectory(routes);

    for (const cursor of ['', '{}', '{"v":2,"steps":[]}', '{"v":1,"steps":[]}'])
      await expect(directory.readPage(cursor)).rejects.toMatchObject({ code: 'unreadable-message' });
  });
});
