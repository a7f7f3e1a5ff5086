import { isUncertain } from '../directory/desired.ts';
import { entryKey } from '../directory/entry.ts';
import { WorldFault } from '../errors.ts';
import { entriesOf, type Workset, type WorksetDeps } from './workset.ts';

/**
 * Takes out whoever is, or is in, an entry that only a newer version can read: nobody knows what they should have at Velt, and
 * taken for absent it would take something from them. What is about them waits, and so does what is about such a container.
 */
export function setUncertainAside(work: Workset, { policies, log, meter }: WorksetDeps): void {
  for (const { entry } of [...work.people.values(), ...work.containers.values()]) {
    const { source, kind, id, unreadable } = entry;
    if (!unreadable || work.faults.get(entryKey(entry))?.code === 'unreadable-entry') continue;
    log.warn('Left alone an entry of another version, and what stands on it', { source, kind, item: id });
    meter.record({ EntriesUnreadable: 1 }, { source });
    work.faults.set(entryKey(entry), uncertain());
  }
  const containers = entriesOf(work);
  for (const [key, { entry }] of work.people) {
    if (!isUncertain(entry, containers, policies.get(entry.source), work.now)) continue;
    work.faults.set(key, uncertain());
    work.people.delete(key);
  }
}

function uncertain(): WorldFault {
  return new WorldFault('unreadable-entry', 'only a newer version can read an entry that this stands on');
}
