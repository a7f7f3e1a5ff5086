import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { Conflict, WorldFault } from '../errors.ts';

export interface TableDeps {
  client: Pick<DynamoDBDocumentClient, 'send'>;
  table: string;
}

type Item = Record<string, unknown>;

/** The mirror table as its parts use it. Every read is consistent. All methods throw WorldFault `mirror` where it refuses. */
export function createTable({ client, table }: TableDeps) {
  return { attempt, get, put, query };

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
}

function conditionOf(revision: number) {
  return revision === 0
    ? { ConditionExpression: 'attribute_not_exists(pk)' }
    : {
        ConditionExpression: 'revision = :revision',
        ExpressionAttributeValues: { ':revision': revision },
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
