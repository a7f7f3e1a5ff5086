import { describe, expect, test } from 'vitest';
import { credentials, makeApi, user } from '../../../support/auth0-api.ts';
import { NOW } from '../../../support/factories.ts';

describe('an answer that is of no use', () => {
  test.each([
    ['is down', { status: 503 }, 'unavailable'],
    ['redirects', { status: 302 }, 'unavailable'],
    ['rejects the request', { status: 400 }, 'unreadable-answer'],
    ['is a page of HTML', { body: '<html></html>' }, 'unreadable-answer'],
    ['is no list', { body: { users: {} } }, 'unreadable-answer'],
    ['lists under another name', { body: { people: [user(1)], total: 1 } }, 'unreadable-answer'],
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
