import { describe, expect, test } from 'vitest';
import type { Auth0Api, UsersCursor } from '../../../../lib/sources/auth0/api.ts';
import { makeApi, user } from '../../../support/auth0-api.ts';
import { NOW } from '../../../support/factories.ts';

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
    const imported = Array.from({ length: 950 }, (_, n) => user(n, { created_at: user(0).created_at }));
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

  test.each([{ total: 250 }, {}])('go on after a short page until all of %o came', async (facts) => {
    const { api } = makeApi({ body: { users: [user(1)], ...facts } });

    expect((await api.readUsers()).next).toEqual({ since: user(1).created_at, offset: 0, size: 100 });
  });

  test.each([
    ['and says so', true],
    ['and does not say so', false],
  ])('are listed to the last where Auth0 shows fewer than were asked for, %s', async (_how, isTold) => {
    const imported = Array.from({ length: 260 }, (_, n) => user(n, { created_at: user(0).created_at }));
    const all = [...imported, ...Array.from({ length: 100 }, (_, n) => user(n + 300))];
    const { api } = makeApi(({ searchParams: query }) => {
      const since = /^created_at:\[(.+) TO \*\]$/.exec(query.get('q') ?? '')?.[1] ?? '';
      const found = all.filter(({ created_at }) => since === '*' || created_at >= since);
      const most = Math.min(50, Number(query.get('per_page')));
      const start = Number(query.get('page')) * most;
      const users = found.slice(start, start + most);
      return { body: { users, total: found.length, ...(isTold && { limit: most }) } };
    });

    expect((await readAll(api)).size).toBe(360);
  });

  const wrong = [
    '9999-12-31T23:59:59.999Z',
    '1970-01-01T00:00:00.000Z',
    '"2026-09-29T12:00:00.001Z"',
    'soon',
  ];
  test.each([...wrong, user(200).created_at, user(249).created_at, 7, null])(
    'are listed to the last where the last of a page says to be created at %j',
    async (created_at) => {
      const all = Array.from({ length: 250 }, (_, n) => user(n));
      const { api } = makeApi(({ searchParams: query }) => {
        const since = /^created_at:\[(.+) TO \*\]$/.exec(query.get('q') ?? '')?.[1] ?? '';
        const found = all.filter((one) => since === '*' || one.created_at >= since);
        const start = Number(query.get('page')) * 100;
        const users = found.slice(start, start + 100);
        const shown = users.map((one) => (one.user_id === 'auth0|99' ? { ...one, created_at } : one));
        return { body: { users: shown, total: found.length } };
      });

      expect((await readAll(api)).size).toBe(250);
    },
  );

  test('whom Auth0 counts and does not show are not all of them, and so are those it does not count', async () => {
    const empty = makeApi({ body: { users: [], total: 3 } });
    const uncounted = makeApi({ body: { users: [user(1), user(2)], total: 1 } });

    const pages = [await empty.api.readUsers(), await uncounted.api.readUsers()];

    expect(pages.map(({ unreadable }) => unreadable)).toEqual([1, 1]);
    expect(pages[0]?.next).toBeUndefined();
  });

  test('are read one by one: one that cannot be read costs nobody else', async () => {
    const { api } = makeApi({ body: { users: [user(1), { user_id: 7 }], total: 2 } });

    const { items, unreadable } = await api.readUsers();

    expect([items.map(({ user_id }) => user_id), unreadable]).toEqual([['auth0|1'], 1]);
  });
});
