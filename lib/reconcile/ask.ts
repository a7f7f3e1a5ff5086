import { containersAround } from '../aws/around.ts';
import type { Stored } from '../aws/mirror.ts';
import { type ContainerNews, containersOf, type QueueItem, recheckOf } from '../directory/change.ts';
import { type ContainerEntry, entryKey, type PersonEntry } from '../directory/entry.ts';
import {
  absenceOf,
  absentNestings,
  endOfGroup,
  isAbsentGroup,
  mayHideInGroup,
  type Surroundings,
} from './absence.ts';
import { foldContainers } from './diff.ts';
import { losingKey } from './listed.ts';
import { askUnlisted, mayMatter } from './unlisted.ts';
import { end, isAllowed, laneOf, listingOf, noteUnreadable, type Work } from './work.ts';

/**
 * Looks through a page of the mirror for whoever was not listed and should have been, and counts who would lose something; first
 * it asks for what may be an item that could not be read. The breaker comes after the last page. Throws WorldFault and Conflict.
 */
export async function findAbsences(work: Work): Promise<void> {
  const { lease, clock, allowance } = work;
  const { run } = lease;
  const { people, containers, surroundings, unreadable, next } = await scanPage(work);
  const absent = containers.filter((entry) => isAbsentGroup(entry, listingOf(work)));
  if (await askUnlisted(mayMatter(people, [...surroundings.around.values(), ...absent]), work)) return;
  if (unreadable) noteUnreadable(run.source, unreadable, work);
  let [losing, toAsk, unread] = [0, 0, 0];
  for (const entry of people) {
    if (mayHideInGroup(entry, surroundings.around, listingOf(work))) unread += 1;
    const { ask, loss, isOpen } = absenceOf(entry, surroundings, listingOf(work), clock());
    const key = entryKey(entry);
    if (ask !== undefined) toAsk += 1;
    if (loss) work.planning?.loss(entry, loss, ask ?? 'a group they are in changes');
    const counts = isOpen || (loss && !isAllowed(key, loss, allowance));
    if (counts && !work.listed.has(losingKey(key))) losing += 1;
  }
  const news = containers
    .map((entry) => [...absentNestings(entry, listingOf(work)), ...endOfGroup(entry, listingOf(work))])
    .filter((ofContainer) => ofContainer.length > 0);
  work.planning?.deferred(news.flat());
  await lease.save({
    ...{ cursor: next, phase: next === undefined ? 'breaker' : 'absences' },
    // They stay: a list is not the shorter for them.
    people: run.people + unread,
    delivered: run.delivered + people.filter(({ delivered }) => Object.keys(delivered).length > 0).length,
    losing: run.losing + losing,
    toAsk: run.toAsk + toAsk + news.length,
  });
  work.onProgress?.(lease.run);
}

/**
 * Queues what the breaker passed, a page of the mirror at a time: first what was deferred, then a recheck of everybody who
 * could lose something and of every group that was not listed. Delivery reads each, alone, and goes by what it reads. Throws
 * WorldFault and Conflict.
 */
export async function askAgain(work: Work): Promise<void> {
  const { lease, clock, deferred } = work;
  const { run } = lease;
  const { people, containers, surroundings, next } = await scanPage(work);
  const now = clock();
  const rechecks = people.flatMap((entry): QueueItem[] => {
    const { ask, rolesIn } = absenceOf(entry, surroundings, listingOf(work), clock());
    if (ask === undefined) return [];
    const first = [...new Set(rolesIn)].slice(0, 100);
    return [recheckOf(entry, now, { reason: 'absence', read: 'memberships', rolesIn: first })];
  });
  const groups = containers
    .filter((entry) => isAbsentGroup(entry, listingOf(work)))
    .map((entry) => recheckOf(entry, now, { reason: 'absence', read: 'alone' }));
  const nestings = containers.flatMap((entry) => absentNestings(entry, listingOf(work)));
  const news = [...(run.cursor === undefined ? deferred : []), ...nestings];
  const passed = news.map((change) => ({ ...change, passed: true as const }));
  const items = [...passed, ...groups, ...rechecks];
  await lease.keep();
  if (items.length > 0) await work.queue.send(items, laneOf(run.source));
  work.meter.record({ ChangesFound: items.length }, { source: run.source });
  await lease.save({
    cursor: next,
    queued: run.queued + items.length,
    asked: run.asked + groups.length + rechecks.length,
  });
  if (next === undefined) await end(work, 'done');
  else work.onProgress?.(lease.run);
}

/** A page of the source's entries, with the containers around its people as they are and as they will be. */
async function scanPage(work: Work): Promise<{
  people: PersonEntry[];
  containers: ContainerEntry[];
  surroundings: Surroundings;
  unreadable: number | undefined;
  next: string | undefined;
}> {
  const { lease, mirror, deferred } = work;
  const { entries, unreadable, next } = await mirror.scan(lease.run.source, lease.run.cursor);
  const people = entries.flatMap(({ entry }: Stored) => (entry.kind === 'person' ? [entry] : []));
  const containers = entries.flatMap(({ entry }: Stored) => (entry.kind === 'person' ? [] : [entry]));
  // What is deferred may be in anything, and stays the same from page to page.
  work.aroundDeferred ??= await containersAround([], deferred.flatMap(containersOf), mirror);
  const around = new Map([...work.aroundDeferred, ...(await containersAround(people, [], mirror))]);
  // What ends together is looked at together: each alone would leave somebody where another one keeps them.
  const ends = [...around.values()].flatMap((entry): ContainerNews[] => [
    ...absentNestings(entry, listingOf(work)),
    ...endOfGroup(entry, listingOf(work)),
  ]);
  const news = [...deferred, ...ends];
  const ahead = news.length === 0 ? around : foldContainers(around, news);
  return { people, containers, surroundings: { around, ahead }, unreadable, next };
}
