import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../../listen.ts';
import { type Reply, refusal, toEvent, toReply } from './payload.ts';
import { matchRoute, type Route } from './routes.ts';
import { createThrottle, type Limits } from './throttle.ts';

/** Quota of an HTTP API, not changeable (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html, 2025-12). */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** What an API serves. Without `limits` nothing is throttled. */
export type Served = { routes: Route[]; limits?: Limits | undefined };

/**
 * Serves routes as an API Gateway HTTP API does, in payload format 2.0
 * (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, 2025-12).
 * `port` 0, the default, is any free one.
 *
 * No route: 404. More requests than the limits let through: 429. A body over 10 MB: 413. A function that fails or exceeds its own time: 500. An integration that exceeds
 * the time of its route: 503. `serve` changes routes and limits; requests that were taken are answered by the former.
 */
export async function startHttpApi({
  port = 0,
  apiId,
  accountId,
  routes,
  limits,
  clock = Date.now,
  onAnswer = () => {},
  watch,
}: Served & {
  port?: number;
  apiId: string;
  accountId: string;
  clock?: () => number;
  /** Told the status of each answer. */
  onAnswer?: (status: number) => void;
  watch?: WatchExchange | undefined;
}): Promise<{ url: string; close: () => Promise<void>; serve: (served: Served) => void }> {
  let serving = { routes, throttle: createThrottle(limits, clock) };
  const server = createServer((request, response) => {
    answer(request, { apiId, accountId, watch, ...serving })
      .catch(() => refusal(500, 'Internal Server Error'))
      .then((reply) => {
        onAnswer(reply.status);
        send(response, reply);
      });
  });
  const serve = (next: Served) => {
    serving = { routes: next.routes, throttle: createThrottle(next.limits, clock) };
  };
  return { ...(await listen(server, port)), serve };
}

async function answer(
  request: IncomingMessage,
  {
    apiId,
    accountId,
    routes,
    throttle,
    watch,
  }: {
    apiId: string;
    accountId: string;
    routes: Route[];
    throttle: (route: string) => boolean;
    watch: WatchExchange | undefined;
  },
): Promise<Reply> {
  const url = request.url ?? '/';
  const [rawPath = '/'] = url.split('?');
  const match = matchRoute(routes, request.method ?? 'GET', rawPath);
  if (!match) return refusal(404, 'Not Found');
  const body = await readBody(request);
  if (throttle(match.route.key)) return refusal(429, 'Too Many Requests');
  if (!body) return refusal(413, 'Request Entity Too Large');

  const event = toEvent({
    method: request.method ?? 'GET',
    url,
    httpVersion: request.httpVersion,
    headers: request.headersDistinct,
    body,
    sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
    match,
    apiId,
    accountId,
    requestId: randomUUID(),
    now: new Date(),
  });
  const answered = watch?.({ method: request.method ?? 'GET', url, headers: request.headers, body });
  const reply = await replyOf(match.route, event).catch(() => refusal(500, 'Internal Server Error'));
  answered?.(reply);
  return reply;
}

async function replyOf({ invoke, timeoutMs }: Route, event: Parameters<Route['invoke']>[0]): Promise<Reply> {
  const timer = Promise.withResolvers<undefined>();
  const timeout = setTimeout(() => timer.resolve(undefined), timeoutMs);
  try {
    const result = await Promise.race([invoke(event), timer.promise]);
    return result ? toReply(result) : refusal(503, 'Service Unavailable');
  } finally {
    clearTimeout(timeout);
  }
}

/** Told of each request before its function is; what it returns is told the answer. Neither may throw. */
export type WatchExchange = (request: {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}) => (reply: Reply) => void;

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    // Read to the end even when it is too much: a sender cut off while writing would not see the answer.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, {
    'apigw-requestid': randomUUID(),
    ...headers,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
