import { type HttpAnswer, json } from './http-server.ts';

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
