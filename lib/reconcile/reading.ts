import { createHash } from 'node:crypto';
import type { Stored } from '../aws/mirror.ts';
import type { Run, RunItem } from '../aws/runs.ts';
import type { SourceConfig } from '../config.ts';
import {
  Change,
  type ContainerChange,
  containersOf,
  type NestingChange,
  type QueueItem,
} from '../directory/change.ts';
import { type Effect, takesAway } from '../directory/effect.ts';
import { type ContainerEntry, entryKey, newContainer, type PersonEntry } from '../directory/entry.ts';
import { foldContainer } from '../directory/fold.ts';
import { createSeen, type Seen } from '../directory/hash-set.ts';
import { WorldFault } from '../errors.ts';
import type { Directory, Page } from '../sources/source.ts';
import type { BackfillDeps } from './backfill.ts';
import { refusalOf } from './breaker.ts';
import { carryOutItems, waitingFor } from './confirm.ts';
import { containersAround, differences, itemOf, NO_EFFECT } from './diff.ts';
import {
  createMissing,
  isDelivered,
  losingKey,
  note,
  noteLeftOut,
  personKeys,
  queuedKey,
  wholeKey,
} from './missing.ts';

/** A checkpoint is written after so many changes, or pages. */
const CHECKPOINT_CHANGES = 500;
const CHECKPOINT_PAGES = 10;
const ITEMS_IN_A_PART = 50;
/** An item of the table holds 400 KB at most. */
const BYTES_IN_A_PART = 200_000;
/** How long nobody else may go on with a run after its last checkpoint (ms). */
export const LEASE_MS = 60_000;

interface WorkDeps extends BackfillDeps {
  directory: Directory;
  source: SourceConfig;
  deadline: number;
}

/** The work on one run by one process, checkpoint by checkpoint. */
export function createWork(begun: Run, revisionBegun: number, deps: WorkDeps): () => Promise<Run> {
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
      if (run.state === 'running') await giveBack(undefined);
    } catch (error) {
      if (!(error instanceof WorldFault)) throw error;
      if (!isTimeUp(error)) {
        // Where there are no credentials yet, a run begins when somebody wants one and not as soon as there are some.
        const isBegun = run.pages > 0 || error.code !== 'no-credentials';
        await giveBack(error.message, isBegun ? 'running' : 'stopped').catch(() => undefined);
        throw error;
      }
      await giveBack(undefined);
    }
    report();
    return run;
  };

  /** Part of a checkpoint's work is left behind then, and done anew: a process that is killed would leave its lease as well. */
  function isTimeUp({ code }: WorldFault): boolean {
    return code === 'out-of-time' && clock() >= deps.deadline;
  }

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
    // On the queue, what no message can hold would hold up everyone in its message.
    const fitting = changes.filter((change) => Change.safeParse(change).success);
    const { people, containers, grave } = await differences(fitting, source, { mirror, clock });
    const losing = people.filter(({ effect }) => effect && takesAway(effect));
    // A person is told of on several pages, and counts once.
    const newlyLosing = losing.filter(({ key }) => !known.has(losingKey(key)));
    const newlyListed = personKeys(changes).filter((key) => !known.has(key));
    for (const change of changes) note(change, known);
    for (const ref of pages.flatMap(({ whole }) => whole)) known.add(wholeKey(run.source, ref));
    for (const { leftOut } of pages) if (leftOut) noteLeftOut(leftOut, run.source, known);
    for (const { key } of newlyLosing) known.add(losingKey(key));
    for (const { key, revision } of people) if (revision > 0) known.add(queuedKey(key));

    const isPlan = run.mode === 'plan';
    const items = (isPlan ? people : losing).map((person) => itemOf(person, 'the directory says so'));
    const places = await containerItems(isPlan ? [...containers, ...grave] : grave);
    const sent = people.filter((person) => !losing.includes(person)).flatMap((person) => person.changes);
    const queued = isPlan ? [] : [...containers, ...sent];
    await keepLease();
    if (queued.length > 0) await queue.send(queued, inOrder);
    const itemParts = await writeItems([...places, ...items]);
    await runs.writeSeen(run, run.seenParts, known.take());
    deps.meter.record(
      { PagesRead: pages.length, PeopleRead: newlyListed.length, ChangesFound: queued.length },
      { source: run.source },
    );
    await save({
      cursor,
      landmark,
      phase: cursor === undefined ? 'compare' : 'read',
      pages: run.pages + pages.length,
      people: run.people + newlyListed.length,
      unreadable: pages.reduce(
        (sum, { unreadable }) => sum + unreadable,
        run.unreadable + changes.length - fitting.length,
      ),
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
    const { missingOf, unseenNestings, isGone, goneGroups } = createMissing(run, known, deps);
    const people = entries.filter(isPerson);
    const heldOnes = await heldBack();
    const containers = await containersAround(
      people.map(({ entry }) => entry),
      heldOnes.flatMap(containersOf),
      mirror,
    );
    // What ends together is looked at together: each alone would leave somebody where another one keeps them.
    const ends = [...containers.values()].flatMap((entry) => [
      ...unseenNestings(entry),
      ...goneGroups(entry),
    ]);
    const said = [...heldOnes, ...ends];
    const withHeld = said.length === 0 ? containers : foldAll(containers, said);
    const missing = people.flatMap((person) => missingOf(person, containers, withHeld));
    const gone = entries.filter(isContainer).flatMap(({ entry, revision }) => {
      const difference = { key: entryKey(entry), entry, revision, effect: undefined };
      const changes = unseenNestings(entry);
      return [
        ...(isGone(entry) ? [itemOf({ ...difference, changes: [] }, 'not listed any more', 'group')] : []),
        ...(changes.length > 0
          ? [itemOf({ ...difference, changes }, 'not listed as a member any more')]
          : []),
      ];
    });
    const items = missing.flatMap(({ item }) => item ?? []);
    await keepLease();
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
      const { changes, kept, unreadable } = await carryOutItems(items, {
        ...{ mirror, directory, voidable: false },
        patiently: (read) => {
          if (clock() >= deps.deadline) throw new WorldFault('out-of-time', 'no time left for another read');
          return patiently(read);
        },
      });
      if (unreadable > 0)
        deps.log.warn('Somebody could not be read', { source: run.source, count: unreadable });
      if (changes.length > 0) await queue.send(changes, inOrder);
      deps.meter.record({ ChangesFound: changes.length }, { source: run.source });
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
    const { lease: _, ...rest } = { ...run, savedAt: new Date(clock()).toISOString(), ...changed };
    const lease = { owner: deps.owner, until: clock() + leaseMs };
    const next = withoutUndefined(give ? rest : { ...rest, lease });
    revision = await runs.save(next, revision);
    run = next;
    deps.onProgress?.(run);
  }

  /** Leaves the run at its last checkpoint: had each try a time of its own, one that cannot go on would never grow old. */
  function giveBack(reason: string | undefined, state: Run['state'] = 'running'): Promise<void> {
    return save({ reason, state, savedAt: run.savedAt }, 'give back');
  }

  /** Waits for the directory while there is time. Nobody else takes the run over meanwhile, unless they did already. */
  async function patiently<T>(read: () => Promise<T>): Promise<T> {
    await keepLease();
    return waitingFor(read, async (wait) => {
      if (clock() + wait >= deps.deadline) return false;
      await renewLease(wait);
      await deps.sleep(wait);
      return true;
    });
  }

  /** Throws Conflict when somebody else took the run over: what they wrote since must not be written over. */
  async function keepLease(): Promise<void> {
    if (clock() > (run.lease?.until ?? 0) - leaseMs / 2) await renewLease();
  }

  async function renewLease(wait = 0): Promise<void> {
    run = { ...run, lease: { owner: deps.owner, until: clock() + wait + leaseMs } };
    revision = await runs.save(run, revision);
  }

  function report(): void {
    const { source: name, pages, people, queued, state, reason } = run;
    const fields = { source: name, pages, count: people, changes: queued };
    if (state === 'stopped') deps.log.error('A reading was stopped', { ...fields, error: reason ?? '' });
    else deps.log.info(`A reading is ${state}`, reason === undefined ? fields : { ...fields, error: reason });
    if (state === 'stopped') deps.meter.record({ RunsStopped: 1 }, { source: name });
  }
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

/** Containers as they would be after some changes. */
function foldAll(
  containers: ReadonlyMap<string, ContainerEntry>,
  changes: AboutContainer[],
): Map<string, ContainerEntry> {
  const folded = new Map(containers);
  for (const change of changes) {
    for (const ref of containersOf(change)) {
      const key = entryKey(ref);
      // People are in a connection before anything is known of it.
      folded.set(key, foldContainer(folded.get(key) ?? newContainer(ref), change));
    }
  }
  return folded;
}

type AboutContainer = ContainerChange | NestingChange;

function isOfContainer(change: QueueItem): change is AboutContainer {
  return !['person', 'membership', 'recheck'].includes(change.kind);
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
