import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createHttp, type HttpRequest } from '../../../lib/http/client.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close().closeAllConnections();
});

async function serve(listener: RequestListener) {
  const server = createServer(listener);
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const get = (url: string, request: Partial<HttpRequest> = {}): HttpRequest => ({
  ...{ method: 'GET', url, headers: {}, timeoutMs: 10_000 },
  ...request,
});

describe('an HTTP call', () => {
  test('sends its body whole and reads the answer whole, whatever the script', async () => {
    const url = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        response.writeHead(207, { 'x-length': request.headers['content-length'] });
        // Cut inside a character: an answer is decoded as a whole.
        const bytes = Buffer.concat(chunks);
        response.write(bytes.subarray(0, 1));
        response.end(bytes.subarray(1));
      });
    });

    const answer = await createHttp()(get(url, { method: 'POST', body: '山田 Łukasz' }));

    expect(answer).toMatchObject({ status: 207, body: '山田 Łukasz', headers: { 'x-length': '14' } });
  });

  test('takes any status for an answer and follows no redirect', async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });

    const answer = await createHttp()(get(url));

    expect(answer.status).toBe(302);
    expect(asked).toBe(1);
  });

  test('uses the connection of the call before', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('{}');
    });
    const http = createHttp();

    await http(get(url));
    await http(get(url));

    expect(ports.size).toBe(1);
  });

  test.each([
    ['never comes', () => undefined],
    ['never ends', (_request, response) => response.write('{')],
  ] satisfies [string, RequestListener][])('times out when the answer %s', async (_what, listener) => {
    const url = await serve(listener);

    const answer = createHttp()(get(url, { timeoutMs: 20 }));

    await expect(answer).rejects.toMatchObject({ name: 'WorldFault', code: 'timeout' });
  });

  test.each([
    ['before the answer', (request) => request.socket.resetAndDestroy()],
    [
      'within the answer',
      (request, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{', () => request.socket.destroy());
      },
    ],
  ] satisfies [string, RequestListener][])(
    'is a fault of the connection when it breaks %s',
    async (_what, listener) => {
      const url = await serve(listener);

      const answer = createHttp()(get(url));

      await expect(answer).rejects.toMatchObject({ name: 'WorldFault', code: 'connection' });
    },
  );

  /** Answers the first request of each connection, and resets it at the second: a kept connection that was forgotten. */
  async function forgetful() {
    const seen = new WeakSet<object>();
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      if (seen.has(request.socket)) return request.socket.resetAndDestroy();
      seen.add(request.socket);
      return response.end('{}');
    });
    return { url, requests: () => requests };
  }

  test.each([
    ['a GET', {}],
    ['a POST that may be repeated', { method: 'POST', body: '{}', repeatable: true }],
  ] as const)('is sent once more where a kept connection was reset: %s', async (_what, request) => {
    const { url, requests } = await forgetful();
    const http = createHttp();
    await Promise.all([http(get(url)), http(get(url)), http(get(url))]);

    const answers = [await http(get(url, request)), await http(get(url, request))];

    expect([answers.map(({ status }) => status), requests()]).toEqual([[200, 200], 7]);
  });

  test('is sent once only where it may not be repeated, even over a kept connection that was reset', async () => {
    const { url, requests } = await forgetful();
    const http = createHttp();
    await http(get(url));

    const answer = http(get(url, { method: 'POST', body: '{}' }));

    await expect(answer).rejects.toMatchObject({ name: 'WorldFault', code: 'connection' });
    expect(requests()).toBe(2);
  });

  test('is not sent again where a new connection was reset', async () => {
    let requests = 0;
    const url = await serve((request) => {
      requests += 1;
      request.socket.resetAndDestroy();
    });

    await expect(createHttp()(get(url))).rejects.toMatchObject({ code: 'connection' });

    expect(requests).toBe(1);
  });

  test('is a fault of the connection when nobody listens', async () => {
    const url = await serve(() => undefined);
    await new Promise((resolve) => open.splice(0)[0]?.close(resolve));

    const answer = createHttp()(get(url));

    await expect(answer).rejects.toMatchObject({ name: 'WorldFault', code: 'connection' });
  });

  test('stops reading an answer of more than 20 MiB', async () => {
    let mebibytes = 0;
    const url = await serve((_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024);
      const more = () => {
        do mebibytes += 1;
        while (response.write(chunk));
      };
      response.on('drain', more);
      more();
    });

    const answer = createHttp()(get(url));

    await expect(answer).rejects.toMatchObject({ name: 'WorldFault', code: 'unreadable-answer' });
    expect(mebibytes).toBeLessThan(100);
  });
});
