import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { Change } from '../directory/change.ts';
import { Conflict, WorldFault } from '../errors.ts';

const Count = z.int().min(0);

/** One run over a whole source, from its start to its end, as its checkpoint holds it. */
export const Run = z.object({
  v: z.literal(2),
  runId: z.string(),
  source: z.string(),
  /**
   * `list` the directory, find `absences` in the mirror, pass the `breaker`, `ask` about everyone who could lose
   * something.
   */
  phase: z.enum(['list', 'absences', 'breaker', 'ask']),
  state: z.enum(['running', 'done', 'stopped']),
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
  /** Changes and rechecks that were put on the queue. */
  queued: Count,
  /** Of these, how many ask for somebody or something to be read. */
  asked: Count,
  /** How many parts of each list were written. */
  seenParts: Count,
  deferredParts: Count,
  /** People of whom something is at Velt, and those of them who would lose something and are in no applied plan. */
  delivered: Count,
  losing: Count,
  /** People and groups to be asked about. */
  toAsk: Count,
  /** People listed by the last complete run. */
  before: Count.optional(),
  /** Who works on it, and until when nobody else may (ms since the epoch). */
  lease: z.object({ owner: z.string(), until: z.int() }).optional(),
});

export type Run = z.infer<typeof Run>;

/** Where catching up stands with a source: a place in the vendor's log, opaque. */
export interface Place {
  cursor: string | undefined;
  revision: number;
}

/**
 * The records of runs, in the mirror table: one current run a source, what it saw, what it defers. All throw WorldFault
 * `mirror`.
 */
export interface Runs {
  /** Without `run` when a program of another version wrote it: it may be saved over. */
  current(source: string): Promise<{ run: Run | undefined; revision: number } | undefined>;
  /** Stores the current run and returns its revision. Throws Conflict when somebody else stored one since `revision`. */
  save(run: Run, revision: number): Promise<number>;
  writeSeen(run: Run, part: number, hashes: Buffer): Promise<void>;
  /** What was written up to the checkpoint of `run`. */
  seen(run: Run): AsyncIterable<Uint8Array>;
  writeDeferred(run: Run, part: number, changes: Change[]): Promise<void>;
  /** The deferred changes up to the checkpoint of `run`. */
  deferred(run: Run): AsyncIterable<Change[]>;
  place(source: string, what: string): Promise<Place>;
  /** Throws Conflict when somebody else moved it. */
  move(source: string, what: string, place: Place): Promise<void>;
}

/** How long the lists of a run stay (s). */
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
  async function* parts(run: Run, prefix: string, count: number): AsyncGenerator<Record<string, unknown>> {
    if (count === 0) return;
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await attempt('a query of a run', () =>
        client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk and sk between :from and :to',
            ExpressionAttributeValues: {
              ':pk': partsOf(run),
              ':from': `${prefix}#${padded(0)}`,
              ':to': `${prefix}#${padded(count - 1)}`,
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
    writeSeen: (run, part, hashes) =>
      put({ pk: partsOf(run), sk: `seen#${padded(part)}`, hashes, expiresAt: expiresAt() }),
    async *seen(run) {
      for await (const { hashes } of parts(run, 'seen', run.seenParts)) yield hashes as Uint8Array;
    },
    writeDeferred: (run, part, changes) =>
      put({ pk: partsOf(run), sk: `deferred#${padded(part)}`, changes, expiresAt: expiresAt() }),
    async *deferred(run) {
      for await (const { changes } of parts(run, 'deferred', run.deferredParts))
        yield z.array(Change).parse(changes);
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
