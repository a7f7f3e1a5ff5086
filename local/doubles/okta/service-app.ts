import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { type HttpAnswer, json } from '../http-server.ts';

/** A service app of the org, and the public half of its RSA key. */
export type OktaServiceApp = { clientId: string; publicKey: JsonWebKey };

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const LIFETIME_S = 3_600;

/**
 * Access tokens of a service app by `private_key_jwt`, the only way in which Okta gives them for its own API
 * (developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp, 2026-08). Scopes are given as they are asked for.
 */
export function createServiceTokens(orgUrl: string, clock: () => number, app: OktaServiceApp | undefined) {
  const tokens = new Map<string, number>();
  const audience = `${orgUrl}/oauth2/v1/token`;
  return {
    owns: (pathname: string) => pathname === '/oauth2/v1/token',
    give(body: string): HttpAnswer {
      const form = new URLSearchParams(body);
      const scope = form.get('scope');
      if (form.get('grant_type') !== 'client_credentials')
        return refusal(400, 'unsupported_grant_type', 'The grant type is not client_credentials.');
      if (!scope) return refusal(400, 'invalid_scope', 'A scope is required.');
      const assertion = form.get('client_assertion') ?? '';
      if (form.get('client_assertion_type') !== JWT_BEARER || !app || !isProof(assertion, app))
        return refusal(401, 'invalid_client', 'The client_assertion token is invalid.');
      const token = `example-access-token-${tokens.size + 1}`;
      tokens.set(token, clock() + LIFETIME_S * 1_000);
      return json(200, { token_type: 'Bearer', expires_in: LIFETIME_S, access_token: token, scope });
    },
    accepts: (authorization: string) => clock() < (tokens.get(authorization.replace(/^Bearer /, '')) ?? 0),
  };

  function isProof(assertion: string, { clientId, publicKey }: OktaServiceApp): boolean {
    const [header = '', claims = '', signature = ''] = assertion.split('.');
    const { alg } = decoded(header);
    const { iss, sub, aud, exp } = decoded(claims);
    const now = clock() / 1_000;
    const isTimely = typeof exp === 'number' && exp > now && exp <= now + LIFETIME_S;
    if (alg !== 'RS256' || iss !== clientId || sub !== clientId || aud !== audience || !isTimely)
      return false;
    const key = createPublicKey({ key: publicKey, format: 'jwk' });
    const signed = Buffer.from(`${header}.${claims}`);
    return verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'));
  }
}

function decoded(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return {};
  }
}

function refusal(status: number, error: string, error_description: string): HttpAnswer {
  return json(status, { error, error_description });
}
