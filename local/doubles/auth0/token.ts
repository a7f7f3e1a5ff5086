import * as z from 'zod';
import { type HttpAnswer, type HttpRequest, json } from '../http-server.ts';

/** The scopes that a mirror reads with, and those that repair its event stream. */
export const ALL_SCOPES = [
  ...['read:users', 'read:roles', 'read:role_members', 'read:connections'],
  ...['read:organizations', 'read:organization_members', 'read:organization_member_roles'],
  ...['read:groups', 'read:group_members', 'read:organization_groups', 'read:organization_group_roles'],
  ...['create:event_streams', 'read:event_streams', 'update:event_streams', 'delete:event_streams'],
  ...['read:event_deliveries', 'update:event_deliveries'],
];

const Grant = z.object({
  grant_type: z.string(),
  client_id: z.string(),
  client_secret: z.string(),
  audience: z.string().optional(),
});

export type Auth0TokenOptions = {
  clientId?: string;
  clientSecret?: string;
  /** The scopes of tokens; default all. */
  scopes?: string[];
  /** How long a token is valid (s), default a day. */
  expiresIn?: number;
};

export type Auth0Tokens = ReturnType<typeof createAuth0Tokens>;

/**
 * Access tokens by client credentials (auth0.com/docs/api/authentication, client credentials flow, 2026-08). New scopes are
 * in new tokens only. After a rotation the old secret gets no new token, and its tokens stay valid.
 */
export function createAuth0Tokens(audience: string, clock: () => number, options: Auth0TokenOptions) {
  const { clientId = 'example-client-id', expiresIn = 86_400 } = options;
  let { clientSecret = 'example-client-secret', scopes = ALL_SCOPES } = options;
  const tokens = new Map<string, { until: number; scopes: ReadonlySet<string> }>();
  let given = 0;

  return {
    /** Answers `POST /oauth/token`. */
    give({ headers, body }: Pick<HttpRequest, 'headers' | 'body'>): HttpAnswer {
      const grant = Grant.safeParse(bodyOf(String(headers['content-type'] ?? ''), body)).data;
      if (!grant) return refusal(400, 'invalid_request', 'Missing required parameter');
      if (grant.grant_type !== 'client_credentials') {
        return refusal(403, 'unsupported_grant_type', `Unsupported grant type: ${grant.grant_type}`);
      }
      if (grant.client_id !== clientId || grant.client_secret !== clientSecret) {
        return refusal(401, 'access_denied', 'Unauthorized');
      }
      if (grant.audience !== audience) {
        return refusal(403, 'access_denied', `Service not enabled within domain: ${grant.audience}`);
      }
      given += 1;
      const token = `example-token-${given}`;
      tokens.set(token, { until: clock() + expiresIn * 1000, scopes: new Set(scopes) });
      const scope = scopes.join(' ');
      return json(200, { access_token: token, scope, expires_in: expiresIn, token_type: 'Bearer' });
    },
    /** The scopes of a request's token, or the reason why it has none. */
    read(authorization: unknown): ReadonlySet<string> | string {
      const token = /^Bearer (.+)$/.exec(String(authorization ?? ''))?.[1];
      if (token === undefined) return 'Missing authentication';
      const known = tokens.get(token);
      if (!known) return 'Invalid token';
      if (clock() >= known.until) return 'Expired token received for JSON Web Token validation';
      return known.scopes;
    },
    given: () => given,
    rotateSecret(secret: string): void {
      clientSecret = secret;
    },
    grantScopes(granted: string[]): void {
      scopes = granted;
    },
    /** Ends all tokens, as rotating the tenant's signing key does. */
    revokeTokens: () => tokens.clear(),
  };
}

/** Auth0 takes both: its documents show JSON, its SDK sends a form (node-auth0 7.1.0, 2026-11). */
function bodyOf(contentType: string, body: string): unknown {
  if (contentType.startsWith('application/json')) return parseJson(body);
  const isForm = contentType.startsWith('application/x-www-form-urlencoded');
  return isForm ? Object.fromEntries(new URLSearchParams(body)) : undefined;
}

const refusal = (status: number, error: string, description: string) =>
  json(status, { error, error_description: description });

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
