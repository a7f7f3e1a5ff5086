import type { ContainerChange, ContainerNews, MembershipChange, PersonChange } from './change.ts';
import {
  type ContainerEntry,
  containerKey,
  endOf,
  type Fact,
  type MembershipFact,
  type PersonEntry,
} from './entry.ts';
import { type Version, versionOf } from './version.ts';

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
    const fact = newestMembership(entry.memberships[key], change, version);
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
  if (change.connections) {
    folded.connections = newest(entry.connections, [...change.connections].sort(), version);
  }
  if (change.exists === false && version > (entry.endedAt ?? '')) folded.endedAt = version;
  const changed =
    folded.exists !== entry.exists ||
    folded.endedAt !== entry.endedAt ||
    folded.connections !== entry.connections ||
    folded.active !== entry.active ||
    folded.blocked !== entry.blocked ||
    ATTRIBUTES.some((attribute) => folded.profile[attribute] !== entry.profile[attribute]);
  return changed ? folded : entry;
}

/**
 * Folds what a change says of a container: its own facts, what it is nested in, or what a membership tells of the container
 * it names. Only someone joining proves that a container is there; a departure never creates one.
 * Returns the same object when nothing is newer.
 */
export function foldContainer(entry: ContainerEntry, change: ContainerNews): ContainerEntry {
  const version = versionOf(change);
  if (change.kind === 'nesting' && change.child.kind === entry.kind && change.child.id === entry.id) {
    const key = containerKey(change.container);
    const fact = newest(entry.memberships?.[key], change.member, version);
    if (fact === entry.memberships?.[key]) return entry;
    return { ...entry, memberships: { ...entry.memberships, [key]: fact } };
  }
  const { exists, name, organization } = saidOf(change);
  const folded = { ...entry };
  if (organization !== undefined) folded.organization ??= organization;
  if (exists !== undefined) folded.exists = newest(entry.exists, exists, version);
  if (exists === false && version > (entry.endedAt ?? '')) folded.endedAt = version;
  if (name !== undefined) folded.name = newest(entry.name, name, version);
  const changed =
    folded.exists !== entry.exists ||
    folded.endedAt !== entry.endedAt ||
    folded.name !== entry.name ||
    folded.organization !== entry.organization;
  return changed ? folded : entry;
}

function saidOf(change: ContainerNews): Pick<ContainerChange, 'exists' | 'name' | 'organization'> {
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
