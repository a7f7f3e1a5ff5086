import * as z from 'zod';
import type { Run } from '../aws/runs.ts';
import { causeOf } from '../cause.ts';
import { Change, type ContainerNews } from '../directory/change.ts';
import { createHashSet } from '../directory/hash-set.ts';
import { ConfigError, Conflict, WorldFault } from '../errors.ts';
import { parse } from '../parse.ts';
import { askAgain, findAbsences } from './ask.ts';
import { refusalOf } from './breaker.ts';
import { type LeasedRun, takeRun, type Wanted } from './lease.ts';
import { listPages } from './listing.ts';
import { end, type RunDeps, type Work } from './work.ts';

/** What a schedule or a person invokes a backfill with. Without a source it is for all of them. */
export const BackfillInput = z.strictObject({
  source: z.string().min(1).optional(),
  /** Only go on with what is under way. */
  resume: z.literal(true).optional(),
});

/**
 * Does what an invocation asks for: `{ "source": "okta" }`, or every source without a name. Each has its share of the time until
 * `deadline` (ms since the epoch), and what others leave of theirs, so that a long list keeps nobody waiting; nor does a source
 * that is out of reach. Returns the run of each, but of those that wait for their directory's rate limit. Throws ConfigError when
 * the input is not valid, and the first WorldFault in the end.
 */
export async function runAll(
  input: unknown,
  deadline: number,
  deps: RunDeps,
): Promise<Record<string, Run | 'busy' | 'nothing'>> {
  const { source: only, resume = false } = parse(BackfillInput, input ?? {}, 'backfill input');
  const done: Record<string, Run | 'busy' | 'nothing'> = {};
  let fault: WorldFault | undefined;
  for (let open = only === undefined ? [...deps.directories.keys()] : [only]; open.length > 0; ) {
    const unfinished: string[] = [];
    for (const [index, source] of open.entries()) {
      const until = deps.clock() + (deadline - deps.clock()) / (open.length - index);
      const came = await runSource({ source, resume }, until, deps).catch(faultOf);
      const isThrottled = came instanceof WorldFault && came.code === 'throttled';
      const isRunning = typeof came === 'object' && 'state' in came && came.state === 'running';
      if ((isThrottled || isRunning) && until < deadline) unfinished.push(source);
      if (!(came instanceof WorldFault)) done[source] = came;
      else if (came.code === 'no-credentials' && only === undefined) done[source] = 'nothing';
      else {
        const fields = { source, ...causeOf(came) };
        // A pause that the vendor asked for, longer than there is time: the run keeps its place, and the next one goes on.
        if (isThrottled && until >= deadline) deps.log.warn('A run waits for its directory', fields);
        if (isThrottled) continue;
        deps.log.error('A run is held up', fields);
        fault ??= came;
      }
    }
    open = unfinished;
  }
  if (fault) throw fault;
  return done;
}

function faultOf(error: unknown): WorldFault {
  if (error instanceof WorldFault) return error;
  throw error;
}

/**
 * Lists a whole source and brings the mirror to it: what was listed and differs goes on the queue page by page; who could lose
 * something is counted, and asked about one by one behind the breaker. Begins a run, or goes on with one that was interrupted,
 * and ends by `deadline` (ms since the epoch) with a checkpoint to go on from.
 *
 * Returns the run as it stands; `busy` when another process works on it, `nothing` when there is none to resume. Throws
 * ConfigError when there is no such source, and WorldFault when the directory, the table or the queue stays out of reach; a
 * later call goes on from there.
 */
export async function runSource(
  wanted: Wanted,
  deadline: number,
  deps: RunDeps,
): Promise<Run | 'busy' | 'nothing'> {
  const { source } = wanted;
  const [directory, policy] = [deps.directories.get(source), deps.policies.get(source)];
  const config = Object.hasOwn(deps.config.sources, source) ? deps.config.sources[source] : undefined;
  if (!directory || !policy || !config)
    throw new ConfigError('backfill input', [{ path: 'source', message: `no source is called ${source}` }]);
  const lease = await takeRun(wanted, config, deps);
  if (lease === 'busy' || lease === 'nothing') return lease;
  try {
    const lists = await loadLists(lease, deps);
    return await workThrough({ ...deps, ...lists, lease, directory, policy, deadline });
  } catch (error) {
    if (error instanceof Conflict) return 'busy';
    // Another version of the program wrote where it was: nobody can go on from there.
    if (error instanceof WorldFault && error.code === 'unreadable-message' && !wanted.anew)
      return runSource({ source, anew: true }, deadline, deps);
    throw error;
  }
}

async function workThrough(work: Work): Promise<Run> {
  try {
    while (isOpen(work, 'list')) await listPages(work);
    while (isOpen(work, 'absences')) await findAbsences(work);
    if (isOpen(work, 'breaker')) await decide(work);
    while (isOpen(work, 'ask')) await askAgain(work);
    if (work.lease.run.state === 'running') await giveBack(work, undefined);
  } catch (error) {
    if (!(error instanceof WorldFault)) throw error;
    if (error.code === 'out-of-time' && work.clock() >= work.deadline) await giveBack(work, undefined);
    else {
      await giveBack(work, error).catch(() => undefined);
      throw error;
    }
  }
  report(work);
  return work.lease.run;
}

function isOpen({ lease, clock, deadline }: Work, phase: Run['phase']): boolean {
  return lease.run.state === 'running' && lease.run.phase === phase && clock() < deadline;
}

/** On to asking about whoever could lose something, unless that is too many or only planned. */
async function decide(work: Work): Promise<void> {
  const { lease, config, allowance } = work;
  const refusal = refusalOf(lease.run, config.reconcile, allowance);
  if (refusal !== undefined) return end(work, 'stopped', refusal);
  if (work.planning || (lease.run.toAsk === 0 && work.deferred.length === 0)) return end(work, 'done');
  await lease.save({ phase: 'ask', cursor: undefined });
  work.onProgress?.(lease.run);
}

/**
 * Leaves the run at its last checkpoint: had each try a time of its own, one that cannot go on would never grow old. Where
 * there are no credentials yet, a run begins when somebody wants one and not as soon as there are some.
 */
async function giveBack({ lease }: Work, fault: WorldFault | undefined): Promise<void> {
  const { pages, savedAt } = lease.run;
  const state = fault?.code === 'no-credentials' && pages === 0 ? 'stopped' : 'running';
  await lease.save({ reason: fault?.message, state, savedAt }, 'give back');
}

/** What only a newer version understands of what is deferred is left out: the next run finds it again. */
async function loadLists(
  { run }: LeasedRun,
  { runs, log, meter }: RunDeps,
): Promise<Pick<Work, 'listed' | 'deferred'>> {
  const listed = createHashSet();
  for await (const part of runs.listed(run)) listed.load(part);
  const deferred: ContainerNews[] = [];
  let unknown = 0;
  for await (const changes of runs.deferred(run)) {
    for (const { success, data } of changes.map((change) => Change.safeParse(change))) {
      if (!success) unknown += 1;
      else if (data.kind !== 'person') deferred.push(data);
    }
  }
  if (unknown > 0) {
    log.warn('Left out changes of another version', { source: run.source, changes: unknown });
    meter.record({ ChangesDropped: unknown }, { source: run.source });
  }
  return { listed, deferred };
}

function report({ lease, log, meter }: Work): void {
  const { source, pages, people, queued, asked, state, reason } = lease.run;
  const fields = { source, pages, people, changes: queued, asked };
  if (state !== 'stopped') log.info(`A run is ${state}`, fields);
  else {
    log.error('A run was stopped', { ...fields, error: reason ?? '' });
    meter.record({ RunsStopped: 1 }, { source });
  }
}
