import pMap from 'p-map';
import type { Membership, Mirror, Stored } from '../aws/mirror.ts';
import type { Queue } from '../aws/queue.ts';
import { type DirectoryConfig, policyOf, type SourceConfig } from '../config.ts';
import {
  type ContainerNews,
  type ContainerRef,
  containersOf,
  type EntryRef,
  isRead,
  type MembershipChange,
  type NestingChange,
  type PersonChange,
  personOf,
  type QueueItem,
} from '../directory/change.ts';
import { adoptUser, doubtUser, dueAt, mergeGroup } from '../directory/confirmations.ts';
import { isWanted } from '../directory/desired.ts';
import {
  type ContainerEntry,
  type Entry,
  entryKey,
  newContainer,
  newPerson,
  type PersonEntry,
  parseEntryKey,
} from '../directory/entry.ts';
import { foldContainer, foldPerson } from '../directory/fold.ts';
import { claimedBy, nestedIn } from '../directory/graph.ts';
import { isGroup } from '../directory/policy.ts';
import { isLagging } from '../directory/trust.ts';
import { Conflict, WorldFault } from '../errors.ts';

/** An entry during one delivery: as the table holds it, and as it has become. */
export interface Held<T extends Entry> {
  entry: T;
  stored: Stored<T>;
}

export type People = Map<string, Held<PersonEntry>>;
export type HeldContainers = Map<string, Held<ContainerEntry>>;

export interface HeldDeps {
  mirror: Mirror;
  queue: Queue;
  config: DirectoryConfig;
  clock: () => number;
}

const CONFLICT_TRIES = 5;
const WRITES_AT_ONCE = 16;

/** Reads everyone the changes are about and folds the changes in. Throws WorldFault. */
export async function holdPeople(changes: QueueItem[], { mirror, clock }: HeldDeps): Promise<People> {
  const refs = changes.flatMap((change) => personOf(change) ?? []);
  const stored = await mirror.read(refs);
  const people: People = new Map();
  for (const ref of refs) {
    const found = stored.get(entryKey(ref)) as Stored<PersonEntry> | undefined;
    const before = found ?? { entry: newPerson(ref.source, ref.id), revision: 0 };
    people.set(entryKey(ref), { entry: startFrom(before, clock()), stored: before });
  }
  foldInto(people, changes);
  return people;
}

/** Folds changes into people who are held already: what was read of a directory last, for its lists may lag behind an event. */
export function foldInto(people: People, changes: QueueItem[]): void {
  for (const change of [...changes.filter((told) => !isRead(told)), ...changes.filter(isRead)]) {
    const person = personOf(change);
    const held = person && people.get(entryKey(person));
    if (!held || (isRead(change) && isLagging(change, held.entry, 'event'))) continue;
    if (change.kind !== 'recheck')
      held.entry = foldPerson(held.entry, change as PersonChange | MembershipChange);
    else if (change.userId !== undefined) held.entry = doubtUser(held.entry, change.userId);
    else if (change.organizationId !== undefined) held.entry = adoptUser(held.entry, change.organizationId);
  }
}

/** The memberships that these changes brought, to be on record before anything is said to Velt. */
export function joinsOf(people: People): Membership[] {
  return [...people.values()].flatMap(({ entry, stored }) => without(entry, stored.entry));
}

/** The memberships that these changes ended. */
export function departuresOf(people: People): Membership[] {
  return [...people.values()].flatMap(({ entry, stored }) => without(stored.entry, entry));
}

/** Where one state of a person has them and another does not. A role held in two organizations is one place. */
function without(one: PersonEntry, other: PersonEntry): Membership[] {
  const places = (entry: PersonEntry) =>
    new Map(
      claimedBy(entry).map(({ ref: { kind, id } }) => [
        entryKey({ source: entry.source, kind, id }),
        { source: entry.source, container: { kind, id }, personId: entry.id },
      ]),
    );
  const others = places(other);
  return [...places(one)].filter(([key]) => !others.has(key)).map(([, membership]) => membership);
}

/**
 * Reads every group and organization that the changes or the people's memberships name, folds in what was said of them
 * and stores what changed. Several shards may do so at once: a conflict is folded again on what the other wrote.
 * Throws WorldFault.
 */
export async function holdContainers(
  changes: QueueItem[],
  people: People,
  deps: HeldDeps,
): Promise<HeldContainers> {
  const told = Map.groupBy(
    changes
      .filter(isContainerNews)
      .flatMap((change) => containersOf(change).map((ref) => ({ key: entryKey(ref), change }))),
    ({ key }) => key,
  );
  const containers: HeldContainers = new Map();
  const wanted = [
    ...changes.flatMap(containersOf),
    ...[...people.values()].flatMap(({ entry }) => placesOf(entry.source, claimedBy(entry))),
  ];
  for (let open = unheld(wanted, containers); open.length > 0; ) {
    await holdThese(open, told, containers, deps);
    // What a container is nested in counts for its members too.
    open = unheld(
      open.flatMap((ref) => placesOf(ref.source, nestedIn(containers.get(entryKey(ref))?.entry))),
      containers,
    );
  }
  return containers;
}

/** Those of some containers that are not held yet, each once. */
function unheld(refs: ContainerKeyRef[], containers: HeldContainers): ContainerKeyRef[] {
  const distinct = new Map(refs.map((ref) => [entryKey(ref), ref]));
  return [...distinct].filter(([key]) => !containers.has(key)).map(([, ref]) => ref);
}

function placesOf(source: string, claims: { ref: ContainerRef }[]): ContainerKeyRef[] {
  return claims.map(({ ref: { kind, id } }) => ({ source, kind, id }));
}

async function holdThese(
  refs: ContainerKeyRef[],
  told: ReadonlyMap<string, { change: ContainerNews }[]>,
  containers: HeldContainers,
  deps: HeldDeps,
): Promise<void> {
  let open = refs;
  for (let attempt = 1; open.length > 0; attempt += 1) {
    if (attempt > CONFLICT_TRIES) throw new WorldFault('mirror', 'groups kept changing while they were read');
    const found = await deps.mirror.read(open);
    const conflicts = await pMap(
      open,
      async (ref) => {
        const key = entryKey(ref);
        const before = (found.get(key) as Stored<ContainerEntry> | undefined) ?? {
          entry: newContainer(ref),
          revision: 0,
        };
        const said = told.get(key);
        const start = startFrom(before, deps.clock());
        let entry = said
          ? said.reduce((entry, { change }) => foldContainer(entry, change), start)
          : before.entry;
        if (membersCare(before.entry, entry, deps.config.sources[ref.source]))
          entry = { ...entry, membersDue: true };
        const held = { entry, stored: before };
        containers.set(key, held);
        return (await store(held, deps)) ? undefined : ref;
      },
      { concurrency: WRITES_AT_ONCE },
    );
    open = conflicts.filter((ref) => ref !== undefined);
  }
}

/** What is nested in what, to be on record before the containers are read: a container's members are found through it. */
export function nestingsOf(changes: QueueItem[]): Membership[] {
  return changes
    .filter((change): change is NestingChange => change.kind === 'nesting' && change.member)
    .map(({ source, child, container }) => ({
      source,
      container: nestOf(container),
      personId: entryKey({ source, kind: child.kind, id: child.id }),
    }));
}

/** The place in which the containers nested in a container are listed. */
function nestOf({ kind, id }: { kind: string; id: string }): Membership['container'] {
  return { kind: 'nest', id: `${kind}:${id}` };
}

/**
 * Queues everyone in a container that ended, or whose new name, organization or nesting matters, for another look, and
 * notes that this was done. Only for containers that a change of this batch is about, so that those looks do not start it again.
 * Throws WorldFault.
 */
export async function lookAtMembers(
  changes: QueueItem[],
  containers: HeldContainers,
  deps: HeldDeps,
): Promise<void> {
  const told = changes.filter(({ kind }) => kind !== 'person' && kind !== 'membership');
  for (const key of new Set(told.flatMap(containersOf).map(entryKey))) {
    const held = containers.get(key) as Held<ContainerEntry>;
    const { membersDue, ...done } = held.entry;
    if (!membersDue) continue;
    await queueMembers(done, deps, new Set());
    held.entry = done;
    if (!(await store(held, deps))) held.entry = held.stored.entry;
  }
}

async function queueMembers(place: EntryRef, deps: HeldDeps, visited: Set<string>): Promise<void> {
  if (visited.has(entryKey(place))) return;
  visited.add(entryKey(place));
  const { source, kind, id } = place as EntryRef & { kind: ContainerEntry['kind'] };
  const at = new Date(deps.clock()).toISOString();
  for await (const personIds of deps.mirror.members(source, { kind, id })) {
    await deps.queue.send(
      personIds.map((id) => ({
        ...{ kind: 'recheck', source, of: { kind: 'person', id }, at, reason: 'members' },
      })),
    );
  }
  for await (const nested of deps.mirror.members(source, nestOf(place))) {
    for (const child of nested) await queueMembers(parseEntryKey(child), deps, visited);
  }
}

/**
 * Stores everyone whose entry differs from what the table holds. Returns, by entry key, the fault of those who could not
 * be stored and takes them out of `people`: whoever wrote in between has the word now.
 */
export async function storePeople(people: People, deps: HeldDeps): Promise<Map<string, WorldFault>> {
  const faults = new Map<string, WorldFault>();
  await pMap(
    [...people],
    async ([key, held]) => {
      try {
        if (await store(held, deps)) return;
        faults.set(key, new WorldFault('mirror', 'two writers met on one person'));
      } catch (error) {
        if (!(error instanceof WorldFault)) throw error;
        faults.set(key, error);
      }
      people.delete(key);
    },
    { concurrency: WRITES_AT_ONCE },
  );
  return faults;
}

/** Stores what Velt said of groups, on top of whatever other shards wrote meanwhile. Throws WorldFault. */
export async function storeContainers(containers: HeldContainers, deps: HeldDeps): Promise<void> {
  for (const held of containers.values()) {
    for (let attempt = 1; !(await store(held, deps)); attempt += 1) {
      if (attempt > CONFLICT_TRIES)
        throw new WorldFault('mirror', 'a group kept changing while it was written');
      const said = Object.entries(held.entry.delivered).filter(
        ([id, delivery]) => held.stored.entry.delivered[id] !== delivery,
      );
      const found = (await deps.mirror.read([held.entry])).get(
        entryKey(held.entry),
      ) as Stored<ContainerEntry>;
      const merged = said.map(([id, delivery]) => [id, mergeGroup(delivery, found.entry.delivered[id])]);
      held.stored = found;
      held.entry = {
        ...found.entry,
        delivered: { ...found.entry.delivered, ...Object.fromEntries(merged) },
        ...(held.entry.membersDue && { membersDue: true }),
      };
    }
  }
}

/** The entries that a change is about: for a membership the person's and the container's. */
export function keysOf(change: QueueItem): string[] {
  const person = personOf(change);
  return [...(person ? [person] : []), ...containersOf(change)].map(entryKey);
}

async function store<T extends Entry>(held: Held<T>, { mirror, config, clock }: HeldDeps): Promise<boolean> {
  const { entry, stored } = held;
  if (entry === stored.entry) return true;
  const now = clock();
  const times = {
    dueAt: dueAt(owesNothing(entry, config) ? { ...entry, delivered: {} } : entry, now),
    expiresAt: expiresAt(entry, now + config.tombstoneDays * 86_400_000),
  };
  try {
    const revision = await mirror.write({ entry, revision: stored.revision }, times);
    held.stored = { entry, revision, dueAt: times.dueAt };
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
function startFrom<T extends Entry>({ entry, dueAt }: Stored<T>, now: number): T {
  return dueAt !== undefined && dueAt <= now ? { ...entry } : entry;
}

/** Nothing is called for a group that is gone or out of scope, whatever is open of it. */
function owesNothing(entry: Entry, { sources }: DirectoryConfig): boolean {
  return (
    entry.kind !== 'person' &&
    isGroup(entry) &&
    !isWanted(entry, sources[entry.source] && policyOf(sources[entry.source] as SourceConfig))
  );
}

/** A person who left and of whom nothing is at Velt any more is only remembered for a while. */
function expiresAt(entry: Entry, then: number): number | undefined {
  if (entry.kind !== 'person' || Object.keys(entry.delivered).length > 0) return undefined;
  const gone = entry.exists?.value === false || entry.active?.value === false;
  return gone ? then : undefined;
}

function membersCare(
  before: ContainerEntry,
  after: ContainerEntry,
  source: SourceConfig | undefined,
): boolean {
  if (after.endedAt !== before.endedAt || after.memberships !== before.memberships) return true;
  // Members may have come before it was known that the group counts in one organization only.
  if (before.exists && after.organization !== before.organization) return true;
  return before.name?.value !== after.name?.value && source !== undefined && policyOf(source).namesMatter;
}

function isContainerNews(change: QueueItem): change is ContainerNews {
  return change.kind !== 'person' && change.kind !== 'recheck';
}

/** Names a container's entry. */
type ContainerKeyRef = EntryRef & { kind: ContainerEntry['kind'] };
