import type { EntryRef } from '../directory/change.ts';
import { type ContainerEntry, entryKey, type PersonEntry, parseEntryKey } from '../directory/entry.ts';
import { claimedRefs, walkContainers } from '../directory/graph.ts';
import type { Policy } from '../directory/policy.ts';
import type { Membership, Mirror, Stored } from './mirror.ts';

/** What stands around entries of the mirror: people in containers, containers around people, who else is the same user. */

/** The row under which the containers nested in a container are listed. */
export function nestOf({ kind, id }: { kind: string; id: string }): Membership['container'] {
  return { kind: 'nest', id: `${kind}:${id}` };
}

/** Everyone in a container, by themselves or through what is nested in it, page by page; some of them may come twice. */
export async function* membersOf(
  ref: EntryRef,
  mirror: Pick<Mirror, 'members'>,
  visited = new Set<string>(),
): AsyncGenerator<EntryRef<'person'>[]> {
  if (visited.has(entryKey(ref))) return;
  visited.add(entryKey(ref));
  const { source, kind, id } = ref as EntryRef<Exclude<EntryRef['kind'], 'person'>>;
  for await (const personIds of mirror.members(source, { kind, id }))
    yield personIds.map((personId) => ({ source, kind: 'person', id: personId }));
  for await (const nested of mirror.members(source, nestOf(ref)))
    for (const child of nested) yield* membersOf(parseEntryKey(child), mirror, visited);
}

/** Everyone of a source in the mirror, a page at a time, with what stands around them, and how many entries only a newer version can read. */
export async function* everyoneOf(source: string, mirror: Pick<Mirror, 'scan' | 'read'>) {
  let cursor: string | undefined;
  do {
    const { entries, unreadable = 0, next } = await mirror.scan(source, cursor);
    const people = entries.flatMap(({ entry }) => (entry.kind === 'person' ? entry : []));
    yield { people, containers: await containersAround(people, [], mirror), unreadable };
    cursor = next;
  } while (cursor !== undefined);
}

/** The entries of everything that people are in, by themselves or through something else, and of what else is named. */
export async function containersAround(
  people: PersonEntry[],
  others: EntryRef[],
  mirror: Pick<Mirror, 'read'>,
): Promise<Map<string, ContainerEntry>> {
  const containers = new Map<string, ContainerEntry>();
  await walkContainers([...others, ...people.flatMap(claimedRefs)], async (refs) => {
    const found = (await mirror.read(refs)) as Map<string, Stored<ContainerEntry>>;
    for (const [key, { entry }] of found) containers.set(key, entry);
    return [...found.values()].map(({ entry }) => entry);
  });
  return containers;
}

/**
 * The entry keys of everyone else on record as a user of Velt. Where the source of the one is not configured any more, also whoever
 * has this id in another source: it may be the same directory under a new name. So may an attribute hold it. Throws WorldFault.
 */
export async function sharersOf(
  userId: string,
  key: string,
  { mirror, policies }: { mirror: Pick<Mirror, 'members'>; policies: ReadonlyMap<string, Policy> },
): Promise<string[]> {
  const { source, container } = userRow(userId, key);
  const keys: string[] = [];
  for await (const page of mirror.members(source, container)) keys.push(...page);
  const own = policies.get(parseEntryKey(key).source)?.userId ?? 'attribute';
  const byId = own === 'attribute' ? [...policies].filter(([, policy]) => policy.userId === 'id') : [];
  const namesakes = byId.map(([source]) => entryKey({ source, kind: 'person', id: userId }));
  return [...new Set([...keys, ...namesakes])].filter((other) => other !== key);
}

/** The row of a person as a Velt user: beside the memberships, under a name that no source can have. */
export function userRow(userId: string, key: string): Membership {
  return { source: '', container: { kind: 'user', id: userId }, personId: key };
}
