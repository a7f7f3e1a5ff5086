// Lists of ids in ascending order, by binary search.

/** The index of the first id after `last`. */
export function firstAfter(ids: readonly string[], last: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] as string) <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function isAmong(ids: readonly string[], id: string): boolean {
  return ids[firstAfter(ids, id) - 1] === id;
}

/** Adds an id in its order; false when it was there. */
export function insert(ids: string[], id: string): boolean {
  if (isAmong(ids, id)) return false;
  ids.splice(firstAfter(ids, id), 0, id);
  return true;
}

/** Removes an id; false when it was not there. */
export function drop(ids: string[], id: string): boolean {
  if (!isAmong(ids, id)) return false;
  ids.splice(firstAfter(ids, id) - 1, 1);
  return true;
}
