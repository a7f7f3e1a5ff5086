/** Time that passes only from one scheduled moment to the next, and chance that repeats itself for the same seed. */
export interface Simulation {
  /** Milliseconds since the epoch. */
  clock: () => number;
  /** 0 ≤ … < 1. */
  random: () => number;
  /** Resolves `ms` later; what falls on one moment happens in the order in which it was asked for. */
  after: (ms: number) => Promise<void>;
  /** When the next moment is due, if there is one. */
  next: () => number | undefined;
  /** Moves to the next moment, but not past `limit`; everything that follows from it has happened when it resolves. */
  step: (limit: number) => Promise<void>;
  /** Resolves when everything has happened that follows from what was begun, without time passing. */
  settle: () => Promise<void>;
  /** Moves to a moment at which nothing is scheduled. */
  moveTo: (time: number) => void;
}

export function createSimulation(start: number, seed: number): Simulation {
  let now = start;
  let state = seed;
  const moments: { at: number; resume: () => void }[] = [];

  return { clock: () => now, random, after, next: () => moments.at(-1)?.at, step, settle, moveTo };

  /** Mulberry32: 32 bits of state are plenty for the latencies of one history. */
  function random(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  function after(ms: number): Promise<void> {
    return new Promise((resume) => {
      const moment = { at: now + Math.ceil(ms), resume };
      // Latest first, so that the next one is at the end.
      const index = moments.findIndex(({ at }) => at <= moment.at);
      moments.splice(index < 0 ? moments.length : index, 0, moment);
    });
  }

  async function step(limit: number): Promise<void> {
    const moment = moments.at(-1);
    if (moment && moment.at <= limit) {
      moments.pop();
      now = moment.at;
      moment.resume();
    } else {
      moveTo(limit);
    }
    await settle();
  }

  /** All that runs here are promises without I/O: none of their continuations is left after this. */
  function settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  function moveTo(time: number): void {
    now = Math.max(now, time);
  }
}
