import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { QueueItem } from '../directory/change.ts';
import { Conflict, WorldFault } from '../errors.ts';

const Count = z.int().min(0);

export const Effect = z.strictObject({
  adds: Count,
  updates: Count,
  joins: Count,
  removes: Count,
  leaves: Count,
});

/** One reading of a whole source, from its start to its end, as its checkpoint holds it. */
export const Run = z.strictObject({
  v: z.literal(1),
  runId: z.string(),
  source: z.string(),
  /** `plan` only writes down what it would do. */
  mode: z.enum(['apply', 'plan']),
  /** `read` the directory, `compare` the mirror with what was seen, `remove` what is confirmed to be gone. */
  phase: z.enum(['read', 'compare', 'remove']),
  state: z.enum(['running', 'done', 'planned', 'stopped']),
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
  people: Count,
  unreadable: Count,
  /** Changes that were put on the queue. */
  queued: Count,
  /** How many parts of each list were written. */
  seenParts: Count,
  itemParts: Count,
  /** How many parts of the items were carried out. */
  doneParts: Count,
  effect: Effect,
  /** People of whom something is at Velt, and those of them who would lose something. */
  delivered: Count,
  losing: Count,
  /** Candidates who turned out to be there. */
  kept: Count,
  /** People listed by the last complete reading. */
  before: Count.optional(),
  /** Who works on it, and until when nobody else may (ms since the epoch). */
  lease: z.strictObject({ owner: z.string(), until: z.int() }).optional(),
});

/** Something a run would do about one entry, with all it takes to do so later. */
export const RunItem = z.strictObject({
  key: z.string(),
  /** The entry's when the item was written: of another one, the item is void. */
  revision: z.int(),
  name: z.string().optional(),
  reason: z.string(),
  effect: Effect,
  /** Goes on the queue when the item is carried out. */
  changes: z.array(QueueItem),
  /** What has to be read once more before, because it was only found missing. */
  confirm: z.enum(['person', 'group']).optional(),
  /** What they were not listed in, or all they were in if they were not listed at all, by container key. */
  missing: z.array(z.string()).optional(),
});

export type Run = z.infer<typeof Run>;
export type RunItem = z.infer<typeof RunItem>;

/** Where catching up stands with a source: a place in the vendor's log, opaque. */
export interface Place {
  cursor: string | undefined;
  revision: number;
}

/**
 * The records of readings, in the mirror table: one current run a source, what it saw, what it would do. All throw
 * WorldFault `mirror`.
 */
export interface Runs {
  /** Without `run` when a program of another version wrote it: it may be saved over. */
  current(source: string): Promise<{ run: Run | undefined; revision: number } | undefined>;
  /** Stores the current run and returns its revision. Throws Conflict when somebody else stored one since `revision`. */
  save(run: Run, revision: number): Promise<number>;
  /** Keeps a run that ended under its id for two weeks. */
  keep(run: Run): Promise<void>;
  kept(source: string, runId: string): Promise<Run | undefined>;
  writeSeen(run: Run, part: number, hashes: Buffer): Promise<void>;
  /** What was written up to the checkpoint of `run`. */
  seen(run: Run): AsyncIterable<Uint8Array>;
  writeItems(run: Run, part: number, items: RunItem[]): Promise<void>;
  /** The items of parts from `from` on up to the checkpoint of `run`, a part at a time. */
  items(run: Run, from: number): AsyncIterable<{ part: number; items: RunItem[] }>;
  place(source: string, what: string): Promise<Place>;
  /** Throws Conflict when somebody else moved it. */
  move(source: string, what: string, place: Place): Promise<void>;
}

/** What is kept of a run for a look, and to be applied (s). */
const KEPT_S = 14 * 24 * 60 * 60;

export function createRuns({
  client,
  table,
  clock,
}: {
  client: Pick<DynamoDBDocumentClient, 'send'>;
  table: string;
  clock: () => number;
}): Runs {
  const pkOf = (source: string) => `run#${source}`;
  const partsOf = ({ source, runId }: Run) => `run#${source}#${runId}`;
  const expiresAt = () => Math.ceil(clock() / 1000) + KEPT_S;

  async function get(pk: string, sk: string) {
    return attempt('a read of a run', async () => {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true }),
      );
      return Item;
    });
  }

  async function put(item: Record<string, unknown>, revision?: number): Promise<void> {
    const condition =
      revision === undefined
        ? {}
        : revision === 0
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: 'revision = :revision',
              ExpressionAttributeValues: { ':revision': revision },
            };
    const Item = { ...item, ...(revision !== undefined && { revision: revision + 1 }) };
    await attempt('a write of a run', () =>
      client.send(new PutCommand({ TableName: table, Item, ...condition })),
    );
  }

  /** Parts of a list; what a process wrote after its last checkpoint is not one. */
  async function* parts(
    run: Run,
    prefix: string,
    from: number,
    end: number,
  ): AsyncGenerator<Record<string, unknown>> {
    if (from >= end) return;
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await attempt('a query of a run', () =>
        client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk and sk between :from and :to',
            ExpressionAttributeValues: {
              ':pk': partsOf(run),
              ':from': `${prefix}#${padded(from)}`,
              ':to': `${prefix}#${padded(end - 1)}`,
            },
            ConsistentRead: true,
            Limit: 8,
            ...(ExclusiveStartKey && { ExclusiveStartKey }),
          }),
        ),
      );
      yield* Items;
      ExclusiveStartKey = LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }

  return {
    async current(source) {
      const item = await get(pkOf(source), 'current');
      return item && { run: Run.safeParse(item.run).data, revision: Number(item.revision) };
    },
    async save(run, revision) {
      await put({ pk: pkOf(run.source), sk: 'current', run }, revision);
      return revision + 1;
    },
    keep: (run) => put({ pk: pkOf(run.source), sk: `kept#${run.runId}`, run, expiresAt: expiresAt() }),
    async kept(source, runId) {
      const item = await get(pkOf(source), `kept#${runId}`);
      return item && Run.parse(item.run);
    },
    writeSeen: (run, part, hashes) =>
      put({ pk: partsOf(run), sk: `seen#${padded(part)}`, hashes, expiresAt: expiresAt() }),
    async *seen(run) {
      for await (const { hashes } of parts(run, 'seen', 0, run.seenParts)) yield hashes as Uint8Array;
    },
    writeItems: (run, part, items) =>
      put({ pk: partsOf(run), sk: `item#${padded(part)}`, items, expiresAt: expiresAt() }),
    async *items(run, from) {
      for await (const { sk, items } of parts(run, 'item', from, run.itemParts))
        yield { part: Number(String(sk).slice('item#'.length)), items: z.array(RunItem).parse(items) };
    },
    async place(source, what) {
      const item = await get(pkOf(source), what);
      const cursor = typeof item?.cursor === 'string' ? item.cursor : undefined;
      return { cursor, revision: Number(item?.revision ?? 0) };
    },
    move: (source, what, { cursor, revision }) => put({ pk: pkOf(source), sk: what, cursor }, revision),
  };
}

async function attempt<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof ConditionalCheckFailedException)
      throw new Conflict('somebody else wrote it since it was read');
    throw new WorldFault('mirror', `the mirror table refused ${what}`, { cause });
  }
}

function padded(part: number): string {
  return String(part).padStart(8, '0');
}
