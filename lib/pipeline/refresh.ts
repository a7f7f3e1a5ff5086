import pMap from 'p-map';
import { type Change, type ContainerChange, READ } from '../directory/change.ts';
import { entryKey, type PersonEntry } from '../directory/entry.ts';
import { WorldFault } from '../errors.ts';
import type { Log } from '../observability.ts';
import type { Directory } from '../sources/source.ts';
import type { People } from './held.ts';

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
 * Reads every group that an event of a batch is about, and every person, once, and nobody whom a read since the event
 * covers. Marks on the entries who was read, and who is still owed it because the directory was out of reach; begins no
 * read after `deadline`.
 * Returns the changes that were read, and by entry key the faults.
 */
export async function refresh(
  changes: Change[],
  people: People,
  deadline: number,
  { directories = new Map(), clock, log }: RefreshDeps,
): Promise<{ read: Change[]; faults: Map<string, WorldFault> }> {
  const faults = new Map<string, WorldFault>();
  const told = Map.groupBy(
    changes.filter((change) => 'personId' in change),
    ({ source, personId: id }) => entryKey({ source, kind: 'person', id }),
  );
  const due = [...people].filter(
    ([key, { entry }]) => directories.has(entry.source) && isDue(entry, told.get(key) ?? []),
  );
  let fault: WorldFault | undefined;
  /** Reads unless the directory was out of reach before or the time is up; a fault is kept for the entry. */
  const attempt = async <T>(key: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      if (fault) throw fault;
      if (clock() >= deadline) throw new WorldFault('out-of-time', 'no time left for another read');
      return await read();
    } catch (error) {
      if (!(error instanceof WorldFault)) throw error;
      fault ??= error;
      faults.set(key, error);
      return undefined;
    }
  };
  const directoryOf = (source: string) => directories.get(source) as Directory;

  const ofPeople = await pMap(
    due,
    async ([key, held]) => {
      const { source, id, readAt } = held.entry;
      const memberships = readAt === undefined;
      const person = await attempt(key, () => directoryOf(source).readPerson(id, { memberships }));
      const { readDue, ...entry } = held.entry;
      if (person) held.entry = { ...entry, readAt: person.readAt };
      else if (!readDue) held.entry = { ...entry, readDue: true };
      return person?.changes ?? [];
    },
    { concurrency: READS_AT_ONCE },
  );
  const ofGroups = await pMap(
    groupsOf(changes, directories),
    async ([key, { source, containerId }]) =>
      (await attempt(key, () => directoryOf(source).readGroup(containerId))) ?? [],
    { concurrency: READS_AT_ONCE },
  );
  const read = [...ofPeople, ...ofGroups].flat();
  if (read.length > 0) log.info('Read the directory', { changes: read.length });
  if (fault)
    log.warn('The directory is out of reach', { code: fault.code, error: fault.message, count: faults.size });
  return { read, faults };
}

/** The groups that events are about, by entry key; the end of one needs no read. */
function groupsOf(
  changes: Change[],
  directories: ReadonlyMap<string, Directory>,
): Map<string, ContainerChange> {
  const told = changes.filter(
    (change): change is ContainerChange =>
      change.kind === 'group' &&
      change.exists !== false &&
      !change.id.startsWith(READ) &&
      directories.has(change.source),
  );
  const named = told.filter(({ exists, name }) => exists !== undefined || name !== undefined);
  return new Map(
    named.map((change) => [
      entryKey({ source: change.source, kind: 'group', id: change.containerId }),
      change,
    ]),
  );
}

/** A lifecycle or profile event asks for a read; a membership only if the person was never read. */
function isDue({ readAt, readDue }: PersonEntry, told: Change[]): boolean {
  if (readDue) return true;
  const events = told.filter(
    ({ id, kind }) => !id.startsWith(READ) && (kind === 'membership' || kind === 'person'),
  );
  return events.some((event) => {
    const asks = event.kind === 'membership' ? event.member && readAt === undefined : hasFacts(event);
    return asks && (readAt === undefined || Date.parse(event.at) > Date.parse(readAt) - COVERED_MS);
  });
}

function hasFacts(event: Change): boolean {
  return (
    event.kind === 'person' &&
    [event.exists, event.active, event.blocked, event.profile].some((fact) => fact !== undefined)
  );
}
