import { expect, test } from 'vitest';
import type { Mirror } from '../../../lib/aws/mirror.ts';
import { sweep } from '../../../lib/delivery/sweep.ts';
import { type EntryRef, Message } from '../../../lib/directory/change.ts';
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

  const common = { kind: 'recheck', at: new Date(NOW).toISOString(), reason: 'sweep' };
  expect(queue.sent.flat()).toEqual([
    { ...common, source: 'okta', of: { kind: 'person', id: 'ada' } },
    { ...common, source: 'okta', of: { kind: 'group', id: 'engineers' } },
    { ...common, source: 'customers', of: { kind: 'organization', id: 'org_1' } },
  ]);
  expect(Message.safeParse({ v: 2, changes: queue.sent.flat() }).success).toBe(true);
  expect([done, meter.counted, asked]).toEqual([{ swept: 3 }, { EntriesSwept: 3 }, [NOW]]);
});

test('fails when the queue refuses, so that the entries stay due', async () => {
  const { deps, queue, meter } = makeSweep([{ source: 'okta', kind: 'person', id: 'ada' }]);
  queue.send = () => Promise.reject(new WorldFault('queue', 'refused'));

  await expect(sweep(deps)).rejects.toMatchObject({ code: 'queue' });

  expect(meter.counted).toEqual({});
});
