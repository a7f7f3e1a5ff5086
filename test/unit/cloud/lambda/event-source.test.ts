import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_ACCESS_KEY } from '../../../../local/cloud/aws/access.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../../local/cloud/aws/endpoint.ts';
import type { InvocationResult } from '../../../../local/cloud/lambda/environment.ts';
import { failedIds, startEventSource } from '../../../../local/cloud/lambda/event-source.ts';

const IDS = ['a', 'b'];
const reporting = (...itemIdentifiers: unknown[]) => ({
  payload: { batchItemFailures: itemIdentifiers.map((itemIdentifier) => ({ itemIdentifier })) },
});

describe('failedIds', () => {
  it.each([
    ['null', { payload: null }],
    ['an empty object', { payload: {} }],
    ['an empty list', reporting()],
    ['a null list', { payload: { batchItemFailures: null } }],
  ])('keeps nothing when the answer is %s', (_, result) => {
    expect(failedIds(result, IDS, true)).toEqual(new Set());
  });

  it('keeps exactly the reported messages', () => {
    expect(failedIds(reporting('b'), IDS, true)).toEqual(new Set(['b']));
  });

  it.each([
    ['the function failed', { error: { type: 'Error', message: '', trace: [] } }],
    ['the answer is a string', { payload: 'done' }],
    ['the list is no list', { payload: { batchItemFailures: 'a' } }],
    ['an id is not in the batch', reporting('a', 'c')],
    ['an id is empty', reporting('')],
    ['an id is null', reporting(null)],
    ['an item has another key', { payload: { batchItemFailures: [{ messageId: 'a' }] } }],
  ])('keeps the whole batch when %s', (_, result) => {
    expect(failedIds(result, IDS, true)).toEqual(new Set(IDS));
  });

  it('keeps the whole batch of a function that failed, also when the mapping does not ask for reports', () => {
    const result = { error: { type: 'Error', message: '', trace: [] } };

    expect(failedIds(result, IDS, false)).toEqual(new Set(IDS));
  });

  it('ignores the answer when the mapping does not ask for reports', () => {
    expect(failedIds(reporting('a'), IDS, false)).toEqual(new Set());
  });
});

describe('startEventSource', () => {
  let aws: AwsEndpoint;
  let sqs: SQSClient;
  let queueUrl: string;

  beforeEach(async () => {
    aws = await startAwsEndpoint();
    const credentials = { accessKeyId: ADMIN_ACCESS_KEY, secretAccessKey: 'local' };
    sqs = new SQSClient({ endpoint: aws.url, region: 'us-east-1', credentials });
    const Attributes = { FifoQueue: 'true', ContentBasedDeduplication: 'true' };
    queueUrl =
      (await sqs.send(new CreateQueueCommand({ QueueName: 'changes.fifo', Attributes }))).QueueUrl ?? '';
    const Entries = ['one', 'two'].map((body) => ({
      Id: body,
      MessageBody: body,
      MessageGroupId: 'group',
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'test' } },
    }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  });
  afterEach(async () => {
    sqs.destroy();
    await aws.close();
  });

  /** Feeds the queue's first batch to `answer`, and tells what the function got and how many messages are left. */
  async function feed(answer: (event: SQSEvent) => InvocationResult) {
    const first = Promise.withResolvers<SQSEvent>();
    const source = startEventSource({
      sqs,
      queueUrl,
      queueArn: 'arn:aws:sqs:us-east-1:123456789012:changes.fifo',
      region: 'us-east-1',
      batchSize: 10,
      pollers: 2,
      reportsItemFailures: true,
      invoke: async (event) => {
        first.resolve(event);
        return answer(event);
      },
      log: () => {},
    });
    const event = await first.promise;
    await source.close();
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: ['ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return { event, left: Number(Attributes?.ApproximateNumberOfMessagesNotVisible) };
  }

  it('hands a batch over in the shape of an SQS event', async () => {
    const { event } = await feed(() => ({ payload: null }));

    expect(event.Records.map(({ body }) => body)).toEqual(['one', 'two']);
    expect(event.Records[0]).toEqual({
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receiptHandle: expect.any(String),
      body: 'one',
      attributes: expect.objectContaining({
        ApproximateReceiveCount: '1',
        MessageGroupId: 'group',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SequenceNumber: expect.any(String),
      }),
      messageAttributes: {
        kind: { stringValue: 'test', stringListValues: [], binaryListValues: [], dataType: 'String' },
      },
      md5OfBody: 'f97c5d29941bfb1b2fdab0874906ab82',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:changes.fifo',
      awsRegion: 'us-east-1',
    });
  });

  it('deletes what was done and leaves what the function reported', async () => {
    const { left } = await feed(({ Records }) => ({
      payload: { batchItemFailures: [{ itemIdentifier: Records[1]?.messageId }] },
    }));

    expect(left).toBe(1);
  });

  it('leaves the whole batch when the function fails', async () => {
    const { left } = await feed(() => ({ error: { type: 'Error', message: '', trace: [] } }));

    expect(left).toBe(2);
  });

  it('leaves nothing when the function reports no failure', async () => {
    const { left } = await feed(() => ({ payload: { batchItemFailures: [] } }));

    expect(left).toBe(0);
  });
});
