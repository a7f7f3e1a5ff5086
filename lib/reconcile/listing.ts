import { type Change, takeIn } from '../directory/change.ts';
import { digestOf } from '../directory/digest.ts';
import { entryKey } from '../directory/entry.ts';
import { WorldFault } from '../errors.ts';
import type { Page } from '../sources/source.ts';
import { differencesOf, type PersonDifference } from './diff.ts';
import { droppedKey, losingKey, noteComplete, noteListed } from './listed.ts';
import { readOr } from './patience.ts';
import { isAllowed, laneOf, type Work } from './work.ts';

/** A checkpoint is written after so many changes, or pages. */
const CHECKPOINT_CHANGES = 500;
const CHECKPOINT_PAGES = 10;

/**
 * Lists pages up to the next checkpoint: queues what is new and takes nothing from anybody, remembers who was listed, counts who
 * would lose something by what the list says, and defers news of containers. Throws WorldFault and Conflict.
 */
export async function listPages(work: Work): Promise<void> {
  const { lease, policy, listed, runs } = work;
  const { run } = lease;
  const { pages, changes, cursor, landmark, fault } = await readPages(work);
  const { taken, refused } = takeIn(changes);
  const { people, containers, deferred, dropped } = await differencesOf(taken, policy, work);
  const losing = people.filter((person) => isLosing(person, work));
  // A person is told of on several pages, and counts once.
  const newlyLosing = losing.filter(({ key }) => !listed.has(losingKey(key)));
  const newlyListed = personKeys(changes).filter((key) => !listed.has(key));
  for (const change of changes) noteListed(change, listed);
  for (const page of pages) noteComplete(page, run.source, listed);
  for (const { key } of newlyLosing) listed.add(losingKey(key));
  for (const { key, id } of dropped) listed.add(droppedKey(key, id));

  // A plan sends nothing, so that it may fold also what waits.
  const passing = work.planning ? people : people.filter((person) => !losing.includes(person));
  const queued = [...containers, ...passing.flatMap(({ items }) => items)];
  await lease.keep();
  if (queued.length > 0) await work.queue.send(queued, laneOf(run.source));
  if (deferred.length > 0) await runs.writeDeferred(run, run.deferredParts, deferred);
  work.deferred.push(...deferred);
  work.planning?.deferred(deferred);
  await runs.writeListed(run, run.listedParts, listed.take());
  work.meter.record(
    { PagesRead: pages.length, PeopleRead: newlyListed.length, ChangesFound: queued.length },
    { source: run.source },
  );
  await lease.save({
    ...{ cursor, landmark, phase: cursor === undefined ? 'absences' : 'list' },
    pages: run.pages + pages.length,
    people: run.people + newlyListed.length,
    unreadable: pages.reduce((sum, page) => sum + page.unreadable, run.unreadable + refused.length),
    queued: run.queued + queued.length,
    listedParts: run.listedParts + 1,
    deferredParts: run.deferredParts + (deferred.length > 0 ? 1 : 0),
    losing: run.losing + newlyLosing.length,
  });
  work.onProgress?.(lease.run);
  if (fault) throw fault;
}

/** Reads up to the next checkpoint, or to a `fault` behind what was read. Throws the fault of the first page, and Conflict. */
async function readPages(work: Work) {
  const { lease, clock, deadline } = work;
  const pages: Page[] = [];
  const changes: Change[] = [];
  let { cursor, landmark } = lease.run;
  let fault: WorldFault | undefined;
  do {
    let page: Page;
    try {
      page = await readPage(cursor, work);
    } catch (error) {
      if (!(error instanceof WorldFault) || pages.length === 0) throw error;
      // Each list without an answer may take half a minute: were they read anew after a fault, no process might get to the last.
      fault = error;
      break;
    }
    pages.push(page);
    changes.push(...page.changes);
    if (page.next !== undefined)
      landmark = passing(page.next, cursor, landmark, lease.run.pages + pages.length);
    cursor = page.next;
  } while (
    cursor !== undefined &&
    pages.length < CHECKPOINT_PAGES &&
    changes.length < CHECKPOINT_CHANGES &&
    clock() < deadline
  );
  return { pages, changes, cursor, landmark, fault };
}

/**
 * A page, or nothing in the place of one container's that cannot be read while the directory answers for something else: absence is
 * concluded from what was listed completely, so nobody loses anything by it.
 */
function readPage(cursor: string | undefined, work: Work): Promise<Page> {
  const { directory } = work;
  return readOr(
    'A list',
    () => directory.readPage(cursor),
    () => directory.passOver?.(cursor),
    work,
  );
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
  const digest = digestOf(next);
  if (next === cursor || digest === landmark)
    throw new WorldFault('unreadable-answer', 'the directory repeated a page');
  return Number.isInteger(Math.log2(pages)) ? digest : landmark;
}

/** Whether somebody would lose something that no applied plan allows. */
function isLosing({ key, loss }: PersonDifference, { allowance }: Work): boolean {
  return loss !== undefined && !isAllowed(key, loss, allowance);
}

/** The people whose profiles these changes tell, each once. */
function personKeys(changes: Change[]): string[] {
  const keys = changes.flatMap((change) =>
    change.kind === 'person' ? entryKey({ ...change, id: change.personId }) : [],
  );
  return [...new Set(keys)];
}
