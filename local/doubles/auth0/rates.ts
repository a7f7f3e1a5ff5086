/** Endpoints that share a limit (auth0.com/docs, rate-limit-configurations, 2026-08). */
export type Auth0Bucket = 'users' | 'organizations' | 'members' | 'member-roles' | 'groups' | 'other';

/** So many requests at once, and so many more a minute. */
export type Auth0Limit = { burst: number; perMinute: number };

const PLENTY: Auth0Limit = { burst: 1_000_000, perMinute: 60_000_000 };

export type Auth0Rates = ReturnType<typeof createAuth0Rates>;

/** A token bucket for each group of endpoints; the reset is when the bucket is full again, in epoch seconds. */
export function createAuth0Rates(limits: Partial<Record<Auth0Bucket, Auth0Limit>>, clock: () => number) {
  const buckets = new Map<Auth0Bucket, { left: number; at: number }>();

  /** Counts a request; returns the headers of its answer, and whether the limit is exceeded. */
  return (name: Auth0Bucket) => {
    const { burst, perMinute } = limits[name] ?? PLENTY;
    const perMs = perMinute / 60_000;
    const bucket = buckets.get(name) ?? { left: burst, at: clock() };
    const left = Math.min(burst, bucket.left + (clock() - bucket.at) * perMs);
    const exhausted = left < 1;
    const after = exhausted ? left : left - 1;
    buckets.set(name, { left: after, at: clock() });
    return {
      exhausted,
      headers: {
        'x-ratelimit-limit': String(burst),
        'x-ratelimit-remaining': String(Math.floor(after)),
        'x-ratelimit-reset': String(Math.ceil((clock() + (burst - after) / perMs) / 1000)),
      },
    };
  };
}
