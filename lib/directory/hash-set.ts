import { hash as digestOf } from 'node:crypto';

export type HashSet = ReturnType<typeof createHashSet>;

const GROWTH = 1 << 15;

/**
 * What was listed, as 53-bit hashes: eight bytes for every person and every membership. A directory of a million takes a few
 * megabytes, whatever its ids look like. That two texts share a hash is as good as impossible, and would only keep somebody
 * who left until their next event.
 */
export function createHashSet() {
  let hashes = new Float64Array(GROWTH);
  let length = 0;
  /** So many from the start are in order. */
  let sorted = 0;
  let untaken: number[] = [];

  return {
    add(text: string): void {
      const hash = hashOf(text);
      append(hash);
      untaken.push(hash);
    },
    has(text: string): boolean {
      if (sorted < length) sort();
      return holds(hashes, length, hashOf(text));
    },
    /** What was added since the last call, to be kept elsewhere. */
    take(): Buffer {
      const part = Buffer.alloc(untaken.length * 8);
      untaken.forEach((hash, index) => void part.writeDoubleLE(hash, index * 8));
      untaken = [];
      return part;
    },
    /** Adds what `take` gave, perhaps in another process. */
    load(part: Uint8Array): void {
      const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
      for (let offset = 0; offset < part.byteLength; offset += 8) append(view.getFloat64(offset, true));
    },
  };

  function append(hash: number): void {
    if (length === hashes.length) {
      const grown = new Float64Array(hashes.length + Math.max(GROWTH, length >> 2));
      grown.set(hashes);
      hashes = grown;
    }
    hashes[length] = hash;
    length += 1;
  }

  /** Sorts what is new, and merges it from the end into what is in order: a page costs a pass, not a sort of everything. */
  function sort(): void {
    const added = hashes.slice(sorted, length).sort();
    let from = sorted - 1;
    let to = length - 1;
    for (let next = added.length - 1; next >= 0; to -= 1) {
      const [old = -1, fresh = -1] = [hashes[from], added[next]];
      hashes[to] = from >= 0 && old > fresh ? old : fresh;
      if (from >= 0 && old > fresh) from -= 1;
      else next -= 1;
    }
    sorted = length;
  }
}

function holds(hashes: Float64Array, length: number, hash: number): boolean {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((hashes[middle] as number) < hash) low = middle + 1;
    else high = middle;
  }
  return low < length && hashes[low] === hash;
}

/** The first 53 bits of a digest: as many as a number holds exactly. */
function hashOf(text: string): number {
  const digest = digestOf('sha256', text, 'buffer');
  return (digest.readUInt32BE(0) >>> 11) * 2 ** 32 + digest.readUInt32BE(4);
}
