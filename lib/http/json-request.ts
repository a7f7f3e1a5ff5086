import type { HttpRequest } from './client.ts';

/** An authorized request for JSON, which sends JSON where there is a body; `timeoutMs` is for the whole exchange. */
export function jsonRequest<Method extends string>({
  method,
  url,
  authorization,
  body,
  timeoutMs,
}: {
  method: Method;
  url: string;
  authorization: string;
  body: object | undefined;
  timeoutMs: number;
}): Omit<HttpRequest, 'method'> & { method: Method } {
  return {
    method,
    url,
    headers: {
      accept: 'application/json',
      authorization,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    timeoutMs,
  };
}
