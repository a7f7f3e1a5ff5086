import * as z from 'zod';
import { type Http, type HttpResponse, jsonOf } from '../../http/client.ts';
import { createTokens, type Tokens } from '../oauth.ts';

/** The Management API credentials of an Auth0 source: those of a machine-to-machine application. */
export const Auth0Credentials = z.strictObject({
  /** The tenant, https://example.us.auth0.com, or its custom domain. */
  url: z.url(),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  /** With a custom domain: the identifier of the Management API, https://example.us.auth0.com/api/v2/ */
  audience: z.url().optional(),
});
export type Auth0Credentials = z.infer<typeof Auth0Credentials>;

const Refusal = z.object({ error: z.string() });

/**
 * The Authorization header for the Management API
 * (auth0.com/docs/secure/tokens/access-tokens/management-api-access-tokens, 2026-08). Tokens live for a day by default.
 */
export function createAuth0Tokens(deps: { http: Http; clock: () => number }): Tokens<Auth0Credentials> {
  return createTokens({ vendor: 'Auth0', request: requestFor, explain }, deps);
}

async function requestFor({ url, clientId, clientSecret, audience }: Auth0Credentials) {
  const body = {
    ...{ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret },
    audience: audience ?? new URL('/api/v2/', url).href,
  };
  return {
    url: new URL('/oauth/token', url).href,
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/** Of the answer only its known codes are used: the rest may repeat what was sent. */
function explain(answer: HttpResponse): string {
  const { status } = answer;
  const error = Refusal.safeParse(jsonOf(answer)).data?.error;
  const refused = `Auth0 gave no token (${status})`;
  if (error === 'unauthorized_client')
    return `${refused}: allow the grant type "Client Credentials" in the settings of the Auth0 application.`;
  if (status === 403)
    return `${refused}: authorize the application for the Auth0 Management API, or correct the audience.`;
  if (status === 401) return `${refused}: check clientId and clientSecret.`;
  return `${refused}: check url, clientId, clientSecret and audience.`;
}

const Text = z.string().default('');
const InsufficientScope = z.object({ errorCode: z.literal('insufficient_scope'), message: Text });

/** The scopes that Auth0 asks for, any of which will do; undefined when a scope is not what is missing. */
export function missingScopes(answer: HttpResponse): string | undefined {
  const { success, data } = InsufficientScope.safeParse(jsonOf(answer));
  if (!success) return undefined;
  return data.message.match(/\b[a-z]+:[a-z_]+\b/g)?.join(' or ') ?? 'that Auth0 asks for';
}

/** What to mend where the Management API refused a token; `at` says what was asked for. */
export function explainRefusal(answer: HttpResponse, at: string): string {
  if (answer.status === 401) return 'Auth0 refused a new access token (401): check the url and the audience.';
  const scopes = missingScopes(answer);
  const mend = scopes ? `grant the application the scope ${scopes}` : 'it may not do this';
  return `Auth0 refused the application (403) at ${at}: ${mend}.`;
}
