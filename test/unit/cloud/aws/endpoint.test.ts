import { DescribeTableCommand, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateQueueCommand,
  ListQueueTagsCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, it, vi } from 'vitest';
import { startAwsEndpoint } from '../../../../local/cloud/aws/endpoint.ts';
import { clientsOf, endpoint, key, queueUrl, roleWith, TABLE_ARN, waitingTimers } from './endpoint.ts';

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
