import type { Mirror } from '../aws/mirror.ts';
import type { RunItem } from '../aws/runs.ts';
import { factsOf } from '../delivery/refresh.ts';
import { Change, type QueueItem } from '../directory/change.ts';
import { containerKey, type Entry, parseContainerKey, parseEntryKey } from '../directory/entry.ts';
import { WorldFault } from '../errors.ts';
import type { Directory } from '../sources/source.ts';

/**
 * What is to go on the queue for some items of a run: of those that were only found missing the ones that another read
 * confirms (`kept` counts the others, and `unreadable` those of them whose answer was none), and where they are `voidable`
 * only items whose entry is still the one that was looked at (`void` counts the others). A run that has queued things goes on
 * also where its own deliveries, or an event, changed the entry since: what was read has its time, and changes nothing that is
 * newer.
 * Throws WorldFault.
 */
export async function carryOutItems(
  items: RunItem[],
  {
    mirror,
    directory,
    voidable,
    patiently = (read) => read(),
  }: {
    mirror: Mirror;
    directory: Directory;
    voidable: boolean;
    patiently?: <T>(read: () => Promise<T>) => Promise<T>;
  },
): Promise<{ changes: QueueItem[]; kept: number; void: number; unreadable: number }> {
  const stored = await mirror.read(items.map(({ key }) => parseEntryKey(key)));
  const done = { changes: [] as QueueItem[], kept: 0, void: 0, unreadable: 0 };
  for (const { key, revision, changes, confirm, missing = [] } of items) {
    const found = stored.get(key);
    if (voidable && (found?.revision ?? 0) !== revision) {
      done.void += 1;
    } else if (!confirm || !found) {
      done.changes.push(...changes);
    } else {
      const answer = await readable(() => patiently(() => readAgain(found.entry, directory, missing)));
      if (!answer) done.unreadable += 1;
      const read = (answer ?? []).filter(fits);
      if (read.some(isEnd)) done.changes.push(...changes, ...read);
      else if (changes.length > 0) done.changes.push(...changes);
      else if (!answer || isThere(read, missing)) done.kept += 1;
    }
  }
  return done;
}

async function readAgain(entry: Entry, directory: Directory, missing: string[]): Promise<Change[]> {
  if (entry.kind !== 'person') return directory.readGroup(entry.id);
  const rolesIn = missing.flatMap((key) => parseContainerKey(key).organization ?? []);
  const person = await directory.readPerson(entry.id, { memberships: true, rolesIn });
  return factsOf(person, entry);
}

/** Undefined for an answer that no wait makes readable: it is about one of them, and must not hold up the others. */
async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof WorldFault && error.code === 'unreadable-answer') return undefined;
    throw error;
  }
}

/**
 * Whether a read tells somebody where a list did not. It may tell neither this nor the end: that was delivered already, for a
 * process that was killed before it noted so.
 */
function isThere(read: Change[], missing: string[]): boolean {
  // Of their connections a read tells with the person.
  if (missing.every((key) => parseContainerKey(key).kind === 'connection')) return true;
  return read.some(
    (change) =>
      change.kind === 'membership' && change.member && missing.includes(containerKey(change.container)),
  );
}

/** On the queue, what no message can hold would hold up everyone in its message. */
function fits(change: Change): boolean {
  return Change.safeParse(change).success;
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
