import type { Change, ContainerRef } from '../directory/change.ts';
import { type ContainerEntry, entryKey, type PersonEntry } from '../directory/entry.ts';
import { claimedBy } from '../directory/graph.ts';
import { mayBeUnreadItem } from './absence.ts';
import { goneKey, unreadKey } from './listed.ts';
import { readOr } from './patience.ts';
import { listingOf, type Work } from './work.ts';

/** So many containers are asked for until a checkpoint. */
const CHECKPOINT_READS = 50;

type Listable = Pick<ContainerRef, 'kind' | 'id'>;

/** The containers by whose absence these people could lose something, each once: those of them and these, but for the ended. */
export function mayMatter(people: PersonEntry[], containers: ContainerEntry[]): Listable[] {
  const known = new Map(containers.map((entry) => [entryKey(entry), entry]));
  const claimed = people.flatMap(({ source, ...entry }) =>
    claimedBy({ source, ...entry }).flatMap(({ ref }) => {
      if (ref.kind !== 'role') return { source, kind: ref.kind, id: ref.id };
      // A role goes with its organization.
      return ref.organization === undefined
        ? []
        : { source, kind: 'organization' as const, id: ref.organization };
    }),
  );
  return [...new Map([...claimed, ...containers].map((ref) => [entryKey(ref), ref]))]
    .filter(([key]) => known.get(key)?.exists?.value !== false)
    .map(([, { kind, id }]) => ({ kind, id }));
}

/**
 * Asks the directory, up to the next checkpoint, for those of these containers that may be items of a list that could not be
 * read. One that is there protects who is in it, as does one that cannot be read either; one that is gone counts as any other
 * that was not listed. Returns whether there were any. Throws WorldFault and Conflict.
 */
export async function askUnlisted(containers: Listable[], work: Work): Promise<boolean> {
  const { lease, listed, runs, clock, deadline } = work;
  const { source } = lease.run;
  const open = containers.filter((ref) => mayBeUnreadItem(ref, listingOf(work)));
  if (open.length === 0) return false;
  for (const { kind, id } of open.slice(0, CHECKPOINT_READS)) {
    if (clock() >= deadline) break;
    const key = entryKey({ source, kind, id });
    const changes = await readOr(
      'Something',
      () => read({ kind, id }, work),
      () => [],
      work,
    );
    const isGone = changes.some((change) => change.kind === kind && 'exists' in change && !change.exists);
    for (const mark of isGone ? [goneKey(key)] : [key, unreadKey(source, { kind, id })]) listed.add(mark);
  }
  const { run } = lease;
  await runs.writeListed(run, run.listedParts, listed.take());
  await lease.save({ listedParts: run.listedParts + 1 });
  return true;
}

async function read({ kind, id }: Listable, { directory }: Work): Promise<Change[]> {
  if (kind === 'group') return directory.readGroup(id);
  return (await directory.readOrganization?.(id)) ?? [];
}
