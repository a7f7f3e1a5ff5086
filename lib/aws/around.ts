import type { Membership, Mirror } from '../aws/mirror.ts';
import type { EntryRef } from '../directory/change.ts';
import { entryKey, parseEntryKey } from '../directory/entry.ts';

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
