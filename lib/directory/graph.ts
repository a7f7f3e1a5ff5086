import type { ContainerRef, EntryRef } from './change.ts';
import {
  type ContainerEntry,
  containerKey,
  endOf,
  entryKey,
  type MembershipFact,
  type PersonEntry,
  parseContainerKey,
} from './entry.ts';
import type { Version } from './version.ts';

/** Entries of groups and other containers by entry key. */
export type Containers = ReadonlyMap<string, ContainerEntry>;

/** The containers that a person's own facts put them into, each with the version that did, were there nothing else. */
export function claimedBy(entry: PersonEntry): { ref: ContainerRef; version: Version }[] {
  const claims = Object.entries(entry.memberships)
    .filter(([, fact]) => fact.value)
    .map(([key, { version }]) => ({ ref: parseContainerKey(key), version }));
  const { value: connections = [], version = '' } = entry.connections ?? {};
  return [...claims, ...connections.map((id) => ({ ref: { kind: 'connection' as const, id }, version }))];
}

/** The containers that a container's own facts put it into, such as a group's roles; its end ended them too. */
export function nestedIn(entry: ContainerEntry | undefined): { ref: ContainerRef; version: Version }[] {
  return Object.entries(entry?.memberships ?? {})
    .filter(([, fact]) => fact.value && fact.version > (entry?.endedAt ?? ''))
    .map(([key, { version }]) => ({ ref: parseContainerKey(key), version }));
}

/** The containers that a person's own facts put them into, as entries of the mirror. */
export function claimedRefs(entry: PersonEntry): EntryRef<ContainerRef['kind']>[] {
  return claimedBy(entry).map(({ ref: { kind, id } }) => ({ source: entry.source, kind, id }));
}

/** Everything known that a person's own facts put them into, and what that is in, whether it is over or not. */
export function reachedBy(entry: PersonEntry, containers: Containers): ContainerEntry[] {
  const { source } = entry;
  const keys = new Set(claimedRefs(entry).map(entryKey));
  // A set goes on with what is added on the way.
  for (const key of keys)
    for (const { ref } of nestedIn(containers.get(key))) keys.add(entryKey({ ...ref, source }));
  return [...keys].flatMap((key) => containers.get(key) ?? []);
}

/** Loads containers, what they are nested in, and so on, each once. */
export async function walkContainers(
  refs: EntryRef[],
  load: (refs: EntryRef<ContainerRef['kind']>[]) => Promise<ContainerEntry[]>,
): Promise<void> {
  const seen = new Set<string>();
  for (let open = refs; open.length > 0; ) {
    const fresh = [...new Map(open.map((ref) => [entryKey(ref), ref]))].filter(([key]) => !seen.has(key));
    for (const [key] of fresh) seen.add(key);
    const loaded = await load(fresh.map(([, ref]) => ref as EntryRef<ContainerRef['kind']>));
    open = loaded.flatMap((entry) =>
      nestedIn(entry).map(({ ref: { kind, id } }) => ({ source: entry.source, kind, id })),
    );
  }
}

/**
 * Everything a person is a member of now, by themselves or through what they are a member of: the newest word on it says
 * so, and neither the person nor the container nor, for a role, its organization or the membership there ended after it.
 * With `stays`, the end of the person ends nothing: they are kept, and with them whatever they were a member of. With
 * `waiting`, also what counts in one organization only while they are no member there.
 */
export function membershipsOf(
  entry: PersonEntry,
  containers: Containers,
  { stays = false, waiting = false }: { stays?: boolean; waiting?: boolean } = {},
): ContainerRef[] {
  const entryOf = (ref: ContainerRef) => containers.get(entryKey({ ...ref, source: entry.source }));
  const found = new Map<string, ContainerRef>();
  const open = ownMemberships(entry, containers, stays);
  for (const ref of open) {
    if (found.has(containerKey(ref))) continue;
    found.set(containerKey(ref), ref);
    open.push(
      ...nestedIn(entryOf(ref))
        .filter((claim) => isAlive(claim, entry.source, containers))
        .map((claim) => claim.ref),
    );
  }
  // What counts in one organization only is nothing outside of it.
  return [...found.values()].filter((ref) => {
    if (waiting) return true;
    const organization = ref.organization ?? entryOf(ref)?.organization;
    return organization === undefined || found.has(containerKey({ kind: 'organization', id: organization }));
  });
}

/** What a person is a member of by themselves, of all that `membershipsOf` tells. */
export function ownMemberships(entry: PersonEntry, containers: Containers, stays = false): ContainerRef[] {
  const over = stays ? '' : (entry.endedAt ?? '');
  return claimedBy(entry)
    .filter((claim) => claim.version > over && outlives(claim, entry.memberships))
    .filter((claim) => isAlive(claim, entry.source, containers))
    .map(({ ref }) => ref);
}

/** Whether a container is not switched off, and neither it nor, for a role, its organization ended after somebody became a member. */
function isAlive(
  { ref, version }: { ref: ContainerRef; version: Version },
  source: string,
  containers: Containers,
): boolean {
  const endedAt = (kind: string, id: string) => containers.get(entryKey({ source, kind, id }))?.endedAt ?? '';
  return (
    containers.get(entryKey({ ...ref, source }))?.active?.value !== false &&
    version > endedAt(ref.kind, ref.id) &&
    (ref.organization === undefined || version > endedAt('organization', ref.organization))
  );
}

/** Whoever leaves an organization loses the roles there, and has none of them when they come back. */
export function outlives(
  { ref, version }: { ref: ContainerRef; version: Version },
  memberships: Record<string, MembershipFact>,
): boolean {
  if (ref.kind !== 'role' || ref.organization === undefined) return true;
  const organization = memberships[containerKey({ kind: 'organization', id: ref.organization })];
  return version > (endOf(organization) ?? '');
}
