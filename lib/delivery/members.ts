import { membersOf, nestOf } from '../aws/around.ts';
import type { Membership } from '../aws/mirror.ts';
import { containersOf, type NestingChange, type QueueItem, recheckOf } from '../directory/change.ts';
import { isOut } from '../directory/desired.ts';
import { entryKey, type PersonEntry } from '../directory/entry.ts';
import { claimedRefs } from '../directory/graph.ts';
import { storeFacts } from './containers.ts';
import { isLeasedByOther, leased, noteLeased, type Workset, type WorksetDeps } from './workset.ts';

/**
 * Rows of the table by which everyone in a container is found. A row is written before the container is read, and deleted
 * under the lease of its person: whichever of two deliveries comes second sees the other.
 */

/** The memberships that this delivery brought, to be on record before anything is said to Velt. */
export function joinsOf({ people }: Workset, { policies }: WorksetDeps): Membership[] {
  return [...people.values()].flatMap(({ entry, stored }) => without(entry, stored.entry, policies));
}

/** The memberships that this delivery ended. */
export function departuresOf({ people }: Workset, { policies }: WorksetDeps): Membership[] {
  return [...people.values()].flatMap(({ entry, stored }) => without(stored.entry, entry, policies));
}

/** What one state of a person is a member of and another is not. A role held in two organizations is one row. */
function without(one: PersonEntry, other: PersonEntry, policies: WorksetDeps['policies']): Membership[] {
  if (one === other) return [];
  // Whoever left has nothing that the end of a group could take, and their rows would outlive their entry.
  const refsOf = (entry: PersonEntry) => (isOut(entry, policies.get(entry.source)) ? [] : claimedRefs(entry));
  const others = new Set(refsOf(other).map(entryKey));
  return refsOf(one)
    .filter((ref) => !others.has(entryKey(ref)))
    .map(({ source, kind, id }) => ({ source, container: { kind, id }, personId: one.id }));
}

/** What is nested in what: a container's members are found through it. */
export function nestingsOf(items: QueueItem[]): Membership[] {
  return items
    .filter((item): item is NestingChange => item.kind === 'nesting' && item.member)
    .map(({ source, child, container }) => ({
      source,
      container: nestOf(container),
      personId: entryKey({ source, kind: child.kind, id: child.id }),
    }));
}

/** The containers that news is about. What a membership tells of its container has the others in it looked at by the sweep. */
export function newsAbout(items: QueueItem[]): Set<string> {
  const news = items.filter(({ kind }) => kind !== 'person' && kind !== 'membership');
  return new Set(news.flatMap(containersOf).map(entryKey));
}

/**
 * Queues a recheck of everyone in each of these containers (entry keys) that ended, or whose new name, organization or nesting
 * matters, and notes that this was done. It waits until that is on record, and while another delivery holds the container: whoever
 * is looked at before sees it as it was. Throws WorldFault.
 */
export async function recheckMembers(
  keys: Iterable<string>,
  work: Workset,
  deps: WorksetDeps,
): Promise<void> {
  for (const key of keys) {
    const loaded = work.containers.get(key);
    if (!loaded?.stored.entry.membersDue) continue;
    if (isLeasedByOther(loaded, work, deps)) {
      noteLeased(key, leased(loaded, deps), work);
      continue;
    }
    if (loaded.entry !== loaded.stored.entry) continue;
    const { membersDue: _, ...done } = loaded.entry;
    const now = deps.clock();
    for await (const people of membersOf(done, deps.mirror))
      await deps.queue.send(people.map((person) => recheckOf(person, now, { reason: 'members' })));
    loaded.entry = done;
    if (!(await storeFacts(key, loaded, work, deps))) loaded.entry = loaded.stored.entry;
  }
}
