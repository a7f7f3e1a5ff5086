import { hash as digestOf } from 'node:crypto';

export type HashSet = ReturnType<typeof createHashSet>;

const FIRST_SLOTS = 1 << 15;

/**
 * What was listed, as 53-bit hashes: eight bytes for every person and every membership where it is kept, and up to three times
 * that in memory. A directory of a million takes a few tens of megabytes, whatever its ids look like, and each text costs the
 * same however many there are. That two texts share a hash is as good as impossible, and would only keep somebody who left until
 * their next event.
 */
export function createHashSet() {
  /** An open table: a hash stands in the first free slot from its own on. Zero is free. Never more than two thirds full. */
  let slots = new Float64Array(FIRST_SLOTS);
  let length = 0;
  let untaken: number[] = [];

  return {
    add(text: string): void {
      const hash = hashOf(text);
      if (insert(hash)) untaken.push(hash);
    },
    has(text: string): boolean {
      return slots[slotOf(slots, hashOf(text))] !== 0;
    },
    /** What was added and is new since the last call, to be kept elsewhere. */
    take(): Buffer {
      const part = Buffer.alloc(untaken.length * 8);
      untaken.forEach((hash, index) => void part.writeDoubleLE(hash, index * 8));
      untaken = [];
      return part;
    },
    /** Adds what `take` gave, perhaps in another process. */
    load(part: Uint8Array): void {
      const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
      for (let offset = 0; offset < part.byteLength; offset += 8) insert(view.getFloat64(offset, true));
    },
  };

  function insert(hash: number): boolean {
    const slot = slotOf(slots, hash);
    if (slots[slot] === hash) return false;
    slots[slot] = hash;
    length += 1;
    if (length * 3 > slots.length * 2) grow();
    return true;
  }

  function grow(): void {
    const grown = new Float64Array(slots.length * 2);
    for (const hash of slots) if (hash !== 0) grown[slotOf(grown, hash)] = hash;
    slots = grown;
  }
}

/** Where a hash stands, or could. */
function slotOf(slots: Float64Array, hash: number): number {
  const last = slots.length - 1;
  let slot = (hash >>> 0) & last;
  while (slots[slot] !== 0 && slots[slot] !== hash) slot = (slot + 1) & last;
  return slot;
}

/** The first 53 bits of a digest: as many as a number holds exactly. Never zero. */
function hashOf(text: string): number {
  const digest = digestOf('sha256', text, 'buffer');
  return (digest.readUInt32BE(0) >>> 11) * 2 ** 32 + digest.readUInt32BE(4) || 1;
}
