import pMap from 'p-map';
import type { Stored } from '../aws/mirror.ts';
import type { Queue } from '../aws/queue.ts';
import type { DirectoryConfig } from '../config.ts';
import { isRead, personOf, type QueueItem } from '../directory/change.ts';
import { adoptUser, dueAt, forgetUser, triedNow } from '../directory/confirmations.ts';
import { isWanted } from '../directory/desired.ts';
import {
  type ContainerEntry,
  type Entry,
  entryKey,
  newPerson,
  type PersonEntry,
} from '../directory/entry.ts';
import { foldAll } from '../directory/fold.ts';
import { isGroup, type Policy } from '../directory/policy.ts';
import { fitted, pruned, withNeeded } from '../directory/trim.ts';
import { isLagging } from '../directory/trust.ts';
import { Conflict, WorldFault } from '../errors.ts';
import type { DeferDeps } from './defer.ts';

/** An entry during one delivery: as the table holds it, and as it has become. */
export interface Loaded<T extends Entry = Entry> {
  entry: T;
  stored: Stored<T>;
}

/** What one delivery works on. */
export interface Workset {
  /** Whose leases are this delivery's. */
  owner: string;
  /** When it is to be over (ms since the epoch). */
  deadline: number;
  /** The moment for which all of it is worked out (ms): what is called is what was begun. */
  now: number;
  /** How often the oldest of its messages was received. */
  receives: number;
  people: Map<string, Loaded<PersonEntry>>;
  containers: Map<string, Loaded<ContainerEntry>>;
  /** Why an entry has something left to do, by entry key: the messages about it come back. */
  faults: Map<string, WorldFault>;
  /** Until when a call about an entry may still take effect that nobody waits for any more (ms), by entry key. */
  late: Map<string, number>;
}

export interface WorksetDeps extends DeferDeps {
  queue: Queue;
  config: Pick<DirectoryConfig, 'tombstoneDays' | 'reconcile'>;
}

const DAY_MS = 86_400_000;
export const WRITES_AT_ONCE = 16;

/**
 * Reads everyone whom the items are about and folds the facts in. Whoever is under another delivery's lease is left alone:
 * their messages come back. Throws WorldFault.
 */
export async function loadPeople(
  items: QueueItem[],
  by: Pick<Workset, 'owner' | 'deadline' | 'now' | 'receives'>,
  deps: WorksetDeps,
): Promise<Workset> {
  const work: Workset = {
    ...{ ...by, people: new Map(), containers: new Map(), faults: new Map(), late: new Map() },
  };
  const refs = items.flatMap((item) => personOf(item) ?? []);
  const found = await deps.mirror.read(refs);
  for (const ref of refs) {
    const key = entryKey(ref);
    const entry = newPerson(ref.source, ref.id);
    const stored = (found.get(key) as Stored<PersonEntry> | undefined) ?? { entry, revision: 0 };
    const loaded = { entry: startFrom(stored, deps.clock()), stored };
    if (isLeasedByOther(loaded, work, deps)) work.faults.set(key, leased(loaded, deps));
    else work.people.set(key, loaded);
  }
  foldPeople(items, work);
  return work;
}

export function entriesOf({ containers }: Workset): Map<string, ContainerEntry> {
  return new Map([...containers].map(([key, { entry }]) => [key, entry]));
}

/** What is about each person, by entry key. */
export function byPerson(items: QueueItem[]): Map<string, QueueItem[]> {
  const named = items.flatMap((item) => {
    const person = personOf(item);
    return person ? [{ key: entryKey(person), item }] : [];
  });
  const about = Map.groupBy(named, ({ key }) => key);
  return new Map([...about].map(([key, some]) => [key, some.map(({ item }) => item)]));
}

/** Folds items into people who are loaded already: what was read last, for a directory's lists may lag behind an event. */
export function foldPeople(items: QueueItem[], { people, now }: Workset): void {
  const about = byPerson(items);
  for (const [key, loaded] of people) {
    const told = about.get(key) ?? [];
    const facts = told.filter((item) => item.kind === 'person' || item.kind === 'membership');
    loaded.entry = foldAll(
      loaded.entry,
      [...facts.filter((change) => !isRead(change)), ...facts.filter(isRead)],
      (change, entry) => !isRead(change) || !isLagging(change, entry, 'event'),
    );
    for (const { userId, organizationId, again } of told.filter((item) => item.kind === 'recheck')) {
      if (userId !== undefined) loaded.entry = forgetUser(loaded.entry, userId);
      if (organizationId !== undefined) loaded.entry = adoptUser(loaded.entry, organizationId);
      if (again) loaded.entry = triedNow(loaded.entry, now);
    }
  }
}

/**
 * Leaves out of everyone the attributes that are of no use, and of everyone who changed what nobody needs any more and what their
 * entry has no room for: that is logged.
 */
export function trimPeople({ people }: Workset, { policies, config, clock, log, meter }: WorksetDeps): void {
  const ageing = { now: clock(), keptMs: config.tombstoneDays * DAY_MS };
  for (const loaded of people.values()) {
    const before = loaded.stored.entry;
    const { source, id } = before;
    const policy = policies.get(source);
    loaded.entry = withNeeded(loaded.entry, policy);
    if (loaded.entry === before) continue;
    const needed = pruned(loaded.entry, policy, ageing);
    loaded.entry = fitted(needed, before);
    if (loaded.entry === needed) continue;
    meter.record({ EntriesFull: 1 }, { source });
    log.error('Somebody is in too many groups: new ones are left out', { source, person: id });
  }
}

/**
 * Stores every entry that changed, or that is to be leased or given back, with the lease that `until` names for it (ms since
 * the epoch). Whoever was written by somebody else meanwhile is taken out, and their messages come back; a container stays as
 * it was. Throws WorldFault for containers only: of a person it is noted.
 */
export async function storeAll(
  work: Workset,
  until: (key: string) => number | undefined,
  deps: WorksetDeps,
): Promise<void> {
  const leaseFor = (key: string) => {
    const end = until(key);
    return end === undefined ? undefined : { owner: work.owner, until: end };
  };
  const lost = (key: string) =>
    noteLeased(
      key,
      new WorldFault('leased', 'somebody else wrote this entry first', { retryAfterMs: 0 }),
      work,
    );
  await pMap(
    work.people,
    async ([key, loaded]) => {
      try {
        if (await store(loaded, leaseFor(key), work, deps)) return;
        lost(key);
      } catch (error) {
        if (!(error instanceof WorldFault)) throw error;
        work.faults.set(key, error);
      }
      work.people.delete(key);
    },
    { concurrency: WRITES_AT_ONCE },
  );
  await pMap(
    [...work.containers].filter(([, loaded]) => !isLeasedByOther(loaded, work, deps)),
    async ([key, loaded]) => {
      if (await store(loaded, leaseFor(key), work, deps)) return;
      lost(key);
      loaded.entry = loaded.stored.entry;
    },
    { concurrency: WRITES_AT_ONCE },
  );
}

/** Whether another delivery's calls about an entry may still take effect. */
export function isLeasedByOther({ stored }: Loaded, { owner }: Workset, { clock }: WorksetDeps): boolean {
  return stored.lease !== undefined && stored.lease.owner !== owner && stored.lease.until > clock();
}

/** Notes that an entry waits for another delivery, unless it waits for something else anyway. */
export function noteLeased(key: string, fault: WorldFault, { faults }: Pick<Workset, 'faults'>): void {
  if (!faults.has(key)) faults.set(key, fault);
}

export function leased({ stored }: Loaded, { clock }: WorksetDeps): WorldFault {
  const retryAfterMs = Math.max(0, (stored.lease?.until ?? 0) - clock());
  return new WorldFault('leased', 'another delivery works on this entry', { retryAfterMs });
}

/** Stores one entry with a lease, or gives its lease back. False when somebody else wrote it meanwhile. Throws WorldFault. */
export async function store<T extends Entry>(
  loaded: Loaded<T>,
  lease: Stored['lease'],
  { owner }: Workset,
  { mirror, policies, config, clock }: WorksetDeps,
): Promise<boolean> {
  const { entry, stored } = loaded;
  const isSameLease = stored.lease?.owner === owner ? stored.lease.until === lease?.until : !lease;
  if (entry === stored.entry && isSameLease) return true;
  const now = clock();
  const times = {
    dueAt: dueAt(owing(entry, policies), now),
    expiresAt: expiresAt(entry, now + config.tombstoneDays * DAY_MS),
    lease,
  };
  try {
    const revision = await mirror.write({ ...stored, entry }, times);
    loaded.stored = { ...stored, entry, revision, dueAt: times.dueAt, lease };
    return true;
  } catch (error) {
    if (error instanceof Conflict) return false;
    throw error;
  }
}

/**
 * The entry that a delivery starts from. One whose time had come is a copy, so that it is written, and gets another time,
 * also when there is nothing to do: else it stays among the first of every sweep, and leaves no room for others.
 */
export function startFrom<T extends Entry>({ entry, dueAt }: Stored<T>, now: number): T {
  return dueAt !== undefined && dueAt <= now ? { ...entry } : entry;
}

/**
 * An entry with what can be called for it. Nothing is for a group that is gone or out of scope, whatever is open of it, and nobody's
 * access expires where the configuration has none of that.
 */
function owing(entry: Entry, policies: ReadonlyMap<string, Policy>): Entry {
  const policy = policies.get(entry.source);
  if (entry.kind !== 'person')
    return isGroup(entry) && !isWanted(entry, policy) ? { ...entry, delivered: {} } : entry;
  const { expiresAt, ...profile } = entry.profile;
  return expiresAt && !policy?.needs('expiresAt') ? { ...entry, profile } : entry;
}

/** A person who left and of whom nothing is at Velt any more is only remembered for a while. */
function expiresAt(entry: Entry, then: number): number | undefined {
  if (entry.kind !== 'person' || Object.keys(entry.delivered).length > 0) return undefined;
  const gone = entry.exists?.value === false || entry.active?.value === false;
  return gone ? then : undefined;
}
