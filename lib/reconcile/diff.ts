import { isDeepStrictEqual } from 'node:util';
import { containersAround } from '../aws/around.ts';
import type { Mirror, Stored } from '../aws/mirror.ts';
import {
  type Change,
  type ContainerChange,
  type ContainerNews,
  containersOf,
  type PersonChange,
  type PersonNews,
  personOf,
  type QueueItem,
  recheckOf,
} from '../directory/change.ts';
import { hasExpired } from '../directory/desired.ts';
import {
  mattersToMembers,
  meansTheSame,
  meansTheSameContainer,
  type Outlook,
  outlooksOf,
  takesAway,
} from '../directory/effect.ts';
import {
  type ContainerEntry,
  containerKey,
  entryKey,
  newContainer,
  newPerson,
  type PersonEntry,
} from '../directory/entry.ts';
import { foldAll, foldContainer } from '../directory/fold.ts';
import { nestedIn } from '../directory/graph.ts';
import type { Policy } from '../directory/policy.ts';
import { isLagging, LAG_MS } from '../directory/trust.ts';
import { timeOf, wasRead } from '../directory/version.ts';

/** What a page says of a person that the mirror does not. `loss` is set where it would take something from them in Velt. */
export interface PersonDifference {
  key: string;
  loss: Outlook | undefined;
  items: QueueItem[];
}

/** What a page says that the mirror does not. */
export interface Differences {
  people: PersonDifference[];
  containers: ContainerNews[];
  /** News of containers that can take something from everyone in them: it waits for the breaker. */
  deferred: ContainerNews[];
  /** The connections that a list does not name any more with people who have them. */
  dropped: { key: string; id: string }[];
}

/**
 * Compares what was listed with the mirror, and returns only what would change something: facts that mean something else, or
 * a delivery that is owed. Whoever the mirror holds as the directory has them costs nothing more. Throws WorldFault.
 */
export async function differencesOf(
  changes: Change[],
  policy: Policy,
  { mirror, clock }: { mirror: Mirror; clock: () => number },
): Promise<Differences> {
  const before = await readPeople(changes, mirror);
  const believed = new Map<string, PersonNews[]>();
  const dropped: Differences['dropped'] = [];
  for (const change of changes) {
    if (!('personId' in change)) continue;
    const key = entryKey({ source: change.source, kind: 'person', id: change.personId });
    const entry = before.get(key);
    if (!entry || isLagging(change, entry, 'any')) continue;
    const gone = droppedBy(change, entry);
    dropped.push(...gone.map((id) => ({ key, id })));
    const told = believed.get(key) ?? [];
    told.push(withDropped(change, gone), ...returnOf(change, entry));
    believed.set(key, told);
  }
  const after = new Map([...before].map(([key, entry]) => [key, foldAll(entry, believed.get(key) ?? [])]));

  const told = changes.filter((change) => change.kind !== 'person');
  const known = await containersAround(
    [...before.values(), ...after.values()],
    told.flatMap(containersOf),
    mirror,
  );
  const folded = foldContainers(known, told);
  const waits = (key: string) => {
    const [before, after] = [known.get(key), folded.get(key)];
    // People are in a connection before anything is known of it.
    if (!isDeepStrictEqual(nestingsOf(before), nestingsOf(after))) return true;
    return before !== undefined && after !== undefined && mattersToMembers(before, after, policy);
  };

  const now = clock();
  const outlooks = outlooksOf([...after.values()], folded, policy, now);
  const people = [...after].flatMap(([key, entry]): PersonDifference[] => {
    const outlook = outlooks.get(key);
    const was = before.get(key) as PersonEntry;
    const isSame = meansTheSame(was, entry, { before: known, after: folded });
    if (isSame && !outlook) return [];
    const items: QueueItem[] = isSame
      ? [recheckOf(entry, now, { reason: 'configuration' })]
      : (believed.get(key) ?? []).map((change) => withoutNews(change, waits));
    // Whose moment has come, and was not moved, leaves by the sweep, whatever a run finds.
    const isLoss =
      outlook &&
      takesAway(outlook.effect) &&
      !(hasExpired(was, policy, now) && hasExpired(entry, policy, now));
    return [{ key, loss: isLoss ? outlook : undefined, items }];
  });
  return { people, dropped, ...containerDifferences(told, known, folded, waits) };
}

async function readPeople(changes: Change[], mirror: Mirror): Promise<Map<string, PersonEntry>> {
  const refs = changes.flatMap((change) => personOf(change) ?? []);
  const stored = (await mirror.read(refs)) as Map<string, Stored<PersonEntry>>;
  return new Map(
    refs.map((ref) => [entryKey(ref), stored.get(entryKey(ref))?.entry ?? newPerson(ref.source, ref.id)]),
  );
}

/** Containers as they would be after some news of them; people are in a connection before anything is known of it. */
export function foldContainers(
  containers: ReadonlyMap<string, ContainerEntry>,
  news: ContainerNews[],
): Map<string, ContainerEntry> {
  const folded = new Map(containers);
  for (const change of news) {
    for (const ref of containersOf(change)) {
      const key = entryKey(ref);
      folded.set(key, foldContainer(folded.get(key) ?? newContainer(ref), change));
    }
  }
  return folded;
}

/** What was told of containers and is news, each kind once: a role's name stands wherever somebody has the role. */
function containerDifferences(
  told: ContainerNews[],
  known: ReadonlyMap<string, ContainerEntry>,
  folded: ReadonlyMap<string, ContainerEntry>,
  waits: (key: string) => boolean,
): Pick<Differences, 'containers' | 'deferred'> {
  const roles = new Set<string>();
  const news = told
    .flatMap((change) => containersOf(change).map((ref) => ({ key: entryKey(ref), change })))
    .filter(({ key }) => !meansTheSameContainer(known.get(key), folded.get(key) as ContainerEntry))
    .flatMap(({ key, change }): { key: string; change: ContainerNews }[] => {
      if (change.kind !== 'membership') return [{ key, change }];
      const named = namedRole(change);
      if (!named || roles.has(key)) return [];
      roles.add(key);
      return [{ key, change: named }];
    });
  const deferred = new Set(news.filter(({ key }) => waits(key)).map(({ change }) => change));
  const containers = new Set(news.map(({ change }) => change).filter((change) => !deferred.has(change)));
  return { containers: [...containers], deferred: [...deferred] };
}

/** Roles are told by who has them only: a new name of one stands there and nowhere else. */
function namedRole({
  container,
  ...change
}: ContainerNews & { kind: 'membership' }): ContainerChange | undefined {
  const { kind, id: containerId, name } = container;
  if (kind !== 'role' || !change.member || name === undefined) return undefined;
  const { source, at, askedAt } = change;
  return { source, at, askedAt, kind, containerId, name };
}

/** A membership names its container too: what is deferred of it must not get through by that. */
function withoutNews(change: Change, waits: (key: string) => boolean): Change {
  if (change.kind !== 'membership' || !containersOf(change).map(entryKey).some(waits)) return change;
  const { name: _, organization, ...container } = change.container;
  // The organization of a role is a part of its name.
  const isRole = container.kind === 'role' && organization !== undefined;
  return { ...change, container: { ...container, ...(isRole && { organization }) } };
}

function nestingsOf(entry: ContainerEntry | undefined): string[] {
  return nestedIn(entry)
    .map(({ ref }) => containerKey(ref))
    .sort();
}

/** The connections of somebody that a list of people does not name. */
function droppedBy(change: Change, { exists, connections }: PersonEntry): string[] {
  if (change.kind !== 'person' || exists?.value === false) return [];
  return (connections?.value ?? []).filter((id) => change.connections?.includes(id) === false);
}

/** A list adds connections and takes none: whether one is gone is asked, as of every other membership. */
function withDropped(change: PersonNews, gone: string[]): PersonNews {
  if (change.kind !== 'person' || gone.length === 0) return change;
  return { ...change, connections: [...gone, ...(change.connections ?? [])].slice(0, 100) };
}

/**
 * That somebody is there whom a read did not find once, such as one by credentials that show a part of the directory only: what
 * a listing tells of them is as old as their last update, and would never be newer than that read. An event's word stands.
 */
function returnOf(change: Change, { exists }: PersonEntry): PersonChange[] {
  if (change.kind !== 'person' || change.exists !== true || exists?.value !== false) return [];
  const { kind, source, personId, askedAt: at, connections } = change;
  if (at === undefined || !wasRead(exists.version)) return [];
  if (Date.parse(at) - timeOf(exists.version) < LAG_MS) return [];
  // The end of a person ended what they are in by their connections too.
  return [{ kind, source, personId, at, askedAt: at, exists: true, ...(connections && { connections }) }];
}
