/** Where time comes from. `now` is in ms since 1970; `after` runs a function once, `ms` later, unless cancelled. */
export type Clock = { now(): number; after(ms: number, run: () => void): () => void };

/** The machine's own time. A waiting timer keeps the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** A clock that stands still until it is moved; `advance` runs what falls due on the way, each at its own moment. */
export function manualClock(start = Date.UTC(2026, 0, 1)): Clock & { advance(ms: number): void } {
  const timers = new Set<{ at: number; run: () => void }>();
  let now = start;

  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const due = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!due) break;
        timers.delete(due);
        now = Math.max(now, due.at);
        due.run();
      }
      now = end;
    },
  };
}
