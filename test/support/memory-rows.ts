import type { Rows } from '../../lib/aws/rows.ts';
import type { createMemoryMirror } from './memory-mirror.ts';
import type { makeRuns } from './memory-runs.ts';

/** All that is in memory of a source, each row deleted in a step of its own. */
export function makeRows(memory: ReturnType<typeof createMemoryMirror>, runs: ReturnType<typeof makeRuns>) {
  const keysOf = (source: string) =>
    memory.keys().filter(({ pk, sk }) => pk.startsWith(`${source}#`) || sk.startsWith(`member#${source}#`));
  const rows: Rows = {
    sources: async () => new Set(memory.entries().map(({ source }) => source)),
    forget: async (source) => {
      const keys = keysOf(source);
      for (const key of keys) memory.remove(key);
      return keys.length + runs.forget(source);
    },
  };
  return { rows, leftOf: (source: string) => [...keysOf(source), ...runs.recordsOf(source)] };
}
