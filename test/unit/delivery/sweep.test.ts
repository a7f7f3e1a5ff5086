import { expect, test } from 'vitest';
import type { Mirror } from '../../../lib/aws/mirror.ts';
import { readConfig } from '../../../lib/config.ts';
import { sweep } from '../../../lib/delivery/sweep.ts';
import { type EntryRef, Message } from '../../../lib/directory/change.ts';
import { WorldFault } from '../../../lib/errors.ts';
import { makeLog, makeMeter, makeQueue, NOW } from '../../support/factories.ts';

const config = readConfig({
  sources: Object.fromEntries(
    ['okta', 'customers'].map((name) => [name, { kind: 'okta', organization: 'acme' }]),
  ),
});

function makeSweep(entries: EntryRef[]) {
  const asked: number[] = [];
  const due: Mirror['due'] = async (now, limit, isOf = () => true) => {
    asked.push(now);
    return entries.filter(({ source }) => isOf(source)).slice(0, limit);
  };
  const queue = makeQueue();
  const meter = makeMeter();
  const deps = { config, mirror: { due } as Mirror, queue, clock: () => NOW, log: makeLog(), meter };
  return { deps, queue, meter, asked };
}

test('queues every due entry for another look that states no fact', async () => {
  const { deps, queue, meter, asked } = makeSweep([
    { source: 'okta', kind: 'person', id: 'ada' },
    { source: 'okta', kind: 'group', id: 'engineers' },
    { source: 'customers', kind: 'organization', id: 'org_1' },
  ]);

  const done = await sweep(deps);

  const common = { kind: 'recheck', at: new Date(NOW).toISOString(), reason: 'sweep' };
  expect(queue.sent.flat()).toEqual([
    { ...common, source: 'okta', of: { kind: 'person', id: 'ada' } },
    { ...common, source: 'okta', of: { kind: 'group', id: 'engineers' } },
    { ...common, source: 'customers', of: { kind: 'organization', id: 'org_1' } },
  ]);
  expect(Message.safeParse({ v: 2, changes: queue.sent.flat() }).success).toBe(true);
  expect([done, meter.counted, asked]).toEqual([{ swept: 3 }, { EntriesSwept: 3 }, [NOW]]);
});

test('leaves alone what a source owes that is not configured any more, however much that is', async () => {
  const stray = Array.from(
    { length: 2_000 },
    (_, n): EntryRef => ({ source: 'old', kind: 'person', id: `p${n}` }),
  );
  const { deps, queue } = makeSweep([...stray, { source: 'okta', kind: 'person', id: 'ada' }]);

  const done = await sweep(deps);

  expect(done).toEqual({ swept: 1 });
  expect(queue.sent.flat()).toMatchObject([{ source: 'okta', of: { id: 'ada' } }]);
});

test('fails when the queue refuses, so that the entries stay due', async () => {
  const { deps, queue, meter } = makeSweep([{ source: 'okta', kind: 'person', id: 'ada' }]);
  queue.send = () => Promise.reject(new WorldFault('queue', 'refused'));

  await expect(sweep(deps)).rejects.toMatchObject({ code: 'queue' });

  expect(meter.counted).toEqual({});
});
