import { type HttpAnswer, json } from '../http-server.ts';

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** An answer with the error body of Auth0's Management API (auth0.com/docs/api/management/v2, 2026-06). */
export const auth0Error = (status: number, message: string, errorCode?: string): HttpAnswer =>
  json(status, {
    statusCode: status,
    error: TITLES[status] ?? 'Error',
    message,
    ...(errorCode !== undefined && { errorCode }),
  });

export const badQuery = (fault: string): HttpAnswer =>
  auth0Error(400, `Query validation error: '${fault}'.`, 'invalid_query_string');

export const badBody = (fault: string): HttpAnswer =>
  auth0Error(400, `Payload validation error: '${fault}'.`, 'invalid_body');

/** `code` is the noun as Auth0's error codes have it, as in `inexistent_user`. */
export const missing = (what: string, code: string): HttpAnswer =>
  auth0Error(404, `The ${what} does not exist.`, `inexistent_${code}`);

export function faultStatus(status: number): HttpAnswer {
  if (status === 429) return auth0Error(429, 'Global limit has been reached', 'too_many_requests');
  if (status === 401) return auth0Error(401, 'Invalid token');
  if (status === 403)
    return auth0Error(403, 'Insufficient scope, expected any of: none', 'insufficient_scope');
  return auth0Error(status, 'An internal server error occurred');
}
