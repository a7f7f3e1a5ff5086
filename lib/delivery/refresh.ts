import pMap from 'p-map';
import {
  type Change,
  type ContainerChange,
  type EntryRef,
  isRead,
  type NestingChange,
  personOf,
  type QueueItem,
} from '../directory/change.ts';
import { containerKey, entryKey, type PersonEntry, parseContainerKey } from '../directory/entry.ts';
import { isJustHeard, isOvertaken } from '../directory/trust.ts';
import { WorldFault } from '../errors.ts';
import type { Log } from '../observability.ts';
import type { Directory, PersonRead } from '../sources/source.ts';
import { keysOf, type People } from './workset.ts';

export interface RefreshDeps {
  /** By source; those where events alone are used are missing. */
  directories?: ReadonlyMap<string, Directory>;
  clock: () => number;
  log: Log;
}

const READS_AT_ONCE = 2;
/** An event this much older than a read is covered by it: whole seconds of a Date header, and a moment of its own (ms). */
const COVERED_MS = 2_000;

/**
 * Reads everyone whom an event of a batch asks for, once, and nobody whom a read since the event covers, and every group
 * and connection that needs it. Marks on the entries who was read, and who is still owed it because the directory was out
 * of reach or the answer unreadable; begins no read after `deadline`, and none of a source that was out of reach.
 * Returns the changes of the batch with those that were read, and by entry key the faults for which messages must come
 * back: what is unreadable is left to the sweep, or to the daily reading.
 */
export async function refresh(
  changes: QueueItem[],
  people: People,
  deadline: number,
  { directories = new Map(), clock, log }: RefreshDeps,
): Promise<{ changes: QueueItem[]; faults: Map<string, WorldFault> }> {
  const faults = new Map<string, WorldFault>();
  const told = Map.groupBy(
    changes.filter((change) => personOf(change) !== undefined),
    (change) => entryKey(personOf(change) as EntryRef),
  );
  const due = [...people].filter(
    ([key, { entry }]) => directories.has(entry.source) && isDue(entry, told.get(key) ?? []),
  );
  const outOfReach = new Map<string, WorldFault>();
  /** Reads unless the source was out of reach before or the time is up; a fault is kept for the entries. */
  const attempt = async <T>(
    source: string,
    keys: string[],
    read: () => Promise<T>,
  ): Promise<T | undefined> => {
    try {
      const known = outOfReach.get(source);
      if (known) throw known;
      if (clock() >= deadline) throw new WorldFault('out-of-time', 'no time left for another read');
      return await read();
    } catch (error) {
      if (!(error instanceof WorldFault)) throw error;
      if (!isAboutOne(error) && !outOfReach.has(source)) outOfReach.set(source, error);
      for (const key of keys) faults.set(key, error);
      return undefined;
    }
  };
  const directoryOf = (source: string) => directories.get(source) as Directory;

  const ofPeople = await pMap(
    due,
    async ([key, held]) => {
      const { source, id, readAt } = held.entry;
      const { readDue, ...entry } = held.entry;
      const memberships =
        readAt === undefined ||
        readDue === true ||
        (told.get(key) ?? []).some(
          (change) =>
            (change.kind === 'recheck' && change.read === 'memberships') || isOvertaken(change, held.entry),
        );
      const person = await attempt(source, [key], () => directoryOf(source).readPerson(id, { memberships }));
      if (person) held.entry = { ...entry, readAt: person.readAt };
      else if (!readDue) held.entry = { ...entry, readDue: true };
      return person ? saidBy(person, entry) : [];
    },
    { concurrency: READS_AT_ONCE },
  );
  const ofGroups = await pMap(
    groupsOf(changes, directories),
    async ([key, { source, containerId }]) =>
      (await attempt(source, [key], () => directoryOf(source).readGroup(containerId))) ?? [],
    { concurrency: READS_AT_ONCE },
  );
  const ofConnections = await pMap(
    changes.filter(isUnnamed),
    async (change) => {
      const { child, source } = change;
      const name = await attempt(source, keysOf(change), async () => ({
        known: await directories.get(source)?.readConnection?.(child.id),
      }));
      // A connection that is gone holds nobody.
      return name?.known === undefined
        ? []
        : [{ ...change, child: { kind: child.kind, id: name.known } } satisfies NestingChange];
    },
    { concurrency: READS_AT_ONCE },
  );
  const read: QueueItem[] = [...ofPeople, ...ofGroups, ...ofConnections].flat();
  if (read.length > 0) log.info('Read the directory', { changes: read.length });
  for (const [source, { code, message }] of outOfReach)
    log.warn('The directory is out of reach', { source, code, error: message });
  // The sweep reads people again, and the daily reading the rest: their messages must not wait for what waiting does not mend.
  for (const fault of new Set([...faults.values()].filter(isAboutOne)))
    log.warn('Something could not be read', { code: fault.code, error: fault.message });
  for (const [key, fault] of faults) if (isAboutOne(fault)) faults.delete(key);
  return { changes: [...changes.filter((change) => !isUnnamed(change)), ...read], faults };
}

/** Whether a fault is in what one answer said, and the next may well be readable. */
function isAboutOne({ code }: WorldFault): boolean {
  return code === 'unreadable-answer';
}

/** A connection in a group, told by an id that people are not known by. */
function isUnnamed(change: QueueItem): change is NestingChange {
  return change.kind === 'nesting' && change.child.read === true;
}

/** What a read says of somebody: all that it tells, and the end of what it did not tell. */
export function saidBy(person: PersonRead, entry: PersonEntry): Change[] {
  return [...person.changes, ...endedBy(person, entry)];
}

/** The end of every membership that a whole read did not tell. */
function endedBy({ changes, whole, rolesIn = [] }: PersonRead, entry: PersonEntry): Change[] {
  const memberships = changes.filter((change) => change.kind === 'membership');
  const told = new Set(memberships.map(({ container }) => containerKey(container)));
  // Nobody has a role where they are no member.
  const hasTold = (organization: string) =>
    rolesIn.includes(organization) ||
    (whole.includes('organization') && !told.has(containerKey({ kind: 'organization', id: organization })));
  const [first] = changes;
  const asked = first ? Date.parse(askedAtOf(first)) : 0;
  const gone = Object.entries(entry.memberships)
    .filter(([key, fact]) => fact.value && !told.has(key) && !isJustHeard(fact.version, asked))
    .map(([key]) => parseContainerKey(key))
    .filter(({ kind, organization }) =>
      kind === 'role' && organization !== undefined ? hasTold(organization) : whole.includes(kind),
    );
  return first
    ? gone.map((container) => ({
        ...{ kind: 'membership', source: entry.source, personId: entry.id, container, member: false },
        ...{ at: askedAtOf(first), askedAt: askedAtOf(first) },
      }))
    : [];
}

function askedAtOf(change: QueueItem): string {
  return ('askedAt' in change && change.askedAt) || change.at;
}

/** The groups that events are about, by entry key; the end of one needs no read. */
function groupsOf(
  changes: QueueItem[],
  directories: ReadonlyMap<string, Directory>,
): Map<string, ContainerChange> {
  const told = changes.filter(
    (change): change is ContainerChange =>
      change.kind === 'group' &&
      change.exists !== false &&
      !isRead(change) &&
      directories.has(change.source) &&
      directories.get(change.source)?.eventsTellGroups !== true,
  );
  const named = told.filter(({ exists, name }) => exists !== undefined || name !== undefined);
  return new Map(
    named.map((change) => [
      entryKey({ source: change.source, kind: 'group', id: change.containerId }),
      change,
    ]),
  );
}

/** An event asks for a read where it says so, a membership where nobody knows the person yet, its end where a read overtook it. */
function isDue(entry: PersonEntry, told: QueueItem[]): boolean {
  const { readAt, readDue, exists } = entry;
  if (readDue || told.some((event) => isOvertaken(event, entry))) return true;
  const known = readAt !== undefined || exists?.value === true;
  const asking = told.filter((event) =>
    event.kind === 'membership'
      ? event.member && !known && !isRead(event)
      : event.kind === 'recheck' && event.read !== undefined,
  );
  return asking.some(
    (event) => readAt === undefined || Date.parse(event.at) > Date.parse(readAt) - COVERED_MS,
  );
}
