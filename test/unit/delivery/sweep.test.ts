import { expect, test } from 'vitest';
import type { Mirror } from '../../../lib/aws/mirror.ts';
import { sweep } from '../../../lib/delivery/sweep.ts';
import { Message } from '../../../lib/directory/change.ts';
import type { EntryRef } from '../../../lib/directory/entry.ts';
import { WorldFault } from '../../../lib/errors.ts';
import { makeLog, makeMeter, makeQueue, NOW } from '../../support/factories.ts';

function makeSweep(entries: EntryRef[]) {
  const asked: number[] = [];
  const due: Mirror['due'] = async (now) => {
    asked.push(now);
    return entries;
  };
  const queue = makeQueue();
  const meter = makeMeter();
  const deps = { mirror: { due } as Mirror, queue, clock: () => NOW, log: makeLog(), meter };
  return { deps, queue, meter, asked };
}

test('queues every due entry for another look that states no fact', async () => {
  const { deps, queue, meter, asked } = makeSweep([
    { source: 'okta', kind: 'person', id: 'ada' },
    { source: 'okta', kind: 'group', id: 'engineers' },
    { source: 'customers', kind: 'organization', id: 'org_1' },
  ]);

  const done = await sweep(deps);

  const common = { v: 1, at: new Date(NOW).toISOString(), id: 'sweep' };
  expect(queue.sent.flat()).toEqual([
    { ...common, source: 'okta', kind: 'person', personId: 'ada' },
    { ...common, source: 'okta', kind: 'group', containerId: 'engineers' },
    { ...common, source: 'customers', kind: 'organization', containerId: 'org_1' },
  ]);
  expect(Message.safeParse({ v: 1, changes: queue.sent.flat() }).success).toBe(true);
  expect([done, meter.counted, asked]).toEqual([{ swept: 3 }, { EntriesSwept: 3 }, [NOW]]);
});

test('fails when the queue refuses, so that the entries stay due', async () => {
  const { deps, queue, meter } = makeSweep([{ source: 'okta', kind: 'person', id: 'ada' }]);
  queue.send = () => Promise.reject(new WorldFault('queue', 'refused'));

  await expect(sweep(deps)).rejects.toMatchObject({ code: 'queue' });

  expect(meter.counted).toEqual({});
});
