import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { listen } from '../listen.ts';
import type { InvocationResult } from './lambda.ts';

export type Route = {
  /** As in the template: `GET /webhooks/{source}`, or `$default`. */
  key: string;
  /** The integration's own limit. */
  timeoutMs: number;
  invoke: (event: unknown) => Promise<InvocationResult>;
};

type Match = { route: Route; pathParameters: Record<string, string> | undefined };
type Reply = { status: number; headers: OutgoingHttpHeaders; body: string | Buffer };

/** Quota of an HTTP API, not changeable (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html, 2025-12). */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };
/** What an HTTP API takes for itself and does not hand on. */
const HOP_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

const refusal = (status: number, message: string): Reply => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify({ message }),
});

/**
 * Serves routes as an API Gateway HTTP API does, in payload format 2.0
 * (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, 2025-12).
 * `port` 0, the default, is any free one.
 *
 * No route: 404. A body over 10 MB: 413. A function that fails: 500, also when its own time is up; an integration
 * that is not answered in time: 503.
 */
export async function startHttpApi({
  port = 0,
  apiId,
  accountId,
  routes,
}: {
  port?: number;
  apiId: string;
  accountId: string;
  routes: Route[];
}): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    answer(request, { apiId, accountId, routes })
      .catch(() => refusal(500, 'Internal Server Error'))
      .then((reply) => send(response, reply));
  });
  return listen(server, port);
}

async function answer(
  request: IncomingMessage,
  { apiId, accountId, routes }: { apiId: string; accountId: string; routes: Route[] },
): Promise<Reply> {
  const url = request.url ?? '/';
  const [rawPath = '/'] = url.split('?');
  const match = matchRoute(routes, request.method ?? 'GET', rawPath);
  if (!match) return refusal(404, 'Not Found');
  const body = await readBody(request);
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
  const timer = Promise.withResolvers<undefined>();
  const timeout = setTimeout(() => timer.resolve(undefined), match.route.timeoutMs);
  const result = await Promise.race([match.route.invoke(event), timer.promise]);
  clearTimeout(timeout);
  if (!result) return refusal(503, 'Service Unavailable');
  return toReply(result);
}

/** The route that serves a path: a fixed one before one with parameters, a method of its own before `ANY`, `$default` last. */
export function matchRoute(routes: Route[], method: string, rawPath: string): Match | undefined {
  const candidates = routes
    .filter(({ key }) => key.startsWith(`${method} `) || key.startsWith('ANY '))
    .map((route) => ({ route, pathParameters: pathParameters(route.key.split(' ')[1] ?? '', rawPath) }))
    .filter((candidate) => candidate.pathParameters !== false)
    .sort(
      (left, right) =>
        Object.keys(left.pathParameters).length - Object.keys(right.pathParameters).length ||
        Number(left.route.key.startsWith('ANY ')) - Number(right.route.key.startsWith('ANY ')),
    );
  const [best] = candidates;
  if (best) {
    const parameters = best.pathParameters || {};
    return { route: best.route, pathParameters: Object.keys(parameters).length > 0 ? parameters : undefined };
  }
  const fallback = routes.find(({ key }) => key === '$default');
  return fallback && { route: fallback, pathParameters: undefined };
}

function pathParameters(pattern: string, rawPath: string): Record<string, string> | false {
  const names: string[] = [];
  const source = pattern.replace(/\{(\w+)(\+?)\}|[.*+?^${}()|[\]\\]/g, (special, name, greedy) => {
    if (!name) return `\\${special}`;
    names.push(name);
    return greedy ? '(.+)' : '([^/]+)';
  });
  const found = new RegExp(`^${source}$`).exec(rawPath);
  if (!found) return false;
  return Object.fromEntries(names.map((name, position) => [name, decode(found[position + 1] ?? '')]));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

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

/** Whether a body of this content type reaches the function as text; every other one comes in base64. */
export function isText(contentType: string): boolean {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  return /^text\/|^application\/(json|xml|javascript)$|\+(json|xml)$/.test(type);
}

/** One HTTP request as an event of payload format 2.0. Pure. */
export function toEvent({
  method,
  url,
  httpVersion,
  headers,
  body,
  sourceIp,
  match,
  apiId,
  accountId,
  requestId,
  now,
}: {
  method: string;
  url: string;
  httpVersion: string;
  headers: Record<string, string[] | undefined>;
  body: Buffer;
  sourceIp: string;
  match: Match;
  apiId: string;
  accountId: string;
  requestId: string;
  now: Date;
}) {
  const [rawPath = '/', ...query] = url.split('?');
  const rawQueryString = query.join('?');
  const parameters = new URLSearchParams(rawQueryString);
  const names = [...new Set(parameters.keys())];
  const joined: Record<string, string> = {
    'x-forwarded-for': sourceIp,
    'x-forwarded-proto': 'https',
    'x-forwarded-port': '443',
    'x-amzn-trace-id': `Root=1-${Math.floor(now.getTime() / 1000).toString(16)}-${requestId.replaceAll('-', '').slice(0, 24)}`,
  };
  for (const [name, values = []] of Object.entries(headers)) {
    if (!HOP_HEADERS.has(name.toLowerCase())) joined[name.toLowerCase()] = values.join(',');
  }
  const text = isText(joined['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey: match.route.key,
    rawPath,
    rawQueryString,
    ...(headers.cookie && { cookies: headers.cookie.flatMap((cookies) => cookies.split(/;\s*/)) }),
    headers: joined,
    ...(names.length > 0 && {
      queryStringParameters: Object.fromEntries(
        names.map((name) => [name, parameters.getAll(name).join(',')]),
      ),
    }),
    ...(match.pathParameters && { pathParameters: match.pathParameters }),
    requestContext: {
      accountId,
      apiId,
      domainName: `${apiId}.execute-api.local`,
      domainPrefix: apiId,
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${httpVersion}`,
        sourceIp,
        userAgent: joined['user-agent'] ?? '',
      },
      requestId,
      routeKey: match.route.key,
      stage: '$default',
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(text ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !text,
  };
}

/** As API Gateway writes it: `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(now: Date): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(now.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

/** A function's answer as an HTTP reply: with a `statusCode` as it says, any other value as 200 and JSON. */
export function toReply(result: InvocationResult): Reply {
  if (result.error) return refusal(500, 'Internal Server Error');
  const { payload } = result;
  if (typeof payload !== 'object' || payload === null || !('statusCode' in payload)) {
    return { status: 200, headers: JSON_TYPE, body: JSON.stringify(payload) };
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = payload as Record<string, unknown>;
  const status = Number(statusCode);
  const readable = Number.isInteger(status) && status >= 100 && status < 600;
  if (!readable || !(body === undefined || body === null || typeof body === 'string')) {
    return refusal(500, 'Internal Server Error');
  }
  const lowered = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return {
    status,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...Object.fromEntries(lowered),
      ...(Array.isArray(cookies) && { 'set-cookie': cookies }),
    },
    body: isBase64Encoded ? Buffer.from(body ?? '', 'base64') : (body ?? ''),
  };
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, {
    'apigw-requestid': randomUUID(),
    ...headers,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
