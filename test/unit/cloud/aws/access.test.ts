import {
  BatchWriteItemCommand,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import {
  clientsOf,
  createTable,
  endpoint,
  key,
  QUEUE_ARN,
  queueUrl,
  roleCount,
  roleWith,
  secretArn,
  TABLE_ARN,
} from './endpoint.ts';

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
