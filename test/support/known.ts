import { type Change, containersOf } from '../../lib/directory/change.ts';
import { type ContainerEntry, entryKey, newContainer, newPerson } from '../../lib/directory/entry.ts';
import { foldContainer, foldPerson } from '../../lib/directory/fold.ts';

/** Ada's entry after these changes, and those of the containers that they name. */
export function knownAfter(changes: Change[]) {
  const containers = new Map<string, ContainerEntry>();
  let entry = newPerson('okta', 'ada');
  for (const change of changes) {
    if ('personId' in change) entry = foldPerson(entry, change);
    if (change.kind === 'person') continue;
    for (const ref of containersOf(change)) {
      const container = containers.get(entryKey(ref)) ?? newContainer(ref);
      containers.set(entryKey(ref), foldContainer(container, change));
    }
  }
  return { entry, containers };
}
