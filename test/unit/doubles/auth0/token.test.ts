import { describe, expect, test } from 'vitest';
import { askForToken, makeAuth0, tokenOf } from './tenant.ts';

describe('a token', () => {
  test('is given for a day, with its scopes', () => {
    const { auth0 } = makeAuth0({ scopes: ['read:users', 'read:groups'] });

    const answer = askForToken(auth0);

    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({
      expires_in: 86_400,
      token_type: 'Bearer',
      scope: 'read:users read:groups',
    });
  });

  test('is given for a form too, as the SDK sends it', () => {
    const { auth0 } = makeAuth0();
    const body = new URLSearchParams({
      ...{ grant_type: 'client_credentials', client_id: 'example-client-id' },
      client_secret: 'example-client-secret',
      audience: 'https://example-tenant.us.auth0.com/api/v2/',
    });

    const answer = auth0.handle({
      ...{ method: 'POST', path: '/oauth/token', body: String(body) },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });

    expect(JSON.parse(answer.body)).toMatchObject({ access_token: expect.any(String) });
  });

  test.each([
    ['a wrong secret', { client_secret: 'old' }, 401, 'access_denied'],
    ['a wrong client', { client_id: 'other' }, 401, 'access_denied'],
    ['another audience', { audience: 'https://api.example.com' }, 403, 'access_denied'],
    ['another grant', { grant_type: 'password' }, 403, 'unsupported_grant_type'],
    ['no secret', { client_secret: undefined }, 400, 'invalid_request'],
  ])('is refused for %s', (_what, changes, status, error) => {
    const { auth0 } = makeAuth0();

    const answer = askForToken(auth0, changes);

    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ error });
  });

  test('ends after a day, and is needed', () => {
    const { auth0, get, time } = makeAuth0();

    const before = get('users');
    time.now += 86_400_000;
    const after = get('users');
    const without = auth0.handle({ method: 'GET', path: '/api/v2/users', headers: {} });

    expect([before.status, after.status, without.status]).toEqual([200, 401, 401]);
  });

  test('without the scope of an endpoint gets 403 and its name; a scope that is granted is in the next token', () => {
    const { auth0, get } = makeAuth0({ scopes: ['read:organization_members'] });

    const [users, members, roles] = [
      get('users'),
      get('organizations/org_acme/members'),
      get('organizations/org_acme/members?fields=user_id,roles'),
    ];
    auth0.grantScopes(['read:users']);
    const still = get('users');
    const renewed = auth0.handle({
      method: 'GET',
      path: '/api/v2/users',
      headers: { authorization: `Bearer ${tokenOf(auth0)}` },
    });

    expect([users.status, members.status, roles.status, still.status, renewed.status]).toEqual([
      403, 200, 403, 403, 200,
    ]);
    expect(users.json).toEqual({
      statusCode: 403,
      error: 'Forbidden',
      message: 'Insufficient scope, expected any of: read:users',
      errorCode: 'insufficient_scope',
    });
  });
});
