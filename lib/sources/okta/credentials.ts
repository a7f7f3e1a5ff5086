import { randomUUID } from 'node:crypto';
import { importJWK, importPKCS8, SignJWT } from 'jose';
import * as z from 'zod';
import { WorldFault } from '../../errors.ts';
import type { Http, HttpResponse } from '../../http/client.ts';
import { createTokens, type Tokens } from '../oauth.ts';

const url = z.url().describe('The org, https://example.okta.com');

const ServiceApp = z.strictObject({
  url,
  clientId: z.string().min(1),
  privateKey: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
  keyId: z.string().min(1).optional(),
});
type ServiceApp = z.infer<typeof ServiceApp>;

/** The directory API credentials of an Okta source: an API token, or a service app with its private key. */
export const OktaCredentials = z.union([z.strictObject({ url, ssws: z.string().min(1) }), ServiceApp], {
  error: 'expected { url, ssws } or { url, clientId, privateKey, keyId }',
});
export type OktaCredentials = z.infer<typeof OktaCredentials>;

/** Okta takes assertions of up to an hour; one call needs seconds (s). */
const ASSERTION_S = 120;
const SCOPES = 'okta.users.read okta.groups.read okta.apps.read okta.logs.read';

/**
 * The Authorization header for Okta's API: an SSWS token as it is, or an access token of a service app by
 * `private_key_jwt`, the only client authentication that Okta takes for its own API
 * (developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp, 2026-08).
 */
export function createOktaTokens(deps: { http: Http; clock: () => number }): Tokens<OktaCredentials> {
  const request = (app: ServiceApp) => requestFor(app, deps.clock);
  const { authorization, forget } = createTokens({ vendor: 'Okta', request, explain }, deps);
  return {
    forget,
    authorization: async (credentials) =>
      'ssws' in credentials ? `SSWS ${credentials.ssws}` : authorization(credentials),
  };
}

async function requestFor(app: ServiceApp, clock: () => number) {
  const url = new URL('/oauth2/v1/token', app.url).href;
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    scope: SCOPES,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertion(app, url, Math.floor(clock() / 1_000)),
  });
  return {
    url,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: body.toString(),
  };
}

async function assertion({ clientId, privateKey, keyId }: ServiceApp, audience: string, now: number) {
  try {
    const key =
      typeof privateKey === 'string'
        ? await importPKCS8(privateKey, 'RS256')
        : await importJWK(privateKey, 'RS256');
    const kid = keyId ?? (typeof privateKey === 'object' ? privateKey.kid : undefined);
    return await new SignJWT()
      .setProtectedHeader({ alg: 'RS256', ...(typeof kid === 'string' && { kid }) })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + ASSERTION_S)
      .setJti(randomUUID())
      .sign(key);
  } catch {
    // The error of a key may show parts of it.
    const message = 'The private key of the Okta service app is no RSA key in PKCS #8 (PEM) or JWK form.';
    throw new WorldFault('credentials', message);
  }
}

function explain(answer: HttpResponse): string {
  if (/dpop/i.test(answer.body))
    return 'The Okta service app requires DPoP: switch off "Require Demonstrating Proof of Possession (DPoP)" in its general settings.';
  return `Okta gave no token (${answer.status}): check clientId, key and key id, and that the scopes ${SCOPES} are granted.`;
}
