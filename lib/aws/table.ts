import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  type BatchWriteCommandInput,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { chunk } from '../directory/chunk.ts';
import { Conflict, WorldFault } from '../errors.ts';
import { retry } from '../retry.ts';

export interface TableDeps {
  client: Pick<DynamoDBDocumentClient, 'send'>;
  table: string;
}

type Item = Record<string, unknown>;
type WriteRequest = NonNullable<BatchWriteCommandInput['RequestItems']>[string][number];

const READ_KEYS = 100;
const WRITE_ITEMS = 25;
const BATCH_TRIES = 6;

/** The mirror table as its parts use it. Every read is consistent. All methods throw WorldFault `mirror` where it refuses. */
export function createTable({ client, table }: TableDeps) {
  return { get, put, query, scan };

  async function get(pk: string, sk: string): Promise<Item | undefined> {
    const command = new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true });
    return (await attempt('a read', () => client.send(command))).Item;
  }

  /** With a `revision` (0 = not stored yet) it stores the next one; throws Conflict when another is stored by then. */
  async function put(item: Item, revision?: number): Promise<void> {
    const Item = revision === undefined ? item : { ...item, revision: revision + 1 };
    const condition = revision === undefined ? {} : conditionOf(revision);
    await attempt('a write', () => client.send(new PutCommand({ TableName: table, Item, ...condition })));
  }

  /** Every page of a query, one after the other. */
  async function* query(input: Omit<QueryCommandInput, 'TableName'>): AsyncGenerator<Item[]> {
    let ExclusiveStartKey: Item | undefined;
    do {
      const command = new QueryCommand({
        TableName: table,
        ...input,
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      });
      const { Items = [], LastEvaluatedKey } = await attempt('a query', () => client.send(command));
      yield Items;
      ExclusiveStartKey = LastEvaluatedKey;
    } while (ExclusiveStartKey);
  }

  /** One page of the whole table, and the key after which the next one begins. */
  async function scan(input: Omit<ScanCommandInput, 'TableName'>): Promise<{ items: Item[]; last?: Item }> {
    const command = new ScanCommand({ TableName: table, ...input });
    const { Items = [], LastEvaluatedKey } = await attempt('a scan', () => client.send(command));
    return { items: Items, ...(LastEvaluatedKey && { last: LastEvaluatedKey }) };
  }
}

/** Many items at a time. What DynamoDB leaves unprocessed is sent again, as it asks, with growing pauses. */
export function createBatches(
  deps: TableDeps & { random: () => number; sleep: (ms: number) => Promise<void> },
) {
  const { client, table } = deps;
  return { getAll, writeAll };

  /** The items with these keys, those that are there. */
  async function getAll(keys: Item[]): Promise<Item[]> {
    const found: Item[] = [];
    await inParts(keys, READ_KEYS, async (Keys) => {
      const command = new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } });
      const { Responses, UnprocessedKeys } = await client.send(command);
      found.push(...(Responses?.[table] ?? []));
      return UnprocessedKeys?.[table]?.Keys ?? [];
    });
    return found;
  }

  function writeAll(requests: WriteRequest[]): Promise<void> {
    return inParts(requests, WRITE_ITEMS, async (part) => {
      const { UnprocessedItems } = await client.send(
        new BatchWriteCommand({ RequestItems: { [table]: part } }),
      );
      return UnprocessedItems?.[table] ?? [];
    });
  }

  async function inParts<T>(all: T[], count: number, send: (part: T[]) => Promise<T[]>): Promise<void> {
    for (const part of chunk(all, { count })) {
      let left = part;
      const act = async () => {
        left = await attempt('a batch', () => send(left));
        if (left.length > 0) throw new WorldFault('mirror', 'the mirror table is throttled');
      };
      const waitFor = (error: unknown, failures: number) =>
        error instanceof WorldFault && error.cause === undefined && failures < BATCH_TRIES
          ? deps.random() * 50 * 2 ** failures
          : undefined;
      await retry(act, waitFor, deps.sleep);
    }
  }
}

function conditionOf(revision: number) {
  const ExpressionAttributeValues = { ':revision': revision };
  return revision === 0
    ? { ConditionExpression: 'attribute_not_exists(pk)' }
    : { ConditionExpression: 'revision = :revision', ExpressionAttributeValues };
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
