import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { Mirror, Stored } from '../aws/mirror.ts';
import type { Queue } from '../aws/queue.ts';
import type { Run, RunItem, Runs } from '../aws/runs.ts';
import { type DirectoryConfig, parse, type SourceConfig } from '../config.ts';
import { refusalOf } from '../directory/breaker.ts';
import {
  type Change,
  type ContainerChange,
  type ContainerRef,
  type NestingChange,
  READ,
} from '../directory/change.ts';
import { type Effect, effectsOf, takesAway } from '../directory/compare.ts';
import {
  type ContainerEntry,
  containerKey,
  type Entry,
  entryKey,
  newContainer,
  type PersonEntry,
  parseEntryKey,
} from '../directory/entry.ts';
import { foldContainer, foldPerson } from '../directory/fold.ts';
import { claimedBy, nestedIn } from '../directory/membership.ts';
import { createSeen, type Seen } from '../directory/seen.ts';
import { ConfigError, Conflict, WorldFault } from '../errors.ts';
import type { Log, Meter } from '../observability.ts';
import type { Directory, Page } from '../sources/source.ts';
import { containersAround, type Difference, differences, lookOf } from './compare.ts';
import { containersOf } from './held.ts';
import { endedBy } from './refresh.ts';

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

export const LEASE_MS = 60_000;
/** A checkpoint is written after so many changes, or pages. */
const CHECKPOINT_CHANGES = 1_000;
const CHECKPOINT_PAGES = 10;
/** A run that was interrupted for longer begins anew (ms). */
const STALE_MS = 24 * 60 * 60_000;
const ITEMS_IN_A_PART = 50;
/** An item of the table holds 400 KB at most. */
const BYTES_IN_A_PART = 200_000;
const NO_EFFECT: Effect = { adds: 0, updates: 0, joins: 0, removes: 0, leaves: 0 };

/**
 * Does what an invocation asks for, one source after the other: `{ "source": "okta" }`, or every source without a name. A
 * source that is out of reach does not keep it from the others. Throws ConfigError when the input is not valid, and the
 * first WorldFault in the end.
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
      deps.log.error('A reading is held up', { source, code: error.code, error: error.message });
      fault ??= error;
    }
  }
  if (fault) throw fault;
  return done;
}

/**
 * Reads a whole source and brings the mirror to it: what was read and differs goes on the queue page by page; who was not
 * read is read once more, and removed when that confirms it, unless the breaker stops the run. Begins a run, or goes on
 * with one that was interrupted, and ends by `deadline` (ms since the epoch) with a checkpoint to go on from.
 *
 * Returns the run as it stands; `busy` when another process works on it. Throws ConfigError when there is no such source,
 * and WorldFault when the directory, the table or the queue stays out of reach; a later call goes on from there.
 */
export async function backfill(
  { source, plan = false, resume = false }: { source: string; plan?: boolean; resume?: boolean },
  deadline: number,
  deps: BackfillDeps,
): Promise<Run | 'busy' | 'nothing'> {
  const directory = deps.directories.get(source);
  const config = Object.hasOwn(deps.config.sources, source) ? deps.config.sources[source] : undefined;
  if (!directory || !config) {
    throw new ConfigError('backfill input', [{ path: 'source', message: `no source is called ${source}` }]);
  }
  const open = await take(source, { plan, resume }, config, deps);
  if (open === 'busy' || open === 'nothing') return open;
  const work = createWork(open.run, open.revision, { ...deps, directory, source: config, deadline });
  try {
    return await work();
  } catch (error) {
    if (error instanceof Conflict) return 'busy';
    throw error;
  }
}

/** Takes the run that is under way, or begins one; nobody else works on it until the lease ends. */
async function take(
  source: string,
  { plan, resume }: { plan: boolean; resume: boolean },
  config: SourceConfig,
  deps: BackfillDeps,
): Promise<{ run: Run; revision: number } | 'busy' | 'nothing'> {
  const now = deps.clock();
  const current = await deps.runs.current(source);
  if (current?.run.lease && current.run.lease.until > now && current.run.lease.owner !== deps.owner)
    return 'busy';
  const configuration = configurationOf(config);
  const goesOn =
    current?.run.state === 'running' &&
    current.run.configuration === configuration &&
    (resume || (current.run.mode === 'plan') === plan) &&
    now - Date.parse(current.run.startedAt) < STALE_MS;
  if (resume && !goesOn) return 'nothing';
  const run: Run = goesOn
    ? current.run
    : newRun(source, plan ? 'plan' : 'apply', configuration, now, baseline(current?.run));
  const lease = { owner: deps.owner, until: now + (deps.leaseMs ?? LEASE_MS) };
  try {
    const revision = await deps.runs.save({ ...run, lease }, current?.revision ?? 0);
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

interface WorkDeps extends BackfillDeps {
  directory: Directory;
  source: SourceConfig;
  deadline: number;
}

/** The work on one run by one process, checkpoint by checkpoint. */
function createWork(begun: Run, revisionBegun: number, deps: WorkDeps): () => Promise<Run> {
  const { directory, source, runs, queue, clock, mirror } = deps;
  let run = begun;
  let revision = revisionBegun;
  let seen: Seen | undefined;
  let held: AboutContainer[] | undefined;
  const inOrder = `backfill-${run.source}`;
  const leaseMs = deps.leaseMs ?? LEASE_MS;

  return async () => {
    try {
      while (run.state === 'running' && clock() < deps.deadline) await step();
      if (run.state === 'running') await save({ reason: undefined }, 'give back');
    } catch (error) {
      if (error instanceof WorldFault)
        await save({ reason: error.message }, 'give back').catch(() => undefined);
      throw error;
    }
    report();
    return run;
  };

  async function step(): Promise<void> {
    if (run.phase === 'read') await readOn();
    else if (run.phase === 'compare') await compareOn();
    else await removeOn();
  }

  /** Reads pages up to the next checkpoint. */
  async function readOn(): Promise<void> {
    const known = await seenSoFar();
    const pages: Page[] = [];
    const changes: Change[] = [];
    let { cursor, landmark } = run;
    do {
      const page = await patiently(() => directory.readPage(cursor));
      pages.push(page);
      changes.push(...page.changes);
      if (page.next !== undefined) landmark = passing(page.next, cursor, landmark, run.pages + pages.length);
      cursor = page.next;
    } while (
      cursor !== undefined &&
      pages.length < CHECKPOINT_PAGES &&
      changes.length < CHECKPOINT_CHANGES &&
      clock() < deps.deadline
    );
    const { people, containers, grave } = await differences(changes, source, { mirror, clock });
    const losing = people.filter(({ effect }) => effect && takesAway(effect));
    // A person is told of on several pages, and counts once.
    const newlyLosing = losing.filter(({ key }) => !known.has(losingKey(key)));
    const newlyListed = personKeys(changes).filter((key) => !known.has(key));
    for (const change of changes) note(change, known);
    for (const ref of pages.flatMap(({ whole }) => whole)) known.add(wholeKey(run.source, ref));
    for (const { key } of newlyLosing) known.add(losingKey(key));

    const isPlan = run.mode === 'plan';
    const items = (isPlan ? people : losing).map((person) => itemOf(person, 'the directory says so'));
    const places = await containerItems(isPlan ? [...containers, ...grave] : grave);
    const sent = people.filter((person) => !losing.includes(person)).flatMap((person) => person.changes);
    const queued = isPlan ? [] : [...containers, ...sent];
    if (queued.length > 0) await queue.send(queued, inOrder);
    const itemParts = await writeItems([...places, ...items]);
    await runs.writeSeen(run, run.seenParts, known.take());
    await save({
      cursor,
      landmark,
      phase: cursor === undefined ? 'compare' : 'read',
      pages: run.pages + pages.length,
      people: run.people + newlyListed.length,
      unreadable: run.unreadable + pages.reduce((sum, { unreadable }) => sum + unreadable, 0),
      queued: run.queued + queued.length,
      seenParts: run.seenParts + 1,
      itemParts,
      effect: sum(run.effect, people),
      losing: run.losing + newlyLosing.length,
    });
  }

  /** Looks for entries of the mirror that were not seen, a page of the table at a time. */
  async function compareOn(): Promise<void> {
    const known = await seenSoFar();
    const { entries, next } = await mirror.scan(run.source, run.cursor);
    const people = entries.filter(isPerson);
    const containers = await containersAround(
      people.map(({ entry }) => entry),
      [],
      mirror,
    );
    const said = [
      ...(await heldBack()),
      ...[...containers.values()].flatMap((entry) => unseenNestings(entry, known)),
    ];
    const withHeld = said.length === 0 ? containers : foldAll(containers, said);
    const missing = people.flatMap((person) => missingOf(person, containers, withHeld, known));
    const gone = entries.filter(isContainer).flatMap(({ entry, revision }) => {
      const difference = { key: entryKey(entry), entry, revision, effect: undefined };
      const changes = unseenNestings(entry, known);
      return [
        ...(isGone(entry, known)
          ? [itemOf({ ...difference, changes: [] }, 'not listed any more', 'group')]
          : []),
        ...(changes.length > 0
          ? [itemOf({ ...difference, changes }, 'not listed as a member any more')]
          : []),
      ];
    });
    const items = missing.flatMap(({ item }) => item ?? []);
    const itemParts = await writeItems([...items, ...gone]);
    const compared = {
      cursor: next,
      delivered: run.delivered + people.filter(({ entry }) => isDelivered(entry)).length,
      losing: run.losing + missing.filter(({ counted }) => !counted).length,
      effect: sum(run.effect, missing),
      itemParts,
    };
    if (next === undefined) await decide({ ...run, ...compared });
    else await save(compared);
  }

  /**
   * What somebody would lose: by not having been seen unless something newer was heard of it, by what is held back of
   * groups, or because it is owed already. `counted` when they were found to lose something when they were read.
   */
  function missingOf(
    { entry, revision }: Stored<PersonEntry>,
    containers: ReadonlyMap<string, ContainerEntry>,
    withHeld: ReadonlyMap<string, ContainerEntry>,
    known: Seen,
  ): { effect: Effect; item: RunItem | undefined; counted: boolean }[] {
    if (!isDelivered(entry)) return [];
    const key = entryKey(entry);
    const at = new Date(clock()).toISOString();
    const common = { v: 1, source: entry.source, personId: entry.id, at, id: `${READ}${at}` } as const;
    const lossOf = (after: PersonEntry, around: ReadonlyMap<string, ContainerEntry>) => {
      const effect = effectsOf([after], around, source, clock()).get(key);
      return effect && takesAway(effect) ? effect : undefined;
    };
    const isUnlisted = !known.has(key) && !mayBeLeftOut(entry) && !heardOf(entry).some(isNew);
    const unseen = claimedBy(entry).filter(
      ({ ref, version }) =>
        known.has(key) &&
        !isNew(version) &&
        !isNew(entry.readAt) &&
        !known.has(membershipKey(key, ref)) &&
        wasListed(ref, known),
    );
    // The end of a group that is not there any more ends it for everyone in it, with one call.
    const single = unseen.filter(
      ({ ref }) => ref.kind !== 'group' || known.has(entryKey({ ...ref, source: run.source })),
    );
    const ended = (claims: typeof unseen) =>
      claims.reduce(
        (person, { ref }) =>
          foldPerson(person, { ...common, kind: 'membership', container: ref, member: false }),
        isUnlisted ? foldPerson(entry, { ...common, kind: 'person', exists: false }) : entry,
      );

    // Whoever was listed with everything they have was compared when they were read.
    if (known.has(key) && unseen.length === 0 && withHeld === containers) return [];
    const effect = lossOf(ended(unseen), withHeld);
    if (!effect) return [];
    const counted = known.has(losingKey(key));
    const isOwed = !counted && lossOf(entry, containers) !== undefined;
    // What is known already may be all the reason there is: then there is nothing to be confirmed.
    const isExplained = isDeepStrictEqual(lossOf(entry, withHeld), effect);
    const isMissing = (isUnlisted || single.length > 0) && !isExplained;
    const own = isMissing ? lossOf(ended(single), containers) : undefined;
    if (!own && !isOwed) return [{ effect, item: undefined, counted }];
    const difference = {
      key,
      entry,
      revision,
      effect: own ?? effect,
      changes: isOwed ? [lookOf(common)] : [],
    };
    const reason = !own
      ? 'the configuration says so'
      : isUnlisted
        ? 'not listed'
        : `not listed in ${single.length} of their groups`;
    return [{ effect, item: itemOf(difference, reason, own ? 'person' : undefined), counted }];
  }

  /** Whether an event tells of something after the run began; what was read of a directory's API is no event. */
  function isNew(version: string | undefined): boolean {
    return version !== undefined && version > run.startedAt && !version.includes(`#${READ}`);
  }

  /** Directories leave people out of their lists who are deactivated: where those stay at Velt, that says nothing. */
  function mayBeLeftOut({ active }: PersonEntry): boolean {
    return active?.value === false && source.deprovision.deactivated === 'keep';
  }

  /** Whether everyone in a container was listed, or would have been if it were still there. */
  function wasListed(ref: ContainerRef, known: Seen): boolean {
    const listing = ref.kind === 'role' ? { kind: 'organization' as const, id: ref.organization ?? '' } : ref;
    if (known.has(wholeKey(run.source, listing))) return true;
    return (
      directory.covers.includes(listing.kind) && !known.has(entryKey({ ...listing, source: run.source }))
    );
  }

  /**
   * The ends of what a container was in as a member, such as a connection in a group, and was not listed in. No single read
   * confirms them, so everyone in it counts for the breaker; they are told as of the start, which any event is newer than.
   */
  function unseenNestings(entry: ContainerEntry, known: Seen): NestingChange[] {
    const { source: name, kind, id } = entry;
    return nestedIn(entry)
      .filter(
        ({ ref, version }) =>
          ref.kind === 'group' &&
          !isNew(version) &&
          !known.has(membershipKey(entryKey(entry), ref)) &&
          known.has(wholeKey(name, ref)),
      )
      .map(({ ref: container }) => ({
        ...{ v: 1, kind: 'nesting', source: name, child: { kind, id }, container, member: false },
        ...{ at: run.startedAt, id: `${READ}${run.startedAt}` },
      }));
  }

  function isGone(entry: ContainerEntry, known: Seen): boolean {
    return (
      entry.kind === 'group' &&
      directory.covers.includes('group') &&
      entry.exists?.value === true &&
      !known.has(entryKey(entry)) &&
      entry.exists.version <= run.startedAt
    );
  }

  /** After the last page, and in one step with it: on to what is to be removed, unless that is too much or only planned. */
  async function decide(compared: Omit<Run, 'cursor' | 'before'>): Promise<void> {
    const { removalShare: share, removalsAtLeast: atLeast } = deps.config.reconcile;
    const refusal = refusalOf({ ...compared, before: run.before }, { share, atLeast });
    if (run.mode === 'plan') await end('planned', refusal, compared);
    else if (refusal !== undefined) await end('stopped', refusal, compared);
    else await save({ ...compared, phase: 'remove', cursor: undefined });
  }

  /** What was read of groups and is held back until it is known how many people lose something by it. */
  async function heldBack(): Promise<AboutContainer[]> {
    if (held) return held;
    held = [];
    for await (const { items } of runs.items(run, 0))
      held.push(...items.flatMap(({ changes }) => changes.filter(isOfContainer)));
    return held;
  }

  /** Carries out what was found to be gone, a part of the items at a time. */
  async function removeOn(): Promise<void> {
    for await (const { part, items } of runs.items(run, run.doneParts)) {
      const { changes, kept } = await carryOutItems(items, {
        ...{ mirror, directory, patiently, isApproved: false },
      });
      if (changes.length > 0) await queue.send(changes, inOrder);
      await save({
        doneParts: part + 1,
        queued: run.queued + changes.length,
        kept: run.kept + kept,
      });
      if (clock() >= deps.deadline) return;
    }
    await end('done', run.kept > 0 ? `${run.kept} were not listed, but are there` : undefined);
  }

  async function end(
    state: Run['state'],
    reason: string | undefined,
    changed: { [K in keyof Run]?: Run[K] | undefined } = {},
  ): Promise<void> {
    const ended = { ...changed, state, reason, endedAt: new Date(clock()).toISOString() };
    // Kept first: once the run has ended, nobody would come back to keep it.
    const { lease: _, ...rest } = { ...run, ...ended };
    await runs.keep(withoutUndefined(rest));
    await save(ended, 'give back');
  }

  /** What a plan says of groups and what they are in. */
  async function containerItems(changes: Change[]): Promise<RunItem[]> {
    const named = changes.flatMap((change) => {
      const [ref] = containersOf(change);
      return ref ? [{ change, ref, key: entryKey(ref) }] : [];
    });
    const stored = await mirror.read(named.map(({ ref }) => ref));
    return named.map(({ change, ref, key }) => {
      const { entry, revision } = stored.get(key) ?? { entry: newContainer(ref), revision: 0 };
      const name = 'name' in change && change.name !== undefined ? { name: change.name } : {};
      const difference = { key, entry, revision, changes: [change], effect: undefined };
      return { ...itemOf(difference, 'the directory says so'), ...name };
    });
  }

  async function seenSoFar(): Promise<Seen> {
    if (seen) return seen;
    const loaded = createSeen();
    for await (const part of runs.seen({ ...run })) loaded.load(part);
    seen = loaded;
    return loaded;
  }

  async function writeItems(items: RunItem[]): Promise<number> {
    let parts = run.itemParts;
    let part: RunItem[] = [];
    let bytes = 0;
    for (const item of items) {
      const size = Buffer.byteLength(JSON.stringify(item));
      if (part.length === ITEMS_IN_A_PART || (part.length > 0 && bytes + size > BYTES_IN_A_PART)) {
        await runs.writeItems(run, parts, part);
        parts += 1;
        part = [];
        bytes = 0;
      }
      part.push(item);
      bytes += size;
    }
    if (part.length > 0) await runs.writeItems(run, parts, part);
    return part.length > 0 ? parts + 1 : parts;
  }

  async function save(changed: { [K in keyof Run]?: Run[K] | undefined }, give?: 'give back'): Promise<void> {
    const { lease: _, ...rest } = { ...run, ...changed };
    const lease = { owner: deps.owner, until: clock() + leaseMs };
    const next = withoutUndefined(give ? rest : { ...rest, lease });
    revision = await runs.save(next, revision);
    run = next;
    deps.onProgress?.(run);
  }

  /** Waits for the directory while there is time. Nobody else takes the run over meanwhile, unless they did already. */
  async function patiently<T>(read: () => Promise<T>): Promise<T> {
    if (clock() > (run.lease?.until ?? 0) - leaseMs / 2) await renewLease();
    return waitingFor(read, async (wait) => {
      if (clock() + wait >= deps.deadline) return false;
      await renewLease(wait);
      await deps.sleep(wait);
      return true;
    });
  }

  async function renewLease(wait = 0): Promise<void> {
    run = { ...run, lease: { owner: deps.owner, until: clock() + wait + leaseMs } };
    revision = await runs.save(run, revision);
  }

  function report(): void {
    const { source: name, pages, people, queued, state, reason } = run;
    deps.meter.record({ PagesRead: pages, PeopleRead: people, ChangesFound: queued }, { source: name });
    const fields = { source: name, pages, count: people, changes: queued };
    if (state === 'stopped') deps.log.error('A reading was stopped', { ...fields, error: reason ?? '' });
    else deps.log.info(`A reading is ${state}`, reason === undefined ? fields : { ...fields, error: reason });
    if (state === 'stopped') deps.meter.record({ RunsStopped: 1 }, { source: name });
  }
}

/**
 * What is to go on the queue for some items of a run: of those that were only found missing the ones that another read
 * confirms (`kept` counts the others), and of what somebody approved only items whose entry is still the one that was looked
 * at (`void` counts the others). A run of its own goes on also where its own deliveries, or an event, changed the entry since:
 * what was read has its time, and changes nothing that is newer. Throws WorldFault.
 */
export async function carryOutItems(
  items: RunItem[],
  {
    mirror,
    directory,
    isApproved = true,
    patiently = (read) => read(),
  }: {
    mirror: Mirror;
    directory: Directory;
    isApproved?: boolean;
    patiently?: <T>(read: () => Promise<T>) => Promise<T>;
  },
): Promise<{ changes: Change[]; kept: number; void: number }> {
  const stored = await mirror.read(items.map(({ key }) => parseEntryKey(key)));
  const done = { changes: [] as Change[], kept: 0, void: 0 };
  for (const { key, revision, changes, confirm } of items) {
    const found = stored.get(key);
    if (isApproved && (found?.revision ?? 0) !== revision) {
      done.void += 1;
    } else if (!confirm || !found) {
      done.changes.push(...changes);
    } else {
      const read = await patiently(() => readAgain(found.entry, directory));
      if (read.some(isEnd)) done.changes.push(...changes, ...read);
      else if (changes.length > 0) done.changes.push(...changes);
      else done.kept += 1;
    }
  }
  return done;
}

async function readAgain(entry: Entry, directory: Directory): Promise<Change[]> {
  if (entry.kind !== 'person') return directory.readGroup(entry.id);
  const person = await directory.readPerson(entry.id, { memberships: true });
  return [...person.changes, ...endedBy(person, entry)];
}

/** Whether a read says that something is over. */
function isEnd(change: Change): boolean {
  return (
    (change.kind === 'membership' && !change.member) ||
    (change.kind === 'person' &&
      (change.exists === false || change.active === false || change.blocked === true)) ||
    ('containerId' in change && change.exists === false)
  );
}

/** A directory that is out of reach is asked again: this often, after this long and then twice as long each time (ms). */
const RETRIES = 5;
const FIRST_WAIT_MS = 1_000;

/**
 * Reads, and reads again after as long as the directory asks for, or after a growing while when it is out of reach: each
 * time that `wait` (ms) was waited out, and not when `wait` returns false. Throws the WorldFault that no wait mends.
 */
export async function waitingFor<T>(
  read: () => Promise<T>,
  wait: (ms: number) => Promise<boolean>,
): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await read();
    } catch (error) {
      const ms = error instanceof WorldFault ? waitFor(error, failures) : undefined;
      if (ms === undefined || !(await wait(ms))) throw error;
      if (error instanceof WorldFault && error.code !== 'throttled') failures += 1;
    }
  }
}

function waitFor({ code, retryAfterMs }: WorldFault, failures: number): number | undefined {
  if (code === 'throttled') return retryAfterMs;
  const passing = code === 'unavailable' || code === 'timeout' || code === 'connection';
  return passing && failures < RETRIES ? FIRST_WAIT_MS * 2 ** failures : undefined;
}

function note(change: Change, seen: Seen): void {
  const { source } = change;
  if (change.kind === 'person') seen.add(entryKey({ source, kind: 'person', id: change.personId }));
  else if (change.kind === 'membership') {
    if (!change.member) return;
    seen.add(membershipKey(entryKey({ source, kind: 'person', id: change.personId }), change.container));
    if (change.container.kind === 'role') return;
    seen.add(entryKey({ source, kind: change.container.kind, id: change.container.id }));
  } else if (change.kind === 'nesting') {
    if (change.member) seen.add(membershipKey(entryKey({ source, ...change.child }), change.container));
  } else seen.add(entryKey({ source, kind: change.kind, id: change.containerId }));
}

function membershipKey(person: string, ref: ContainerRef): string {
  return `${person} in ${containerKey(ref)}`;
}

/** Marks people who were found to lose something by what was read. */
function losingKey(person: string): string {
  return `losing ${person}`;
}

/** The people whose profiles these changes tell, each once. */
function personKeys(changes: Change[]): string[] {
  const keys = changes.flatMap((change) =>
    change.kind === 'person' ? entryKey({ ...change, id: change.personId }) : [],
  );
  return [...new Set(keys)];
}

/**
 * Remembers one cursor out of all that were passed, a later one each time the number of pages doubles: a listing that goes in
 * circles, however long, comes back to it (Brent's cycle detection). Throws WorldFault when it does.
 */
function passing(
  next: string,
  cursor: string | undefined,
  landmark: string | undefined,
  pages: number,
): string | undefined {
  const digest = createHash('sha256').update(next).digest('base64url').slice(0, 16);
  if (next === cursor || digest === landmark)
    throw new WorldFault('unreadable-answer', 'the directory repeated a page');
  return Number.isInteger(Math.log2(pages)) ? digest : landmark;
}

function wholeKey(source: string, { kind, id }: ContainerRef): string {
  return `whole ${entryKey({ source, kind, id })}`;
}

function itemOf(
  { key, entry, revision, changes, effect = NO_EFFECT }: Difference,
  reason: string,
  confirm?: RunItem['confirm'],
): RunItem {
  const name = entry.kind === 'person' ? entry.profile.name?.value : entry.name?.value;
  return { key, revision, reason, effect, changes, ...(name && { name }), ...(confirm && { confirm }) };
}

function sum(total: Effect, differences: { effect: Effect | undefined }[]): Effect {
  return differences.reduce(
    (so, { effect = NO_EFFECT }) => ({
      adds: so.adds + effect.adds,
      updates: so.updates + effect.updates,
      joins: so.joins + effect.joins,
      removes: so.removes + effect.removes,
      leaves: so.leaves + effect.leaves,
    }),
    total,
  );
}

function heardOf({
  exists,
  active,
  blocked,
  profile,
  memberships,
  readAt,
}: PersonEntry): (string | undefined)[] {
  const facts = [exists, active, blocked, profile.name, profile.email, profile.photoUrl];
  return [...facts, ...Object.values(memberships)].map((fact) => fact?.version).concat(readAt);
}

/** Containers as they would be after some changes. */
function foldAll(
  containers: ReadonlyMap<string, ContainerEntry>,
  changes: AboutContainer[],
): Map<string, ContainerEntry> {
  const folded = new Map(containers);
  for (const change of changes) {
    for (const key of containersOf(change).map(entryKey)) {
      const entry = folded.get(key);
      if (entry) folded.set(key, foldContainer(entry, change));
    }
  }
  return folded;
}

type AboutContainer = ContainerChange | NestingChange;

function isOfContainer(change: Change): change is AboutContainer {
  return change.kind !== 'person' && change.kind !== 'membership';
}

function isDelivered({ delivered }: PersonEntry): boolean {
  return Object.keys(delivered).length > 0;
}

function isPerson(stored: Stored): stored is Stored<PersonEntry> {
  return stored.entry.kind === 'person';
}

function isContainer(stored: Stored): stored is Stored<ContainerEntry> {
  return stored.entry.kind !== 'person';
}

function withoutUndefined(run: object): Run {
  return Object.fromEntries(Object.entries(run).filter(([, value]) => value !== undefined)) as Run;
}
