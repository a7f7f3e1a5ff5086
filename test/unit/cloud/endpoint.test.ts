import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  CreateQueueCommand,
  ListQueueTagsCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Clock, manualClock } from '../../../local/cloud/aws/clock.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/cloud/aws/endpoint.ts';
import type { Statement } from '../../../local/cloud/aws/iam.ts';

const REGION = 'eu-central-1';
const ACCOUNT = '111122223333';
const QUEUE_ARN = `arn:aws:sqs:${REGION}:${ACCOUNT}:changes`;
const TABLE_ARN = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/mirror`;

let endpoint: AwsEndpoint;
let queueUrl: string;
let secretArn: string;
let roleCount = 0;
let waitingTimers = 0;
const opened: { destroy(): void }[] = [];

/** Stands still, and counts who waits for it. */
const clock: Clock = {
  ...manualClock(),
  after() {
    waitingTimers += 1;
    return () => {
      waitingTimers -= 1;
    };
  },
};

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ clock, region: REGION, accountId: ACCOUNT });
  const admin = clientsOf('local-admin');
  const queue = await admin.sqs.send(new CreateQueueCommand({ QueueName: 'changes' }));
  const secret = await admin.secrets.send(new CreateSecretCommand({ Name: 'velt', SecretString: 'value' }));
  queueUrl = queue.QueueUrl as string;
  secretArn = secret.ARN as string;
  await createTable('mirror');
});

afterAll(async () => {
  for (const client of opened) client.destroy();
  await endpoint.close();
});

function clientsOf(accessKeyId: string) {
  const config = {
    endpoint: endpoint.url,
    region: REGION,
    credentials: { accessKeyId, secretAccessKey: 'any' },
    maxAttempts: 1,
  };
  const clients = {
    sqs: new SQSClient(config),
    secrets: new SecretsManagerClient(config),
    dynamoDb: new DynamoDBClient(config),
  };
  opened.push(...Object.values(clients));
  return clients;
}

/** Clients of a new role that may do what is given, one action a resource. */
function roleWith(...permissions: [action: string, resource: string][]) {
  roleCount += 1;
  const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/role-${roleCount}/function`;
  const statements: Statement[] = permissions.map(([Action, Resource]) => ({
    Effect: 'Allow',
    Action,
    Resource,
  }));
  endpoint.setPrincipal(`key-${roleCount}`, { arn, statements });
  return { arn, ...clientsOf(`key-${roleCount}`) };
}

const createTable = (TableName: string) =>
  clientsOf('local-admin').dynamoDb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
        { AttributeName: 'due', AttributeType: 'S' },
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
    }),
  );

const key = (name: string) => ({ pk: { S: name }, sk: { S: 'entry' } });

const queryDue = new QueryCommand({
  TableName: 'mirror',
  IndexName: 'due',
  KeyConditionExpression: '#due = :due',
  ExpressionAttributeNames: { '#due': 'due' },
  ExpressionAttributeValues: { ':due': { S: 'retry' } },
});

describe('IAM', () => {
  it('refuses SQS as SQS does, and leaves the queue alone', async () => {
    const { arn, sqs } = roleWith(['sqs:ReceiveMessage', QUEUE_ARN]);
    const before = endpoint.sqs.depth('changes');

    const sending = sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'body' }));

    await expect(sending).rejects.toMatchObject({
      name: 'AccessDenied',
      $metadata: { httpStatusCode: 403 },
      message: `User: ${arn} is not authorized to perform: sqs:sendmessage on resource: ${QUEUE_ARN} because no identity-based policy allows the sqs:sendmessage action`,
    });
    expect(endpoint.sqs.depth('changes')).toEqual(before);
  });

  it('refuses Secrets Manager by the full ARN, and gives nothing out', async () => {
    const { arn, secrets } = roleWith(['secretsmanager:GetSecretValue', `${secretArn.slice(0, -6)}??????x`]);
    const before = endpoint.secrets.reads('velt');

    const reading = secrets.send(new GetSecretValueCommand({ SecretId: 'velt' }));

    await expect(reading).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 400 },
      message: `User: ${arn} is not authorized to perform: secretsmanager:GetSecretValue on resource: ${secretArn} because no identity-based policy allows the secretsmanager:GetSecretValue action`,
    });
    expect(endpoint.secrets.reads('velt')).toBe(before);
  });

  it('refuses DynamoDB, and writes nothing', async () => {
    const { dynamoDb } = roleWith(['dynamodb:GetItem', TABLE_ARN]);

    const putting = dynamoDb.send(new PutItemCommand({ TableName: 'mirror', Item: key('refused') }));

    await expect(putting).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 400 },
      message: expect.stringContaining(`dynamodb:PutItem on resource: ${TABLE_ARN} because`),
    });
    const { Item } = await dynamoDb.send(new GetItemCommand({ TableName: 'mirror', Key: key('refused') }));
    expect(Item).toBeUndefined();
  });

  it('names an explicit deny', async () => {
    const role = {
      arn: 'arn:aws:iam::1:user/denied',
      statements: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
    };
    endpoint.setPrincipal('denied', role);

    const reading = clientsOf('denied').secrets.send(new GetSecretValueCommand({ SecretId: 'velt' }));

    await expect(reading).rejects.toThrow('with an explicit deny in an identity-based policy');
  });

  it('finds a secret by name under the permission for its ARN', async () => {
    const { secrets } = roleWith(['secretsmanager:GetSecretValue', secretArn]);

    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: 'velt' }));

    expect(SecretString).toBe('value');
  });

  it('asks a batch of SQS for the permission of the single call', async () => {
    const entries = [{ Id: '1', MessageBody: 'body' }];
    const single = roleWith(['sqs:SendMessage', QUEUE_ARN]);
    const batch = roleWith(['sqs:SendMessageBatch', QUEUE_ARN]);
    const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries });

    const { Successful } = await single.sqs.send(command);
    const refused = batch.sqs.send(command);

    expect(Successful).toHaveLength(1);
    await expect(refused).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('asks a query through an index for the index alone', async () => {
    const ofTable = roleWith(['dynamodb:Query', TABLE_ARN]);
    const ofIndex = roleWith(['dynamodb:Query', `${TABLE_ARN}/index/due`]);

    const { Items } = await ofIndex.dynamoDb.send(queryDue);
    const refused = ofTable.dynamoDb.send(queryDue);

    await expect(refused).rejects.toThrow(`on resource: ${TABLE_ARN}/index/due`);
    expect(Items).toEqual([]);
  });

  it('asks a DynamoDB batch for its own action, for every table it names', async () => {
    await createTable('other');
    const { dynamoDb } = roleWith(['dynamodb:BatchWriteItem', TABLE_ARN], ['dynamodb:PutItem', '*']);
    const put = [{ PutRequest: { Item: key('batched') } }];

    await dynamoDb.send(new BatchWriteItemCommand({ RequestItems: { mirror: put } }));
    const refused = dynamoDb.send(new BatchWriteItemCommand({ RequestItems: { mirror: put, other: put } }));

    await expect(refused).rejects.toThrow(/dynamodb:BatchWriteItem on resource: .*table\/other/);
  });

  it('records every question with its answer', async () => {
    const { arn, sqs } = roleWith(['sqs:SendMessage', QUEUE_ARN]);
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'body' }));
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl })).catch(() => {});

    const asked = endpoint.calls.filter(({ principal }) => principal === arn);

    expect(asked).toEqual([
      { principal: arn, action: 'sqs:SendMessage', resource: QUEUE_ARN, allowed: true },
      { principal: arn, action: 'sqs:ReceiveMessage', resource: QUEUE_ARN, allowed: false },
    ]);
  });

  it('asks the new policies of a key that was set again', async () => {
    const { sqs } = roleWith(['sqs:SendMessage', QUEUE_ARN]);
    const send = () => sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'body' }));
    await send();

    endpoint.setPrincipal(`key-${roleCount}`, { arn: 'arn:aws:iam::1:role/changed', statements: [] });

    await expect(send()).rejects.toThrow(/not authorized/);
  });

  it('does not know a caller whose key was never set', async () => {
    const { sqs, secrets, dynamoDb } = clientsOf('nobody');

    const results = await Promise.allSettled([
      sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'body' })),
      secrets.send(new GetSecretValueCommand({ SecretId: 'velt' })),
      dynamoDb.send(new DescribeTableCommand({ TableName: 'mirror' })),
    ]);

    expect(results.map((result) => result.status === 'rejected' && result.reason.name)).toEqual([
      'InvalidClientTokenId',
      'UnrecognizedClientException',
      'UnrecognizedClientException',
    ]);
  });

  it('takes no principal whose statements it cannot judge', () => {
    const setting = () =>
      endpoint.setPrincipal('conditional', {
        arn: 'arn:aws:iam::1:role/conditional',
        statements: [{ Effect: 'Allow', Action: '*', Resource: '*', Condition: { Bool: {} } }],
      });

    expect(setting).toThrow('conditions are not understood');
  });
});

describe('DynamoDB', () => {
  it('refuses a conditional put whose condition does not hold', async () => {
    const { dynamoDb } = roleWith(['dynamodb:*', TABLE_ARN]);
    const put = (revision: string) =>
      dynamoDb.send(
        new PutItemCommand({
          TableName: 'mirror',
          Item: { ...key('ada'), revision: { N: revision } },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
    await put('1');

    const second = put('2');

    await expect(second).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    const { Item } = await dynamoDb.send(new GetItemCommand({ TableName: 'mirror', Key: key('ada') }));
    expect(Item?.revision).toEqual({ N: '1' });
  });

  it('gives tables the ARN of its region and account', async () => {
    const { dynamoDb } = clientsOf('local-admin');

    const { Table } = await dynamoDb.send(new DescribeTableCommand({ TableName: 'mirror' }));

    expect(Table?.TableArn).toBe(TABLE_ARN);
  });

  it('remembers the time to live of a table until the table is deleted', async () => {
    const { dynamoDb } = clientsOf('local-admin');
    const TimeToLiveSpecification = { AttributeName: 'expiresAt', Enabled: true };
    const describeIt = () => dynamoDb.send(new DescribeTimeToLiveCommand({ TableName: 'expiring' }));
    await createTable('expiring');
    const before = await describeIt();

    await dynamoDb.send(new UpdateTimeToLiveCommand({ TableName: 'expiring', TimeToLiveSpecification }));
    const after = await describeIt();
    await dynamoDb.send(new DeleteTableCommand({ TableName: 'expiring' }));
    await createTable('expiring');
    const recreated = await describeIt();

    expect(before.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'DISABLED' });
    expect(after.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' });
    expect(recreated.TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'DISABLED' });
  });

  it('has no time to live for a table that does not exist', async () => {
    const { dynamoDb } = clientsOf('local-admin');

    const updating = dynamoDb.send(
      new UpdateTimeToLiveCommand({
        TableName: 'missing',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      }),
    );

    await expect(updating).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('the endpoint', () => {
  it('answers an action it does not know with its name', async () => {
    const { sqs, dynamoDb } = clientsOf('local-admin');

    const results = await Promise.allSettled([
      sqs.send(new ListQueueTagsCommand({ QueueUrl: queueUrl })),
      dynamoDb.send(new TransactWriteItemsCommand({ TransactItems: [] })),
    ]);

    const errors = results.map((result) => result.status === 'rejected' && result.reason);
    expect(errors).toMatchObject([
      { name: 'UnknownOperationException', message: expect.stringContaining('AmazonSQS.ListQueueTags') },
      { name: 'UnknownOperationException', message: expect.stringContaining('TransactWriteItems') },
    ]);
  });

  it('refuses a request without a signature', async () => {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonSQS.ListQueues' },
      body: '{}',
    });

    expect(response.status).toBe(400);
    expect(await response.text()).toContain('MissingAuthenticationTokenException');
  });

  it('tells a watcher of each call that is allowed, with what it asks for, until it stops', async () => {
    const { arn, dynamoDb } = roleWith(['dynamodb:PutItem', TABLE_ARN]);
    const put = (name: string) => dynamoDb.send(new PutItemCommand({ TableName: 'mirror', Item: key(name) }));
    const seen: object[] = [];
    const stop = endpoint.watch((call) => seen.push(call));

    await put('watched');
    await dynamoDb.send(new DescribeTableCommand({ TableName: 'mirror' })).catch(() => {});
    stop();
    await put('unwatched');

    const input = { TableName: 'mirror', Item: key('watched') };
    expect(seen).toEqual([{ principal: arn, permission: 'dynamodb:PutItem', input }]);
  });

  it('keeps a message for others when a waiting receiver hangs up', async () => {
    const { sqs } = clientsOf('local-admin');
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'abandoned' }));
    const caller = new AbortController();
    const receiving = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), {
      abortSignal: caller.signal,
    });
    await vi.waitFor(() => expect(waitingTimers).toBe(1), { interval: 1 });

    caller.abort();
    await expect(receiving).rejects.toMatchObject({ name: 'AbortError' });
    await vi.waitFor(() => expect(waitingTimers).toBe(0), { interval: 1 });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'body' }));

    expect(endpoint.sqs.depth('abandoned')).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });

  it('closes while a receive is waiting', async () => {
    const own = await startAwsEndpoint();
    const client = new SQSClient({
      endpoint: own.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local-admin', secretAccessKey: 'any' },
      maxAttempts: 1,
    });
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'waiting' }));
    const receiving = client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    const ended = expect(receiving).rejects.toThrow();
    await vi.waitFor(() => expect(own.calls.at(-1)?.action).toBe('sqs:ReceiveMessage'), { interval: 1 });

    await own.close();

    await ended;
    client.destroy();
  });
});
