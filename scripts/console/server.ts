import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../../local/listen.ts';
import { messageOf } from '../message.ts';
import type { Assets } from './assets.ts';
import { HEADERS, refusalOf } from './guard.ts';
import type { Live } from './live.ts';
import type { Answered, Routes } from './routes.ts';

/** The longest body that is taken: that of a delivery which is edited and sent (bytes). */
const MAX_BODY_BYTES = 1024 * 1024;
/** How long a request may take to arrive (ms). */
const ARRIVAL_MS = 10_000;

export interface ConsoleDeps {
  port: number;
  assets: Assets;
  routes: Routes;
  live: Live;
  /** Default: a random one. */
  token?: string;
}

/**
 * Serves the console on 127.0.0.1; `port` 0 is any free one. `url` has the token behind its `#`, which no browser sends anywhere: the
 * page reads it there. `close` ends open streams. Rejects where the port is taken.
 */
export async function startServer({
  port,
  assets,
  routes,
  live,
  token = randomBytes(32).toString('base64url'),
}: ConsoleDeps): Promise<{ url: string; origin: string; token: string; close: () => Promise<void> }> {
  const server = createServer({ requestTimeout: ARRIVAL_MS, headersTimeout: ARRIVAL_MS });
  const { url: origin, close } = await listen(server, port);
  const guard = { port: Number(new URL(origin).port), token };
  server.on('request', (request, response) => {
    const { method = '', url = '/', headers } = request;
    const [path = '/'] = url.split('?');
    const refusal = refusalOf({ method, path, headers }, guard);
    if (refusal) return say(response, refusal.status, { why: refusal.why });
    const asset = method === 'GET' ? assets[path] : undefined;
    if (asset) return send(response, 200, asset.type, asset.body);
    if (method === 'GET' && path === '/api/live') return live.open(response);
    answer(request, path, routes)
      .catch((error: unknown) => ({ status: 500, body: { why: messageOf(error) } }))
      .then(({ status, body }) => say(response, status, body))
      .catch(() => response.destroy());
  });
  return {
    ...{ origin, token, url: `${origin}/#token=${token}` },
    close: async () => {
      live.close();
      await close();
    },
  };
}

async function answer(request: IncomingMessage, path: string, routes: Routes): Promise<Answered> {
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (!route) return { status: 404, body: { why: `there is no ${path}` } };
  if (request.method !== 'POST') return { status: 405, body: { why: `${path} is asked by POST` } };
  if (!request.headers['content-type']?.startsWith('application/json'))
    return { status: 415, body: { why: 'the body is JSON' } };
  const text = await bodyOf(request);
  if (text === undefined) return { status: 413, body: { why: 'the body is longer than 1 MiB' } };
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return { status: 400, body: { why: 'the body is JSON, and this is none' } };
  }
  return route(given);
}

/** Undefined where it is too long: it is read to the end all the same, so that its sender sees the answer. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}

function say(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(body));
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  // What is refused may still be sending: its connection ends with the answer.
  const end = status >= 400 && { connection: 'close' };
  response.writeHead(status, { ...HEADERS, ...end, 'content-type': type }).end(body);
}
