import type { Stack } from '../template/stack.ts';

/** Requests a second, and how many may come at once. */
export interface Limits {
  rate: number;
  burst: number;
}

type Settings = { ThrottlingRateLimit?: number; ThrottlingBurstLimit?: number };

/** What the stage of the stack's HTTP API lets through; undefined where it says nothing. */
export function limitsOf(stack: Pick<Stack, 'ofType'>): Limits | undefined {
  const [[, stage] = []] = stack.ofType<{ DefaultRouteSettings?: Settings }>('AWS::ApiGatewayV2::Stage');
  const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } = stage?.DefaultRouteSettings ?? {};
  return rate === undefined || burst === undefined ? undefined : { rate, burst };
}

/**
 * Tells of each request whether it is one too many for its route: a bucket of `burst` tokens, filled again with `rate` a second
 * (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html, 2025-12). `clock` in ms.
 */
export function createThrottle(limits: Limits | undefined, clock: () => number): (route: string) => boolean {
  const buckets = new Map<string, { left: number; at: number }>();
  return (route) => {
    if (!limits) return false;
    const now = clock();
    const { left, at } = buckets.get(route) ?? { left: limits.burst, at: now };
    const filled = Math.min(limits.burst, left + ((now - at) * limits.rate) / 1000);
    const isTooMany = filled < 1;
    buckets.set(route, { left: isTooMany ? filled : filled - 1, at: now });
    return isTooMany;
  };
}
