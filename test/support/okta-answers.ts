import type { HttpRequest, HttpResponse } from '../../lib/http/client.ts';
import { createOktaApi } from '../../lib/sources/okta/api.ts';
import { NOW } from './factories.ts';

export const credentials = { url: 'https://example-org.okta.com', ssws: 't0ken' };
export const ada = {
  id: 'ada',
  status: 'ACTIVE',
  lastUpdated: '2026-09-01T09:00:00.000Z',
  profile: { email: 'ada@example.com' },
};

export function makeOkta(answer: Partial<HttpResponse> = {}) {
  const requests: HttpRequest[] = [];
  const http = async (request: HttpRequest) => {
    requests.push(request);
    return { status: 200, headers: {}, body: '[]', ...answer };
  };
  const connect = (connection = credentials) =>
    createOktaApi({
      http,
      clock: () => NOW,
      random: () => 0,
      credentials: async () => connection,
      headroom: 0.2,
    });
  return { connect, requests };
}

export const read = (answer: Partial<HttpResponse>, next?: string) =>
  makeOkta(answer).connect().readUsers(next);
