/** Cuts a list into parts of at most `count` items and, where `bytesOf` tells an item's size, at most `bytes` bytes. */
export function chunk<T>(
  items: T[],
  {
    count,
    bytes = Infinity,
    bytesOf = () => 0,
  }: { count: number; bytes?: number; bytesOf?: (item: T) => number },
): T[][] {
  const parts: T[][] = [];
  let size = 0;
  for (const item of items) {
    const added = bytesOf(item);
    const part = parts.at(-1);
    if (part && part.length < count && size + added <= bytes) {
      part.push(item);
      size += added;
    } else {
      parts.push([item]);
      size = added;
    }
  }
  return parts;
}
