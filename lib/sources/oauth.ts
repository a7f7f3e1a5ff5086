import * as z from 'zod';
import { WorldFault } from '../errors.ts';
import { type Http, type HttpRequest, type HttpResponse, jsonOf } from '../http/client.ts';

/** Of another type, such as DPoP, no token is of use. */
const Bearer = z
  .string()
  .regex(/^bearer$/i)
  .nullish();
const Token = z.object({ access_token: z.string().min(1), expires_in: z.number(), token_type: Bearer });

const TRY_MS = 15_000;
/** A token is given up this long before it ends (ms). */
const LEEWAY_MS = 60_000;
/** The wait after a 429, which says nothing of it (ms). */
const THROTTLED_MS = 5_000;

/** The Authorization header for a vendor's API. */
export interface Tokens<Credentials> {
  /** Throws WorldFault: `credentials` with what to mend, `throttled`, `unavailable`, and what the HTTP client throws. */
  authorization(credentials: Credentials): Promise<string>;
  /** Gives up this header, if it is still the one in use: others may have found out before. */
  forget(authorization: string): void;
}

/** How one vendor gives out access tokens. */
export interface TokenEndpoint<Credentials> {
  vendor: string;
  /** A request for a token by client credentials. */
  request(credentials: Credentials): Promise<Pick<HttpRequest, 'url' | 'headers' | 'body'>>;
  /** What to mend, of an answer without a token; nothing that was sent may be in it. */
  explain(answer: HttpResponse): string;
}

/**
 * Access tokens by client credentials, cached until a minute before they end. They are metered, so that one is fetched for
 * everyone who waits. A token belongs to the object that its credentials are: another one gets another token.
 */
export function createTokens<Credentials extends object>(
  { vendor, request, explain }: TokenEndpoint<Credentials>,
  { http, clock }: { http: Http; clock: () => number },
): Tokens<Credentials> {
  let cached: { authorization: string; until: number; of: Credentials } | undefined;
  let pending: { authorization: Promise<string>; of: Credentials } | undefined;
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

  async function fetchToken(credentials: Credentials): Promise<string> {
    const askedAt = clock();
    const answer = await http({
      ...{ method: 'POST', timeoutMs: TRY_MS, repeatable: true },
      ...(await request(credentials)),
    });
    const { status } = answer;
    const throttled = `${vendor} rate limit of tokens reached (429)`;
    if (status === 429) throw new WorldFault('throttled', throttled, { retryAfterMs: THROTTLED_MS });
    if (status >= 500)
      throw new WorldFault('unavailable', `${vendor} answered ${status} to a request for a token`);
    const token = Token.safeParse(jsonOf(answer)).data;
    if (status !== 200 || !token) throw new WorldFault('credentials', explain(answer));
    const authorization = `Bearer ${token.access_token}`;
    cached = { authorization, until: askedAt + token.expires_in * 1_000 - LEEWAY_MS, of: credentials };
    return authorization;
  }
}
