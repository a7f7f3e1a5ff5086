import {
  ATTRIBUTES,
  type ContainerChange,
  type ContainerNews,
  type MembershipChange,
  type PersonChange,
  type PersonNews,
} from './change.ts';
import {
  type ContainerEntry,
  containerKey,
  endOf,
  type Fact,
  type MembershipFact,
  type PersonEntry,
} from './entry.ts';
import { attributesAsOf } from './trust.ts';
import { type Version, versionOf } from './version.ts';

/**
 * Folds one change into a person: each part (existence, activity, block, verification, every profile attribute, every membership)
 * keeps the value with the newest version, so any order and any number of repeats end in the same entry.
 * Returns the same object when nothing is newer.
 */
export function foldPerson(entry: PersonEntry, change: PersonNews): PersonEntry {
  return foldAll(entry, [change]);
}

/** Folds one change after the other into a person, those that are believed of what they are by then: in time linear in both. */
export function foldAll(
  entry: PersonEntry,
  changes: PersonNews[],
  isBelieved: (change: PersonNews, entry: PersonEntry) => boolean = () => true,
): PersonEntry {
  let folded = entry;
  for (const change of entry.unreadable ? [] : changes) {
    if (!isBelieved(change, folded)) continue;
    if (change.kind === 'person') {
      folded = foldFacts(folded, change);
      continue;
    }
    const key = containerKey(change.container);
    const fact = newestMembership(folded.memberships[key], change, versionOf(change));
    if (fact === folded.memberships[key]) continue;
    // Copied once: nobody else has the copy yet.
    if (folded.memberships === entry.memberships)
      folded = { ...folded, memberships: { ...entry.memberships } };
    folded.memberships[key] = fact;
  }
  return folded;
}

function foldFacts(entry: PersonEntry, change: PersonChange): PersonEntry {
  const version = versionOf(change);
  const folded: PersonEntry = { ...entry };
  for (const part of ['exists', 'active', 'blocked', 'emailVerified'] as const) {
    const value = change[part];
    if (value !== undefined) folded[part] = newest(entry[part], value, version);
  }
  const profile = { ...entry.profile };
  const attributesVersion = versionOf(attributesAsOf(change));
  for (const attribute of ATTRIBUTES) {
    const value = change.profile?.[attribute];
    if (value !== undefined) profile[attribute] = newest(profile[attribute], value, attributesVersion);
  }
  folded.profile = changed(entry.profile, profile);
  if (change.connections) {
    folded.connections = newest(entry.connections, [...change.connections].sort(), version);
  }
  if (change.exists === false && version > (entry.endedAt ?? '')) folded.endedAt = version;
  return changed(entry, folded);
}

/**
 * Folds what a change says of a container: its own facts, what it is nested in, or what a membership tells of the container
 * it names. Only someone joining proves that a container is there; a departure never creates one.
 * Returns the same object when nothing is newer.
 */
export function foldContainer(entry: ContainerEntry, change: ContainerNews): ContainerEntry {
  if (entry.unreadable) return entry;
  const version = versionOf(change);
  if (change.kind === 'nesting' && change.child.kind === entry.kind && change.child.id === entry.id) {
    const key = containerKey(change.container);
    const fact = newest(entry.memberships?.[key], change.member, version);
    return fact === entry.memberships?.[key]
      ? entry
      : { ...entry, memberships: { ...entry.memberships, [key]: fact } };
  }
  const { exists, active, name, organization } = saidOf(change);
  const folded = { ...entry };
  if (organization !== undefined) folded.organization ??= organization;
  if (exists !== undefined) folded.exists = newest(entry.exists, exists, version);
  if (exists === false && version > (entry.endedAt ?? '')) folded.endedAt = version;
  if (active !== undefined) folded.active = newest(entry.active, active, version);
  if (name !== undefined) folded.name = newest(entry.name, name, versionOf(attributesAsOf(change)));
  return changed(entry, folded);
}

/** What became of something, or the same object where every part of it is the same. */
function changed<T extends object>(before: T, after: T): T {
  const parts = Object.keys(after) as (keyof T)[];
  return parts.every((part) => after[part] === before[part]) ? before : after;
}

function saidOf(change: ContainerNews): Pick<ContainerChange, 'exists' | 'active' | 'name' | 'organization'> {
  if ('containerId' in change) return change;
  const { kind, name, organization } = change.container;
  if (!change.member) return {};
  return { exists: true, name, ...(kind === 'group' && { organization }) };
}

/** Of organizations the newest end is kept: what somebody had there is not theirs again when they return. */
function newestMembership(
  fact: MembershipFact | undefined,
  { container, member }: MembershipChange,
  version: Version,
): MembershipFact {
  const next = newest<boolean>(fact, member, version);
  if (container.kind !== 'organization' || !next.value) return next === fact ? fact : plain(next);
  const ends = [endOf(fact), member ? undefined : version].filter((end) => end !== undefined).sort();
  const ended = ends.at(-1);
  if (next === fact && ended === fact.ended) return fact;
  return ended === undefined ? plain(next) : { ...plain(next), ended };
}

function plain({ value, version }: Fact<boolean>): Fact<boolean> {
  return { value, version };
}

function newest<T>(fact: Fact<T> | undefined, value: T, version: Version): Fact<T> {
  return fact === undefined || version > fact.version ? { value, version } : fact;
}
