import { Readable } from 'node:stream';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createDynamoDb } from '../../local/cloud/aws/dynamodb.ts';

type Request = { headers: Record<string, string>; body?: Uint8Array | string };

/** A table as the template makes it, and the client to it, in memory; `actions` are the calls made. */
export async function makeTable(table = 'mirror') {
  const dynamo = createDynamoDb({ region: 'eu-west-1', accountId: '111122223333' });
  const actions: string[] = [];
  const client = new DynamoDBClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: {
      handle: async ({ headers, body = '' }: Request) => {
        const action = (headers['x-amz-target'] ?? '').split('.').at(-1) ?? '';
        actions.push(action);
        const answer = await dynamo.handle({
          action,
          headers,
          body:
            typeof body === 'string'
              ? Buffer.from(body)
              : Buffer.from(body.buffer, body.byteOffset, body.byteLength),
        });
        const response = {
          ...answer,
          statusCode: answer.status,
          body: Readable.from([Buffer.from(answer.body)]),
        };
        return { response: response as never };
      },
    },
  });
  await client.send(creationOf(table));
  const isThere = async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
    return Table?.TableStatus === 'ACTIVE';
  };
  while (!(await isThere()));
  actions.length = 0;
  return { client: DynamoDBDocumentClient.from(client), table, actions };
}

/** The call that makes such a table. */
export function creationOf(TableName: string): CreateTableCommand {
  return new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      ...['pk', 'sk', 'due'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      { AttributeName: 'dueAt', AttributeType: 'N' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'due',
        KeySchema: [
          { AttributeName: 'due', KeyType: 'HASH' },
          { AttributeName: 'dueAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
  });
}
