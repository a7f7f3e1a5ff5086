import { describe, expect, test } from 'vitest';
import { LATE_MS } from '../../../lib/velt/request.ts';
import type { FaultRule } from '../../../local/doubles/velt/velt.ts';
import { NOW } from '../../support/factories.ts';
import { kindsOf, LATE, makeVelt, status, usersAdd } from '../../support/velt-client.ts';

describe('a fault of the world', () => {
  test.each([
    ['a 503', status(503)],
    ['a 500 without a map', status(500)],
    ['HTML with status 200', { answer: { kind: 'garbage', body: '<html>' }, times: 1 } satisfies FaultRule],
    ['a 429', status(429, { retryAfterSeconds: 1 })],
  ])('is tried again: %s', async (_what, fault) => {
    const { velt, requests } = makeVelt({ faults: [fault] });

    const applied = await velt.apply(usersAdd(['ada']), LATE);

    expect([kindsOf(applied.outcomes), applied.fault]).toEqual([{ ada: 'done' }, undefined]);
    expect(requests).toHaveLength(2);
  });

  test.each([
    ['a reset', { answer: { kind: 'reset' }, times: 1 } satisfies FaultRule],
    ['a time-out', { answer: { kind: 'hang' }, times: 1 } satisfies FaultRule],
    ['a gateway that gave up', status(504)],
  ])(
    'is tried again, and proves nothing for a minute, since the first try may still land: %s',
    async (_what, fault) => {
      const { velt, requests, time } = makeVelt({ faults: [fault] });

      const { outcomes, fault: found, landsUntil = 0 } = await velt.apply(usersAdd(['ada']), LATE);

      expect([outcomes.size, requests.length]).toEqual([0, 2]);
      expect(found?.code).toMatch(/timeout|connection/);
      expect(landsUntil - time.now).toBeGreaterThan(LATE_MS - 10_000);
      expect(landsUntil - time.now).toBeLessThanOrEqual(LATE_MS);
    },
  );

  test('that stays ends the call after three tries, with growing pauses', async () => {
    const { velt, requests, time } = makeVelt({ faults: [{ answer: { kind: 'status', status: 503 } }] });

    const { outcomes, fault } = await velt.apply(usersAdd(['ada']), LATE);

    expect([outcomes.size, fault?.code, requests.length]).toEqual([0, 'unavailable', 3]);
    expect(time.slept).toEqual([250, 500]);
  });

  test('ends a hanging call after 20 seconds, 8 of them a try', async () => {
    const { velt, requests, time } = makeVelt({
      faults: [{ answer: { kind: 'hang' } }],
      deps: { random: () => 0 },
    });

    const { fault } = await velt.apply(usersAdd(['ada']), LATE);

    expect(fault?.code).toBe('timeout');
    expect(requests.map(({ timeoutMs }) => timeoutMs)).toEqual([8_000, 8_000, 4_000]);
    expect(time.now).toBe(NOW + 20_000);
  });

  test('never holds a call beyond its deadline', async () => {
    const { velt, requests, time } = makeVelt({ faults: [{ answer: { kind: 'hang' } }] });

    const { fault } = await velt.apply(usersAdd(['ada']), NOW + 5_000);

    expect([fault?.code, requests.map(({ timeoutMs }) => timeoutMs), time.now]).toEqual([
      'timeout',
      [5_000],
      NOW + 5_000,
    ]);
  });

  test('is what a call without time left is, and it makes no call', async () => {
    const { velt, requests } = makeVelt();

    const { fault } = await velt.apply(usersAdd(['ada']), NOW);

    expect([fault?.code, requests.length]).toEqual(['out-of-time', 0]);
  });

  test('that is a mistake of ours is thrown', async () => {
    const http = () => Promise.reject(new TypeError('not a function'));
    const { velt } = makeVelt({ deps: { http } });

    await expect(velt.apply(usersAdd(['ada']), LATE)).rejects.toThrow(TypeError);
  });
});

describe('the wait that Velt asks for', () => {
  test('is waited for within the call when it is short', async () => {
    const { velt, time, requests } = makeVelt({ faults: [status(429, { retryAfterSeconds: 2 })] });

    await velt.apply(usersAdd(['ada']), LATE);

    expect([time.slept, requests.length]).toEqual([[2_000], 2]);
  });

  test('goes back to the queue when it is long, and no call is made before its time', async () => {
    const { velt, time, requests } = makeVelt({ faults: [status(429, { retryAfterSeconds: 30 })] });

    const first = await velt.apply(usersAdd(['ada']), LATE);
    time.now += 10_000;
    const early = await velt.apply(usersAdd(['bob']), LATE);
    const callsBefore = requests.length;
    time.now += 20_000;
    const onTime = await velt.apply(usersAdd(['bob']), LATE);

    expect(first.fault).toMatchObject({ code: 'throttled', retryAfterMs: 30_000 });
    expect(early.fault).toMatchObject({ code: 'throttled', retryAfterMs: 20_000 });
    expect([callsBefore, time.slept]).toEqual([1, []]);
    expect(kindsOf(onTime.outcomes)).toEqual({ bob: 'done' });
  });

  test('is waited for by every call, also one that was not throttled itself', async () => {
    const { velt, time, double } = makeVelt({ faults: [status(429, { retryAfterSeconds: 30 })] });
    await velt.apply(usersAdd(['ada']), LATE);
    time.now += 29_000;

    await velt.apply(usersAdd(['bob']), LATE);

    expect(double.calls.map(({ at }) => at - NOW)).toEqual([0, 30_000]);
  });
});
