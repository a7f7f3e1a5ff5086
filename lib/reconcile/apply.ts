import type { Run } from '../aws/runs.ts';
import type { QueueItem } from '../directory/change.ts';
import { Conflict } from '../errors.ts';
import type { Directory } from '../sources/source.ts';
import { type BackfillDeps, configurationOf } from './backfill.ts';
import { carryOutItems, waitingFor } from './confirm.ts';
import { LEASE_MS } from './reading.ts';

/** What became of a plan that somebody approved; counts are of its items. */
export type Applied =
  | { kind: 'applied'; run: Run; applied: number; void: number; kept: number }
  /** It was carried out before, and nothing was done now. */
  | { kind: 'repeated'; run: Run }
  /** Nothing was done; `reason` says why and what to do, for an operator. */
  | { kind: 'refused'; reason: string };

export interface ApplyDeps extends Omit<BackfillDeps, 'log' | 'meter' | 'onProgress'> {
  /** Told after every part of the plan that was checked, with how many items that makes so far. */
  onChecked?: (items: number) => void;
}

/** Older plans are gone (ms); the table itself forgets only about then. */
const KEPT_MS = 14 * 24 * 60 * 60_000;

/**
 * Carries out a plan, or what a run was stopped from doing. First every item is checked: one of a plan whose entry changed
 * since it was written is void, and who was only found missing is read once more and kept when they are there. Only then the rest
 * goes on the queue, so that an interruption before leaves everything as it was; one while it is queued is mended by the
 * next reading. The people the run listed are then what later readings are measured by.
 *
 * No other run of the source works meanwhile. Holds the plan in memory: about a kilobyte for each of its items. Throws
 * WorldFault when the directory, the table or the queue stays out of reach, and Conflict when somebody took the lease.
 */
export async function apply(planId: string, deps: ApplyDeps): Promise<Applied> {
  const { runs, queue, clock } = deps;
  const plan = await findPlan(planId, deps);
  if ('refused' in plan) return { kind: 'refused', reason: plan.refused };
  const { run, directory } = plan;
  if (run.state === 'done') return { kind: 'repeated', run };
  const lease = await takeLease(run.source, deps);
  if ('refused' in lease) return { kind: 'refused', reason: lease.refused };

  const changes: QueueItem[] = [];
  const counts = { applied: 0, void: 0, kept: 0 };
  let checked = 0;
  try {
    for await (const { items } of runs.items(run, run.doneParts)) {
      const part = await carryOutItems(items, {
        ...{ mirror: deps.mirror, directory },
        // A run that was stopped has queued what it adds: its own deliveries make other entries of those it looked at.
        voidable: run.mode === 'plan',
        patiently: async (read) => {
          await lease.keep();
          return waitingFor(read, lease.wait);
        },
      });
      changes.push(...part.changes);
      counts.void += part.void;
      counts.kept += part.kept;
      counts.applied += items.length - part.void - part.kept;
      checked += items.length;
      await lease.renew();
      deps.onChecked?.(checked);
    }
    if (changes.length > 0) await queue.send(changes, `backfill-${run.source}`);
  } catch (error) {
    await lease.giveBack((current) => current).catch(() => undefined);
    throw error;
  }
  const done: Run = {
    ...withoutReason(run),
    state: 'done',
    doneParts: run.itemParts,
    queued: run.queued + changes.length,
    kept: run.kept + counts.kept,
    endedAt: new Date(clock()).toISOString(),
  };
  await runs.keep(done);
  await lease.giveBack((current) => baselined(current, done));
  return { kind: 'applied', run: done, ...counts };
}

/** A plan that may be applied, with what can confirm it; else why not. */
async function findPlan(
  planId: string,
  { config, directories, runs, clock }: ApplyDeps,
): Promise<{ run: Run; directory: Directory } | { refused: string }> {
  const source = planId.slice(0, planId.lastIndexOf('-'));
  const of = Object.hasOwn(config.sources, source) ? config.sources[source] : undefined;
  const directory = directories.get(source);
  if (!of || !directory)
    return {
      refused: `${planId} is no plan of this configuration: a plan's name begins with its source, ${Object.keys(config.sources).join(' or ')}.`,
    };
  const again = `npm run plan -- --source ${source} makes a new one.`;
  const run = await runs.kept(source, planId);
  if (!run || clock() - Date.parse(run.endedAt ?? run.startedAt) > KEPT_MS)
    return { refused: `There is no plan ${planId}: plans are kept for 14 days. ${again}` };
  if (run.state !== 'done' && run.configuration !== configurationOf(of))
    return {
      refused: `The configuration of ${source} is not the one that ${planId} was made under. ${again}`,
    };
  return { run, directory };
}

interface Lease {
  renew(): Promise<void>;
  /** Renews it when half of it is over. */
  keep(): Promise<void>;
  /** Waits under the lease (ms). */
  wait(ms: number): Promise<boolean>;
  /** Leaves the source's current run as `change` makes it. */
  giveBack(change: (current: Run) => Run): Promise<void>;
}

/** Keeps everybody else from working on the source, by a lease on its current run; not while one is under way. */
async function takeLease(
  source: string,
  { runs, clock, sleep, owner, leaseMs = LEASE_MS }: ApplyDeps,
): Promise<Lease | { refused: string }> {
  const found = await runs.current(source);
  const busy = (since: string) => ({
    refused: `A reading of ${source} is under way since ${since}: apply the plan when it has ended.`,
  });
  if (!found?.run) return { refused: `Nothing is known of a reading of ${source}.` };
  const { lease: held, ...current } = found.run;
  if (current.state === 'running' || (held && held.until > clock())) return busy(current.startedAt);
  let { revision } = found;
  let until = 0;

  async function renew(ms = 0): Promise<void> {
    until = clock() + ms + leaseMs;
    revision = await runs.save({ ...current, lease: { owner, until } }, revision);
  }
  try {
    await renew();
  } catch (error) {
    if (error instanceof Conflict) return busy(new Date(clock()).toISOString());
    throw error;
  }
  return {
    renew,
    async keep() {
      if (clock() > until - leaseMs / 2) await renew();
    },
    async wait(ms) {
      await renew(ms);
      await sleep(ms);
      return true;
    },
    async giveBack(change) {
      await runs.save(change(current), revision);
    },
  };
}

/** The current run after another one, or it itself, was carried out. A later complete reading knows better. */
function baselined(current: Run, done: Run): Run {
  if (current.runId === done.runId) return done;
  return current.state === 'done' ? current : { ...current, before: done.people };
}

/** What stopped a run does not hold for it once it was approved. */
function withoutReason({ reason: _, ...run }: Run): Run {
  return run;
}
