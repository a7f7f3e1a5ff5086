import { everyoneOf } from '../lib/aws/around.ts';
import type { Mirror } from '../lib/aws/mirror.ts';
import type { Run, Runs } from '../lib/aws/runs.ts';
import { chunk } from '../lib/directory/chunk.ts';
import { type Entry, entryKey } from '../lib/directory/entry.ts';
import { whyNotAtVelt } from '../lib/directory/explain.ts';
import { SOON_MS, type Why, whyDue } from '../lib/directory/owed.ts';
import type { Policy } from '../lib/directory/policy.ts';
import type { Delivering } from './delivering.ts';
import { type Depth, messagesIn, QUEUES, type QueueName } from './queue-depth.ts';

/** What is in one queue. */
export type QueueStatus = Depth & { name: QueueName };

export interface Waiting {
  source: string;
  kind: Entry['kind'];
  id: string;
  why: Why;
  /** When the sweep looks at it (ms since the epoch). */
  dueAt: number;
  /** How often Velt refused. */
  attempts?: number | undefined;
}

/** Somebody of a source who is not meant to be in Velt, and why. */
export interface Out {
  source: string;
  id: string;
  why: string;
}

/** The last run of a source; `unknown` where another version wrote of it. */
export interface RunStatus {
  source: string;
  run?:
    | Pick<Run, 'state' | 'phase' | 'reason' | 'startedAt' | 'savedAt' | 'endedAt' | 'people'>
    | 'unknown'
    | undefined;
}

export interface Status {
  at: number;
  delivering: Delivering;
  queues: QueueStatus[];
  runs: RunStatus[];
  /** The first of those who wait, the refused before others, and how many there are; without `isAll` there may be more. */
  waiting: { first: Waiting[]; count: number; isAll: boolean };
  /** Everyone who is known and not meant to be in Velt; only where that was asked for. */
  out?: Out[] | undefined;
  /**
   * Whether nobody has to look: delivering is not paused, nothing is dead or parked, no run was stopped or stands still, Velt refuses
   * nobody, and nothing that waits is overdue. What could not be looked at is not known to be wrong.
   */
  isHealthy: boolean;
}

export interface StatusDeps {
  mirror: Pick<Mirror, 'due' | 'read' | 'scan'>;
  runs: Pick<Runs, 'current'>;
  policies: ReadonlyMap<string, Policy>;
  clock: () => number;
  /** What a queue has; undefined where there is no such queue. */
  depthOf: (name: QueueName) => Promise<Depth | undefined>;
  /** Whether what is queued is delivered; throws where it cannot be asked. */
  delivering: () => Promise<Delivering>;
}

const HOUR_MS = 60 * 60_000;
/** So many entries are looked at, and so many of those that wait are told. */
const MAX_DUE = 10_000;
const TOLD = 20;

/**
 * How a deployment is: what its queues hold, how the last run of each source ended, who waits and why, and with `people` who of
 * all that are known is not meant to be in Velt and why, for which the whole table is read once a source. Throws WorldFault.
 */
export async function statusOf({ people }: { people: boolean }, deps: StatusDeps): Promise<Status> {
  const { runs, policies, clock } = deps;
  const depths = await Promise.all(QUEUES.map(async (name) => ({ name, depth: await deps.depthOf(name) })));
  const found = {
    at: clock(),
    // Whoever may not ask Lambda is told the rest.
    delivering: await deps.delivering().catch((): Delivering => 'unknown'),
    queues: depths.flatMap(({ name, depth }) => (depth ? { name, ...depth } : [])),
    runs: await Promise.all([...policies.keys()].map((source) => runOf(source, runs))),
    waiting: await waitingOf(deps),
  };
  return { ...found, ...(people && { out: await outOf(deps) }), isHealthy: isHealthy(found) };
}

async function runOf(source: string, runs: StatusDeps['runs']): Promise<RunStatus> {
  const current = await runs.current(source);
  return { source, ...(current && { run: current.run ?? 'unknown' }) };
}

function isHealthy({ at, delivering, queues, runs, waiting }: Omit<Status, 'isHealthy'>): boolean {
  const isLeft = (queue: QueueStatus) => queue.name !== 'changes' && messagesIn(queue) > 0;
  const isStuck = ({ run }: RunStatus) =>
    run === 'unknown' || (run !== undefined && (run.state === 'stopped' || standsStill(run, at)));
  const isLate = ({ why, dueAt }: Waiting) => why === 'refused' || dueAt < at - HOUR_MS;
  if (delivering === 'paused') return false;
  return !queues.some(isLeft) && !runs.some(isStuck) && waiting.isAll && !waiting.first.some(isLate);
}

/** A run that is not done is gone on with every five minutes. */
function standsStill(
  { state, startedAt, savedAt = startedAt }: Pick<Run, 'state' | 'startedAt' | 'savedAt'>,
  at: number,
): boolean {
  return state === 'running' && Date.parse(savedAt) < at - HOUR_MS;
}

async function waitingOf({ mirror, clock, policies }: StatusDeps): Promise<Status['waiting']> {
  const now = clock();
  const refs = await mirror.due(now + SOON_MS, MAX_DUE, (source) => policies.has(source));
  const waiting: Waiting[] = [];
  for (const some of chunk(refs, { count: 100 }))
    for (const { entry, dueAt = now } of (await mirror.read(some)).values()) {
      const why = whyDue(entry, dueAt, now);
      const { source, kind, id } = entry;
      if (why) waiting.push({ source, kind, id, dueAt, ...why });
    }
  const rank = ({ why }: Waiting) => (why === 'refused' ? 0 : 1);
  waiting.sort((one, other) => rank(one) - rank(other) || one.dueAt - other.dueAt);
  return { first: waiting.slice(0, TOLD), count: waiting.length, isAll: refs.length < MAX_DUE };
}

async function outOf({ mirror, policies, clock }: StatusDeps): Promise<Out[]> {
  const out: Out[] = [];
  for (const [source, policy] of policies)
    for await (const { people, containers } of everyoneOf(source, mirror))
      for (const entry of people) {
        const why = whyNotAtVelt(entry, containers, policy, clock());
        if (why !== undefined) out.push({ source, id: entry.id, why });
      }
  return out.sort((one, other) =>
    entryKey({ ...one, kind: 'person' }) < entryKey({ ...other, kind: 'person' }) ? -1 : 1,
  );
}
