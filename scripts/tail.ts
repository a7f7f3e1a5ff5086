import type { FunctionName, LogLine, Logs, Terms } from './logs.ts';

/** How often new lines are asked for (ms): AWS answers a few requests a second in an account, and each function is one. */
const POLL_MS = 3_000;
/** CloudWatch may show a line only so long after its time (ms), and later ones before it. */
const LATE_MS = 60_000;

/**
 * Shows the lines of functions from `since` on (ms since the epoch), each once and oldest first, and with `once` no more than
 * those that are there; else goes on until `signal` is aborted. Throws Error where a log cannot be read.
 */
export async function follow(
  asked: { functions: readonly FunctionName[]; since: number; terms?: Terms | undefined; once: boolean },
  deps: {
    logs: Logs;
    show: (line: LogLine) => void;
    clock: () => number;
    sleep: (ms: number) => Promise<unknown>;
    signal: AbortSignal;
  },
): Promise<void> {
  const { functions, terms, once } = asked;
  const { logs, show, clock, sleep, signal } = deps;
  const shown = new Map<string, number>();
  let { since } = asked;
  while (!signal.aborted) {
    const now = clock();
    const read = functions.map((of) => logs.read({ of, since, terms }));
    // Ctrl-C ends what is being read.
    const lines = await Promise.all(read).catch((error) => {
      if (signal.aborted) return [];
      throw error;
    });
    for (const line of lines.flat().toSorted((a, b) => a.at - b.at)) {
      const key = `${line.function} ${line.id}`;
      if (!shown.has(key)) show(line);
      shown.set(key, line.at);
    }
    if (once) return;
    since = Math.max(since, now - LATE_MS);
    for (const [key, at] of shown) if (at < since) shown.delete(key);
    await sleep(POLL_MS);
  }
}
