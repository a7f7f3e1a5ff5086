import { describe, expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../../lib/http/client.ts';
import { type Auth0Api, createAuth0Api, type UsersCursor } from '../../../../lib/sources/auth0/api.ts';
import { NOW } from '../../../support/factories.ts';

const url = 'https://acme.us.auth0.com';
const credentials = { url, clientId: 'cl1ent', clientSecret: 's3cret' };

type Answer = Partial<Omit<HttpResponse, 'body'>> & { body?: unknown };

/** Auth0 by script: `answer` to each request but those for tokens, which are numbered. */
function makeApi(
  answer: Answer | ((request: URL, nth: number) => Answer) = {},
  { headroom = 0, rotated = true } = {},
) {
  const requests: HttpRequest[] = [];
  const time = { now: NOW };
  const asked: (object | undefined)[] = [];
  let tokens = 0;
  const api = createAuth0Api({
    http: async (request) => {
      if (request.url.endsWith('/oauth/token')) {
        tokens += 1;
        const body = JSON.stringify({ access_token: `token-${tokens}`, expires_in: 86_400 });
        return { status: 200, headers: {}, body };
      }
      requests.push(request);
      const scripted = typeof answer === 'function' ? answer(new URL(request.url), requests.length) : answer;
      const { body = {}, ...rest } = scripted;
      return {
        ...{ status: 200, headers: {} },
        ...rest,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      };
    },
    clock: () => time.now,
    random: () => 0,
    credentials: async ({ refused } = {}) => {
      asked.push(refused);
      return refused && rotated ? { ...credentials, clientSecret: 'new' } : credentials;
    },
    headroom,
  });
  const paths = () => requests.map((request) => request.url.replace(`${url}/api/v2/`, ''));
  return { api, requests, paths, time, asked, tokens: () => tokens };
}

const user = (n: number, facts: object = {}) => ({
  user_id: `auth0|${n}`,
  created_at: new Date(NOW + n).toISOString(),
  ...facts,
});

describe('a user', () => {
  test('is asked for by the encoded id, with an access token, and only what is needed of them', async () => {
    const { api, requests } = makeApi({ body: user(1) });

    await api.readUser('samlp|acme|ada@example.com');

    const { pathname, searchParams } = new URL(requests[0]?.url ?? '');
    expect(pathname).toBe('/api/v2/users/samlp%7Cacme%7Cada%40example.com');
    expect(requests).toMatchObject([{ method: 'GET', headers: { authorization: 'Bearer token-1' } }]);
    expect(searchParams.get('fields')?.split(',')).toEqual(
      expect.arrayContaining(['user_id', 'updated_at', 'blocked', 'identities', 'name', 'email', 'picture']),
    );
    expect(searchParams.get('fields')).not.toContain('metadata');
  });

  test('who is not known to Auth0 is told as missing, with the moment before the question by Auth0’s clock', async () => {
    const date = new Date(NOW - 7_000).toUTCString();
    const body = { statusCode: 404, errorCode: 'inexistent_user' };
    const { api } = makeApi({ status: 404, headers: { date }, body });

    const read = await api.readUser('auth0|gone');

    expect(read).toEqual({ value: undefined, askedAt: NOW - 7_000 + 999 });
  });
});

describe('all users', () => {
  /** A tenant that answers a search as Auth0 does: 1,000 results and no more. */
  function makeTenant(users: ReturnType<typeof user>[]) {
    const tenant = { users };
    const made = makeApi(({ searchParams: query }) => {
      const since = /^created_at:\[(.+) TO \*\]$/.exec(query.get('q') ?? '')?.[1] ?? '';
      const found = tenant.users.filter(({ created_at }) => since === '*' || created_at >= since);
      const start = Number(query.get('page')) * Number(query.get('per_page'));
      if (start >= 1_000) return { status: 400, body: { errorCode: 'invalid_paging' } };
      return { body: { users: found.slice(start, start + 100), total: found.length, start } };
    });
    return { ...made, tenant };
  }

  async function readAll(api: Auth0Api, between = (_page: number) => {}) {
    const seen = new Set<string>();
    let cursor: UsersCursor | undefined;
    for (let page = 0; page === 0 || cursor; page += 1) {
      const { items, next } = await api.readUsers(cursor);
      for (const { user_id } of items) seen.add(user_id);
      between(page);
      cursor = next;
    }
    return seen;
  }

  test.each([0, 1, 99, 100, 101, 1_000, 2_345])(
    'are listed to the last of %i, in pages of a hundred, oldest first',
    async (count) => {
      const { api, requests } = makeTenant(Array.from({ length: count }, (_, n) => user(n)));

      const seen = await readAll(api);

      expect(seen.size).toBe(count);
      expect(requests.length).toBeLessThanOrEqual(Math.ceil(count / 99) + 1);
      expect(new URL(requests[0]?.url ?? '').searchParams.toString()).toContain(
        'sort=created_at%3A1&search_engine=v3&page=0&per_page=100',
      );
    },
  );

  test('are listed to the last where some were created in the same millisecond', async () => {
    const imported = Array.from({ length: 950 }, (_, n) =>
      user(n, { created_at: new Date(NOW).toISOString() }),
    );
    const others = Array.from({ length: 300 }, (_, n) => user(n + 1_000));
    const { api } = makeTenant([...imported, ...others]);

    expect((await readAll(api)).size).toBe(1_250);
  });

  test('are nobody less for a deletion meanwhile', async () => {
    const { api, tenant } = makeTenant(Array.from({ length: 500 }, (_, n) => user(n)));

    const seen = await readAll(api, () => {
      tenant.users = tenant.users.slice(10);
    });

    expect(seen.size).toBe(500);
  });

  test('cannot be listed where more than 1,000 were created in the same millisecond, and it says so', async () => {
    const created_at = new Date(NOW).toISOString();
    const { api } = makeTenant(Array.from({ length: 1_001 }, (_, n) => user(n, { created_at })));

    await expect(readAll(api)).rejects.toMatchObject({
      code: 'unreadable-answer',
      message: expect.stringContaining('same created_at'),
    });
  });

  test('go on after a short page while Auth0 counts more', async () => {
    const { api } = makeApi({ body: { users: [user(1)], total: 250 } });

    expect((await api.readUsers({ page: 0 })).next).toEqual({ since: user(1).created_at, page: 0 });
  });

  test('are read one by one: one that cannot be read costs nobody else', async () => {
    const { api } = makeApi({ body: { users: [user(1), { user_id: 7 }], total: 2 } });

    const { items, unreadable } = await api.readUsers();

    expect([items.map(({ user_id }) => user_id), unreadable]).toEqual([['auth0|1'], 1]);
  });
});

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
  test('is read until Auth0’s count is reached', async () => {
    const { api, paths } = makeApi(({ searchParams }) => ({
      body: { organizations: [{ id: `org_${searchParams.get('page')}`, name: 'acme' }], total: 201 },
    }));

    const organizations = await api.readUserOrganizations('auth0|1');

    expect(organizations?.items.map(({ id }) => id)).toEqual(['org_0', 'org_1', 'org_2']);
    expect(paths()[2]).toBe('users/auth0%7C1/organizations?page=2&per_page=100&include_totals=true');
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
    const members = [person, connection, { id: 'x', member_type: 'robot' }, { member_type: 'user' }];
    const { api } = makeApi({ body: { members } });

    const page = await api.readGroupMembers('grp_1');

    expect(page?.items).toEqual([
      { member_type: 'user', id: 'auth0|1' },
      connection,
      { member_type: 'other' },
    ]);
    expect(page?.unreadable).toBe(1);
  });
});

describe('an event stream', () => {
  test.each([403, 404])(
    'is none where the plan has none (%i), but a missing scope is told',
    async (status) => {
      const without = makeApi({ status, body: { errorCode: 'feature_not_enabled' } });
      const unscoped = makeApi({
        status: 403,
        body: {
          errorCode: 'insufficient_scope',
          message: 'Insufficient scope, expected any of: read:event_streams',
        },
      });

      expect(await without.api.readEventStreams()).toBeUndefined();
      await expect(unscoped.api.readEventStreams()).rejects.toMatchObject({ code: 'credentials' });
    },
  );

  test('is found among all', async () => {
    const destination = { type: 'webhook', configuration: { webhook_endpoint: 'https://hooks.example.com' } };
    const { api } = makeApi({
      body: { eventStreams: [{ id: 'est_1', name: 'velt', destination }, { id: 'est_2' }] },
    });

    expect((await api.readEventStreams())?.items).toEqual([{ id: 'est_1', destination }, { id: 'est_2' }]);
  });

  test('tells its failed deliveries, which go on after the last of a full page', async () => {
    const failed = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ id: `evt_${n}`, event_type: 'user.updated', event: { n } }));
    const { api, paths } = makeApi(({ searchParams }) => ({
      body: failed(searchParams.has('from') ? 3 : 100),
    }));

    const first = await api.readFailedDeliveries('est_1', { since: NOW + 999 });
    const last = await api.readFailedDeliveries('est_1', { since: NOW, from: first?.next });

    expect([first?.next, last?.items.length, last?.next]).toEqual(['evt_99', 3, undefined]);
    expect(first?.items[0]).toEqual({ id: 'evt_0', event_type: 'user.updated', event: { n: 0 } });
    expect(paths()[1]).toBe(
      'event-streams/est_1/deliveries?statuses=failed&date_from=2026-09-30T12%3A00%3A00Z&take=100&from=evt_99',
    );
  });

  test.each([
    [202, true],
    [403, false],
    [404, false],
    [409, false],
  ])('answers the wish to deliver what failed again with %i: %s', async (status, again) => {
    const { api, requests } = makeApi({ status });

    expect(await api.redeliver('est_1', NOW)).toBe(again);
    expect(requests).toMatchObject([
      {
        method: 'POST',
        url: `${url}/api/v2/event-streams/est_1/redeliver`,
        body: '{"date_from":"2026-09-30T12:00:00Z","statuses":["failed"]}',
      },
    ]);
  });
});

describe('an answer that is of no use', () => {
  test.each([
    ['is down', { status: 503 }, 'unavailable'],
    ['redirects', { status: 302 }, 'unavailable'],
    ['rejects the request', { status: 400 }, 'unreadable-answer'],
    ['is a page of HTML', { body: '<html></html>' }, 'unreadable-answer'],
    ['is no list', { body: { users: {} } }, 'unreadable-answer'],
    ['lists something else', { body: { users: [{ id: 1 }], total: 1 } }, 'unreadable-answer'],
  ])('%s: a fault of the world', async (_what, answer, code) => {
    await expect(makeApi(answer).api.readUsers()).rejects.toMatchObject({ name: 'WorldFault', code });
  });

  test('names the scope that is missing, and a new token is asked for once it was granted', async () => {
    const message = 'Insufficient scope, expected any of: read:users,read:user_idp_tokens';
    const { api, tokens } = makeApi((_request, nth) =>
      nth === 1 ? { status: 403, body: { errorCode: 'insufficient_scope', message } } : { body: user(1) },
    );

    const fault = await api.readUser('auth0|1').catch((error: unknown) => error);
    await api.readUser('auth0|1');

    expect(fault).toMatchObject({
      code: 'credentials',
      message: expect.stringContaining('read:users or read:user_idp_tokens'),
    });
    expect(tokens()).toBe(2);
  });
});

describe('a rate limit', () => {
  const date = new Date(NOW).toUTCString();
  const reset = (inMs: number) => String((NOW + inMs) / 1000);

  test.each([
    ['as long as Retry-After says', { 'retry-after': '3', 'x-ratelimit-reset': reset(9_000), date }, 3_000],
    [
      'until the reset, by Auth0’s own clock',
      { 'x-ratelimit-reset': reset(30_000), date: new Date(NOW + 10_000).toUTCString() },
      20_000,
    ],
    ['until the reset, by ours where Auth0 tells no time', { 'x-ratelimit-reset': reset(5_000) }, 5_000],
    ['a second where the reset is past', { 'x-ratelimit-reset': reset(-5_000), date }, 1_000],
    ['a second where Auth0 tells nothing', {}, 1_000],
  ])('that is reached is waited out %s', async (_how, headers, retryAfterMs) => {
    const { api } = makeApi({ status: 429, headers });

    await expect(api.readUser('auth0|1')).rejects.toMatchObject({ code: 'throttled', retryAfterMs });
  });

  test('is respected before it is used up, and only for the endpoints that share it', async () => {
    const headers = {
      'x-ratelimit-limit': '40',
      'x-ratelimit-remaining': '20',
      'x-ratelimit-reset': reset(12_000),
      date,
    };
    const { api, requests, time } = makeApi({ headers, body: user(1) }, { headroom: 0.5 });
    await api.readUser('auth0|1');

    const early = await api.readUser('auth0|1').catch((error: unknown) => error);
    await api.readGroup('grp_1').catch(() => undefined);
    time.now += 12_000;
    await api.readUser('auth0|1');

    expect(early).toMatchObject({ code: 'throttled', retryAfterMs: 12_000 });
    expect(requests.map((request) => new URL(request.url).pathname.split('/')[3])).toEqual([
      'users',
      'groups',
      'users',
    ]);
  });

  test('can be asked for several calls at once, before the first of them', async () => {
    const headers = {
      'x-ratelimit-limit': '40',
      'x-ratelimit-remaining': '10',
      'x-ratelimit-reset': reset(12_000),
    };
    const { api } = makeApi({ headers, body: user(1) });
    await api.readUser('auth0|1');

    expect(() => api.respect({ users: 6, groups: 40 })).not.toThrow();
    expect(() => api.respect({ users: 7 })).toThrow('Auth0 rate limit: the rest of it is left to others');
  });
});

describe('a refused token', () => {
  test('is replaced by one for what the secret holds by now, once', async () => {
    const { api, requests, asked } = makeApi((_request, nth) =>
      nth === 1 ? { status: 401 } : { body: user(1) },
    );

    await api.readUser('auth0|1');

    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
    expect(asked).toEqual([undefined, credentials]);
  });

  test('is replaced where the secret still holds the same, for somebody may have revoked the token only', async () => {
    const { api, requests } = makeApi((_request, nth) => (nth === 1 ? { status: 401 } : { body: user(1) }), {
      rotated: false,
    });

    await api.readUser('auth0|1');

    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  test('that is refused again is a fault of the credentials', async () => {
    const { api, requests } = makeApi({ status: 401 });

    const fault = await api.readUser('auth0|1').catch((error: unknown) => error);

    expect(fault).toMatchObject({ code: 'credentials' });
    expect(String(fault)).not.toMatch(/token-|s3cret/);
    expect(requests).toHaveLength(2);
  });
});
