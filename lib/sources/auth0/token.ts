import * as z from 'zod';
import { WorldFault } from '../../errors.ts';
import { type Http, jsonOf } from '../../http/client.ts';

/** The Management API credentials of an Auth0 source: those of a machine-to-machine application. */
export const Auth0Credentials = z.strictObject({
  url: z.url().describe('The tenant, https://example.us.auth0.com, or its custom domain'),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  audience: z
    .url()
    .optional()
    .describe(
      'With a custom domain: the identifier of the Management API, https://example.us.auth0.com/api/v2/',
    ),
});
export type Auth0Credentials = z.infer<typeof Auth0Credentials>;

const Token = z.object({ access_token: z.string().min(1), expires_in: z.number() });
const Refusal = z.object({ error: z.string() });

const TRY_MS = 15_000;
/** A token is given up this long before it ends (ms). */
const LEEWAY_MS = 60_000;

/** The Authorization header for the Management API. */
export interface Auth0Tokens {
  /** The header, cached until a minute before the token ends. Throws WorldFault `credentials` with what to mend. */
  authorization(credentials: Auth0Credentials): Promise<string>;
  /** Gives up this header, if it is still the one in use: others may have found out before. */
  forget(authorization: string): void;
}

/**
 * Access tokens by client credentials (auth0.com/docs/secure/tokens/access-tokens/management-api-access-tokens, 2026-08).
 * They live for a day by default and are metered, so that one is fetched for everyone who waits.
 */
export function createAuth0Tokens({ http, clock }: { http: Http; clock: () => number }): Auth0Tokens {
  let cached: { authorization: string; until: number; of: Auth0Credentials } | undefined;
  let pending: { authorization: Promise<string>; of: Auth0Credentials } | undefined;
  return {
    async authorization(credentials) {
      if (cached?.of === credentials && clock() < cached.until) return cached.authorization;
      if (pending?.of === credentials) return pending.authorization;
      const asked = { authorization: fetchToken(credentials), of: credentials };
      pending = asked;
      try {
        return await asked.authorization;
      } finally {
        if (pending === asked) pending = undefined;
      }
    },
    forget(authorization) {
      if (cached?.authorization === authorization) cached = undefined;
    },
  };

  async function fetchToken(credentials: Auth0Credentials): Promise<string> {
    const { url, clientId, clientSecret, audience = new URL('/api/v2/', url).href } = credentials;
    const askedAt = clock();
    const response = await http({
      method: 'POST',
      url: new URL('/oauth/token', url).href,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        audience,
      }),
      timeoutMs: TRY_MS,
    });
    const { status } = response;
    if (status === 429)
      throw new WorldFault('throttled', 'Auth0 asks for patience with tokens', { retryAfterMs: 5_000 });
    if (status >= 500)
      throw new WorldFault('unavailable', `Auth0 answered ${status} to a request for a token`);
    const token = Token.safeParse(jsonOf(response)).data;
    if (status !== 200 || !token) throw new WorldFault('credentials', whatToMend(status, jsonOf(response)));
    const authorization = `Bearer ${token.access_token}`;
    cached = { authorization, until: askedAt + token.expires_in * 1000 - LEEWAY_MS, of: credentials };
    return authorization;
  }
}

/** Of the answer only its known codes are used: the rest may repeat what was sent. */
function whatToMend(status: number, body: unknown): string {
  const error = Refusal.safeParse(body).data?.error;
  const refused = `Auth0 gave no token (${status})`;
  if (error === 'unauthorized_client')
    return `${refused}: allow the grant type "Client Credentials" in the settings of the Auth0 application.`;
  if (status === 403)
    return `${refused}: authorize the application for the Auth0 Management API, or correct the audience.`;
  if (status === 401) return `${refused}: check clientId and clientSecret.`;
  return `${refused}: check url, clientId, clientSecret and audience.`;
}
