import { describe, expect, test } from 'vitest';
import { type Answer, makeApi } from '../../../support/auth0-api.ts';
import { NOW } from '../../../support/factories.ts';

describe('a list by checkpoint', () => {
  const members = (from: string | null): Answer => {
    if (from === null) return { body: { members: [{ user_id: 'auth0|1', roles: [] }], next: 'b' } };
    if (from === 'b') return { body: { members: [], next: 'c' } };
    return { body: { members: [{ user_id: 'auth0|2' }] } };
  };

  test('goes on after an empty page that names a next one, and ends with the page that names none', async () => {
    const { api, paths } = makeApi(({ searchParams }) => members(searchParams.get('from')));

    const pages = [
      await api.readMembers('org_1', { roles: true }),
      await api.readMembers('org_1', { roles: true, from: 'b' }),
      await api.readMembers('org_1', { roles: false, from: 'c' }),
    ];

    expect(pages.map((page) => page?.next)).toEqual(['b', 'c', undefined]);
    expect(paths()).toEqual([
      'organizations/org_1/members?fields=user_id%2Croles&include_fields=true&take=100',
      'organizations/org_1/members?fields=user_id%2Croles&include_fields=true&take=100&from=b',
      'organizations/org_1/members?fields=user_id&include_fields=true&take=100&from=c',
    ]);
  });

  test('that names the page it is on as the next one is no list', async () => {
    const { api } = makeApi({ body: { groups: [{ id: 'grp_1' }], next: 'b' } });

    await expect(api.readGroups('b')).rejects.toMatchObject({
      code: 'unreadable-answer',
      message: expect.stringContaining('Auth0 repeated a page'),
    });
  });

  test('of one user’s groups is read to the end, as of its first page', async () => {
    const { api, time } = makeApi(({ searchParams }) => {
      time.now += 1_000;
      const from = searchParams.get('from');
      return from
        ? { body: { groups: [{ id: 'grp_2' }] } }
        : { body: { groups: [{ id: 'grp_1' }, 7], next: 'b' } };
    });

    const groups = await api.readUserGroups('auth0|1');

    expect(groups).toEqual({ items: [{ id: 'grp_1' }, { id: 'grp_2' }], unreadable: 1, askedAt: NOW });
  });
});

describe('a list by number of page', () => {
  /** `count` organizations of one person, as Auth0 would show a page of them by number. */
  function makeNumbered(
    count: number,
    page: (start: number, size: number) => { from?: number; to?: number; facts?: object },
  ) {
    return makeApi(({ searchParams }) => {
      const size = Number(searchParams.get('per_page'));
      const start = Number(searchParams.get('page')) * size;
      const { from = start, to = start + size, facts = { total: count } } = page(start, size);
      const ids = Array.from({ length: count }, (_, n) => ({ id: `org_${n}` }));
      return { body: { organizations: ids.slice(from, to), ...facts } };
    });
  }

  test.each([0, 1, 99, 100, 101, 250])('is read until everything counted has come: %i', async (count) => {
    const { api, paths } = makeNumbered(count, () => ({}));

    const organizations = await api.readUserOrganizations('auth0|1');

    expect([organizations?.items.length, organizations?.unreadable]).toEqual([count, 0]);
    expect(paths()).toHaveLength(Math.max(1, Math.ceil(count / 100)));
    expect(paths()[0]).toBe('users/auth0%7C1/organizations?page=0&per_page=100&include_totals=true');
  });

  test.each([
    ['and says so', (most: number) => ({ total: 130, limit: most })],
    ['and does not say so', () => ({ total: 130 })],
    ['and counts nothing', () => ({})],
  ])('goes on by what came where Auth0 shows fewer than were asked for, %s', async (_how, factsOf) => {
    const { api } = makeApi(({ searchParams }) => {
      const most = Math.min(50, Number(searchParams.get('per_page')));
      const start = Number(searchParams.get('page')) * most;
      const all = Array.from({ length: 130 }, (_, n) => ({ id: `org_${n}` }));
      return { body: { organizations: all.slice(start, start + most), ...factsOf(most) } };
    });

    const organizations = await api.readUserOrganizations('auth0|1');

    expect([organizations?.items.length, organizations?.unreadable]).toEqual([130, 0]);
  });

  test('without a count ends at an empty page only', async () => {
    const { api, paths } = makeNumbered(3, (start) => ({ to: start + 1, facts: {} }));

    const organizations = await api.readUserOrganizations('auth0|1');

    expect([organizations?.items.length, organizations?.unreadable, paths().length]).toEqual([3, 0, 4]);
  });

  test.each<[string, Parameters<typeof makeNumbered>[1]]>([
    ['counts more than it shows', () => ({ facts: { total: 300 } })],
    ['counts fewer than it shows', () => ({ facts: { total: 90 } })],
    ['counts otherwise on each page', (start) => ({ facts: { total: 250 - start / 100 } })],
    ['shows the same page for ever', () => ({ from: 0, to: 100, facts: { total: 250, limit: 100 } })],
    ['shows the same page for ever and counts nothing', () => ({ from: 0, to: 100, facts: {} })],
    [
      'tells another limit than it keeps to',
      (start, size) => {
        const from = (start / size) * 50;
        return { from, to: from + 50, facts: { total: 250, limit: 100 } };
      },
    ],
  ])('is not whole where Auth0 %s, and says so instead of asking for ever', async (_what, page) => {
    const { api, paths } = makeNumbered(250, page);

    const organizations = await api.readUserOrganizations('auth0|1');

    expect(organizations?.unreadable).toBe(1);
    expect(paths().length).toBeLessThan(12);
  });

  test('is not whole beyond the 1,000 that Auth0 shows', async () => {
    const { api, paths } = makeNumbered(1_200, () => ({}));

    const organizations = await api.readUserOrganizations('auth0|1');

    expect([organizations?.items.length, organizations?.unreadable, paths().length]).toEqual([1_000, 1, 10]);
  });

  test('has the roles of a member, and is missing for whoever is none', async () => {
    const { api } = makeApi(({ pathname }) =>
      pathname.includes('gone')
        ? { status: 404 }
        : { body: { roles: [{ id: 'rol_1', name: 'admin' }], total: 1 } },
    );

    const roles = [await api.readMemberRoles('org_1', 'auth0|1'), await api.readMemberRoles('org_1', 'gone')];

    expect(roles).toEqual([
      { items: [{ id: 'rol_1', name: 'admin' }], unreadable: 0, askedAt: NOW },
      undefined,
    ]);
  });
});

describe('what is in Early Access', () => {
  const refused = {
    errorCode: 'insufficient_scope',
    message: 'Insufficient scope, expected any of: read:organization_groups',
  };

  test.each([
    ['is not there', { status: 404 }],
    ['is refused', { status: 403 }],
    ['lacks its scope', { status: 403, body: refused }],
  ])('is left out where it %s', async (_why, answer) => {
    const { api } = makeApi(answer);

    expect(await api.readOrganizationGroups('org_1')).toBeUndefined();
    expect(await api.readGroupRoles('org_1', 'grp_1')).toBeUndefined();
  });

  test('is read where it is there', async () => {
    const { api, paths } = makeApi(({ pathname }) => ({
      body: pathname.endsWith('roles') ? { roles: [{ id: 'rol_1' }] } : { groups: [{ id: 'grp_1' }] },
    }));

    const groups = await api.readOrganizationGroups('org_1');
    const roles = await api.readGroupRoles('org_1', 'grp_1');

    expect([groups?.items, roles?.items]).toEqual([[{ id: 'grp_1' }], [{ id: 'rol_1' }]]);
    expect(paths()[1]).toBe('organizations/org_1/groups/grp_1/roles?take=100');
  });
});

describe('groups', () => {
  test('are missing where the tenant has none, but not where only the scope is', async () => {
    const without = makeApi({ status: 403, body: { errorCode: 'feature_not_enabled' } });
    const unscoped = makeApi({
      status: 403,
      body: { errorCode: 'insufficient_scope', message: 'Insufficient scope, expected any of: read:groups' },
    });

    expect(await without.api.readGroups()).toBeUndefined();
    await expect(unscoped.api.readGroups()).rejects.toMatchObject({
      code: 'credentials',
      message: expect.stringContaining('read:groups'),
    });
  });

  test('have people and whole connections as members, and perhaps what is neither', async () => {
    const person = { id: 'auth0|1', member_type: 'user', type: 'connection' };
    const connection = { id: 'con_1', member_type: 'connection', connection_id: 'con_1' };
    const robot = { id: 'x', member_type: 'robot' };
    const odd = ['User', '', 'user ', '"user"', 7, null, undefined].map((member_type) => ({
      id: 'x',
      member_type,
    }));
    const members = [person, connection, robot, { member_type: 'user' }, ...odd];
    const { api } = makeApi({ body: { members } });

    const page = await api.readGroupMembers('grp_1');

    expect(page?.items).toEqual([
      { member_type: 'user', id: 'auth0|1' },
      connection,
      { member_type: 'other' },
    ]);
    expect(page?.unreadable).toBe(8);
  });
});
