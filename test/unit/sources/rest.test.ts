import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { HttpRequest, HttpResponse } from '../../../lib/http/client.ts';
import {
  createRest,
  nextLink,
  progressed,
  readEvery,
  readItems,
  readOne,
} from '../../../lib/sources/rest.ts';
import { NOW } from '../../support/factories.ts';

const url = 'https://directory.example.com';
const LIMITS = { prefix: 'x-', marginMs: 0, unknownMs: 7_000 };
const Item = z.object({ id: z.string() });

function makeRest(answer: (request: HttpRequest, nth: number) => Partial<HttpResponse>) {
  const requests: HttpRequest[] = [];
  const forgotten: string[] = [];
  const time = { now: NOW };
  const rest = createRest<{ url: string; token: string }>(
    {
      name: 'Example',
      tokens: {
        authorization: async ({ token }) => `Bearer ${token}`,
        forget: (authorization) => forgotten.push(authorization),
      },
      limits: LIMITS,
      explain: ({ status }, bucket) => `mend ${status} at ${bucket}`,
    },
    {
      http: async (request) => {
        requests.push(request);
        return { status: 200, headers: {}, body: '[]', ...answer(request, requests.length) };
      },
      clock: () => time.now,
      random: () => 0,
      credentials: async ({ refused } = {}) => ({ url, token: refused ? 'new' : 'old' }),
      headroom: 0,
    },
  );
  return { rest, requests, forgotten, time, urls: () => requests.map((request) => request.url) };
}

describe('a request', () => {
  test('has what of the query is given, and the address of a next page keeps what it has', async () => {
    const { rest, urls } = makeRest(() => ({}));

    await rest.ask({ bucket: 'b', path: '/people', query: { filter: 'a b', limit: 5, from: undefined } });
    await rest.ask({
      bucket: 'b',
      path: `${url}/people?after=x%2Fy&limit=2`,
      query: { filter: 'a+b', limit: 5 },
    });
    await rest.ask({ bucket: 'b', path: `${url}/people?q=1+2&limit=2`, query: { limit: 5 } });

    expect(urls()).toEqual([
      `${url}/people?filter=a%20b&limit=5`,
      `${url}/people?after=x%2Fy&limit=2&filter=a%2Bb`,
      `${url}/people?q=1+2&limit=2`,
    ]);
  });

  test('is not sent to another host, where the token would go', async () => {
    const { rest, requests } = makeRest(() => ({}));

    const asking = rest.ask({ bucket: 'b', path: 'https://elsewhere.example.com/people' });

    await expect(asking).rejects.toMatchObject({ code: 'unreadable-message' });
    expect(requests).toEqual([]);
  });

  test('is sent once more after a 401, and gives up both tokens when that is refused too', async () => {
    const { rest, requests, forgotten } = makeRest(() => ({ status: 401 }));

    await expect(rest.ask({ bucket: 'b', path: '/' })).rejects.toMatchObject({
      code: 'credentials',
      message: 'mend 401 at b',
    });
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
    expect(forgotten).toEqual(['Bearer old', 'Bearer new']);
  });

  test.each<[string, Partial<HttpResponse>]>([
    ['the header', { headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' } }],
    ['the body', { body: '{"errorCode":"insufficient_scope"}' }],
  ])('gives up the token where %s of a 403 says that a scope is missing', async (_where, said) => {
    const { rest, requests, forgotten } = makeRest(() => ({ status: 403, ...said }));

    await expect(rest.ask({ bucket: 'b', path: '/' })).rejects.toMatchObject({ code: 'credentials' });
    expect([requests.length, forgotten]).toEqual([1, ['Bearer old']]);
  });

  test('that may not be made is forbidden, and says nothing against the token', async () => {
    const { rest, requests, forgotten } = makeRest(() => ({ status: 403 }));

    await expect(rest.ask({ bucket: 'b', path: '/' })).rejects.toMatchObject({ code: 'forbidden' });
    expect([requests.length, forgotten]).toEqual([1, []]);
  });

  test.each([
    [400, 'unreadable-answer', 'Example rejected the request (400)'],
    [429, 'throttled', 'Example rate limit reached (429)'],
    [500, 'unavailable', 'Example answered 500'],
    [302, 'unavailable', 'Example answered 302'],
  ])('answered %i is a fault of the world: %s', async (status, code, message) => {
    const { rest } = makeRest(() => ({ status }));

    const asking = rest.ask({ bucket: 'b', path: '/' });

    await expect(asking).rejects.toMatchObject({ name: 'WorldFault', code, message });
  });

  test('is answered that there is no such thing by the statuses that mean it', async () => {
    const { rest } = makeRest(() => ({ status: 404, body: 'gone' }));
    const isMissing = ({ status }: HttpResponse) => status === 404;

    const answer = await rest.ask({ bucket: 'b', path: '/', isMissing });

    expect(answer).toMatchObject({ found: false, status: 404, json: undefined, askedAt: NOW });
    expect(readOne(answer, Item)).toEqual({ value: undefined, askedAt: NOW });
  });

  test('was asked at the moment before it, in whole milliseconds, also where answers take their time', async () => {
    const { rest, time } = makeRest((_request, nth) => {
      const date = new Date(NOW).toUTCString();
      time.now += nth === 1 ? 60 : 400;
      return { headers: { date } };
    });

    const first = await rest.ask({ bucket: 'b', path: '/' });
    const later = await rest.ask({ bucket: 'b', path: '/' });

    expect([first.askedAt, later.askedAt]).toEqual([NOW, NOW + 60]);
  });

  test('that was reserved is sent although the head-room is used up since', async () => {
    const headers = { 'x-limit': '20', 'x-remaining': '2', 'x-reset': String(NOW / 1_000 + 60) };
    const { rest } = makeRest(() => ({ headers }));
    await rest.ask({ bucket: 'b', path: '/' });

    await expect(rest.ask({ bucket: 'b', path: '/' })).rejects.toMatchObject({ code: 'throttled' });
    await expect(rest.ask({ bucket: 'b', path: '/', isRespected: true })).resolves.toMatchObject({
      found: true,
    });
  });
});

describe('a page', () => {
  async function answerWith(link: string | string[], path = '/people') {
    const { rest } = makeRest(() => ({ headers: { link }, body: '[{"id":"ada"},7]' }));
    return rest.ask({ bucket: 'b', path, query: { limit: 5 } });
  }

  test('has the items that can be read, and the number of the others', async () => {
    const answer = await answerWith('');

    expect(readItems(answer, answer.json, Item)).toEqual({
      items: [{ id: 'ada' }],
      unreadable: 1,
      askedAt: answer.askedAt,
    });
  });

  test('is a page also where nothing of it can be read, and none where it is no list', async () => {
    const answer = await answerWith('');

    expect(readItems(answer, [7], Item)).toMatchObject({ items: [], unreadable: 1 });
    for (const json of [undefined, { id: 'ada' }, 7])
      expect(() => readItems(answer, json, Item)).toThrow('Example answered with something that is no list');
  });

  test.each([
    ['relative', '</people?after=1&limit=5>; rel="next"', `${url}/people?after=1&limit=5`],
    ['without our parameters', '</people?after=1>; rel="next"', `${url}/people?after=1&limit=5`],
    ['among others', ['</people>; rel="self"', '</people?limit=1>; rel="next"'], `${url}/people?limit=1`],
    ['missing', '</people>; rel="self"', undefined],
  ])('leads to the next one by a link: %s', async (_what, link, next) => {
    expect(nextLink(await answerWith(link), { limit: 5 })).toBe(next);
  });

  test('does not lead to another host', async () => {
    const answer = await answerWith('<https://elsewhere.example.com/people>; rel="next"');

    expect(() => nextLink(answer, {})).toThrow('Example has its next page on another host');
  });

  test('that leads to itself is unreadable, also where the link lost our parameters', async () => {
    const answer = await answerWith('</people>; rel="next"');

    expect(() => progressed(answer, nextLink(answer, { limit: 5 }), answer.address)).toThrow(
      'Example repeated a page',
    );
  });
});

describe('every page of a list', () => {
  const page = (id: string, next: string | undefined, askedAt: number) => ({
    ...{ items: [id], unreadable: 1, askedAt, next },
  });

  test('is one list as of its first page', async () => {
    const pages = [page('a', '2', NOW), page('b', undefined, NOW + 9)];

    const list = await readEvery(async (next) => pages[next === undefined ? 0 : 1] as (typeof pages)[number]);

    expect(list).toEqual({ items: ['a', 'b'], unreadable: 2, askedAt: NOW });
  });

  test('is none where one of them is none', async () => {
    const list = await readEvery<string, undefined>(async (next) =>
      next === undefined ? page('a', '2', NOW) : undefined,
    );

    expect(list).toBeUndefined();
  });

  test('that go on and on are unreadable', async () => {
    let pages = 0;
    const read = readEvery(async () => {
      pages += 1;
      return { items: [], unreadable: 0, askedAt: 0, next: String(pages) };
    });

    await expect(read).rejects.toMatchObject({ code: 'unreadable-answer' });
  });

  test('in a circle is unreadable', async () => {
    const reading = readEvery(async (next) => page('a', next === '2' ? '3' : '2', NOW));

    await expect(reading).rejects.toMatchObject({ code: 'unreadable-answer' });
  });
});
