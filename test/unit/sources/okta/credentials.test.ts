import { exportJWK, exportPKCS8, generateKeyPair, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../../lib/http/client.ts';
import { createOktaTokens } from '../../../../lib/sources/okta/credentials.ts';
import { NOW } from '../../../support/factories.ts';

const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
const url = 'https://example-org.okta.com';
const app = { url, clientId: '0oaAPP', privateKey: await exportPKCS8(privateKey), keyId: 'key-1' };

function makeTokens(answer: Partial<HttpResponse> = {}) {
  const requests: HttpRequest[] = [];
  const http = async (request: HttpRequest) => {
    requests.push(request);
    const body = JSON.stringify({
      token_type: 'Bearer',
      expires_in: 3600,
      access_token: `token-${requests.length}`,
    });
    return { status: 200, headers: {}, body, ...answer };
  };
  return { tokens: createOktaTokens({ http, clock: () => NOW }), requests };
}

describe('the authorization', () => {
  test('by an API token is the token, and asks nobody', async () => {
    const { tokens, requests } = makeTokens();

    expect(await tokens.authorization({ url, ssws: 't0ken' })).toBe('SSWS t0ken');
    expect(requests).toEqual([]);
  });

  test.each([
    ['PEM', async () => app],
    [
      'JWK',
      async () => ({
        url,
        clientId: '0oaAPP',
        privateKey: { ...(await exportJWK(privateKey)), kid: 'key-1' },
      }),
    ],
  ])(
    'by a service app with a %s key is asked for with an assertion that Okta can verify',
    async (_form, connection) => {
      const { tokens, requests } = makeTokens();

      const authorization = await tokens.authorization(await connection());

      const [request] = requests;
      const form = new URLSearchParams(request?.body);
      const { payload, protectedHeader } = await jwtVerify(form.get('client_assertion') ?? '', publicKey, {
        ...{
          issuer: '0oaAPP',
          subject: '0oaAPP',
          audience: `${url}/oauth2/v1/token`,
          currentDate: new Date(NOW),
        },
      });
      expect(authorization).toBe('Bearer token-1');
      expect(request).toMatchObject({ method: 'POST', url: `${url}/oauth2/v1/token` });
      expect(form.get('scope')).toContain('okta.users.read');
      expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: 'key-1' });
      expect((payload.exp ?? 0) - NOW / 1000).toBeLessThanOrEqual(3600);
    },
  );

  test('that needs DPoP is refused with what to switch off', async () => {
    const { tokens } = makeTokens({ status: 400, body: '{"error":"use_dpop_nonce"}' });

    await expect(tokens.authorization(app)).rejects.toMatchObject({
      code: 'credentials',
      message: expect.stringContaining('Require Demonstrating Proof of Possession'),
    });
  });

  test('with a key that is none says so and shows nothing of it', async () => {
    const { tokens } = makeTokens();

    const fault = await tokens
      .authorization({ ...app, privateKey: 's3cret' })
      .catch((error: unknown) => error);

    expect(fault).toMatchObject({ code: 'credentials' });
    expect(JSON.stringify(fault) + String(fault)).not.toContain('s3cret');
  });

  test.each(['Bearer', 'DPoP'])('that is no token of type Bearer is of no use: %s', async (token_type) => {
    const body = JSON.stringify({ token_type, expires_in: 3_600, access_token: 'token' });
    const { tokens } = makeTokens({ body });

    const authorization = await tokens.authorization(app).catch(({ code }) => code);

    expect(authorization).toBe(token_type === 'Bearer' ? 'Bearer token' : 'credentials');
  });

  test('that is refused names the scopes to grant', async () => {
    const { tokens } = makeTokens({ status: 401, body: '{}' });

    await expect(tokens.authorization(app)).rejects.toMatchObject({
      code: 'credentials',
      message: expect.stringContaining('okta.groups.read'),
    });
  });
});
