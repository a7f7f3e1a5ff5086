import { drop, insert } from '../../sorted.ts';

/**
 * Pairs of a container and a member of it, each with the time since when. They are found from either end, in the order of the
 * ids. A pair is there once.
 */
export function createPairs(pairs: Iterable<readonly [container: string, member: string]> = [], since = '') {
  const membersIn = new Map<string, string[]>();
  const containersOf = new Map<string, string[]>();
  const times = new Map<string, string>();
  const key = (container: string, member: string) => `${container}\n${member}`;

  /** Returns whether the pair is new. */
  function add(container: string, member: string, at: string): boolean {
    if (times.has(key(container, member))) return false;
    times.set(key(container, member), at);
    insert(listIn(membersIn, container), member);
    insert(listIn(containersOf, member), container);
    return true;
  }

  /** Returns whether the pair was there. */
  function remove(container: string, member: string): boolean {
    drop(membersIn.get(container) ?? [], member);
    drop(containersOf.get(member) ?? [], container);
    return times.delete(key(container, member));
  }

  for (const [container, member] of pairs) add(container, member, since);

  return {
    add,
    remove,
    has: (container: string, member: string) => times.has(key(container, member)),
    since: (container: string, member: string) => times.get(key(container, member)),
    containers: () => [...membersIn.keys()],
    in: (container: string): readonly string[] => membersIn.get(container) ?? [],
    containersOf: (member: string): readonly string[] => containersOf.get(member) ?? [],
    removeContainer(container: string): void {
      for (const member of [...(membersIn.get(container) ?? [])]) remove(container, member);
    },
    removeMember(member: string): void {
      for (const container of [...(containersOf.get(member) ?? [])]) remove(container, member);
    },
  };
}

function listIn(lists: Map<string, string[]>, id: string): string[] {
  const known = lists.get(id);
  if (known) return known;
  const list: string[] = [];
  lists.set(id, list);
  return list;
}
