import { WorldFault } from '../errors.ts';
import type { HttpResponse } from '../http/client.ts';

/** How a vendor writes its rate limits down. */
export interface LimitHeaders {
  /** What its headers begin with: …limit, …remaining, …reset (epoch seconds). */
  prefix: string;
  /** What is waited beyond the reset (ms). */
  marginMs: number;
  /** How long a 429 lasts that says nothing of it (ms). */
  unknownMs: number;
}

/** Calls that other containers may have under way, unknown to this one. */
const OTHERS = 10;
const SHORTEST_WAIT_MS = 1_000;
/** A random part of this keeps those who wait from coming back at once (ms). */
const JITTER_MS = 1_000;
/** The same after a 429 of a limit of concurrent calls, whose reset is only a hint (ms). */
const CONCURRENCY_JITTER_MS = 5_000;

/**
 * The rate limits of one tenant, by the vendor's name of each ("bucket"). `headroom` is the share of each that is left to the
 * customer's other tools.
 */
export function createRateLimits(
  vendor: string,
  { prefix, marginMs, unknownMs }: LimitHeaders,
  { clock, random, headroom }: { clock: () => number; random: () => number; headroom: number },
) {
  const limits = new Map<string, { limit: number; remaining: number; resetAt: number }>();
  let underWay = 0;
  // A small limit must not be all head-room.
  const leftToOthers = (limit: number) =>
    Math.ceil(limit * headroom) + Math.min(OTHERS, Math.floor(limit / 10));

  return {
    /** Throws WorldFault `throttled`, with the wait, when so many more calls by bucket would eat into the head-room. */
    respect(calls: Record<string, number>): void {
      for (const [bucket, count] of Object.entries(calls)) {
        const { limit = 0, remaining = 0, resetAt = 0 } = limits.get(bucket) ?? {};
        if (clock() >= resetAt || remaining - underWay - count >= leftToOthers(limit)) continue;
        const message = `${vendor} rate limit: the rest of it is left to others`;
        throw new WorldFault('throttled', message, { retryAfterMs: resetAt - clock() });
      }
    },

    /** How many calls in a row the head-room ever allows, as far as is known; at least one. */
    mostAtOnce(bucket: string): number {
      const known = limits.get(bucket);
      return known ? Math.max(1, known.limit - leftToOthers(known.limit)) : Number.POSITIVE_INFINITY;
    },

    /** Takes what an answer says of its bucket. */
    note(bucket: string, { headers }: HttpResponse): void {
      const limit = numberIn(headers[`${prefix}limit`]);
      const remaining = numberIn(headers[`${prefix}remaining`]);
      const resetInMs = untilReset(headers);
      if (limit > 0 && remaining >= 0 && resetInMs !== undefined)
        limits.set(bucket, { limit, remaining, resetAt: clock() + resetInMs });
    },

    /** The fault that a 429 is: Retry-After goes before the reset. */
    reached({ headers }: HttpResponse): WorldFault {
      const ofConcurrency = numberIn(headers[`${prefix}limit`]) === 0;
      const retryAfterMs = numberIn(headers['retry-after']) * 1_000;
      const known = Number.isNaN(retryAfterMs) ? untilReset(headers) : retryAfterMs;
      const wait = ofConcurrency
        ? SHORTEST_WAIT_MS + random() * CONCURRENCY_JITTER_MS
        : Math.max(SHORTEST_WAIT_MS, known ?? unknownMs) + random() * JITTER_MS;
      const message = `${vendor} rate limit reached (429)`;
      return new WorldFault('throttled', message, { retryAfterMs: Math.floor(wait) });
    },

    /** Counts a call as under way until its answer says what is left. */
    async during<T>(call: () => Promise<T>): Promise<T> {
      underWay += 1;
      try {
        return await call();
      } finally {
        underWay -= 1;
      }
    },
  };

  /** The reset is held against the vendor's own clock, where its answer has a date. */
  function untilReset(headers: HttpResponse['headers']): number | undefined {
    const reset = numberIn(headers[`${prefix}reset`]) * 1_000;
    if (!(reset > 0)) return undefined;
    const date = Date.parse(String(headers.date));
    return reset - (Number.isNaN(date) ? clock() : date) + marginMs;
  }
}

/** NaN for a header that is absent or no number: an empty text is no zero. */
function numberIn(header: string | string[] | undefined): number {
  return Number(header || Number.NaN);
}
