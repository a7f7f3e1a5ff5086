import type { Run } from '../aws/runs.ts';
import {
  ATTRIBUTES,
  type ContainerChange,
  type ContainerRef,
  type NestingChange,
  type PersonChange,
} from '../directory/change.ts';
import { desired, hasExpired, isUncertain } from '../directory/desired.ts';
import { lossOf, mattersToMembers, type Outlook } from '../directory/effect.ts';
import { type ContainerEntry, containerKey, entryKey, type PersonEntry } from '../directory/entry.ts';
import { foldAll } from '../directory/fold.ts';
import { claimedBy, nestedIn, ownMemberships, reachedBy } from '../directory/graph.ts';
import type { HashSet } from '../directory/hash-set.ts';
import type { Policy } from '../directory/policy.ts';
import { wasRead } from '../directory/version.ts';
import { type Directory, GROUP_ROLES } from '../sources/source.ts';
import {
  completeKey,
  deactivatedKey,
  droppedKey,
  goneKey,
  losingKey,
  membershipKey,
  unreadKey,
  unreadKindKey,
  unreadRolesKey,
} from './listed.ts';

/** What absences are found by: what the lists of a run told, and what they stand for. */
export interface ListedDirectory {
  run: Pick<Run, 'source' | 'startedAt'>;
  listed: HashSet;
  directory: Pick<Directory, 'covers'>;
  policy: Policy;
}

/** What comes of not having been listed. */
export interface Absence {
  /** Set when they are to be read: for one of these reasons they could lose something, or have what nobody confirmed. */
  ask: string | undefined;
  /** The organizations in which their roles were not listed. */
  rolesIn: string[];
  /** What they would lose, were nobody there who was not listed, with what is deferred of containers. */
  loss: Outlook | undefined;
  /** Set where they could lose something by the same and nobody can say what: they count for the breaker. */
  isOpen?: true;
}

export interface Surroundings {
  /** The containers as they are, and as they will be with what is deferred of them. */
  around: ReadonlyMap<string, ContainerEntry>;
  ahead: ReadonlyMap<string, ContainerEntry>;
}

/**
 * What was not listed of somebody and should have been: themselves, if they are or should be at Velt by all that is known, and
 * every membership that counts. Not what an event told since the run began.
 */
export function absenceOf(
  entry: PersonEntry,
  { around, ahead }: Surroundings,
  listing: ListedDirectory,
  now: number,
): Absence {
  const { listed, policy } = listing;
  const key = entryKey(entry);
  const isListed = listed.has(key);
  const missing = isNew(entry.readAt, listing)
    ? []
    : claimedBy(entry)
        .filter(({ version }) => !isNew(version, listing))
        .map(({ ref }) => ref)
        .filter((ref) => isUnlisted(key, ref, ahead, listing));
  // The end of a group ends it for everyone in it, with one read of the group.
  const unlisted = missing.length === 0 ? missing : aliveOf(entry, missing, ahead);
  // Whoever was listed with everything they are in was compared then.
  const isLosing = listed.has(losingKey(key));
  if (isListed && unlisted.length === 0 && ahead === around && !isLosing) return NOTHING;

  const at = new Date(now).toISOString();
  const common = { source: entry.source, personId: entry.id, at, askedAt: at } as const;
  const isGone = !isListed && isMissed(entry, { around, ahead }, listing, now);
  const connections = unlisted.filter(({ kind }) => kind === 'connection');
  const memberships = unlisted.filter(({ kind }) => kind !== 'connection');
  const staying = entry.connections?.value.filter((id) => !connections.some((gone) => gone.id === id));
  const start: PersonChange = {
    ...{ ...common, kind: 'person' },
    ...(connections.length > 0 && { connections: staying }),
    ...(isGone && { exists: false }),
  };
  const ends = memberships.map((container) => ({
    ...common,
    ...{ kind: 'membership' as const, container, member: false },
  }));
  const left = foldAll(entry, [start, ...ends]);
  const reasons = [
    ...(isGone ? ['not listed'] : []),
    ...(unlisted.length > 0 ? [`not listed in ${unlisted.length} of their groups`] : []),
    ...(isLosing || lossOf(entry, around, policy, now) ? [sayingOf(entry)] : []),
  ];
  const roles = claimedBy(entry).flatMap(({ ref }) => ref.organization ?? []);
  const mayLose = () => unlisted.length > 0 || isInLess(entry, { around, ahead }, policy);
  return {
    ask: reasons[0],
    rolesIn: isGone ? roles : unlisted.flatMap(({ organization }) => organization ?? []),
    // Whose moment has come leaves by the sweep, whatever a run finds.
    loss: hasExpired(entry, policy, now) ? undefined : lossOf(left, ahead, policy, now),
    ...(isUncertain(left, ahead, policy, now) && mayLose() && { isOpen: true }),
  };
}

/** Whether something that somebody is in is to end, to be another, or to be in less. */
function isInLess(entry: PersonEntry, { around, ahead }: Surroundings, policy: Policy): boolean {
  return reachedBy(entry, around).some((before) => {
    const after = ahead.get(entryKey(before)) ?? before;
    const left = new Set(nestedIn(after).map(({ ref }) => containerKey(ref)));
    return (
      mattersToMembers(before, after, policy) ||
      nestedIn(before).some(({ ref }) => !left.has(containerKey(ref)))
    );
  });
}

/** Whether a membership is in no list, and would be. */
function isUnlisted(
  key: string,
  ref: ContainerRef,
  containers: ReadonlyMap<string, ContainerEntry>,
  listing: ListedDirectory,
): boolean {
  const { listed } = listing;
  if (ref.kind === 'connection') return listed.has(droppedKey(key, ref.id));
  if (ref.kind === 'role' && listed.has(unreadRolesKey(key, ref.organization))) return false;
  return !listed.has(membershipKey(key, ref)) && isListedCompletely(ref, containers, listing);
}

/** What is known of somebody that takes something from them. */
function sayingOf({ exists, active, blocked }: PersonEntry): string {
  if (exists?.value === false) return 'deleted';
  if (active?.value === false) return 'deactivated';
  return blocked?.value === true ? 'suspended or blocked' : 'the directory or the configuration says so';
}

const NOTHING: Absence = { ask: undefined, rolesIn: [], loss: undefined };

/** Whether somebody who was not listed is or should be at Velt by all that is known, and nothing newer was heard of them. */
function isMissed(
  entry: PersonEntry,
  { around, ahead }: Surroundings,
  listing: ListedDirectory,
  now: number,
): boolean {
  const isAtVelt = Object.keys(entry.delivered).length > 0;
  const isWanted = () =>
    [around, ahead].some(
      (containers) => (desired(entry, containers, listing.policy, now)?.scopes.size ?? 0) > 0,
    );
  return (
    (isAtVelt || isWanted()) &&
    entry.exists?.value !== false &&
    !mayHideAsDeactivated(entry, listing) &&
    !mayHideInGroup(entry, around, listing) &&
    !heardOf(entry).some((version) => isNew(version, listing))
  );
}

/** The memberships among these that still mean something: neither the person nor the container ended since. */
function aliveOf(
  entry: PersonEntry,
  refs: ContainerRef[],
  containers: ReadonlyMap<string, ContainerEntry>,
): ContainerRef[] {
  const own = new Set(ownMemberships(entry, containers).map(containerKey));
  return refs.filter((ref) => own.has(containerKey(ref)));
}

/** Whether an event tells of something after the run began; what was read of a directory's API is no event. */
function isNew(version: string | undefined, { run }: ListedDirectory): boolean {
  return version !== undefined && version > run.startedAt && !wasRead(version);
}

/**
 * Directories leave people out of their lists who are deactivated: where those stay at Velt, that says nothing, unless a
 * list of their own was told.
 */
function mayHideAsDeactivated(entry: PersonEntry, { run, listed, policy }: ListedDirectory): boolean {
  if (entry.active?.value !== false || policy.deprovision.deactivated === 'remove') return false;
  return listed.has(deactivatedKey(entryKey(entry))) || !listed.has(deactivatedKey(run.source));
}

/** Whether somebody was not listed who comes with the members of a group of theirs that could not be read. */
export function mayHideInGroup(
  entry: PersonEntry,
  containers: ReadonlyMap<string, ContainerEntry>,
  { run: { source }, listed, directory, policy }: ListedDirectory,
): boolean {
  if (directory.covers.includes('person') || listed.has(entryKey(entry))) return false;
  return claimedBy(entry).some(({ ref }) => {
    const name = containers.get(entryKey({ ...ref, source }))?.name?.value;
    const isUnread = listed.has(unreadKey(source, ref)) && !listed.has(completeKey(source, ref));
    return isUnread && policy.decides({ ...ref, name });
  });
}

/**
 * Whether everyone in a container that counts was listed, or would have been if it were still there. Roles are told by the
 * members of their organization.
 */
function isListedCompletely(
  ref: ContainerRef,
  containers: ReadonlyMap<string, ContainerEntry>,
  { run, listed, directory, policy }: ListedDirectory,
): boolean {
  const name = containers.get(entryKey({ ...ref, source: run.source }))?.name?.value;
  if (ref.kind === 'role' && !policy.counts({ ...ref, name })) return false;
  const list = ref.kind === 'role' ? { kind: 'organization' as const, id: ref.organization ?? '' } : ref;
  if (listed.has(completeKey(run.source, list))) return true;
  return directory.covers.includes(list.kind) && !listed.has(entryKey({ ...list, source: run.source }));
}

/**
 * The ends of what a container was in as a member, such as a connection in a group, and was not listed in. No single read
 * confirms them, so everyone in it counts for the breaker; they are told as of the start, which any event is newer than.
 */
export function absentNestings(entry: ContainerEntry, listing: ListedDirectory): NestingChange[] {
  const { run, listed } = listing;
  const { source, kind, id } = entry;
  const listOf = (ref: ContainerRef) => (ref.kind === 'role' ? { ...ref, id: GROUP_ROLES } : ref);
  return nestedIn(entry)
    .filter(({ version }) => !isNew(version, listing))
    .filter(({ ref }) => !listed.has(membershipKey(entryKey(entry), ref)))
    .filter(({ ref }) => listed.has(completeKey(source, listOf(ref))))
    .filter(({ ref }) => !listed.has(unreadKey(source, listOf(ref))))
    .map(({ ref: container }) => ({
      ...{ kind: 'nesting', source, child: { kind, id }, container, member: false },
      ...{ at: run.startedAt, askedAt: run.startedAt },
    }));
}

/**
 * Whether a container was not listed and may be an item of its list that could not be read. Nothing follows from that: it is
 * asked for alone before anybody counts who would lose something by its absence.
 */
export function mayBeOddItem(
  { kind, id }: Pick<ContainerRef, 'kind' | 'id'>,
  { run: { source }, listed }: Pick<ListedDirectory, 'run' | 'listed'>,
): boolean {
  const key = entryKey({ source, kind, id });
  return listed.has(unreadKindKey(source, kind)) && !listed.has(key) && !listed.has(goneKey(key));
}

/** Whether a group that was there is in no list of groups. */
export function isAbsentGroup(entry: ContainerEntry, { run, listed, directory }: ListedDirectory): boolean {
  return (
    entry.kind === 'group' &&
    directory.covers.includes('group') &&
    entry.exists?.value === true &&
    entry.exists.version <= run.startedAt &&
    !listed.has(entryKey(entry))
  );
}

/** The end of a group that was not listed, as it will be if a read confirms it. */
export function endOfGroup(entry: ContainerEntry, listing: ListedDirectory): ContainerChange[] {
  if (!isAbsentGroup(entry, listing)) return [];
  const { source, id: containerId } = entry;
  const { startedAt: at } = listing.run;
  return [{ source, kind: 'group', containerId, exists: false, at, askedAt: at }];
}

/** Every version on an entry, and when it was read. */
function heardOf(entry: PersonEntry): (string | undefined)[] {
  const { exists, active, blocked, emailVerified, profile, memberships, readAt } = entry;
  const facts = [
    exists,
    active,
    blocked,
    emailVerified,
    ...ATTRIBUTES.map((attribute) => profile[attribute]),
  ];
  return [...facts, ...Object.values(memberships)].map((fact) => fact?.version).concat(readAt);
}
