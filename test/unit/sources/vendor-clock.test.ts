import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createVendorClock } from '../../../lib/sources/vendor-clock.ts';
import { NOW } from '../../support/factories.ts';

/** A header of the vendor's clock, which is `ahead` of ours (ms). */
const dateAt = (ms: number) => new Date(Math.floor(ms / 1_000) * 1_000).toUTCString();

/** Requests of one client, each from and to a moment of our clock, answered in between by a vendor whose clock is ahead. */
function askAll(ahead: number, requests: { startedAt: number; tookMs: number; answeredAfterMs?: number }[]) {
  const askedAt = createVendorClock();
  return requests.map(({ startedAt, tookMs, answeredAfterMs = tookMs }) =>
    askedAt({ startedAt, endedAt: startedAt + tookMs, date: dateAt(startedAt + answeredAfterMs + ahead) }),
  );
}

describe('the moment before a request', () => {
  test('is that of our clock, to the millisecond, where the vendor’s whole second does not contradict it', () => {
    const moments = askAll(0, [
      { startedAt: NOW + 10, tookMs: 60 },
      { startedAt: NOW + 80, tookMs: 400 },
      { startedAt: NOW + 990, tookMs: 30 },
    ]);

    expect(moments).toEqual([NOW + 10, NOW + 80, NOW + 990]);
  });

  test('is our clock’s where the vendor tells no time', () => {
    const askedAt = createVendorClock();

    expect(askedAt({ startedAt: NOW, endedAt: NOW + 5, date: undefined })).toBe(NOW);
    expect(askedAt({ startedAt: NOW, endedAt: NOW + 5, date: 'soon' })).toBe(NOW);
  });

  test.each([
    ['is ahead of the answer', NOW + 10_000, NOW + 10_000 - 40],
    ['is over before the request', NOW - 10_000, NOW - 10_000 + 999],
  ])('is moved by as little as it takes where the vendor’s second %s', (_what, second, expected) => {
    const askedAt = createVendorClock();

    const moment = askedAt({ startedAt: NOW, endedAt: NOW + 40, date: new Date(second).toUTCString() });

    expect(moment).toBe(expected);
  });

  test('is moved as before where the vendor tells no time any more', () => {
    const askedAt = createVendorClock();
    askedAt({ startedAt: NOW, endedAt: NOW + 40, date: new Date(NOW + 10_000).toUTCString() });

    expect(askedAt({ startedAt: NOW + 50, endedAt: NOW + 60, date: undefined })).toBe(NOW + 10_010);
  });

  test('is found anew after a clock was set', () => {
    const askedAt = createVendorClock();
    askedAt({ startedAt: NOW, endedAt: NOW, date: new Date(NOW + 60_000).toUTCString() });

    expect(askedAt({ startedAt: NOW + 61_000, endedAt: NOW + 61_000, date: dateAt(NOW + 61_000) })).toBe(
      NOW + 61_000,
    );
  });

  const requests = fc
    .array(
      fc.record({ pauseMs: fc.integer({ min: 0, max: 1_500 }), tookMs: fc.integer({ min: 1, max: 3_000 }) }),
      {
        minLength: 2,
        maxLength: 20,
      },
    )
    .map((steps) => {
      let now = NOW;
      return steps.map(({ pauseMs, tookMs }) => {
        const startedAt = now + pauseMs;
        now = startedAt + tookMs;
        return { startedAt, tookMs, answeredAfterMs: Math.ceil(tookMs / 2) };
      });
    });

  test('is later for the later request, whatever either took, if our clock is right or slow', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 0, max: 90_000 }), (asked, ahead) => {
        const moments = askAll(ahead, asked);

        for (const [index, moment] of moments.entries())
          if (index > 0) expect(moment).toBeGreaterThan(moments[index - 1] as number);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test('is never earlier for the later request, and never after the answer, if our clock is fast', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: -90_000, max: -1 }), (asked, ahead) => {
        const moments = askAll(ahead, asked);

        for (const [index, moment] of moments.entries()) {
          if (index > 0) expect(moment).toBeGreaterThanOrEqual(moments[index - 1] as number);
          const { startedAt, tookMs } = asked[index] as (typeof asked)[number];
          expect(moment).toBeLessThan(startedAt + tookMs + ahead + 1_000);
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
