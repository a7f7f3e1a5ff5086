import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Mirror } from '../aws/mirror.ts';
import type { Queue } from '../aws/queue.ts';
import type { Run, Runs } from '../aws/runs.ts';
import type { DirectoryConfig, SourceConfig } from '../config.ts';
import { ConfigError, Conflict, WorldFault } from '../errors.ts';
import type { Log, Meter } from '../observability.ts';
import { parse } from '../parse.ts';
import type { Directory } from '../sources/source.ts';
import { NO_EFFECT } from './diff.ts';
import { createWork, LEASE_MS } from './reading.ts';

/** What a schedule or a person invokes a backfill with. Without a source it is for all of them. */
export const BackfillInput = z.strictObject({
  source: z.string().min(1).optional(),
  /** Only write down what would be done. */
  plan: z.literal(true).optional(),
  /** Only go on with what is under way. */
  resume: z.literal(true).optional(),
});

export interface BackfillDeps {
  config: DirectoryConfig;
  /** The directory of every source that has credentials in the configuration. */
  directories: ReadonlyMap<string, Directory>;
  mirror: Mirror;
  runs: Runs;
  queue: Queue;
  clock: () => number;
  sleep: (ms: number) => Promise<void>;
  /** A name for this process, unlike any other's. */
  owner: string;
  /** How long nobody else may go on with a run after its last checkpoint (ms); a minute by default. */
  leaseMs?: number | undefined;
  log: Log;
  meter: Meter;
  /** Told after every checkpoint. */
  onProgress?: (run: Run) => void;
}

/** A run that was interrupted for longer begins anew (ms). */
const STALE_MS = 24 * 60 * 60_000;

/**
 * Does what an invocation asks for, one source after the other: `{ "source": "okta" }`, or every source without a name. A
 * source that is out of reach does not keep it from the others. Returns the run of each, but of those that wait for their
 * directory's rate limit. Throws ConfigError when the input is not valid, and the first WorldFault in the end.
 */
export async function backfillAll(
  input: unknown,
  deadline: number,
  deps: BackfillDeps,
): Promise<Record<string, Run | 'busy' | 'nothing'>> {
  const { source: only, plan = false, resume = false } = parse(BackfillInput, input ?? {}, 'backfill input');
  const done: Record<string, Run | 'busy' | 'nothing'> = {};
  let fault: WorldFault | undefined;
  for (const source of only === undefined ? deps.directories.keys() : [only]) {
    try {
      done[source] = await backfill({ source, plan, resume }, deadline, deps);
    } catch (error) {
      if (!(error instanceof WorldFault)) throw error;
      if (error.code === 'no-credentials' && only === undefined) {
        done[source] = 'nothing';
        continue;
      }
      // A pause that the vendor asked for, longer than there is time: the run keeps its place, and the next one goes on.
      if (error.code === 'throttled') {
        deps.log.warn('A reading waits for its directory', {
          source,
          code: error.code,
          error: error.message,
        });
        continue;
      }
      deps.log.error('A reading is held up', { source, code: error.code, error: error.message });
      fault ??= error;
    }
  }
  if (fault) throw fault;
  return done;
}

/** Which run is meant: of which source, only a plan, only one that is under way, or one from the start in any case. */
interface Wanted {
  source: string;
  plan?: boolean;
  resume?: boolean;
  anew?: boolean;
}

/**
 * Reads a whole source and brings the mirror to it: what was read and differs goes on the queue page by page; who was not
 * read is read once more, and removed when that confirms it, unless the breaker stops the run. Begins a run, or goes on
 * with one that was interrupted, and ends by `deadline` (ms since the epoch) with a checkpoint to go on from.
 *
 * Returns the run as it stands; `busy` when another process works on it, or a plan would take the place of a reading that is
 * under way. Throws ConfigError when there is no such source, and WorldFault when the directory, the table or the queue stays
 * out of reach; a later call goes on from there.
 */
export async function backfill(
  wanted: Wanted,
  deadline: number,
  deps: BackfillDeps,
): Promise<Run | 'busy' | 'nothing'> {
  const { source } = wanted;
  const directory = deps.directories.get(source);
  const config = Object.hasOwn(deps.config.sources, source) ? deps.config.sources[source] : undefined;
  if (!directory || !config) {
    throw new ConfigError('backfill input', [{ path: 'source', message: `no source is called ${source}` }]);
  }
  const open = await take(wanted, config, deps);
  if (open === 'busy' || open === 'nothing') return open;
  const work = createWork(open.run, open.revision, { ...deps, directory, source: config, deadline });
  try {
    return await work();
  } catch (error) {
    if (error instanceof Conflict) return 'busy';
    // Another version of the program wrote where it was: nobody can go on from there.
    if (error instanceof WorldFault && error.code === 'unreadable-message' && !wanted.anew)
      return backfill({ source, plan: open.run.mode === 'plan', anew: true }, deadline, deps);
    throw error;
  }
}

/** Takes the run that is under way, or begins one; nobody else works on it until the lease ends. */
async function take(
  { source, plan = false, resume = false, anew = false }: Wanted,
  config: SourceConfig,
  deps: BackfillDeps,
): Promise<{ run: Run; revision: number } | 'busy' | 'nothing'> {
  const now = deps.clock();
  const found = await deps.runs.current(source);
  const last = found?.run;
  if (last?.lease && last.lease.until > now && last.lease.owner !== deps.owner) return 'busy';
  const configuration = configurationOf(config);
  const isUnderWay =
    last?.state === 'running' &&
    last.configuration === configuration &&
    now - Date.parse(last.savedAt ?? last.startedAt) < STALE_MS;
  // What a reading has seen, and not removed yet, is not thrown away for a look.
  if (isUnderWay && plan && last.mode === 'apply' && last.pages > 0) return 'busy';
  const goesOn = !anew && isUnderWay && (resume || (last.mode === 'plan') === plan);
  if (resume && !goesOn) return 'nothing';
  const run: Run = goesOn
    ? last
    : newRun(source, plan ? 'plan' : 'apply', configuration, now, baseline(last));
  const lease = { owner: deps.owner, until: now + (deps.leaseMs ?? LEASE_MS) };
  try {
    const revision = await deps.runs.save({ ...run, lease }, found?.revision ?? 0);
    return { run: { ...run, lease }, revision };
  } catch (error) {
    if (error instanceof Conflict) return 'busy';
    throw error;
  }
}

/** What a run remembers of the configuration of its source: another one means another run. */
export function configurationOf(config: SourceConfig): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('base64url').slice(0, 16);
}

/** How many people a source has to be expected to list: a run that was stopped says nothing of it. */
function baseline(last: Run | undefined): number | undefined {
  return last?.state === 'done' ? last.people : last?.before;
}

function newRun(
  source: string,
  mode: Run['mode'],
  configuration: string,
  now: number,
  before: number | undefined,
): Run {
  const startedAt = new Date(now).toISOString();
  return {
    v: 1,
    runId: `${source}-${startedAt.replaceAll(/[-:.]/g, '')}`,
    ...{ source, mode, configuration, startedAt, phase: 'read', state: 'running' },
    ...{ pages: 0, people: 0, unreadable: 0, queued: 0, seenParts: 0, itemParts: 0, doneParts: 0 },
    ...{ effect: NO_EFFECT, delivered: 0, losing: 0, kept: 0 },
    ...(before !== undefined && { before }),
  };
}
