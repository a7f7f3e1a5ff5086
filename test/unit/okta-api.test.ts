import { describe, expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../lib/http/client.ts';
import { readUsers } from '../../lib/sources/okta/api.ts';
import { NOW } from '../factories.ts';

const credentials = { url: 'https://example-org.okta.com', ssws: 't0ken' };
const ada = {
  id: 'ada',
  status: 'ACTIVE',
  lastUpdated: '2026-09-01T09:00:00.000Z',
  profile: { login: 'ada' },
};

function makeOkta(answer: Partial<HttpResponse> = {}) {
  const requests: HttpRequest[] = [];
  const http = async (request: HttpRequest) => {
    requests.push(request);
    return { status: 200, headers: {}, body: '[]', ...answer };
  };
  return { deps: { http, clock: () => NOW }, requests };
}

const read = (answer: Partial<HttpResponse>, next?: string) =>
  readUsers(makeOkta(answer).deps, credentials, next);

describe('a page of users', () => {
  test('is asked for with the API token, from the start and 200 at a time', async () => {
    const { deps, requests } = makeOkta();

    await readUsers(deps, { ...credentials, url: `${credentials.url}/` }, undefined);

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
    expect(pages).toEqual([
      { users: [ada], unreadable: 0, next },
      { users: [ada], unreadable: 0, next },
    ]);
  });

  test('is the last one without a link to another', async () => {
    const link = '<https://example-org.okta.com/api/v1/users?limit=200>; rel="self"';

    expect((await read({ headers: { link } })).next).toBeUndefined();
    expect((await read({})).next).toBeUndefined();
  });

  test.each(['https://elsewhere.example.com/api/v1/users', 'http://example-org.okta.com/api/v1/users'])(
    'is not looked for on another host, where the token would go: %s',
    async (next) => {
      const { deps, requests } = makeOkta();

      const reading = readUsers(deps, credentials, next);

      await expect(reading).rejects.toMatchObject({ name: 'WorldFault', code: 'unreadable-answer' });
      expect(requests).toEqual([]);
    },
  );
});

describe('an answer that is no page', () => {
  test.each([
    ['refuses the token', { status: 401 }, 'credentials'],
    ['lacks a right', { status: 403 }, 'credentials'],
    ['is down', { status: 503 }, 'unavailable'],
    ['redirects', { status: 302 }, 'unavailable'],
    ['is a page of HTML', { body: '<html></html>' }, 'unreadable-answer'],
    ['is no list', { body: '{}' }, 'unreadable-answer'],
    ['lists something else', { body: '[{"id":"ada"}]' }, 'unreadable-answer'],
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
  ])('asks for patience %s', async (_what, headers, retryAfterMs) => {
    await expect(read({ status: 429, headers })).rejects.toMatchObject({ code: 'throttled', retryAfterMs });
  });
});
