import { incompleteSince, lastDelivered, type Run, type Runs } from '../aws/runs.ts';
import type { SourceConfig } from '../config.ts';
import { digestOf } from '../directory/digest.ts';
import { Conflict, WorldFault } from '../errors.ts';
import { retry } from '../retry.ts';

/** How long nobody else may go on with a run after its last checkpoint (ms). */
export const LEASE_MS = 60_000;
/** A run that was interrupted for longer begins anew (ms). */
const STALE_MS = 24 * 60 * 60_000;
/** A directory that is out of reach is asked again: this often, after this long and then twice as long each time (ms). */
const RETRIES = 5;
const FIRST_WAIT_MS = 1_000;
export const LONGEST_WAIT_MS = FIRST_WAIT_MS * 2 ** (RETRIES - 1);

export interface LeaseDeps {
  runs: Runs;
  clock: () => number;
  sleep: (ms: number) => Promise<void>;
  /** A name for this process, unlike any other's. */
  owner: string;
  /** How long nobody else may go on with a run after its last checkpoint (ms); a minute by default. */
  leaseMs?: number | undefined;
}

/** Which run is meant: of which source, only one that is under way, or one from the start in any case. */
export interface Wanted {
  source: string;
  resume?: boolean;
  anew?: boolean;
}

/** A run that this process works on, and nobody else until its lease ends. */
export interface LeasedRun {
  readonly run: Run;
  /** Writes a checkpoint: what `changed`, and a new lease unless it is given back. Throws Conflict and WorldFault. */
  save(changed: { [K in keyof Run]?: Run[K] | undefined }, give?: 'give back'): Promise<void>;
  /** Renews the lease when half of it is over. Throws Conflict when somebody else took the run over. */
  keep(): Promise<void>;
  /** Reads, and waits under the lease as long as the directory asks for or until it is there again, up to `deadline` (ms). */
  patiently<T>(read: () => Promise<T>, deadline: number): Promise<T>;
}

/** Takes the run that is under way, or begins one; `busy` while another process works on it. Throws WorldFault. */
export async function takeRun(
  wanted: Wanted,
  config: SourceConfig,
  deps: LeaseDeps,
): Promise<LeasedRun | 'busy' | 'nothing'> {
  const { source, resume = false, anew = false } = wanted;
  const now = deps.clock();
  const found = await deps.runs.current(source);
  const last = found?.run;
  if (last?.lease && last.lease.until > now && last.lease.owner !== deps.owner) return 'busy';
  const configuration = configurationOf(config);
  const goesOn =
    !anew &&
    last?.state === 'running' &&
    last.phase !== 'unknown' &&
    last.configuration === configuration &&
    now - Date.parse(last.savedAt ?? last.startedAt) < STALE_MS;
  if (resume && !goesOn) return 'nothing';
  const run = goesOn ? last : newRun(source, configuration, now, last);
  const leased = createLeasedRun(run, found?.revision ?? 0, deps);
  try {
    await leased.save({ savedAt: run.savedAt });
    return leased;
  } catch (error) {
    if (error instanceof Conflict) return 'busy';
    throw error;
  }
}

/** What a run remembers of the configuration of its source: another one means another run. */
export function configurationOf(config: SourceConfig): string {
  return digestOf(JSON.stringify(config));
}

/** How many people a source has to be expected to list: a run that was stopped says nothing of it. */
function baselineOf(last: Run | undefined): number | undefined {
  return last?.state === 'done' ? last.people : last?.before;
}

function newRun(source: string, configuration: string, now: number, last: Run | undefined): Run {
  const [before, deliveredBefore] = [baselineOf(last), last && lastDelivered(last)];
  const since = last && incompleteSince(last);
  const startedAt = new Date(now).toISOString();
  return {
    ...{ v: 2, runId: `${source}-${startedAt.replaceAll(/[-:.]/g, '')}`, source, configuration, startedAt },
    ...{ phase: 'list', state: 'running', pages: 0, people: 0, unreadable: 0, queued: 0, asked: 0 },
    ...{ listedParts: 0, deferredParts: 0, delivered: 0, losing: 0, toAsk: 0 },
    ...(before !== undefined && { before }),
    ...(since !== undefined && { since }),
    ...(deliveredBefore !== undefined && { deliveredBefore }),
  };
}

function createLeasedRun(begun: Run, revisionBegun: number, deps: LeaseDeps): LeasedRun {
  const { runs, clock, owner, leaseMs = LEASE_MS } = deps;
  let [run, revision] = [begun, revisionBegun];
  return {
    get run() {
      return run;
    },
    async save(changed, give) {
      const { lease: _, ...rest } = { ...run, savedAt: new Date(clock()).toISOString(), ...changed };
      await store(give ? rest : { ...rest, lease: { owner, until: clock() + leaseMs } });
    },
    keep,
    async patiently(read, deadline) {
      let throttled = 0;
      const act = async () => {
        await keep();
        return read();
      };
      const waitFor = (error: unknown, failures: number) => {
        if (!(error instanceof WorldFault)) return undefined;
        if (error.code === 'throttled') throttled += 1;
        const wait = waitOf(error, failures - throttled);
        return wait === undefined || clock() + wait >= deadline ? undefined : wait;
      };
      return retry(act, waitFor, async (ms) => {
        await renew(ms);
        await deps.sleep(ms);
      });
    },
  };

  async function keep(): Promise<void> {
    if (clock() > (run.lease?.until ?? 0) - leaseMs / 2) await renew();
  }

  function renew(wait = 0): Promise<void> {
    return store({ ...run, lease: { owner, until: clock() + wait + leaseMs } });
  }

  async function store(next: object): Promise<void> {
    const known = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)) as Run;
    revision = await runs.save(known, revision);
    run = known;
  }
}

/** How long to wait for a directory after so many failures (ms); undefined when no wait mends it. */
function waitOf({ code, retryAfterMs }: WorldFault, failures: number): number | undefined {
  if (code === 'throttled') return retryAfterMs;
  const passing = code === 'unavailable' || code === 'timeout' || code === 'connection';
  return passing && failures <= RETRIES ? FIRST_WAIT_MS * 2 ** (failures - 1) : undefined;
}
