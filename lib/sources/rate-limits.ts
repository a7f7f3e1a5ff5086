import { WorldFault } from '../errors.ts';

/** What a vendor's answer told of one of its rate limits. */
export interface SeenLimit {
  limit: number;
  remaining: number;
  /** When the count begins anew, from now (ms). */
  resetInMs: number;
}

/** The rate limits of one tenant, by the vendor's name of each ("bucket"). */
export interface RateLimits {
  /** Throws WorldFault `throttled`, with the wait, when `calls` more calls would eat into the head-room. */
  respect(bucket: string, calls: number): void;
  /** How many calls in a row the head-room ever allows, as far as is known; at least one. */
  mostAtOnce(bucket: string): number;
  note(bucket: string, seen: SeenLimit): void;
  /** Counts a call as under way until it has ended: its answer has not told yet what is left. */
  during<T>(call: () => Promise<T>): Promise<T>;
}

/** Calls that other containers may have under way, unknown to this one. */
const OTHERS = 10;

/** `headroom` is the share of each limit that is left to the customer's other tools. */
export function createRateLimits({
  vendor,
  clock,
  headroom,
}: {
  vendor: string;
  clock: () => number;
  headroom: number;
}): RateLimits {
  const limits = new Map<string, { limit: number; remaining: number; resetAt: number }>();
  let underWay = 0;
  // A small limit must not be all head-room.
  const leftToOthers = (limit: number) =>
    Math.ceil(limit * headroom) + Math.min(OTHERS, Math.floor(limit / 10));
  return {
    respect(bucket, calls) {
      const known = limits.get(bucket);
      if (!known || clock() >= known.resetAt) return;
      if (known.remaining - underWay - calls >= leftToOthers(known.limit)) return;
      throw new WorldFault('throttled', `${vendor}'s rate limit is left to others`, {
        retryAfterMs: known.resetAt - clock(),
      });
    },
    mostAtOnce(bucket) {
      const known = limits.get(bucket);
      return known ? Math.max(1, known.limit - leftToOthers(known.limit)) : Number.POSITIVE_INFINITY;
    },
    note(bucket, { limit, remaining, resetInMs }) {
      limits.set(bucket, { limit, remaining, resetAt: clock() + resetInMs });
    },
    async during(call) {
      underWay += 1;
      try {
        return await call();
      } finally {
        underWay -= 1;
      }
    },
  };
}
