import { isDeepStrictEqual } from 'node:util';
import type { Stored } from '../aws/mirror.ts';
import type { Run, RunItem } from '../aws/runs.ts';
import { policyOf, type SourceConfig } from '../config.ts';
import type { Change, ContainerChange, ContainerRef, NestingChange } from '../directory/change.ts';
import { type Effect, effectsOf, takesAway } from '../directory/effect.ts';
import { type ContainerEntry, containerKey, entryKey, type PersonEntry } from '../directory/entry.ts';
import { foldPerson } from '../directory/fold.ts';
import { claimedBy, nestedIn } from '../directory/graph.ts';
import type { Seen } from '../directory/hash-set.ts';
import { wasRead } from '../directory/version.ts';
import {
  type Directory,
  GROUP_ROLES,
  type Page,
  SOME_GROUP_ROLES,
  type WholeRef,
} from '../sources/source.ts';
import { itemOf, lookOf, NO_EFFECT } from './diff.ts';

/** How a run finds what it did not see: in the mirror, out of what its pages told. */
export interface Missing {
  missingOf(
    stored: Stored<PersonEntry>,
    containers: ReadonlyMap<string, ContainerEntry>,
    withHeld: ReadonlyMap<string, ContainerEntry>,
  ): { effect: Effect; item: RunItem | undefined; counted: boolean }[];
  unseenNestings(entry: ContainerEntry): NestingChange[];
  isGone(entry: ContainerEntry): boolean;
  goneGroups(entry: ContainerEntry): ContainerChange[];
}

export function createMissing(
  run: Pick<Run, 'source' | 'startedAt'>,
  known: Seen,
  {
    directory,
    source,
    clock,
  }: { directory: Pick<Directory, 'covers'>; source: SourceConfig; clock: () => number },
): Missing {
  const policy = policyOf(source);
  return { missingOf, unseenNestings, isGone, goneGroups };

  /**
   * What somebody would lose: by not having been seen unless something newer was heard of it, by what is held back of
   * groups, or because it is owed already; and who would get something by what they were not seen in, or without having been
   * seen. `counted` when it is no loss, or one that was found when they were read.
   */
  function missingOf(
    { entry, revision }: Stored<PersonEntry>,
    containers: ReadonlyMap<string, ContainerEntry>,
    withHeld: ReadonlyMap<string, ContainerEntry>,
  ): { effect: Effect; item: RunItem | undefined; counted: boolean }[] {
    const key = entryKey(entry);
    const at = new Date(clock()).toISOString();
    const common = { source: entry.source, personId: entry.id, at, askedAt: at } as const;
    const effectOf = (after: PersonEntry, around: ReadonlyMap<string, ContainerEntry>) =>
      effectsOf([after], around, policy, clock()).get(key);
    const lossOf = (after: PersonEntry, around: ReadonlyMap<string, ContainerEntry>) => {
      const effect = effectOf(after, around);
      return effect && takesAway(effect) ? effect : undefined;
    };
    const isListed = known.has(key);
    const isHere = isDelivered(entry);
    const isBrought =
      !isListed &&
      !isHere &&
      withHeld !== containers &&
      !isDeepStrictEqual(effectOf(entry, withHeld), effectOf(entry, containers));
    const isUnlisted =
      !isListed && (isHere || isBrought) && !mayBeLeftOut(entry) && !heardOf(entry).some(isNew);
    // Who is not at Velt may be in no list but those of their groups.
    const isTold = isListed || !isHere;
    const unseen = claimedBy(entry).filter(
      ({ ref, version }) =>
        isTold &&
        !isNew(version) &&
        !isNew(entry.readAt) &&
        !known.has(membershipKey(key, ref)) &&
        wasListed(ref, withHeld),
    );
    // The end of a group that is not there any more ends it for everyone in it, with one call.
    const single = unseen.filter(
      ({ ref }) => ref.kind !== 'group' || known.has(entryKey({ ...ref, source: run.source })),
    );
    const ended = (claims: typeof unseen) =>
      claims.reduce(
        (person, { ref }) =>
          foldPerson(person, { ...common, kind: 'membership', container: ref, member: false }),
        isUnlisted ? foldPerson(entry, { ...common, kind: 'person', exists: false }) : entry,
      );

    // Whoever was listed with everything they have was compared when they were read.
    if (isTold && unseen.length === 0 && withHeld === containers) return [];
    const effect = lossOf(ended(unseen), withHeld);
    // What is known already may be all the reason there is: then there is nothing to be confirmed. What the run has queued for
    // them may not be known yet.
    const isMissing =
      (single.length > 0 && known.has(queuedKey(key))) ||
      ((isUnlisted || single.length > 0) &&
        !isDeepStrictEqual(effectOf(ended(single), withHeld), effectOf(entry, withHeld)));
    if (!effect && !isMissing) return [];
    const counted = !effect || known.has(losingKey(key));
    const isOwed = !counted && lossOf(entry, containers) !== undefined;
    const own = isMissing ? (lossOf(ended(single), containers) ?? NO_EFFECT) : undefined;
    const found = { effect: effect ?? NO_EFFECT, counted };
    if (!own && !isOwed) return [{ ...found, item: undefined }];
    const difference = {
      key,
      entry,
      revision,
      effect: own ?? effect,
      changes: isOwed ? [lookOf(common)] : [],
    };
    const reason = !own
      ? 'the configuration says so'
      : isUnlisted
        ? 'not listed'
        : `not listed in ${single.length} of their groups`;
    const item = itemOf(difference, reason, own ? 'person' : undefined);
    const keys = (isUnlisted ? claimedBy(entry) : single).map(({ ref }) => containerKey(ref));
    return [{ ...found, item: { ...item, ...(own && { missing: keys }) } }];
  }

  /** Whether an event tells of something after the run began; what was read of a directory's API is no event. */
  function isNew(version: string | undefined): boolean {
    return version !== undefined && version > run.startedAt && !wasRead(version);
  }

  /**
   * Directories leave people out of their lists who are deactivated: where those stay at Velt, that says nothing, unless a
   * list of their own was told.
   */
  function mayBeLeftOut(entry: PersonEntry): boolean {
    if (entry.active?.value !== false || source.deprovision.deactivated === 'remove') return false;
    return known.has(leftOutKey(entryKey(entry))) || !known.has(leftOutKey(run.source));
  }

  /**
   * Whether everyone in a container was listed, or would have been if it were still there. Roles are told by the members of
   * their organization, but for those that are of no use.
   */
  function wasListed(ref: ContainerRef, containers: ReadonlyMap<string, ContainerEntry>): boolean {
    const name = containers.get(entryKey({ ...ref, source: run.source }))?.name?.value;
    if (ref.kind === 'role' && !policy.counts({ ...ref, name })) return false;
    const listing = ref.kind === 'role' ? { kind: 'organization' as const, id: ref.organization ?? '' } : ref;
    if (known.has(wholeKey(run.source, listing))) return true;
    return (
      directory.covers.includes(listing.kind) && !known.has(entryKey({ ...listing, source: run.source }))
    );
  }

  /**
   * The ends of what a container was in as a member, such as a connection in a group, and was not listed in. No single read
   * confirms them, so everyone in it counts for the breaker; they are told as of the start, which any event is newer than.
   */
  function unseenNestings(entry: ContainerEntry): NestingChange[] {
    const { source: name, kind, id } = entry;
    return nestedIn(entry)
      .filter(
        ({ ref, version }) =>
          !isNew(version) &&
          !known.has(membershipKey(entryKey(entry), ref)) &&
          (ref.kind === 'group' ? known.has(wholeKey(name, ref)) : areRolesWhole(ref)),
      )
      .map(({ ref: container }) => ({
        ...{ kind: 'nesting', source: name, child: { kind, id }, container, member: false },
        ...{ at: run.startedAt, askedAt: run.startedAt },
      }));
  }

  /** Whether the roles of every group in a role's organization were told. */
  function areRolesWhole({ kind, organization }: ContainerRef): boolean {
    const all = (id: string) => wholeKey(run.source, { kind: 'role', id, organization });
    return kind === 'role' && known.has(all(GROUP_ROLES)) && !known.has(all(SOME_GROUP_ROLES));
  }

  /** The end of a group that was not listed, as it will be if a read confirms it. */
  function goneGroups(entry: ContainerEntry): ContainerChange[] {
    if (!isGone(entry)) return [];
    const { source: name, id: containerId } = entry;
    const common = { source: name, at: run.startedAt, askedAt: run.startedAt } as const;
    return [{ ...common, kind: 'group', containerId, exists: false }];
  }

  function isGone(entry: ContainerEntry): boolean {
    return (
      entry.kind === 'group' &&
      directory.covers.includes('group') &&
      entry.exists?.value === true &&
      !known.has(entryKey(entry)) &&
      entry.exists.version <= run.startedAt
    );
  }
}

/** Notes what a page told, for what it did not tell to be found. */
export function note(change: Change, seen: Seen): void {
  const { source } = change;
  if (change.kind === 'person') seen.add(entryKey({ source, kind: 'person', id: change.personId }));
  else if (change.kind === 'membership') {
    if (!change.member) return;
    seen.add(membershipKey(entryKey({ source, kind: 'person', id: change.personId }), change.container));
    if (change.container.kind === 'role') return;
    seen.add(entryKey({ source, kind: change.container.kind, id: change.container.id }));
  } else if (change.kind === 'nesting') {
    if (change.member) seen.add(membershipKey(entryKey({ source, ...change.child }), change.container));
  } else seen.add(entryKey({ source, kind: change.kind, id: change.containerId }));
}

function membershipKey(person: string, ref: ContainerRef): string {
  return `${person} in ${containerKey(ref)}`;
}

/** Notes who is deactivated and there, and that nobody else is. */
export function noteLeftOut(
  { personIds, whole }: NonNullable<Page['leftOut']>,
  source: string,
  seen: Seen,
): void {
  for (const id of personIds) seen.add(leftOutKey(entryKey({ source, kind: 'person', id })));
  if (whole) seen.add(leftOutKey(source));
}

/** Marks people who are deactivated and there, or a source of which all of them were told. */
function leftOutKey(of: string): string {
  return `left out ${of}`;
}

/** Marks people who were found to lose something by what was read. */
export function losingKey(person: string): string {
  return `losing ${person}`;
}

/** Marks people whom the mirror knew and of whom there was news: with it, what they were in before may be of use again. */
export function queuedKey(person: string): string {
  return `queued ${person}`;
}

/** The people whose profiles these changes tell, each once. */
export function personKeys(changes: Change[]): string[] {
  const keys = changes.flatMap((change) =>
    change.kind === 'person' ? entryKey({ ...change, id: change.personId }) : [],
  );
  return [...new Set(keys)];
}

export function wholeKey(source: string, { kind, id, organization }: WholeRef): string {
  return `whole ${entryKey({ source, kind, id: kind === 'role' ? `${organization}/${id}` : id })}`;
}

function heardOf({
  exists,
  active,
  blocked,
  profile,
  memberships,
  readAt,
}: PersonEntry): (string | undefined)[] {
  const facts = [exists, active, blocked, profile.name, profile.email, profile.photoUrl];
  return [...facts, ...Object.values(memberships)].map((fact) => fact?.version).concat(readAt);
}

export function isDelivered({ delivered }: PersonEntry): boolean {
  return Object.keys(delivered).length > 0;
}
