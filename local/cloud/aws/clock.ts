/** A source of time. `now` is in ms since 1970; `after` runs a function once, `ms` later, and returns what cancels that. */
export type Clock = { now(): number; after(ms: number, run: () => void): () => void };

/** The machine's own time. A timer that waits keeps the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** A clock that only `advance` moves. It runs the timers that become due meanwhile, each at its own time. */
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
