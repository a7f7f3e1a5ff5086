import { describe, expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../../lib/http/client.ts';
import { createAuth0Tokens } from '../../../../lib/sources/auth0/credentials.ts';
import { NOW } from '../../../support/factories.ts';

const credentials = { url: 'https://acme.us.auth0.com', clientId: 'cl1ent', clientSecret: 's3cret' };

function makeTokens(answer: Partial<HttpResponse> = {}) {
  const requests: HttpRequest[] = [];
  const http = async (request: HttpRequest) => {
    requests.push(request);
    const body = JSON.stringify({
      token_type: 'Bearer',
      expires_in: 86_400,
      access_token: `token-${requests.length}`,
    });
    return { status: 200, headers: {}, body, ...answer };
  };
  return { tokens: createAuth0Tokens({ http, clock: () => NOW }), requests };
}

describe('the authorization', () => {
  test.each([
    ['the tenant', credentials, 'https://acme.us.auth0.com/api/v2/'],
    [
      'a custom domain, by the identifier of its API',
      { ...credentials, url: 'https://login.acme.example', audience: 'https://acme.us.auth0.com/api/v2/' },
      'https://acme.us.auth0.com/api/v2/',
    ],
  ])('is asked for with the client’s credentials at %s', async (_where, connection, audience) => {
    const { tokens, requests } = makeTokens();

    const authorization = await tokens.authorization(connection);

    expect(authorization).toBe('Bearer token-1');
    expect(requests).toMatchObject([{ method: 'POST', url: `${connection.url}/oauth/token` }]);
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      grant_type: 'client_credentials',
      client_id: 'cl1ent',
      client_secret: 's3cret',
      audience,
    });
  });
});

describe('a refused request for a token', () => {
  test.each([
    [401, { error: 'access_denied' }, 'check clientId and clientSecret'],
    [403, { error: 'access_denied' }, 'authorize the application for the Auth0 Management API'],
    [403, { error: 'unauthorized_client' }, 'Client Credentials'],
    [404, '<html></html>', 'check url'],
    [200, { hello: 'world' }, 'check url'],
  ])('%i %j names what to mend, and shows nothing of the answer', async (status, answer, mend) => {
    const body = typeof answer === 'string' ? answer : JSON.stringify({ ...answer, echo: 's3cret' });
    const { tokens } = makeTokens({ status, body });

    const fault = await tokens.authorization(credentials).catch((error: unknown) => error);

    expect(fault).toMatchObject({ code: 'credentials', message: expect.stringContaining(mend) });
    expect(String(fault)).not.toMatch(/s3cret|cl1ent/);
  });
});
