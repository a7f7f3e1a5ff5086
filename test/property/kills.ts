import fc from 'fast-check';
import type { Run } from '../../lib/aws/runs.ts';
import type { QueueItem } from '../../lib/directory/change.ts';
import { LAG_MS } from '../../lib/directory/trust.ts';
import { runSource } from '../../lib/reconcile/run.ts';
import type { RunDeps } from '../../lib/reconcile/work.ts';
import { Killed, mortal } from '../support/mortal.ts';

/** Where a process that reads is killed, and whether its queue is empty before the next one comes. */
export interface Kill {
  at: number;
  when: 'before' | 'after';
  settles: boolean;
}

/** Up to four, each within the first calls of its process. */
export function anyKills(calls: number): fc.Arbitrary<Kill[]> {
  const kill = fc.record({
    at: fc.integer({ min: 1, max: calls }),
    when: fc.constantFrom('before', 'after' as const),
    settles: fc.boolean(),
  });
  return fc.array(kill, { maxLength: 4 });
}

/** What a directory and everything behind it in memory has for runs. */
interface World {
  time: { now: number };
  depsOf: (over?: Partial<RunDeps>) => RunDeps;
  readOnly: (over: Partial<RunDeps>) => Promise<unknown>;
  settle: () => Promise<void>;
  hear: (...changes: QueueItem[]) => Promise<void>;
}

/**
 * Runs by processes that are killed, then what happens `meanwhile`, and a run that nothing happens to; with `fast`
 * what that one queues is delivered before its next step. Returns how it ended.
 */
export async function readDespite(
  source: string,
  world: World,
  {
    kills,
    fast,
    meanwhile = async () => {},
  }: { kills: Kill[]; fast: boolean; meanwhile?: () => Promise<void> },
): Promise<Run | 'busy' | 'nothing'> {
  for (const { at, when, settles } of kills) {
    await world.readOnly(mortal(world.depsOf(), at, when)).catch((error) => {
      if (!(error instanceof Killed)) throw error;
    });
    if (settles) await world.settle();
  }
  await meanwhile();
  // A list is believed that long after somebody was heard to have left.
  world.time.now += LAG_MS + 60_000;
  const { queue } = world.depsOf();
  const atOnce = { send: async (changes: QueueItem[]) => world.hear(...changes) };
  const last = world.depsOf({ queue: fast ? atOnce : queue });
  const run = await runSource({ source }, world.time.now + 900_000, last);
  await world.settle();
  return run;
}
