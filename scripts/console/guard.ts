import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Why a request is not let in, with the HTTP status that says so. */
export interface Refusal {
  status: 401 | 403 | 405 | 421;
  why: string;
}

/** What of a request decides whether it is let in. */
export interface Asked {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
}

/** What the page may do: run its own script and style, and ask this server. Nothing else is fetched, framed or sent anywhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** On every answer: what is shown names people, so that nothing is kept, framed or read by another page. */
export const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/**
 * Why a request is not let in, if so. It has to name this machine as its host (another name may be rebound to it), come from the
 * page itself if it comes from a page, and for everything but the page's own files carry the token, in a header that only the page
 * can set: a cookie would go to whatever else listens on this machine.
 */
export function refusalOf(
  { method, path, headers }: Asked,
  { port, token }: { port: number; token: string },
): Refusal | undefined {
  const { host = '', origin, authorization = '' } = headers;
  if (![`127.0.0.1:${port}`, `localhost:${port}`].includes(host))
    return { status: 421, why: `this is 127.0.0.1:${port}, and not another host` };
  if (origin !== undefined && origin !== `http://${host}`)
    return { status: 403, why: 'another page may not ask' };
  if (!['same-origin', 'none', undefined].includes(headers['sec-fetch-site']?.toString()))
    return { status: 403, why: 'another page may not ask' };
  if (!['GET', 'POST'].includes(method)) return { status: 405, why: 'only GET and POST are answered' };
  if (!path.startsWith('/api/') || isSame(authorization, `Bearer ${token}`)) return undefined;
  return { status: 401, why: 'open the address that the terminal printed: the token is in it' };
}

/** Compares in a time that tells nothing of where two texts differ, nor how long they are. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(a as Buffer, b as Buffer);
}
