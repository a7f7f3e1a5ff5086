import { describe, expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../../lib/http/client.ts';
import { createAuth0Tokens } from '../../../../lib/sources/auth0/token.ts';
import { NOW } from '../../../support/factories.ts';

const credentials = { url: 'https://acme.us.auth0.com', clientId: 'cl1ent', clientSecret: 's3cret' };

function makeTokens(answer: Partial<HttpResponse> = {}) {
  const requests: HttpRequest[] = [];
  const time = { now: NOW };
  const http = async (request: HttpRequest) => {
    requests.push(request);
    const body = JSON.stringify({
      token_type: 'Bearer',
      expires_in: 86_400,
      access_token: `token-${requests.length}`,
    });
    return { status: 200, headers: {}, body, ...answer };
  };
  return { tokens: createAuth0Tokens({ http, clock: () => time.now }), requests, time };
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

  test('is fetched once for everyone who waits, and again a minute before it ends', async () => {
    const { tokens, requests, time } = makeTokens();

    const atOnce = await Promise.all([1, 2, 3].map(() => tokens.authorization(credentials)));
    time.now += 86_339_000;
    const late = await tokens.authorization(credentials);
    time.now += 1_000;
    const tooLate = await tokens.authorization(credentials);

    expect([...atOnce, late, tooLate].map((header) => header.slice(-1))).toEqual(['1', '1', '1', '1', '2']);
    expect(requests).toHaveLength(2);
  });

  test('is fetched once more after a refusal, however many were refused', async () => {
    const { tokens, requests } = makeTokens();
    const refused = await tokens.authorization(credentials);

    tokens.forget(refused);
    const fresh = await tokens.authorization(credentials);
    tokens.forget(refused);
    await tokens.authorization(credentials);

    expect([refused, fresh]).toEqual(['Bearer token-1', 'Bearer token-2']);
    expect(requests).toHaveLength(2);
  });

  test('of other credentials is another one, even while the first is on its way', async () => {
    const { tokens } = makeTokens();

    const headers = await Promise.all([
      tokens.authorization(credentials),
      tokens.authorization({ ...credentials, clientSecret: 'new' }),
    ]);

    expect(headers).toEqual(['Bearer token-1', 'Bearer token-2']);
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

  test.each([
    [429, 'throttled'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('answered %i is a fault of the world: %s', async (status, code) => {
    const { tokens } = makeTokens({ status, body: '{}' });

    await expect(tokens.authorization(credentials)).rejects.toMatchObject({ name: 'WorldFault', code });
  });

  test('is tried again by whoever comes next', async () => {
    const { tokens, requests } = makeTokens({ status: 503 });

    const faults = [
      await tokens.authorization(credentials).catch((error: unknown) => error),
      await tokens.authorization(credentials).catch((error: unknown) => error),
    ];

    expect(faults).toMatchObject([{ code: 'unavailable' }, { code: 'unavailable' }]);
    expect(requests).toHaveLength(2);
  });
});
