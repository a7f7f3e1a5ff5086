import { isDeepStrictEqual } from 'node:util';
import type { Mirror, Stored } from '../aws/mirror.ts';
import type { RunItem } from '../aws/runs.ts';
import { policyOf, type SourceConfig } from '../config.ts';
import {
  type Change,
  type ContainerRef,
  containersOf,
  type EntryRef,
  type MembershipChange,
  type PersonChange,
  type QueueItem,
  type Recheck,
} from '../directory/change.ts';
import { type Effect, effectsOf, meansTheSame, meansTheSameContainer } from '../directory/effect.ts';
import {
  type ContainerEntry,
  containerKey,
  type Entry,
  entryKey,
  newContainer,
  newPerson,
  type PersonEntry,
  parseEntryKey,
} from '../directory/entry.ts';
import { foldContainer, foldPerson } from '../directory/fold.ts';
import { claimedBy, nestedIn } from '../directory/graph.ts';
import { isLagging, LAG_MS } from '../directory/trust.ts';
import { timeOf, wasRead } from '../directory/version.ts';

/** What a page says that the mirror does not, about one entry. `effect` is what it would do in Velt. */
export interface Difference {
  key: string;
  entry: Entry;
  revision: number;
  changes: QueueItem[];
  effect: Effect | undefined;
}

export const NO_EFFECT: Effect = { adds: 0, updates: 0, joins: 0, removes: 0, leaves: 0 };

/**
 * Compares what was read with the mirror, and returns only what would change something: facts that mean something else, or
 * a delivery that is owed. Whoever the mirror holds as the directory has them costs nothing more. `grave` is what is said of
 * containers that can take something from everyone in them: it is told nowhere else. Throws WorldFault.
 */
export async function differences(
  changes: Change[],
  source: SourceConfig,
  { mirror, clock }: { mirror: Mirror; clock: () => number },
): Promise<{ people: Difference[]; containers: Change[]; grave: Change[] }> {
  const byPerson = Map.groupBy(
    changes.filter((change) => 'personId' in change),
    (change) => entryKey({ source: change.source, kind: 'person', id: change.personId }),
  );
  const refs = [...byPerson.values()].map(
    ([first]) => ({ source: first?.source ?? '', kind: 'person', id: first?.personId ?? '' }) as const,
  );
  const stored = await mirror.read(refs);
  const before = new Map(
    refs.map((ref) => [
      entryKey(ref),
      (stored.get(entryKey(ref)) ?? {
        entry: newPerson(ref.source, ref.id),
        revision: 0,
      }) as Stored<PersonEntry>,
    ]),
  );
  const believed = new Map(
    [...before].map(([key, { entry }]) => [
      key,
      (byPerson.get(key) ?? [])
        .filter((change) => !isLagging(change, entry, 'any'))
        .flatMap((change) => [change, ...returnOf(change, entry)]),
    ]),
  );
  const after = new Map(
    [...before].map(([key, { entry }]) => [key, (believed.get(key) ?? []).reduce(foldPerson, entry)]),
  );

  const told = changes.flatMap((change) =>
    change.kind === 'person' ? [] : containersOf(change).map((ref) => ({ key: entryKey(ref), ref, change })),
  );
  const places = [...before.values(), ...[...after.values()].map((entry) => ({ entry }))];
  const known = await containersAround(
    places.map(({ entry }) => entry),
    told.map(({ ref }) => ref),
    mirror,
  );
  const folded = new Map(known);
  for (const { key, ref, change } of told)
    folded.set(key, foldContainer(folded.get(key) ?? newContainer(ref), change));

  const isGrave = (key: string) => matterToMembers(known.get(key), folded.get(key), source);

  const effects = effectsOf([...after.values()], folded, policyOf(source), clock());
  const people = [...after].flatMap(([key, entry]): Difference[] => {
    const { entry: old, revision } = before.get(key) as Stored<PersonEntry>;
    const effect = effects.get(key);
    const same = meansTheSame(old, entry, { before: known, after: folded });
    if (same && !effect) return [];
    const look = (byPerson.get(key) ?? []).slice(0, 1).map(lookOf);
    const said = (believed.get(key) ?? []).map((change) => withoutNews(change, isGrave));
    return [{ key, entry, revision, effect, changes: same ? look : said }];
  });
  const different = told
    .filter(({ key }) => !meansTheSameContainer(known.get(key), folded.get(key) as ContainerEntry))
    .flatMap(({ key, change }) => (change.kind === 'membership' ? roleIn(change) : [{ key, change }]))
    .filter(({ key }, index, all) => all.findIndex((other) => other.key === key) === index || !isRole(key));
  const grave = new Set(different.filter(({ key }) => isGrave(key)).map(({ change }) => change));
  const containers = new Set(different.map(({ change }) => change).filter((change) => !grave.has(change)));
  return { people, containers: [...containers], grave: [...grave] };
}

/** Roles are told by who has them only: a new name of one stands there and nowhere else. */
function roleIn({
  source,
  at,
  id,
  askedAt,
  container,
  member,
}: MembershipChange): { key: string; change: Change }[] {
  const { kind, id: containerId, name } = container;
  if (kind !== 'role' || !member || name === undefined) return [];
  const key = entryKey({ source, kind, id: containerId });
  return [{ key, change: { source, at, id, askedAt, kind, containerId, name } }];
}

function isRole(key: string): boolean {
  return parseEntryKey(key).kind === 'role';
}

/** A membership names its container too: what is held back of it must not get through by that. */
function withoutNews<T extends Change>(change: T, isGrave: (key: string) => boolean): T {
  if (change.kind !== 'membership' || !containersOf(change).map(entryKey).some(isGrave)) return change;
  const { name: _, organization, ...container } = change.container;
  // The organization of a role is a part of its name.
  const isRole = container.kind === 'role' && organization !== undefined;
  return { ...change, container: { ...container, ...(isRole && { organization }) } };
}

/**
 * Whether everyone in a container is looked at for what is new of it: its end, a name that decides, that it counts in one
 * organization only, or what it is in itself. Each can take something from them, and so can the look, where the configuration
 * is another one than they were delivered by.
 */
function matterToMembers(
  before: ContainerEntry | undefined,
  after: ContainerEntry | undefined,
  source: SourceConfig,
): boolean {
  // People are in a connection before anything is known of it.
  if (!isDeepStrictEqual(nestingsOf(before), nestingsOf(after))) return true;
  if (!before || !after) return false;
  return (
    after.endedAt !== before.endedAt ||
    after.organization !== before.organization ||
    (before.name?.value !== after.name?.value && policyOf(source).namesMatter)
  );
}

function nestingsOf(entry: ContainerEntry | undefined): string[] {
  return nestedIn(entry)
    .map(({ ref }) => containerKey(ref))
    .sort();
}

/** The entries of everything that people are in, by themselves or through something else, and of what else is named. */
export async function containersAround(
  people: PersonEntry[],
  others: EntryRef[],
  mirror: Mirror,
): Promise<Map<string, ContainerEntry>> {
  const containers = new Map<string, ContainerEntry>();
  const asked = new Set<string>();
  const placesOf = (source: string, claims: { ref: ContainerRef }[]): EntryRef[] =>
    claims.map(({ ref: { kind, id } }) => ({ source, kind, id }));
  let open = [...others, ...people.flatMap((entry) => placesOf(entry.source, claimedBy(entry)))];
  while (open.length > 0) {
    const wanted = open.filter((ref) => !asked.has(entryKey(ref)));
    for (const ref of wanted) asked.add(entryKey(ref));
    const found = (await mirror.read(wanted)) as Map<string, Stored<ContainerEntry>>;
    for (const [key, { entry }] of found) containers.set(key, entry);
    open = [...found.values()].flatMap(({ entry }) => placesOf(entry.source, nestedIn(entry)));
  }
  return containers;
}

/** A change without facts: whoever it is about is compared with Velt once more. */
export function lookOf({ source, personId, at }: { source: string; personId: string; at: string }): Recheck {
  return { kind: 'recheck', source, of: { kind: 'person', id: personId }, at, reason: 'configuration' };
}

/**
 * That somebody is there whom a read did not find once, such as one by credentials that show a part of the directory only: what
 * a listing tells of them is as old as their last update, and would never be newer than that read. An event's word stands.
 */
function returnOf(change: Change, { exists }: PersonEntry): PersonChange[] {
  if (change.kind !== 'person' || change.exists !== true || exists?.value !== false) return [];
  const { kind, source, personId, askedAt: at, connections } = change;
  if (at === undefined || !wasRead(exists.version) || Date.parse(at) - timeOf(exists.version) < LAG_MS)
    return [];
  // The end of a person ended what they are in by their connections too.
  return [{ kind, source, personId, at, askedAt: at, exists: true, ...(connections && { connections }) }];
}

/** What a run writes down of a difference. */
export function itemOf(
  { key, entry, revision, changes, effect = NO_EFFECT }: Difference,
  reason: string,
  confirm?: RunItem['confirm'],
): RunItem {
  const name = entry.kind === 'person' ? entry.profile.name?.value : entry.name?.value;
  return { key, revision, reason, effect, changes, ...(name && { name }), ...(confirm && { confirm }) };
}
