import type { OutgoingHttpHeaders } from 'node:http';
import type { InvocationResult } from '../lambda/environment.ts';
import type { Match } from './routes.ts';

export type Reply = { status: number; headers: OutgoingHttpHeaders; body: string | Buffer };

const JSON_TYPE = { 'content-type': 'application/json' };
/** Headers that an HTTP API does not pass to the function. */
const HOP_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

/** An answer of the HTTP API itself. */
export function refusal(status: number, message: string): Reply {
  return { status, headers: JSON_TYPE, body: JSON.stringify({ message }) };
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

/** A function's answer as an HTTP reply. One without a `statusCode` becomes a 200 with the answer as JSON. */
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
