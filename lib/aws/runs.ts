import * as z from 'zod';
import { type Change, openObject } from '../directory/change.ts';
import { createTable, type TableDeps } from './table.ts';

const Count = z.int().min(0);

/** One run over a whole source, from its start to its end, as its checkpoint holds it. */
export const Run = openObject({
  v: z.literal(2),
  runId: z.string(),
  source: z.string(),
  /**
   * `list` the directory, find `absences` in the mirror, pass the `breaker`, `ask` about everyone who could lose
   * something. Nobody goes on with a phase or a state that only a newer version knows.
   */
  phase: z.enum(['list', 'absences', 'breaker', 'ask', 'unknown']).catch('unknown'),
  state: z.enum(['running', 'done', 'stopped', 'unknown']).catch('unknown'),
  /** Why it stopped, or what holds it up. */
  reason: z.string().optional(),
  startedAt: z.iso.datetime({ precision: 3 }),
  /** Of the last checkpoint. */
  savedAt: z.iso.datetime({ precision: 3 }).optional(),
  endedAt: z.iso.datetime({ precision: 3 }).optional(),
  /** Of the configuration it runs under. */
  configuration: z.string(),
  /** Where the phase goes on: opaque, of the directory or of the table. */
  cursor: z.string().optional(),
  /** The digest of a cursor that was passed: a listing that comes back to it goes in circles. */
  landmark: z.string().optional(),
  pages: Count,
  /** Who was listed, or is kept because a list of theirs could not be read. */
  people: Count,
  unreadable: Count,
  /** Changes and rechecks that were put on the queue. */
  queued: Count,
  /** Of these, how many ask for somebody or something to be read. */
  asked: Count,
  /** How many parts were written of what was listed, and of what is deferred. */
  listedParts: Count,
  deferredParts: Count,
  /** People of whom something is at Velt, and those of them who would lose something and are in no applied plan. */
  delivered: Count,
  losing: Count,
  /** People and groups to be asked about. */
  toAsk: Count,
  /** People listed by the last complete run. */
  before: Count.optional(),
  /** When the last complete run began, or where there is none the first that could read the directory. */
  since: z.iso.datetime({ precision: 3 }).optional(),
  /** `delivered` of the last run that came to the breaker. */
  deliveredBefore: Count.optional(),
  /** Who works on it, and until when nobody else may (ms since the epoch). */
  lease: openObject({ owner: z.string(), until: z.int() }).optional(),
});

export type Run = z.infer<typeof Run>;

/** The people of a source of whom something is at Velt, as its last run counted them; undefined where none has. */
export function lastDelivered({ phase, delivered, deliveredBefore }: Run): number | undefined {
  return phase === 'breaker' || phase === 'ask' ? delivered : deliveredBefore;
}

/**
 * The moment from which on no complete run is known (ISO time): the start of the last one, or where there is none of the first run.
 * Undefined where none could begin for want of credentials: the source lives by its webhook alone.
 */
export function incompleteSince({ state, startedAt, since, pages, endedAt }: Run): string | undefined {
  if (state === 'done') return startedAt;
  const hadNoCredentials = state === 'stopped' && endedAt === undefined && pages === 0;
  return since ?? (hadNoCredentials ? undefined : startedAt);
}

/** Where catching up stands with a source: a place in the vendor's log, opaque. */
export interface Place {
  cursor: string | undefined;
  revision: number;
}

export type Runs = ReturnType<typeof createRuns>;

/** How long the lists of a run stay (s). */
const KEPT_S = 14 * 24 * 60 * 60;

/**
 * The records of runs, in the mirror table: one current run a source, what it listed, what it defers. All throw WorldFault
 * `mirror`.
 */
export function createRuns({ clock, ...deps }: TableDeps & { clock: () => number }) {
  const { get, put, query } = createTable(deps);
  const partsOf = ({ source, runId }: Run) => `${runKey(source)}#${runId}`;

  function write(run: Run, sk: string, content: object): Promise<void> {
    return put({ pk: partsOf(run), sk, ...content, expiresAt: Math.ceil(clock() / 1000) + KEPT_S });
  }

  /** Parts of a list; what a process wrote after its last checkpoint is not one. */
  async function* parts(run: Run, list: string, count: number): AsyncGenerator<Record<string, unknown>> {
    if (count === 0) return;
    const range = { ':pk': partsOf(run), ':from': partOf(list, 0), ':to': partOf(list, count - 1) };
    const pages = query({
      KeyConditionExpression: 'pk = :pk and sk between :from and :to',
      ExpressionAttributeValues: range,
      ConsistentRead: true,
      Limit: 8,
    });
    for await (const items of pages) yield* items;
  }

  return {
    /** Without `run` when a program of another version wrote it: it may be saved over. */
    async current(source: string): Promise<{ run: Run | undefined; revision: number } | undefined> {
      const item = await get(runKey(source), 'current');
      return item && { run: Run.safeParse(item.run).data, revision: Number(item.revision) };
    },
    /** Stores the current run and returns its revision. Throws Conflict when somebody else stored one since `revision`. */
    async save(run: Run, revision: number): Promise<number> {
      await put({ pk: runKey(run.source), sk: 'current', run }, revision);
      return revision + 1;
    },
    writeListed: (run: Run, part: number, hashes: Buffer) => write(run, partOf('listed', part), { hashes }),
    /** What was listed up to the checkpoint of `run`, as `writeListed` took it. */
    async *listed(run: Run): AsyncIterable<Uint8Array> {
      for await (const { hashes } of parts(run, 'listed', run.listedParts)) yield hashes as Uint8Array;
    },
    writeDeferred: (run: Run, part: number, changes: Change[]) =>
      write(run, partOf('deferred', part), { changes }),
    /** The deferred changes up to the checkpoint of `run`, as they were written, be it by another version. */
    async *deferred(run: Run): AsyncIterable<unknown[]> {
      for await (const { changes } of parts(run, 'deferred', run.deferredParts)) yield changes as unknown[];
    },
    async place(source: string, what: string): Promise<Place> {
      const item = await get(runKey(source), what);
      const cursor = typeof item?.cursor === 'string' ? item.cursor : undefined;
      return { cursor, revision: Number(item?.revision ?? 0) };
    },
    /** Throws Conflict when somebody else moved it. */
    move: (source: string, what: string, { cursor, revision }: Place): Promise<void> =>
      put({ pk: runKey(source), sk: what, cursor }, revision),
  };
}

/** What the records of a source's runs are under. */
export function runKey(source: string): string {
  return `run#${source}`;
}

function partOf(list: string, part: number): string {
  return `${list}#${String(part).padStart(8, '0')}`;
}
