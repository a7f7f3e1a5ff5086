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
