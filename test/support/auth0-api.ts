import type { HttpRequest, HttpResponse } from '../../lib/http/client.ts';
import { createAuth0Api } from '../../lib/sources/auth0/api.ts';
import { NOW } from './factories.ts';

export const url = 'https://acme.us.auth0.com';
export const credentials = { url, clientId: 'cl1ent', clientSecret: 's3cret' };

export type Answer = Partial<Omit<HttpResponse, 'body'>> & { body?: unknown };

/** Auth0 by script: `answer` to each request but those for tokens, which are numbered. */
export function makeApi(
  answer: Answer | ((request: URL, nth: number) => Answer) = {},
  { headroom = 0, rotated = true } = {},
) {
  const requests: HttpRequest[] = [];
  const time = { now: NOW };
  const asked: (object | undefined)[] = [];
  let tokens = 0;
  const api = createAuth0Api({
    http: async (request) => {
      if (request.url.endsWith('/oauth/token')) {
        tokens += 1;
        const body = JSON.stringify({ access_token: `token-${tokens}`, expires_in: 86_400 });
        return { status: 200, headers: {}, body };
      }
      requests.push(request);
      const scripted = typeof answer === 'function' ? answer(new URL(request.url), requests.length) : answer;
      const { body = {}, ...rest } = scripted;
      return {
        ...{ status: 200, headers: {} },
        ...rest,
        body: typeof body === 'string' ? body : JSON.stringify(body),
      };
    },
    clock: () => time.now,
    random: () => 0,
    credentials: async ({ refused } = {}) => {
      asked.push(refused);
      return refused && rotated ? { ...credentials, clientSecret: 'new' } : credentials;
    },
    headroom,
  });
  const paths = () => requests.map((request) => request.url.replace(`${url}/api/v2/`, ''));
  return { api, requests, paths, time, asked, tokens: () => tokens };
}

export const user = (n: number, facts: object = {}) => ({
  user_id: `auth0|${n}`,
  created_at: new Date(NOW - 86_400_000 + n).toISOString(),
  ...facts,
});
