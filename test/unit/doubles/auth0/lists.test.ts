import { describe, expect, test } from 'vitest';
import { NOW } from '../../../support/factories.ts';
import { acme, ada, admin, alan, idsOf, makeAuth0, people } from './tenant.ts';

describe('users', () => {
  test('are paged by number up to the 1,000th, and counted beyond', () => {
    const { get } = makeAuth0({ directory: { users: people(1_100) } });

    const last = get('users?per_page=100&page=9&include_totals=true');
    const beyond = get('users?per_page=100&page=10&include_totals=true');

    expect(last.json).toMatchObject({ start: 900, limit: 100, length: 100, total: 1_100 });
    expect(beyond.status).toBe(400);
    expect(beyond.json).toMatchObject({ errorCode: 'invalid_paging' });
  });

  test.each([
    ['[2026-09-01T09:00:01.000Z TO 2026-09-01T09:00:03.000Z]', ['1', '2', '3']],
    ['{2026-09-01T09:00:01.000Z TO 2026-09-01T09:00:03.000Z}', ['2']],
    ['[2026-09-01T09:00:03Z TO *]', ['3', '4']],
    ['[* TO 2026-09-01T09:00:01.000Z}', ['0']],
  ])('are found by creation in %s', (range, expected) => {
    const users = [4, 2, 0, 1, 3].map((n) => ({
      user_id: `auth0|${n}`,
      created_at: `2026-09-01T09:00:0${n}.000Z`,
    }));
    const { get } = makeAuth0({ directory: { users } });

    const { json } = get(`users?q=${encodeURIComponent(`created_at:${range}`)}&sort=created_at:1`);

    expect(idsOf(json)).toEqual(expected.map((n) => `auth0|${n}`));
  });

  test('are found by their last update and by connection, also after they changed', () => {
    const { auth0, get } = makeAuth0();
    const since = `updated_at:[${new Date(NOW).toISOString()} TO *]`;
    const google = 'identities.connection:"google-oauth2"';

    const before = get(`users?q=${encodeURIComponent(since)}`).json;
    auth0.login(ada.user_id);
    auth0.login(alan.user_id);
    const [updated, both] = [since, `${since} AND ${google}`].map(
      (q) => get(`users?q=${encodeURIComponent(q)}`).json,
    );

    expect(before).toEqual([]);
    expect(idsOf(updated)).toEqual([ada.user_id, alan.user_id]);
    expect(idsOf(both)).toEqual([alan.user_id]);
  });

  test('who were created just now are known by id and not yet to a search that lags', () => {
    const { auth0, get, time } = makeAuth0({ searchLagMs: 5_000 });

    auth0.createUser({ user_id: 'auth0|grace' });
    const [early, byId] = [get('users'), get('users/auth0%7Cgrace')];
    time.now += 5_000;
    const late = get('users');

    expect(idsOf(early.json)).not.toContain('auth0|grace');
    expect(byId.json).toMatchObject({ user_id: 'auth0|grace' });
    expect(idsOf(late.json)).toContain('auth0|grace');
  });

  test.each([
    ['users?per_page=101', 400, 'invalid_query_string'],
    ['users?page=-1', 400, 'invalid_query_string'],
    ['users?q=name:ada', 400, 'invalid_query_string'],
    ['users?sort=name:1', 400, 'invalid_query_string'],
    ['users?from=abc', 400, 'invalid_query_string'],
    ['users/ada', 400, 'invalid_uri'],
    ['users/auth0|ada', 400, 'invalid_uri'],
    ['users/auth0%7Cnobody', 404, 'inexistent_user'],
  ])('GET %s is refused', (path, status, errorCode) => {
    const { get } = makeAuth0();

    const answer = get(path);

    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ statusCode: status, errorCode });
  });

  test('show the fields that are asked for', () => {
    const { get } = makeAuth0();

    const { json } = get('users/auth0%7Cada?fields=user_id,email&include_fields=true');

    expect(json).toEqual({ user_id: 'auth0|ada', email: 'ada@example.com' });
  });
});

describe('a numbered page at fault', () => {
  const directory = { users: people(6) };

  test('has no more than the lowered limit, and goes on behind it', () => {
    const { auth0, get } = makeAuth0({ directory });
    auth0.faults.add({ answer: { kind: 'low-limit', items: 2 } });

    const { json } = get('users?per_page=100&page=1&include_totals=true');

    expect(json).toMatchObject({ start: 2, limit: 2, total: 6 });
    expect(idsOf(json.users)).toEqual(
      people(6)
        .slice(2, 4)
        .map(({ user_id }) => user_id),
    );
  });

  test.each([
    ['a limit that it does not keep to', { kind: 'low-limit', items: 2, told: 100 } as const, { limit: 100 }],
    ['another total than there are', { kind: 'wrong-total', total: 9 } as const, { total: 9 }],
  ])('tells %s', (_what, answer, told) => {
    const { auth0, get } = makeAuth0({ directory });
    auth0.faults.add({ answer });

    expect(get('users?per_page=100&include_totals=true').json).toMatchObject(told);
  });
});

describe('a list by checkpoint', () => {
  const members = people(4).map(({ user_id }) => [acme.id, user_id] as const);
  const directory = { users: people(4), organizations: [acme], members };

  test('names a next page after every full one, and ends with one that names none', () => {
    const { get } = makeAuth0({ directory });

    const first = get('organizations/org_acme/members?take=2').json;
    const second = get(`organizations/org_acme/members?take=2&from=${encodeURIComponent(first.next)}`).json;
    const third = get(`organizations/org_acme/members?take=2&from=${encodeURIComponent(second.next)}`).json;

    expect([...idsOf(first.members), ...idsOf(second.members)]).toEqual(members.map(([, id]) => id));
    expect(third).toEqual({ members: [] });
  });

  test('goes on where it was when the last who was shown is removed meanwhile', () => {
    const { auth0, get } = makeAuth0({ directory });

    const first = get('organizations/org_acme/members?take=2').json;
    auth0.removeMember(acme.id, members[1]?.[1] ?? '');
    const second = get(`organizations/org_acme/members?from=${encodeURIComponent(first.next)}`).json;

    expect(idsOf(second.members)).toEqual(members.slice(2).map(([, id]) => id));
  });

  test.each(['take=101', 'from=bm9uc2Vuc2U=', 'take=2&page=0', 'page=10&per_page=100'])(
    'refuses %s',
    (query) => {
      const { get } = makeAuth0({ directory });

      const answer = get(`organizations/org_acme/members?${query}`);

      expect(answer.status).toBe(400);
    },
  );

  test('takes a wish for totals and has none, as the SDK asks for them', () => {
    const { get } = makeAuth0({ directory });

    const lists = [
      'organizations/org_acme/members',
      'groups',
      `users/${encodeURIComponent(members[0]?.[1] ?? '')}/groups`,
    ].map((path) => get(`${path}?take=2&include_totals=true`));

    expect(lists.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(Object.keys(lists[0]?.json)).toEqual(['members', 'next']);
  });

  test('shows roles of members only where they are asked for', () => {
    const { auth0, get } = makeAuth0();

    auth0.addMember(acme.id, ada.user_id);
    auth0.assignRole(acme.id, ada.user_id, admin.id);
    const [plain, withRoles] = [
      get('organizations/org_acme/members').json,
      get('organizations/org_acme/members?fields=user_id,roles&include_fields=true').json,
    ];

    expect(Object.keys(plain[0])).toEqual(['user_id', 'email', 'name', 'picture']);
    expect(withRoles).toEqual([{ user_id: ada.user_id, roles: [admin] }]);
  });
});
