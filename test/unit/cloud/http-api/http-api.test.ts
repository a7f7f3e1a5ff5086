import { afterEach, describe, expect, it } from 'vitest';
import { startHttpApi } from '../../../../local/cloud/http-api/http-api.ts';
import { isText, toReply } from '../../../../local/cloud/http-api/payload.ts';
import { matchRoute, type Route } from '../../../../local/cloud/http-api/routes.ts';
import type { InvocationResult } from '../../../../local/cloud/lambda/environment.ts';

type Answer = (event: unknown) => Promise<InvocationResult>;

const route = (
  key: string,
  invoke: Answer = async (event) => ({ payload: event }),
  timeoutMs = 20_000,
): Route => ({
  key,
  timeoutMs,
  invoke,
});

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(...routes: Route[]): Promise<string> {
  const { url, close } = await startHttpApi({ apiId: 'api', accountId: '111122223333', routes });
  closers.push(close);
  return url;
}

describe('startHttpApi', () => {
  it('hands a request on in payload format 2.0', async () => {
    const url = await serve(route('POST /webhooks/{source}'));

    const response = await fetch(`${url}/webhooks/a%20b?x=1&x=2&y=%C3%BC`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json; charset=utf-8', 'X-Twice': 'one', cookie: 'a=1; b=2' },
      body: '{"name":"Zoë"}',
    });

    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({
      version: '2.0',
      routeKey: 'POST /webhooks/{source}',
      rawPath: '/webhooks/a%20b',
      rawQueryString: 'x=1&x=2&y=%C3%BC',
      cookies: ['a=1', 'b=2'],
      headers: { 'content-type': 'application/json; charset=utf-8', 'x-twice': 'one' },
      queryStringParameters: { x: '1,2', y: 'ü' },
      pathParameters: { source: 'a b' },
      requestContext: {
        accountId: '111122223333',
        apiId: 'api',
        http: { method: 'POST', path: '/webhooks/a%20b', protocol: 'HTTP/1.1', userAgent: 'node' },
        routeKey: 'POST /webhooks/{source}',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      body: '{"name":"Zoë"}',
      isBase64Encoded: false,
    });
  });

  it('tells whoever watches each request before its function runs, and the answer, also where that fails', async () => {
    const told: unknown[] = [];
    const fail = async () => {
      told.push('runs');
      throw new Error('out of memory');
    };
    const { url, close } = await startHttpApi({
      ...{ apiId: 'api', accountId: '111122223333', routes: [route('POST /x', fail)] },
      watch({ method, url, body }) {
        told.push([method, url, String(body)]);
        return ({ status }) => told.push(status);
      },
    });
    closers.push(close);

    expect((await fetch(`${url}/x`, { method: 'POST', body: 'b' })).status).toBe(500);
    expect(told).toEqual([['POST', '/x', 'b'], 'runs', 500]);
  });

  it('hands a body that is no text on in base64', async () => {
    const url = await serve(route('POST /x'));

    const response = await fetch(`${url}/x`, { method: 'POST', body: new Uint8Array([0xff, 0x00]) });

    expect(await response.json()).toMatchObject({ body: '/wA=', isBase64Encoded: true });
  });

  it('leaves out what a bare request does not have', async () => {
    const url = await serve(route('GET /x'));

    const event = await (await fetch(`${url}/x`)).json();

    for (const absent of ['body', 'cookies', 'queryStringParameters', 'pathParameters']) {
      expect(event).not.toHaveProperty(absent);
    }
  });

  it.each([
    ['a path without a route', 'GET', '/nowhere', 404, 'Not Found'],
    ['a method without a route', 'PUT', '/x', 404, 'Not Found'],
    ['a function that failed', 'GET', '/broken', 500, 'Internal Server Error'],
    ['an integration that takes too long', 'GET', '/slow', 503, 'Service Unavailable'],
  ])('answers %s with its status', async (_, method, path, status, message) => {
    const url = await serve(
      route('GET /x'),
      route('GET /broken', async () => ({ error: { type: 'Error', message: 'secret', trace: [] } })),
      route('GET /slow', () => new Promise(() => {}), 1),
    );

    const response = await fetch(url + path, { method });

    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ message });
  });

  it('refuses a body over 10 MB and does not run the function', async () => {
    let ran = false;
    const url = await serve(
      route('POST /x', async () => {
        ran = true;
        return { payload: null };
      }),
    );

    const response = await fetch(`${url}/x`, { method: 'POST', body: Buffer.alloc(10 * 1024 * 1024 + 1) });

    expect(response.status).toBe(413);
    expect(ran).toBe(false);
  });

  it('lets a burst through, refuses the next request of that route alone, and fills again with time', async () => {
    let [ran, now] = [0, 0];
    const counted: Answer = async () => {
      ran += 1;
      return { payload: { statusCode: 204 } };
    };
    const { url, close } = await startHttpApi({
      ...{ apiId: 'api', accountId: '111122223333', limits: { rate: 10, burst: 2 }, clock: () => now },
      routes: [route('POST /x', counted), route('GET /x', counted)],
    });
    closers.push(close);
    const send = async (method = 'POST') => fetch(`${url}/x`, { method });

    const burst = [await send(), await send(), await send()];
    const other = await send('GET');
    now += 100;
    const later = [await send(), await send()];

    expect(burst.map(({ status }) => status)).toEqual([204, 204, 429]);
    expect(await burst[2]?.json()).toEqual({ message: 'Too Many Requests' });
    expect([other.status, ...later.map(({ status }) => status)]).toEqual([204, 204, 429]);
    expect(ran).toBe(4);
  });
});

describe('matchRoute', () => {
  const routes = ['$default', 'ANY /a/{x}', 'GET /a/{x}', 'GET /a/b', 'GET /files/{rest+}'].map((key) =>
    route(key),
  );

  it.each([
    ['GET', '/a/b', 'GET /a/b', undefined],
    ['GET', '/a/c', 'GET /a/{x}', { x: 'c' }],
    ['POST', '/a/c', 'ANY /a/{x}', { x: 'c' }],
    ['GET', '/files/a/b', 'GET /files/{rest+}', { rest: 'a/b' }],
    ['GET', '/a/b/c', '$default', undefined],
    ['GET', '/axb', '$default', undefined],
  ])('sends %s %s to %s', (method, path, key, pathParameters) => {
    const match = matchRoute(routes, method, path);

    expect(match?.route.key).toBe(key);
    expect(match?.pathParameters).toEqual(pathParameters);
  });
});

describe('isText', () => {
  it.each([
    ['application/json', true],
    ['APPLICATION/JSON; charset=utf-8', true],
    ['application/cloudevents+json', true],
    ['text/html', true],
    ['application/x-www-form-urlencoded', false],
    ['application/octet-stream', false],
    ['', false],
  ])('says of "%s": %s', (contentType, expected) => {
    expect(isText(contentType)).toBe(expected);
  });
});

describe('toReply', () => {
  it.each([
    [
      'an object without a status code',
      { a: 1 },
      { status: 200, headers: { 'content-type': 'application/json' }, body: '{"a":1}' },
    ],
    ['null', null, { status: 200, headers: { 'content-type': 'application/json' }, body: 'null' }],
    [
      'a reply',
      { statusCode: 201, headers: { 'X-A': 'b', 'Content-Type': 'text/html' }, body: 'x', cookies: ['a=b'] },
      { status: 201, headers: { 'x-a': 'b', 'content-type': 'text/html', 'set-cookie': ['a=b'] }, body: 'x' },
    ],
    [
      'a reply in base64',
      { statusCode: 200, body: 'eA==', isBase64Encoded: true },
      { status: 200, headers: { 'content-type': 'text/plain;charset=UTF-8' }, body: Buffer.from('x') },
    ],
    ['a status that is none', { statusCode: 'fine' }, { status: 500 }],
    ['a body that is no text', { statusCode: 200, body: { a: 1 } }, { status: 500 }],
  ])('maps %s', (_, payload, expected) => {
    expect(toReply({ payload })).toMatchObject(expected);
  });
});
