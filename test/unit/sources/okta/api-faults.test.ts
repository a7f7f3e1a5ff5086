import { describe, expect, test } from 'vitest';
import { createOktaApi } from '../../../../lib/sources/okta/api.ts';
import { NOW } from '../../../support/factories.ts';
import { ada, credentials, makeOkta, read } from '../../../support/okta-answers.ts';

describe('a page of users', () => {
  test('is asked for with the API token, from the start and 200 at a time', async () => {
    const { connect, requests } = makeOkta();

    await connect({ ...credentials, url: `${credentials.url}/` }).readUsers(undefined);

    expect(requests).toMatchObject([
      {
        method: 'GET',
        url: 'https://example-org.okta.com/api/v1/users?limit=200',
        headers: { authorization: 'SSWS t0ken' },
      },
    ]);
  });

  test('holds the users and the way to the next page, as it is', async () => {
    const link = [
      '<https://example-org.okta.com/api/v1/users?limit=200>; rel="self"',
      '<https://example-org.okta.com/api/v1/users?after=00u%2Fx&limit=200>; rel="next"',
    ];

    const pages = [
      await read({ body: JSON.stringify([ada]), headers: { link: link.join(', ') } }),
      await read({ body: JSON.stringify([ada]), headers: { link } }),
    ];

    const next = 'https://example-org.okta.com/api/v1/users?after=00u%2Fx&limit=200';
    const expected = { items: [ada], unreadable: 0, next, askedAt: NOW };
    expect(pages).toMatchObject([expected, expected]);
  });

  test('is the last one without a link to another', async () => {
    const link = '<https://example-org.okta.com/api/v1/users?limit=200>; rel="self"';

    expect((await read({ headers: { link } })).next).toBeUndefined();
    expect((await read({})).next).toBeUndefined();
  });

  test.each(['https://elsewhere.example.com/api/v1/users', 'http://example-org.okta.com/api/v1/users'])(
    'is not looked for on another host, where the token would go: %s',
    async (next) => {
      const { connect, requests } = makeOkta();

      const reading = connect().readUsers(next);

      await expect(reading).rejects.toMatchObject({ name: 'WorldFault', code: 'unreadable-message' });
      expect(requests).toEqual([]);
    },
  );
});

describe('an answer that is no page', () => {
  test.each([
    ['refuses the token', { status: 401 }, 'credentials'],
    ['may not be asked for', { status: 403 }, 'forbidden'],
    ['is down', { status: 503 }, 'unavailable'],
    ['redirects', { status: 302 }, 'unavailable'],
    ['is a page of HTML', { body: '<html></html>' }, 'unreadable-answer'],
    ['is no list', { body: '{}' }, 'unreadable-answer'],
    ['is one thing and no list', { body: '{"id":"ada"}' }, 'unreadable-answer'],
  ])('%s: a fault of the world', async (_what, answer, code) => {
    await expect(read(answer)).rejects.toMatchObject({ name: 'WorldFault', code });
  });

  test.each([
    [
      'until the reset, by Okta’s own clock',
      { 'x-rate-limit-reset': '1000', date: new Date(970_000).toUTCString() },
      31_000,
    ],
    [
      'until the reset, by ours where Okta tells no time',
      { 'x-rate-limit-reset': String(NOW / 1000 + 5) },
      6_000,
    ],
    ['a second where the reset is past', { 'x-rate-limit-reset': '1000' }, 1_000],
    ['a minute where Okta tells nothing', {}, 60_000],
  ])('reached its rate limit, to be waited out %s', async (_what, headers, retryAfterMs) => {
    await expect(read({ status: 429, headers })).rejects.toMatchObject({ code: 'throttled', retryAfterMs });
  });
});

describe('the head-room', () => {
  /** Okta with a limit of 100 a minute, counting down. */
  function makeLimited(headroom: number) {
    const time = { now: NOW };
    let asked = 0;
    const http = async () => {
      asked += 1;
      const reset = String(NOW / 1000 + 60);
      const headers = {
        'x-rate-limit-limit': '100',
        'x-rate-limit-remaining': String(100 - asked),
        'x-rate-limit-reset': reset,
      };
      return { status: 200, headers, body: JSON.stringify(ada) };
    };
    const credentialsOf = async () => credentials;
    const api = createOktaApi({
      http,
      clock: () => time.now,
      random: () => 0,
      credentials: credentialsOf,
      headroom,
    });
    return { api, time, asked: () => asked };
  }

  test('is left to others, with a margin for calls of other containers, until the window ends', async () => {
    const { api, time, asked } = makeLimited(0.5);

    let fault: unknown;
    while (fault === undefined && asked() < 100)
      fault = await api.readUser('ada').then(
        () => undefined,
        (error: unknown) => error,
      );
    const before = asked();
    time.now += 61_000;
    await api.readUser('ada');

    expect(fault).toMatchObject({ code: 'throttled', retryAfterMs: 61_000 });
    expect([before, asked()]).toEqual([40, 41]);
  });
});

describe('a 429 of the concurrency limit', () => {
  test('is waited out for a random while: its reset is only a hint', async () => {
    const headers = {
      'x-rate-limit-limit': '0',
      'x-rate-limit-remaining': '0',
      'x-rate-limit-reset': String(NOW / 1000 + 60),
    };

    await expect(read({ status: 429, headers })).rejects.toMatchObject({
      code: 'throttled',
      retryAfterMs: 1_000,
    });
  });
});

describe('a refused credential', () => {
  test('is replaced by what the secret holds by now, once', async () => {
    const given: (object | undefined)[] = [];
    const seen: (string | undefined)[] = [];
    const api = createOktaApi({
      http: async ({ headers }) => {
        seen.push(headers.authorization);
        return { status: headers.authorization === 'SSWS new' ? 200 : 401, headers: {}, body: '[]' };
      },
      credentials: async ({ refused } = {}) => {
        given.push(refused);
        return refused ? { ...credentials, ssws: 'new' } : credentials;
      },
      ...{ clock: () => NOW, random: () => 0, headroom: 0.2 },
    });

    await api.readUsers(undefined);

    expect(seen).toEqual(['SSWS t0ken', 'SSWS new']);
    expect(given).toEqual([undefined, credentials]);
  });
});
