import {
  type ContainerChange,
  type ContainerRef,
  type MembershipChange,
  type PersonChange,
  type Version,
  versionOf,
} from './change.ts';
import { type ContainerEntry, containerKey, type Fact, type PersonEntry } from './entry.ts';

/**
 * Folds one change into a person: each part (existence, block, every profile attribute, every membership) keeps the
 * value with the newest version, so any order and any number of repeats end in the same entry.
 * Returns the same object when nothing is newer.
 */
export function foldPerson(entry: PersonEntry, change: PersonChange | MembershipChange): PersonEntry {
  const version = versionOf(change);
  if (change.kind === 'membership') {
    const key = containerKey(change.container);
    const fact = newest(entry.memberships[key], change.member, version);
    return fact === entry.memberships[key]
      ? entry
      : { ...entry, memberships: { ...entry.memberships, [key]: fact } };
  }
  const parts: Partial<PersonEntry> = {};
  if (change.exists !== undefined) parts.exists = newest(entry.exists, change.exists, version);
  if (change.blocked !== undefined) parts.blocked = newest(entry.blocked, change.blocked, version);
  const profile = { ...entry.profile };
  for (const attribute of ['name', 'email', 'photoUrl'] as const) {
    const value = change.profile?.[attribute];
    if (value !== undefined) profile[attribute] = newest(profile[attribute], value, version);
  }
  const changed =
    (parts.exists ?? entry.exists) !== entry.exists ||
    (parts.blocked ?? entry.blocked) !== entry.blocked ||
    (['name', 'email', 'photoUrl'] as const).some(
      (attribute) => profile[attribute] !== entry.profile[attribute],
    );
  return changed ? { ...entry, ...parts, profile } : entry;
}

/**
 * Folds what a change says of a group or an organization: its own facts, or what a membership tells of the container it
 * names. Only someone joining proves that a container is there; a departure never creates one.
 * Returns the same object when nothing is newer.
 */
export function foldContainer(
  entry: ContainerEntry,
  change: ContainerChange | MembershipChange,
): ContainerEntry {
  const version = versionOf(change);
  const { exists, name } =
    change.kind === 'membership'
      ? change.member
        ? { exists: true, name: change.container.name }
        : {}
      : change;
  const folded = { ...entry };
  if (exists !== undefined) folded.exists = newest(entry.exists, exists, version);
  if (exists === false && version > (entry.endedAt ?? '')) folded.endedAt = version;
  if (name !== undefined) folded.name = newest(entry.name, name, version);
  const changed =
    folded.exists !== entry.exists || folded.endedAt !== entry.endedAt || folded.name !== entry.name;
  return changed ? folded : entry;
}

/** Whether the person is a member now: the newest word on it says so, and the container did not end after that word. */
export function isMember(
  entry: PersonEntry,
  ref: ContainerRef,
  container: ContainerEntry | undefined,
): boolean {
  const fact = entry.memberships[containerKey(ref)];
  return fact?.value === true && fact.version > (container?.endedAt ?? '');
}

function newest<T>(fact: Fact<T> | undefined, value: T, version: Version): Fact<T> {
  return fact === undefined || version > fact.version ? { value, version } : fact;
}
