import { randomUUID } from 'node:crypto';
import { importJWK, importPKCS8, SignJWT } from 'jose';
import * as z from 'zod';
import { WorldFault } from '../../errors.ts';
import { type Http, jsonOf } from '../../http/client.ts';
import type { OktaCredentials } from './schema.ts';

const Token = z.object({ access_token: z.string().min(1), expires_in: z.number(), token_type: z.string() });

type ServiceApp = Extract<OktaCredentials, { clientId: string }>;

const TRY_MS = 15_000;
/** A token is given up this long before it ends (ms). */
const LEEWAY_MS = 60_000;
/** Okta takes assertions of up to an hour; one call needs seconds (s). */
const ASSERTION_S = 120;
const SCOPES = 'okta.users.read okta.groups.read okta.apps.read okta.logs.read';

/**
 * The Authorization header for Okta's API: an SSWS token as it is, or an access token of a service app by
 * `private_key_jwt`, the only client authentication that Okta takes for its own API
 * (developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp, 2026-08), cached until shortly before it ends.
 * Throws WorldFault `credentials` with what to mend.
 */
export function createTokens({ http, clock }: { http: Http; clock: () => number }) {
  let cached: { authorization: string; until: number; for: OktaCredentials } | undefined;
  let pending: Promise<string> | undefined;
  return { authorization, forget };

  function forget(): void {
    cached = undefined;
  }

  async function authorization(connection: OktaCredentials): Promise<string> {
    if ('ssws' in connection) return `SSWS ${connection.ssws}`;
    if (cached && cached.for === connection && clock() < cached.until) return cached.authorization;
    pending ??= fetchToken(connection).finally(() => {
      pending = undefined;
    });
    return pending;
  }

  async function fetchToken(connection: ServiceApp): Promise<string> {
    const url = new URL('/oauth2/v1/token', connection.url).href;
    const { status, body } = await http({
      method: 'POST',
      url,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        scope: SCOPES,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await assertion(connection, url),
      }).toString(),
      timeoutMs: TRY_MS,
    });
    const token = Token.safeParse(jsonOf({ body })).data;
    if (status === 429)
      throw new WorldFault('throttled', 'Okta asks for patience with tokens', { retryAfterMs: 5_000 });
    if (status >= 500)
      throw new WorldFault('unavailable', `Okta answered ${status} to a request for a token`);
    if (/dpop/i.test(body) && token?.token_type !== 'Bearer') {
      throw new WorldFault(
        'credentials',
        'The Okta service app requires DPoP: switch off "Require Demonstrating Proof of Possession (DPoP)" in its general settings.',
      );
    }
    if (status !== 200 || !token) {
      throw new WorldFault(
        'credentials',
        `Okta gave no token (${status}): check clientId, key and key id, and that the scopes ${SCOPES} are granted.`,
      );
    }
    const header = `Bearer ${token.access_token}`;
    cached = { authorization: header, until: clock() + token.expires_in * 1000 - LEEWAY_MS, for: connection };
    return header;
  }

  async function assertion({ clientId, privateKey, keyId }: ServiceApp, audience: string) {
    const now = Math.floor(clock() / 1000);
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
      throw new WorldFault(
        'credentials',
        'The private key of the Okta service app is no RSA key in PKCS #8 (PEM) or JWK form.',
      );
    }
  }
}
