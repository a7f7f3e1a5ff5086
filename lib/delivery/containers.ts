import pMap from 'p-map';
import type { Stored } from '../aws/mirror.ts';
import {
  type ContainerNews,
  type ContainerRef,
  containersOf,
  type EntryRef,
  type QueueItem,
} from '../directory/change.ts';
import { triedNow } from '../directory/confirmations.ts';
import { type ContainerEntry, entryKey, newContainer } from '../directory/entry.ts';
import { claimedRefs, walkContainers } from '../directory/graph.ts';
import { WorldFault } from '../errors.ts';
import { foldNews } from './defer.ts';
import {
  isLeasedByOther,
  type Loaded,
  leased,
  noteLeased,
  startFrom,
  store,
  type Workset,
  type WorksetDeps,
  WRITES_AT_ONCE,
} from './workset.ts';

const CONFLICT_TRIES = 5;

/**
 * Reads every container that the items or the people's memberships name, and what those are nested in; folds in what is said
 * of them and stores what changed. Several shards may do so at once: a conflict is folded again on what the other wrote. What
 * is new of a container under another delivery's lease is not stored: its messages come back. Throws WorldFault.
 */
export async function loadContainers(items: QueueItem[], work: Workset, deps: WorksetDeps): Promise<void> {
  const named = [...work.people.values()].flatMap(({ entry }) => claimedRefs(entry));
  await loadAgain([...items.flatMap(containersOf), ...named], items, work, deps);
}

/** Reads these containers, also those that are loaded, and what they are nested in now. Throws WorldFault. */
export async function loadAgain(
  refs: EntryRef[],
  items: QueueItem[],
  work: Workset,
  deps: WorksetDeps,
): Promise<void> {
  const again = new Set(refs.map(entryKey));
  await walkContainers(refs, async (open) => {
    const isOpen = (key: string) => again.has(key) || !work.containers.has(key);
    await loadThese(
      open.filter((ref) => isOpen(entryKey(ref))),
      items,
      work,
      deps,
    );
    return open.flatMap((ref) => work.containers.get(entryKey(ref))?.entry ?? []);
  });
}

async function loadThese(
  refs: EntryRef<ContainerRef['kind']>[],
  items: QueueItem[],
  work: Workset,
  deps: WorksetDeps,
): Promise<void> {
  const news = Map.groupBy(
    items
      .filter((item): item is ContainerNews => item.kind !== 'person' && item.kind !== 'recheck')
      .flatMap((change) => containersOf(change).map((ref) => ({ key: entryKey(ref), change }))),
    ({ key }) => key,
  );
  const again = new Set(
    items
      .filter((item) => item.kind === 'recheck' && item.again)
      .flatMap(containersOf)
      .map(entryKey),
  );
  let open = refs;
  for (let attempt = 1; open.length > 0; attempt += 1) {
    if (attempt > CONFLICT_TRIES) throw new WorldFault('mirror', 'groups kept changing while they were read');
    const found = await deps.mirror.read(open);
    const conflicts = await pMap(
      open,
      async (ref) => {
        const key = entryKey(ref);
        const entry = newContainer(ref);
        const stored = (found.get(key) as Stored<ContainerEntry> | undefined) ?? { entry, revision: 0 };
        const told = (news.get(key) ?? []).map(({ change }) => change);
        const start = startFrom(stored, deps.clock());
        const folded = told.length === 0 ? stored.entry : await foldNews(start, told, work.deadline, deps);
        const loaded = { entry: again.has(key) ? triedNow(folded, work.now) : folded, stored };
        work.containers.set(key, loaded);
        return (await storeFacts(key, loaded, work, deps)) ? [] : [ref];
      },
      { concurrency: WRITES_AT_ONCE },
    );
    open = conflicts.flat();
  }
}

/** Stores a container without a lease. False when somebody else wrote it meanwhile; under another's lease, nothing is stored. */
export async function storeFacts(
  key: string,
  loaded: Loaded<ContainerEntry>,
  work: Workset,
  deps: WorksetDeps,
): Promise<boolean> {
  if (loaded.entry === loaded.stored.entry) return true;
  if (isLeasedByOther(loaded, work, deps)) {
    noteLeased(key, leased(loaded, deps), work);
    return true;
  }
  return store(loaded, undefined, work, deps);
}
