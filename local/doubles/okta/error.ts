import { type HttpAnswer, json } from '../http-server.ts';

/** An answer with Okta's error body (developer.okta.com/docs/reference/error-codes, 2026-06). */
export const oktaError = (
  status: number,
  errorCode: string,
  errorSummary: string,
  causes: string[] = [],
): HttpAnswer =>
  json(status, {
    errorCode,
    errorSummary,
    errorLink: errorCode,
    errorId: 'oaeExampleErrorId',
    errorCauses: causes.map((cause) => ({ errorSummary: cause })),
  });

export const notFound = (id: string, kind: string): HttpAnswer =>
  oktaError(404, 'E0000007', `Not found: Resource not found: ${id} (${kind})`);

export function faultStatus(status: number): HttpAnswer {
  if (status === 429)
    return oktaError(429, 'E0000047', 'API call exceeded rate limit due to too many requests.');
  if (status === 401) return oktaError(401, 'E0000011', 'Invalid token provided');
  if (status === 403) {
    return oktaError(403, 'E0000006', 'You do not have permission to perform the requested action');
  }
  return oktaError(status, 'E0000009', 'Internal Server Error');
}
