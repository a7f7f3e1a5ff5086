import {
  type ContainerChange,
  type ContainerRef,
  type MembershipChange,
  type PersonChange,
  READ,
  type Version,
  versionOf,
} from './change.ts';
import { type ContainerEntry, containerKey, type Fact, type PersonEntry } from './entry.ts';

const ATTRIBUTES = ['name', 'email', 'photoUrl'] as const;

/**
 * Folds one change into a person: each part (existence, activity, block, every profile attribute, every membership) keeps the
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
  const folded: PersonEntry = { ...entry, profile: { ...entry.profile } };
  for (const part of ['exists', 'active', 'blocked'] as const) {
    const value = change[part];
    if (value !== undefined) folded[part] = newest(entry[part], value, version);
  }
  for (const attribute of ATTRIBUTES) {
    const value = change.profile?.[attribute];
    if (value !== undefined) folded.profile[attribute] = newest(entry.profile[attribute], value, version);
  }
  const changed =
    folded.exists !== entry.exists ||
    folded.active !== entry.active ||
    folded.blocked !== entry.blocked ||
    ATTRIBUTES.some((attribute) => folded.profile[attribute] !== entry.profile[attribute]);
  return changed ? folded : entry;
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
  // Reads of one moment, which a directory may tell in whole seconds: the later read wins, but only with news.
  if (fact?.value === value && isSameRead(fact.version, version)) return fact;
  return fact === undefined || version > fact.version ? { value, version } : fact;
}

function isSameRead(one: Version, other: Version): boolean {
  const [at = '', id = ''] = other.split('#', 2);
  return id.startsWith(READ) && one.startsWith(`${at}#${READ}`);
}
