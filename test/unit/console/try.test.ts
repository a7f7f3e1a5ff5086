import { expect, test } from 'vitest';
import { createMovableClock, createTry } from '../../../local/console/try.ts';
import { NOW } from '../../support/factories.ts';

const YEAR_MS = 365 * 24 * 60 * 60_000;

test('the clock of the vendors goes a year ahead or back at most, also step by step', async () => {
  const clock = createMovableClock(() => NOW);
  const { act, given, state } = createTry(
    { sources: {}, velt: undefined, fire: async () => ({}) as never },
    {},
    clock,
  );
  const move = (ms: number) => act({ kind: 'clock', ms } as never);

  await move(YEAR_MS);
  await expect(move(1)).rejects.toThrow('no further than a year');
  expect([state().clockMs, clock.now()]).toEqual([YEAR_MS, NOW + YEAR_MS]);
  for (const ms of [YEAR_MS + 1, -YEAR_MS - 1, 0.5])
    expect(given.safeParse({ kind: 'clock', ms }).success).toBe(false);
});
