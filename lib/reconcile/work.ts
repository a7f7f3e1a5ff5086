import type { Mirror } from '../aws/mirror.ts';
import type { Queue } from '../aws/queue.ts';
import type { Run } from '../aws/runs.ts';
import type { DirectoryConfig } from '../config.ts';
import type { ContainerNews } from '../directory/change.ts';
import { isWithin, type Outlook } from '../directory/effect.ts';
import type { ContainerEntry, PersonEntry } from '../directory/entry.ts';
import type { HashSet } from '../directory/hash-set.ts';
import type { Policy } from '../directory/policy.ts';
import type { Log, Meter } from '../observability.ts';
import type { Directory } from '../sources/source.ts';
import type { ListedDirectory } from './absence.ts';
import type { LeaseDeps, LeasedRun } from './lease.ts';

export interface RunDeps extends LeaseDeps {
  config: DirectoryConfig;
  policies: ReadonlyMap<string, Policy>;
  /** The directory of every source that has credentials in the configuration. */
  directories: ReadonlyMap<string, Directory>;
  mirror: Mirror;
  queue: Queue;
  log: Log;
  meter: Meter;
  /** Whom an applied plan allows to lose something, and how many people its list had. */
  allowance?: Allowance | undefined;
  /** Set for a plan: the run ends at the breaker, and tells this what would come behind it. */
  planning?: Planning | undefined;
  /** Told after every checkpoint. */
  onProgress?: ((run: Run) => void) | undefined;
}

export interface Planning {
  /** Told once of everybody who would lose something, and why. */
  loss(person: PersonEntry, loss: Outlook, reason: string): void;
  /** Told of the news of containers that waits for the breaker. */
  deferred(news: ContainerNews[]): void;
}

export interface Allowance {
  /** What each may lose, by entry key. */
  people: ReadonlyMap<string, ReadonlySet<string>>;
  listed: number;
}

/** One process at work on one run. */
export interface Work extends RunDeps {
  lease: LeasedRun;
  directory: Directory;
  policy: Policy;
  /** What the pages told, and whom it was found to take something from. */
  listed: HashSet;
  /** News of containers that waits for the breaker. */
  deferred: ContainerNews[];
  /** The containers that the deferred news is about, once they were read. */
  aroundDeferred?: ReadonlyMap<string, ContainerEntry>;
  deadline: number;
}

/** What absences are found by. */
export function listingOf({ lease, listed, directory, policy }: Work): ListedDirectory {
  return { run: lease.run, listed, directory, policy };
}

/** The message group of what a run queues: in order, and past everyone else's changes. */
export function laneOf(source: string): string {
  return `backfill-${source}`;
}

/** Whether an applied plan has somebody losing all of this. */
export function isAllowed(key: string, loss: Outlook, allowance: Work['allowance']): boolean {
  const planned = allowance?.people.get(key);
  return planned !== undefined && isWithin(loss, planned);
}

/** Says that entries of a source were passed over that only a newer version can read. */
export function noteUnreadable(
  source: string,
  count: number,
  { log, meter }: Pick<RunDeps, 'log' | 'meter'>,
): void {
  log.warn('Left out entries of another version', { source, count });
  meter.record({ EntriesUnreadable: count }, { source });
}

/** Ends a run, and gives it back. Throws Conflict and WorldFault. */
export async function end(work: Work, state: 'done' | 'stopped', reason?: string): Promise<void> {
  const endedAt = new Date(work.clock()).toISOString();
  await work.lease.save({ state, reason, endedAt, cursor: undefined }, 'give back');
  work.onProgress?.(work.lease.run);
}
