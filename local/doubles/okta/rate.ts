/** So many requests in a window of `windowMs`, which opens with its first request. */
export type OktaRateLimit = { limit: number; windowMs: number };

/** Counts requests. Each call counts one, and returns Okta's headers and whether the limit is exceeded. */
export function createOktaRate(rateLimit: OktaRateLimit | undefined, clock: () => number) {
  const { limit, windowMs } = rateLimit ?? { limit: Number.MAX_SAFE_INTEGER, windowMs: 60_000 };
  let window = { opened: Number.NEGATIVE_INFINITY, used: 0 };
  return () => {
    if (clock() >= window.opened + windowMs) window = { opened: clock(), used: 0 };
    window.used += 1;
    const headers = {
      'x-rate-limit-limit': String(limit),
      'x-rate-limit-remaining': String(Math.max(0, limit - window.used)),
      'x-rate-limit-reset': String(Math.ceil((window.opened + windowMs) / 1000)),
    };
    return { headers, exhausted: window.used > limit };
  };
}
