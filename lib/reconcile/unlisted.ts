import type { Change, ContainerRef } from '../directory/change.ts';
import { type ContainerEntry, containerKey, entryKey, type PersonEntry } from '../directory/entry.ts';
import { claimedBy } from '../directory/graph.ts';
import { mayBeOddItem } from './absence.ts';
import { goneKey, unreadKey } from './listed.ts';
import { readOr } from './patience.ts';
import { listingOf, type Work } from './work.ts';

/** So many containers are asked for until a checkpoint. */
const CHECKPOINT_READS = 50;

type Listable = Pick<ContainerRef, 'kind' | 'id'>;

/** The containers by whose absence these people could lose something: these, and those of them, but for the ended. Each once. */
export function mayMatter(people: PersonEntry[], containers: ContainerEntry[]): Listable[] {
  const ended = containers.filter(({ exists }) => exists?.value === false).map(containerKey);
  const claimed = people.flatMap(claimedBy).flatMap(({ ref: { kind, id, organization } }): Listable[] => {
    // A role goes with its organization.
    if (kind === 'role')
      return organization === undefined ? [] : [{ kind: 'organization', id: organization }];
    return [{ kind, id }];
  });
  const all = new Map([...containers, ...claimed].map((ref) => [containerKey(ref), ref]));
  for (const key of ended) all.delete(key);
  return [...all.values()];
}

/**
 * Asks the directory, up to the next checkpoint, for those of these containers that may be items of a list that could not be
 * read. One that is there protects who is in it, as does one that cannot be read either; one that is gone counts as any other
 * that was not listed. Returns whether there were any. Throws WorldFault and Conflict.
 */
export async function askUnlisted(containers: Listable[], work: Work): Promise<boolean> {
  const { lease, listed, runs, clock, deadline } = work;
  const { source } = lease.run;
  const open = containers.filter((ref) => mayBeOddItem(ref, listingOf(work)));
  if (open.length === 0) return false;
  let asked = 0;
  try {
    for (const { kind, id } of open.slice(0, CHECKPOINT_READS)) {
      if (clock() >= deadline) break;
      const key = entryKey({ source, kind, id });
      const isGone = await isUnknown({ kind, id }, work);
      for (const mark of isGone ? [goneKey(key)] : [key, unreadKey(source, { kind, id })]) listed.add(mark);
      asked += 1;
    }
  } finally {
    // Each without an answer may take half a minute: were they asked anew after a fault, no process might get to the last.
    if (asked > 0) {
      const { run } = lease;
      await runs.writeListed(run, run.listedParts, listed.take());
      await lease.save({ listedParts: run.listedParts + 1 });
    }
  }
  return true;
}

/** Whether the directory does not know a container; not where it cannot tell. */
async function isUnknown({ kind, id }: Listable, work: Work): Promise<boolean> {
  const changes = await readOr(
    'Something',
    () => read({ kind, id }, work),
    () => [],
    work,
  );
  return changes.some((change) => change.kind === kind && 'exists' in change && change.exists === false);
}

async function read({ kind, id }: Listable, { directory }: Work): Promise<Change[]> {
  if (kind === 'group') return directory.readGroup(id);
  return (await directory.readOrganization?.(id)) ?? [];
}
