import { drop, insert } from '../sorted.ts';

/**
 * Who is where: pairs of a place and somebody in it, found from either end in the order of their ids, with the moment since
 * when. A pair is there once.
 */
export function createPairs(pairs: Iterable<readonly [place: string, one: string]> = [], since = '') {
  const inPlace = new Map<string, string[]>();
  const placesOf = new Map<string, string[]>();
  const times = new Map<string, string>();
  const key = (place: string, one: string) => `${place}\n${one}`;

  function listIn(lists: Map<string, string[]>, id: string): string[] {
    const known = lists.get(id);
    if (known) return known;
    const list: string[] = [];
    lists.set(id, list);
    return list;
  }

  /** These say whether anything changed. */
  function add(place: string, one: string, at: string): boolean {
    if (times.has(key(place, one))) return false;
    times.set(key(place, one), at);
    insert(listIn(inPlace, place), one);
    insert(listIn(placesOf, one), place);
    return true;
  }

  function remove(place: string, one: string): boolean {
    drop(inPlace.get(place) ?? [], one);
    drop(placesOf.get(one) ?? [], place);
    return times.delete(key(place, one));
  }

  for (const [place, one] of pairs) add(place, one, since);

  return {
    add,
    remove,
    has: (place: string, one: string) => times.has(key(place, one)),
    since: (place: string, one: string) => times.get(key(place, one)),
    places: () => [...inPlace.keys()],
    in: (place: string): readonly string[] => inPlace.get(place) ?? [],
    placesOf: (one: string): readonly string[] => placesOf.get(one) ?? [],
    removePlace(place: string): void {
      for (const one of [...(inPlace.get(place) ?? [])]) remove(place, one);
    },
    removeOne(one: string): void {
      for (const place of [...(placesOf.get(one) ?? [])]) remove(place, one);
    },
  };
}
