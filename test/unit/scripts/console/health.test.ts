import { expect, test } from 'vitest';
import { watchHealth } from '../../../../scripts/console/health.ts';
import type { News } from '../../../../scripts/console/live.ts';

const STATUS = { at: 1, queues: [], waiting: { count: 2 } };

test('a question that fails is told without a sample, and the next one is asked all the same', async () => {
  const told: News[] = [];
  const heard = Promise.withResolvers<void>();
  let asked = 0;
  const health = watchHealth({
    async call() {
      asked += 1;
      if (asked === 1) return { code: 0, shown: STATUS, said: '' };
      if (asked === 2) throw new Error('out of reach');
      return { code: 1, said: 'no such stage' };
    },
    live: {
      ...{ open: () => {}, close: () => {}, listeners: () => 1 },
      tell: (news) => told.push(news) === 3 && heard.resolve(),
    },
    everyMs: 1,
  });
  await heard.promise;
  health.close();

  expect(told.slice(0, 3).map(({ data }) => data)).toMatchObject([
    { called: { code: 0 }, sample: { at: 1, waiting: 2 } },
    { called: { code: 1, said: 'out of reach' } },
    { called: { code: 1, said: 'no such stage' } },
  ]);
  expect(told.map(({ data }) => (data as { sample?: unknown }).sample !== undefined).slice(0, 3)).toEqual([
    ...[true, false, false],
  ]);
  expect(health.samples()).toHaveLength(1);
});
