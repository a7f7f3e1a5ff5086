import pMap from 'p-map';
import { causeOf } from '../cause.ts';
import {
  type Change,
  containersOf,
  isRead,
  type NestingChange,
  type QueueItem,
  takeIn,
} from '../directory/change.ts';
import { containerKey, entryKey, type PersonEntry, parseContainerKey } from '../directory/entry.ts';
import type { Policy } from '../directory/policy.ts';
import { isJustHeard, isOvertaken } from '../directory/trust.ts';
import { WorldFault } from '../errors.ts';
import type { Log, Meter } from '../observability.ts';
import { createReach, isUnanswered, type Reach } from '../sources/reach.ts';
import type { Directory, PersonRead } from '../sources/source.ts';
import { byPerson, type Workset } from './workset.ts';

export interface RefreshDeps {
  /** By source; those without an API are missing. */
  directories?: ReadonlyMap<string, Directory>;
  policies: ReadonlyMap<string, Policy>;
  clock: () => number;
  log: Log;
  meter: Meter;
}

const READS_AT_ONCE = 2;
/** An event this much older than a read is covered by it: whole seconds of a vendor's clock, and a moment of its own (ms). */
const COVERED_MS = 2_000;

/** How much of somebody is to be read: them alone, or with everything they are a member of. */
interface Question {
  memberships: boolean;
  rolesIn: string[];
}

/**
 * Reads everyone whom a recheck or an event of a batch asks for, once, and nobody whom a read since then covers, and every
 * group and connection that needs it. Marks on the entries who was read, and who is still owed it because the read failed;
 * begins no read after `deadline`, and none of a source that was out of reach. Returns the items of the batch with what was
 * read. Faults for which messages must come back are noted in `work`: what the directory refuses to tell of somebody is left to
 * the sweep, or to the daily run.
 */
export async function refresh(
  items: QueueItem[],
  work: Workset,
  deadline: number,
  deps: RefreshDeps,
): Promise<QueueItem[]> {
  const { directories = new Map<string, Directory>(), log } = deps;
  const about = byPerson(items);
  const attempt = createAttempt(deadline, deps);
  const people = [...work.people].flatMap(([key, loaded]) => {
    const question = questionOf(loaded.entry, about.get(key) ?? [], deps);
    const directory = directories.get(loaded.entry.source);
    return question && directory ? [{ key, loaded, question, directory }] : [];
  });

  const ofPeople = await pMap(
    people,
    async ({ key, loaded, question, directory }) => {
      const { readDue, ...entry } = loaded.entry;
      const person = await attempt(entry.source, [key], () => directory.readPerson(entry.id, question));
      if (person) {
        const { readAt } = person;
        loaded.entry = { ...entry, readAt, ...(question.memberships && { membershipsReadAt: readAt }) };
        return factsOf(person, entry);
      }
      if (!readDue) loaded.entry = { ...entry, readDue: true };
      return [];
    },
    { concurrency: READS_AT_ONCE },
  );
  const ofGroups = await pMap(
    groupsToRead(items, deps),
    async ([key, { source, id, isAbsent }]) => {
      const read = await attempt(source, [key], async () => directories.get(source)?.readGroup(id));
      // Only a run behind its breaker asks for a group that was not listed.
      return (read ?? []).map((change) => (isAbsent ? { ...change, passed: true as const } : change));
    },
    { concurrency: READS_AT_ONCE },
  );
  const ofConnections = await pMap(
    items.filter(isUnnamed),
    async (change) => {
      const { child, source } = change;
      const keys = containersOf(change).map(entryKey);
      const answer = await attempt(source, keys, async () => ({
        name: await directories.get(source)?.readConnection?.(child.id),
      }));
      // A connection that is gone holds nobody.
      return answer?.name === undefined ? [] : [{ ...change, child: { kind: child.kind, id: answer.name } }];
    },
    { concurrency: READS_AT_ONCE },
  );
  const { taken, refused } = takeIn<Change>([...ofPeople, ...ofGroups, ...ofConnections].flat());
  if (taken.length > 0) log.info('Read the directory', { changes: taken.length });
  if (refused.length > 0) log.warn('Left out what no message can hold', { count: refused.length });
  for (const [key, fault] of attempt.faults) work.faults.set(key, fault);
  return [...items.filter((item) => !isUnnamed(item)), ...taken];
}

/** Makes reads, none of a source that was out of reach before or after the time is up, and collects faults by entry key. */
function createAttempt(deadline: number, { directories, clock, log, meter }: RefreshDeps) {
  const outOfReach = new Map<string, WorldFault>();
  const reaches = new Map<string, Reach>();
  const faults = new Map<string, WorldFault>();
  return Object.assign(attempt, { faults });

  async function attempt<T>(source: string, keys: string[], read: () => Promise<T>): Promise<T | undefined> {
    const reach =
      reaches.get(source) ??
      createReach(() => inTime(async () => directories?.get(source)?.readPage(undefined)));
    reaches.set(source, reach);
    try {
      const known = outOfReach.get(source);
      if (known) throw known;
      const value = await inTime(read);
      reach.answered();
      return value;
    } catch (error) {
      if (!(error instanceof WorldFault)) throw error;
      const lost = outOfReach.get(source) ?? (await reach.lostBy(keys.join(), error));
      const { code, message } = lost ?? error;
      const fields = { source, ...causeOf(lost ?? error) };
      if (lost) {
        if (!outOfReach.has(source)) log.warn('The directory is out of reach', fields);
        outOfReach.set(source, lost);
        note(keys, lost);
      } else {
        meter.record({ ReadsFailed: 1 }, { source });
        log.warn('Something could not be read', fields);
        // The sweep reads people again, and the daily run the rest: messages must not wait for what waiting does not mend.
        if (isUnanswered(error)) note(keys, new WorldFault(code, message, { cause: error, ofOne: true }));
      }
      return undefined;
    }
  }

  async function inTime<T>(read: () => Promise<T>): Promise<T> {
    if (clock() >= deadline) throw new WorldFault('out-of-time', 'no time left for another read');
    return read();
  }

  function note(keys: string[], fault: WorldFault): void {
    for (const key of keys) faults.set(key, fault);
  }
}

/**
 * How somebody is to be read, if at all: a recheck asks for it where it says so, and, where events are hints to read, a
 * membership of somebody whom nobody knows yet, or its end where a read overtook it.
 */
function questionOf(entry: PersonEntry, items: QueueItem[], { policies }: RefreshDeps): Question | undefined {
  const { readAt, membershipsReadAt, readDue, exists } = entry;
  const isKnown = readAt !== undefined || exists?.value === true;
  const isCovered = (at: string, by: string | undefined) =>
    by !== undefined && Date.parse(at) <= Date.parse(by) - COVERED_MS;
  const rechecks = items.filter((item) => item.kind === 'recheck');
  const onEvents = policies.get(entry.source)?.readsOnEvents === true;
  const isStranger = (item: QueueItem) =>
    onEvents && item.kind === 'membership' && item.member && !isKnown && !isRead(item);
  const memberships =
    readDue === true ||
    rechecks.some(({ read, at }) => read === 'memberships' && !isCovered(at, membershipsReadAt)) ||
    items.some((item) => isStranger(item) || (onEvents && isOvertaken(item, entry)));
  const alone = rechecks.some(({ read, at }) => read === 'alone' && !isCovered(at, readAt));
  if (!memberships && !alone) return undefined;
  const named = rechecks.flatMap((item) => item.rolesIn ?? []);
  const held = Object.entries(entry.memberships)
    .filter(([, { value }]) => value)
    .flatMap(([key]) => parseContainerKey(key).organization ?? []);
  // Where a recheck names some, any other would take the place of one of them.
  const rolesIn = [...new Set(named.length > 0 ? named : held)];
  return { memberships: memberships || readAt === undefined, rolesIn };
}

/** A connection in a group, told by an id that people are not known by. */
function isUnnamed(item: QueueItem): item is NestingChange {
  return item.kind === 'nesting' && item.child.read === true;
}

/** What a read says of somebody: all that it tells, and the end of what it did not tell. */
export function factsOf(person: PersonRead, entry: PersonEntry): Change[] {
  return [...person.changes, ...endsOf(person, entry)];
}

/** The end of every membership that a read of all of them did not tell. */
function endsOf({ changes, complete, rolesIn = [] }: PersonRead, entry: PersonEntry): Change[] {
  const [first] = changes;
  const at = first?.askedAt;
  if (at === undefined) return [];
  const memberships = changes.filter((change) => change.kind === 'membership');
  const told = new Set(memberships.map(({ container }) => containerKey(container)));
  // Nobody has a role where they are no member.
  const hasToldRoles = (organization: string) =>
    rolesIn.includes(organization) ||
    (complete.includes('organization') &&
      !told.has(containerKey({ kind: 'organization', id: organization })));
  return Object.entries(entry.memberships)
    .filter(([key, fact]) => fact.value && !told.has(key) && !isJustHeard(fact.version, Date.parse(at)))
    .map(([key]) => parseContainerKey(key))
    .filter(({ kind, organization }) =>
      kind === 'role' && organization !== undefined ? hasToldRoles(organization) : complete.includes(kind),
    )
    .map((container) => ({
      ...{ kind: 'membership', source: entry.source, personId: entry.id, container, member: false },
      ...{ at, askedAt: at },
    }));
}

/** The groups that are to be read, by entry key: those of a recheck, and those that events tell too little of. */
function groupsToRead(
  items: QueueItem[],
  { directories, policies }: RefreshDeps,
): Map<string, { source: string; id: string; isAbsent: boolean }> {
  const ofEvents = items.flatMap((item) => {
    // The end of a group needs no read.
    if (item.kind !== 'group' || item.exists === false || isRead(item)) return [];
    const { source, containerId: id } = item;
    const isTold = directories?.get(source)?.eventsTellGroups === true;
    return policies.get(source)?.readsOnEvents && !isTold ? [{ source, id, isAbsent: false }] : [];
  });
  const asked = items.flatMap((item) =>
    item.kind === 'recheck' && item.read && item.of.kind === 'group'
      ? [{ source: item.source, id: item.of.id, isAbsent: item.reason === 'absence' }]
      : [],
  );
  return new Map([...ofEvents, ...asked].map((ref) => [entryKey({ ...ref, kind: 'group' }), ref]));
}
