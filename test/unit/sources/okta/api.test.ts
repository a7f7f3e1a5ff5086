import { describe, expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../../lib/http/client.ts';
import { createOktaApi, type OktaApi } from '../../../../lib/sources/okta/api.ts';
import type { ListPage } from '../../../../lib/sources/rest.ts';
import { NOW } from '../../../support/factories.ts';
import { makeOktaApi, oktaUser } from '../../../support/okta-api.ts';

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
  const connect = (connection = credentials) =>
    createOktaApi({
      http,
      clock: () => NOW,
      random: () => 0,
      credentials: async () => connection,
      headroom: 0.2,
    });
  return { connect, requests };
}

const read = (answer: Partial<HttpResponse>, next?: string) => makeOkta(answer).connect().readUsers(next);

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
  ])('reached its rate limit, to be waited out %s', async (_what, headers, retryAfterMs) => {
    await expect(read({ status: 429, headers })).rejects.toMatchObject({ code: 'throttled', retryAfterMs });
  });
});

describe('a person', () => {
  test('who is not known to Okta is told as missing, with the moment before the question by Okta’s clock', async () => {
    const date = new Date(NOW - 7_000).toUTCString();
    const { connect, requests } = makeOkta({ status: 404, headers: { date } });

    const read = await connect().readUser('auth0|a/b');

    expect(read).toEqual({ value: undefined, askedAt: NOW - 7_000 + 999 });
    expect(requests.map(({ url }) => url)).toEqual([
      'https://example-org.okta.com/api/v1/users/auth0%7Ca%2Fb',
    ]);
  });

  test('has the groups of every page', async () => {
    const pages = [
      {
        body: '[{"id":"g1","profile":{"name":"One"}}]',
        headers: { link: '</api/v1/users/ada/groups?after=2>; rel="next"' },
      },
      { body: '[{"id":"g2","profile":{"name":"Two"}},{}]', headers: {} },
    ];
    const http = async () =>
      ({ status: 200, ...(pages.shift() as { body: string; headers: object }) }) as HttpResponse;
    const api = createOktaApi({
      http,
      clock: () => NOW,
      random: () => 0,
      credentials: async () => credentials,
      headroom: 0.2,
    });

    const { items, unreadable } = await api.readUserGroups('ada');

    expect(items.map(({ id }) => id)).toEqual(['g1', 'g2']);
    expect(unreadable).toBe(1);
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

describe('a list', () => {
  const options = {
    users: [oktaUser('ada'), oktaUser('alan'), oktaUser('left', { status: 'DEPROVISIONED' })],
    groups: [{ id: 'g 1', profile: { name: 'One' } }],
    members: [['g 1', 'ada']] as [string, string][],
    apps: [{ id: '0oa1', label: 'Velt' }],
    assignments: [['0oa1', 'alan']] as [string, string][],
  };

  test.each<
    [string, string[], (api: OktaApi, next?: string) => Promise<ListPage<{ id: string }> | undefined>]
  >([
    ['/api/v1/users?limit=200', ['ada', 'alan'], (api, next) => api.readUsers(next)],
    [
      '/api/v1/users?filter=status%20eq%20%22DEPROVISIONED%22&limit=200',
      ['left'],
      (api, next) => api.readDeactivated(next),
    ],
    ['/api/v1/groups?limit=200', ['g 1'], (api, next) => api.readGroups(next)],
    ['/api/v1/groups/g%201/users?limit=200', ['ada'], (api, next) => api.readGroupUsers('g 1', next)],
    [
      '/api/v1/apps/0oa1/users?expand=user&limit=500',
      ['alan'],
      (api, next) => api.readAppUsers('0oa1', next),
    ],
  ])('begins at %s, goes on where told, and ends where Okta repeats itself', async (path, ids, read) => {
    const { api, okta, asked } = makeOktaApi(options);

    const page = await read(api);
    okta.faults.add({ answer: { kind: 'repeated-cursor' } });
    const repeated = read(api, `${path}&after=YWZ0ZXI6`);

    await expect(repeated).rejects.toMatchObject({
      code: 'unreadable-answer',
      message: expect.stringContaining('Okta repeated a page'),
    });
    expect(page?.items.map(({ id }) => id)).toEqual(ids);
    expect(asked()).toEqual([path, `${path}&after=YWZ0ZXI6`]);
  });

  test('of the users of an application has the users themselves', async () => {
    const { api } = makeOktaApi(options);

    const { items } = await api.readAppUsers('0oa1', undefined);

    expect(items).toMatchObject([{ id: 'alan', profile: { firstName: 'alan', email: 'alan@example.com' } }]);
  });

  test('of the members of a group that Okta does not know is none, and not an empty one', async () => {
    const { api } = makeOktaApi();

    expect(await api.readGroupUsers('gone', undefined)).toBeUndefined();
  });

  test.each([
    ['a body cut short', { kind: 'cut-body' } as const, 'unreadable-answer'],
    ['a 500', { kind: 'status', status: 500 } as const, 'unavailable'],
  ])('with %s on its second page throws there', async (_what, answer, code) => {
    const { api, okta } = makeOktaApi({ users: Array.from({ length: 201 }, (_, n) => oktaUser(`u${n}`)) });
    okta.faults.add({ path: /^\/api\/v1\/users\?/, nth: 2, answer });

    const { next } = await api.readUsers(undefined);

    await expect(api.readUsers(next)).rejects.toMatchObject({ code });
  });
});

describe('an assignment to an application', () => {
  const options = {
    users: [oktaUser('ada'), oktaUser('alan')],
    apps: [{ id: '0oa1', label: 'Velt' }],
    assignments: [['0oa1', 'alan']] as [string, string][],
  };

  test('is there or not', async () => {
    const { api } = makeOktaApi(options);

    const [alan, ada] = [await api.readAppUser('0oa1', 'alan'), await api.readAppUser('0oa1', 'ada')];

    expect(alan).toEqual({ value: { id: 'alan' }, askedAt: NOW });
    expect(ada).toEqual({ value: undefined, askedAt: NOW });
  });

  test('is not known when the application is not: that must not look like an end of it', async () => {
    const { api } = makeOktaApi(options);

    await expect(api.readAppUser('0oa2', 'ada')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('the System Log', () => {
  const types = ['user.lifecycle.create', 'user.lifecycle.deactivate'];

  test('is polled from a time on, for some types, in the order in which events were stored', async () => {
    const { api, okta, asked } = makeOktaApi();
    okta.log.append('user.lifecycle.create', { published: new Date(NOW - 60_000).toISOString() });
    okta.log.append('user.session.start');
    const late = okta.log.append('user.lifecycle.deactivate', {
      published: new Date(NOW - 5_000).toISOString(),
    });

    const { events } = await api.readLogs({ since: NOW - 10_000, types });

    expect(events).toEqual([late]);
    expect(Object.fromEntries(new URLSearchParams(asked()[0]?.split('?')[1]))).toEqual({
      since: new Date(NOW - 10_000).toISOString(),
      sortOrder: 'ASCENDING',
      limit: '1000',
      filter: 'eventType eq "user.lifecycle.create" or eventType eq "user.lifecycle.deactivate"',
    });
  });

  test('goes on where it was left, also when that is where nothing is yet', async () => {
    const { api, okta } = makeOktaApi();
    okta.log.append('user.lifecycle.create');

    const first = await api.readLogs({ since: NOW, types });
    const nothing = await api.readLogs({ since: NOW, types, next: first.next });
    const stored = okta.log.append('user.lifecycle.create', {
      published: new Date(NOW - 8 * 86_400_000).toISOString(),
    });
    const later = await api.readLogs({ since: NOW, types, next: nothing.next });

    expect(first.events).toHaveLength(1);
    expect(nothing).toEqual({ events: [], next: first.next, more: false });
    expect(later.events).toEqual([stored]);
  });

  test.each([
    ['has no way on', { body: '[]' }],
    ['is no list', { body: '{}', headers: { link: '</api/v1/logs?after=1_1>; rel="next"' } }],
  ])('that %s is unreadable', async (_what, answer) => {
    const reading = makeOkta(answer).connect().readLogs({ since: NOW, types });

    await expect(reading).rejects.toMatchObject({ code: 'unreadable-answer' });
  });
});
