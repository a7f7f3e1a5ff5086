import { type Place, Run, type Runs } from '../../lib/aws/runs.ts';
import { Conflict } from '../../lib/errors.ts';

/** The records of runs in memory, checked by the same schemas as the table's. */
export function makeRuns() {
  const current = new Map<string, { json: string; revision: number }>();
  const parts = new Map<string, Map<number, unknown>>();
  const places = new Map<string, Place>();
  const listOf = (run: Run, what: string) => {
    const list = parts.get(`${run.runId} ${what}`) ?? new Map<number, unknown>();
    parts.set(`${run.runId} ${what}`, list);
    return list;
  };
  const writes = { runs: 0, parts: 0 };
  const runs: Runs = {
    current: async (source) => {
      const found = current.get(source);
      return found && { run: Run.parse(JSON.parse(found.json)), revision: found.revision };
    },
    save: async (run, revision) => {
      if ((current.get(run.source)?.revision ?? 0) !== revision) throw new Conflict('not the newest run');
      current.set(run.source, { json: JSON.stringify(Run.parse(run)), revision: revision + 1 });
      writes.runs += 1;
      return revision + 1;
    },
    writeListed: async (run, part, hashes) => {
      listOf(run, 'listed').set(part, hashes);
      writes.parts += 1;
    },
    listed: async function* (run) {
      for (const [part, hashes] of [...listOf(run, 'listed')].sort(([a], [b]) => a - b))
        if (part < run.listedParts) yield hashes as Uint8Array;
    },
    writeDeferred: async (run, part, changes) => {
      listOf(run, 'deferred').set(part, JSON.stringify(changes));
      writes.parts += 1;
    },
    deferred: async function* (run) {
      for (const [part, json] of [...listOf(run, 'deferred')].sort(([a], [b]) => a - b))
        if (part < run.deferredParts) yield JSON.parse(json as string) as unknown[];
    },
    place: async (source, what) => places.get(`${source} ${what}`) ?? { cursor: undefined, revision: 0 },
    move: async (source, what, { cursor, revision }) => {
      if ((places.get(`${source} ${what}`)?.revision ?? 0) !== revision) throw new Conflict('moved already');
      places.set(`${source} ${what}`, { cursor, revision: revision + 1 });
    },
  };
  /** Which records of a source there are. */
  const recordsOf = (source: string) =>
    [current, parts, places].flatMap((records) =>
      [...records.keys()].filter((key) => key.split(/[ -]/)[0] === source),
    );
  const forget = (source: string) => {
    const forgotten = recordsOf(source);
    for (const records of [current, parts, places]) for (const key of forgotten) records.delete(key);
    return forgotten.length;
  };
  return { ...runs, writes, recordsOf, forget };
}
