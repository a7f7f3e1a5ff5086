import { expect, test } from 'vitest';
import { createTally } from '../../../lib/inbound/tally.ts';
import { makeClock } from '../../support/factories.ts';

test('the first ten of a minute are told one by one, and the rest with the first of a later one', () => {
  const time = makeClock();
  const tally = createTally(time.clock);

  const told = Array.from({ length: 25 }, () => tally('guess'));
  time.now += 60_000;
  const later = [tally('guess'), tally('guess')];

  expect(told.map((one) => one?.count)).toEqual([...Array(10).fill(1), ...Array(15).fill(undefined)]);
  expect(told.map((one) => one?.isFirst).filter(Boolean)).toHaveLength(1);
  expect(later).toEqual([
    { count: 16, isFirst: true },
    { count: 1, isFirst: false },
  ]);
});

test('each key has minutes of its own', () => {
  const { clock } = makeClock();
  const tally = createTally(clock);
  for (let time = 0; time < 20; time += 1) tally('okta');

  expect(tally('auth0')).toEqual({ count: 1, isFirst: true });
});
