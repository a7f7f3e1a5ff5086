import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  type Message,
  PurgeQueueCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manualClock } from '../../../local/cloud/aws/clock.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/cloud/aws/endpoint.ts';
import { createSqs } from '../../../local/cloud/aws/sqs/sqs.ts';

type Attributes = Partial<Record<QueueAttributeName, string>>;

const SECOND = 1000;
const clock = manualClock();
let endpoint: AwsEndpoint;
let client: SQSClient;
let queueCount = 0;

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ clock });
  client = new SQSClient({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local-admin', secretAccessKey: 'any' },
    maxAttempts: 1,
  });
});

afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

async function createQueue(attributes: Attributes = {}): Promise<string> {
  queueCount += 1;
  const QueueName = `queue-${queueCount}${attributes.FifoQueue ? '.fifo' : ''}`;
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName, Attributes: attributes }));
  return QueueUrl as string;
}

const createFifo = (attributes: Attributes = {}) =>
  createQueue({ FifoQueue: 'true', ContentBasedDeduplication: 'true', ...attributes });

const send = (QueueUrl: string, MessageBody: string, rest: Partial<SendMessageCommandInput> = {}) =>
  client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...rest }));

const sendTo = (queue: string, group: string, body: string) => send(queue, body, { MessageGroupId: group });

async function receive(QueueUrl: string, rest: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      ...rest,
    }),
  );
  return Messages;
}

const receiveBodies = async (queue: string, rest: Partial<ReceiveMessageCommandInput> = {}) =>
  (await receive(queue, rest)).map(({ Body }) => Body);

const remove = (QueueUrl: string, message: Message | undefined) =>
  client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));

const changeVisibility = (QueueUrl: string, message: Message | undefined, VisibilityTimeout: number) =>
  client.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl,
      ReceiptHandle: message?.ReceiptHandle,
      VisibilityTimeout,
    }),
  );

async function attributesOf(QueueUrl: string): Promise<Record<string, string>> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  return Attributes ?? {};
}

async function createFifoWithDeadLetters(maxReceiveCount: number) {
  const deadLetters = await createFifo();
  const { QueueArn: deadLetterTargetArn } = await attributesOf(deadLetters);
  const queue = await createFifo({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }) });
  return { queue, deadLetters };
}

describe('a FIFO queue', () => {
  it('hands out a group in order, several of it in one receive', async () => {
    const queue = await createFifo();
    for (const body of ['1', '2', '3']) await sendTo(queue, 'ada', body);

    const bodies = await receiveBodies(queue);

    expect(bodies).toEqual(['1', '2', '3']);
  });

  it('fills a receive with one group before it turns to the next', async () => {
    const queue = await createFifo();
    for (const [group, body] of [
      ['ada', 'a1'],
      ['bob', 'b1'],
      ['ada', 'a2'],
      ['bob', 'b2'],
    ] as const)
      await sendTo(queue, group, body);

    const bodies = await receiveBodies(queue, { MaxNumberOfMessages: 3 });

    expect(bodies).toEqual(['a1', 'a2', 'b1']);
  });

  it('keeps a group locked while one of its messages is in flight, and no other group', async () => {
    const queue = await createFifo();
    await sendTo(queue, 'ada', 'a1');
    await receive(queue);
    await sendTo(queue, 'ada', 'a2');
    await sendTo(queue, 'bob', 'b1');

    const bodies = await receiveBodies(queue);

    expect(bodies).toEqual(['b1']);
  });

  it('keeps a group locked until the last message of a received batch is back or deleted', async () => {
    const queue = await createFifo();
    for (const body of ['1', '2', '3']) await sendTo(queue, 'ada', body);
    const [first, second, third] = await receive(queue);
    await remove(queue, second);
    await changeVisibility(queue, first, 0);
    const whileLocked = await receiveBodies(queue);

    await changeVisibility(queue, third, 0);
    const afterwards = await receiveBodies(queue);

    expect(whileLocked).toEqual([]);
    expect(afterwards).toEqual(['1', '3']);
  });

  it('hands a message out again, first of its group, once its visibility ran out', async () => {
    const queue = await createFifo({ VisibilityTimeout: '30' });
    await sendTo(queue, 'ada', '1');
    await receive(queue);
    await sendTo(queue, 'ada', '2');

    clock.advance(29 * SECOND);
    const tooEarly = await receiveBodies(queue);
    clock.advance(1 * SECOND);
    const messages = await receive(queue);

    expect(tooEarly).toEqual([]);
    expect(messages.map(({ Body }) => Body)).toEqual(['1', '2']);
    expect(messages.map(({ Attributes }) => Attributes?.ApproximateReceiveCount)).toEqual(['2', '1']);
  });

  it('extends the lock of a group by ChangeMessageVisibility', async () => {
    const queue = await createFifo({ VisibilityTimeout: '30' });
    await sendTo(queue, 'ada', '1');
    const [message] = await receive(queue);
    await changeVisibility(queue, message, 120);

    clock.advance(119 * SECOND);
    const tooEarly = await receiveBodies(queue);
    clock.advance(1 * SECOND);
    const bodies = await receiveBodies(queue);

    expect(tooEarly).toEqual([]);
    expect(bodies).toEqual(['1']);
  });

  it('answers a repeated deduplication id with the first message, even a deleted one, for five minutes', async () => {
    const queue = await createFifo();
    const repeated = { MessageGroupId: 'ada', MessageDeduplicationId: 'same' };
    const first = await send(queue, 'one', repeated);
    await remove(queue, (await receive(queue))[0]);

    clock.advance(299 * SECOND);
    const within = await send(queue, 'another', repeated);
    const depth = (await attributesOf(queue)).ApproximateNumberOfMessages;
    clock.advance(1 * SECOND);
    const after = await send(queue, 'another', repeated);

    expect(within.MessageId).toBe(first.MessageId);
    expect(within.SequenceNumber).toBe(first.SequenceNumber);
    expect(depth).toBe('0');
    expect(after.MessageId).not.toBe(first.MessageId);
    expect(await receiveBodies(queue)).toEqual(['another']);
  });

  it('deduplicates by content when told to', async () => {
    const queue = await createFifo();
    const first = await sendTo(queue, 'ada', 'same');
    const second = await sendTo(queue, 'bob', 'same');

    const bodies = await receiveBodies(queue);

    expect(second.MessageId).toBe(first.MessageId);
    expect(bodies).toEqual(['same']);
  });

  it('deduplicates within a message group where that is the scope', async () => {
    const queue = await createFifo({
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    });
    await sendTo(queue, 'ada', 'same');
    await sendTo(queue, 'bob', 'same');
    await sendTo(queue, 'bob', 'same');

    const messages = await receive(queue);

    expect(messages.map(({ Attributes }) => Attributes?.MessageGroupId)).toEqual(['ada', 'bob']);
  });

  it('lets a delayed message hold back those behind it, not those before it', async () => {
    const queue = await createFifo({ DelaySeconds: '10' });
    await sendTo(queue, 'ada', '1');
    clock.advance(5 * SECOND);
    await sendTo(queue, 'ada', '2');
    const atOnce = await receiveBodies(queue);

    clock.advance(5 * SECOND);
    const afterDelay = await receiveBodies(queue);

    expect(atOnce).toEqual([]);
    expect(afterDelay).toEqual(['1']);
  });

  it('gives each message its group, sequence number, deduplication id and times', async () => {
    const queue = await createFifo();
    const sentAt = clock.now();
    const { SequenceNumber } = await send(queue, 'body', {
      MessageGroupId: 'ada',
      MessageDeduplicationId: 'id-1',
    });
    clock.advance(SECOND);

    const [message] = await receive(queue);

    expect(message?.Attributes).toEqual({
      SenderId: 'local-admin',
      SentTimestamp: String(sentAt),
      ApproximateReceiveCount: '1',
      ApproximateFirstReceiveTimestamp: String(sentAt + SECOND),
      MessageGroupId: 'ada',
      MessageDeduplicationId: 'id-1',
      SequenceNumber,
    });
  });

  it.each([
    ['no group', {}, 'MissingParameter'],
    ['a group with a space', { MessageGroupId: 'a b' }, 'InvalidParameterValue'],
    ['a delay of its own', { MessageGroupId: 'ada', DelaySeconds: 5 }, 'InvalidParameterValue'],
  ])('refuses a message with %s', async (_, rest, Code) => {
    const queue = await createFifo();

    const sending = send(queue, 'body', rest);

    await expect(sending).rejects.toMatchObject({ Code });
    expect(await receiveBodies(queue)).toEqual([]);
  });

  it('refuses a message without a deduplication id when its content is not one', async () => {
    const queue = await createFifo({ ContentBasedDeduplication: 'false' });

    const sending = sendTo(queue, 'ada', 'body');

    await expect(sending).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('refuses to delete by a handle whose visibility ran out, and keeps the message', async () => {
    const queue = await createFifo({ VisibilityTimeout: '30' });
    await sendTo(queue, 'ada', '1');
    const [message] = await receive(queue);
    clock.advance(30 * SECOND);

    const removing = remove(queue, message);

    await expect(removing).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: expect.stringContaining('The receipt handle has expired'),
    });
    expect(await receiveBodies(queue)).toEqual(['1']);
  });

  it('reports an expired handle of a batch by its id and deletes the others', async () => {
    const queue = await createFifo({ VisibilityTimeout: '30' });
    await sendTo(queue, 'ada', 'a1');
    await sendTo(queue, 'bob', 'b1');
    const [expired, held] = await receive(queue);
    await changeVisibility(queue, expired, 0);

    const { Successful, Failed } = await client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queue,
        Entries: [
          { Id: 'expired', ReceiptHandle: expired?.ReceiptHandle },
          { Id: 'held', ReceiptHandle: held?.ReceiptHandle },
        ],
      }),
    );

    expect(Successful).toEqual([{ Id: 'held' }]);
    expect(Failed).toEqual([
      {
        Id: 'expired',
        Code: 'ReceiptHandleIsInvalid',
        Message: 'The receipt handle has expired',
        SenderFault: true,
      },
    ]);
    expect(await receiveBodies(queue)).toEqual(['a1']);
  });

  it('refuses to extend a visibility that ran out', async () => {
    const queue = await createFifo({ VisibilityTimeout: '30' });
    await sendTo(queue, 'ada', '1');
    const [message] = await receive(queue);
    clock.advance(30 * SECOND);

    const changing = changeVisibility(queue, message, 60);

    await expect(changing).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    expect(await receiveBodies(queue)).toEqual(['1']);
  });
});

describe('a dead-letter queue', () => {
  it('gets a message at the receive after its last one, with group, body, id and count', async () => {
    const { queue, deadLetters } = await createFifoWithDeadLetters(2);
    const { MessageId } = await sendTo(queue, 'ada', 'poison');
    for (let round = 0; round < 2; round += 1) await changeVisibility(queue, (await receive(queue))[0], 0);
    const beforeNextReceive = await receiveBodies(deadLetters);

    const nextReceive = await receiveBodies(queue);
    const [buried] = await receive(deadLetters);

    expect(beforeNextReceive).toEqual([]);
    expect(nextReceive).toEqual([]);
    expect(buried).toMatchObject({ MessageId, Body: 'poison' });
    expect(buried?.Attributes).toMatchObject({
      MessageGroupId: 'ada',
      ApproximateReceiveCount: '3',
      DeadLetterQueueSourceArn: (await attributesOf(queue)).QueueArn,
    });
  });

  it('frees the group of the message it takes', async () => {
    const { queue } = await createFifoWithDeadLetters(1);
    await sendTo(queue, 'ada', 'poison');
    await changeVisibility(queue, (await receive(queue))[0], 0);
    await sendTo(queue, 'ada', 'sound');

    const bodies = await receiveBodies(queue);

    expect(bodies).toEqual(['sound']);
  });

  it('must exist and be of the same type', async () => {
    const standard = (await attributesOf(await createQueue())).QueueArn;
    const policy = (deadLetterTargetArn: string | undefined) =>
      createFifo({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 }) });

    const missing = policy('arn:aws:sqs:us-east-1:123456789012:missing.fifo');
    await expect(missing).rejects.toThrow('Dead letter target does not exist.');

    const ofOtherType = policy(standard);
    await expect(ofOtherType).rejects.toThrow('Dead-letter queue must be same type of queue as the source.');
  });
});

describe('a standard queue', () => {
  it('deletes by an expired handle', async () => {
    const queue = await createQueue({ VisibilityTimeout: '30' });
    await send(queue, 'body');
    const [message] = await receive(queue);
    clock.advance(30 * SECOND);

    await remove(queue, message);

    expect(await receiveBodies(queue)).toEqual([]);
  });

  it('accepts a handle from before the last receive, and deletes nothing', async () => {
    const queue = await createQueue({ VisibilityTimeout: '30' });
    await send(queue, 'body');
    const [message] = await receive(queue);
    clock.advance(30 * SECOND);
    await receive(queue);

    await remove(queue, message);

    expect((await attributesOf(queue)).ApproximateNumberOfMessagesNotVisible).toBe('1');
  });

  it('hands out one group side by side and gives the group back', async () => {
    const queue = await createQueue();
    await sendTo(queue, 'ada', '1');
    await sendTo(queue, 'ada', '2');
    await receive(queue, { MaxNumberOfMessages: 1 });

    const [message] = await receive(queue);

    expect(message?.Body).toBe('2');
    expect(message?.Attributes?.MessageGroupId).toBe('ada');
  });

  it('counts what is visible, in flight and delayed', async () => {
    const queue = await createQueue();
    await send(queue, 'one');
    await send(queue, 'two');
    await send(queue, 'late', { DelaySeconds: 60 });
    await receive(queue, { MaxNumberOfMessages: 1 });

    const attributes = await attributesOf(queue);

    expect(attributes).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '1',
    });
  });

  it('forgets messages when their retention ends', async () => {
    const queue = await createQueue({ MessageRetentionPeriod: '60' });
    await send(queue, 'old');
    clock.advance(60 * SECOND);
    await send(queue, 'new');

    const bodies = await receiveBodies(queue);

    expect(bodies).toEqual(['new']);
  });

  it('is emptied by PurgeQueue', async () => {
    const queue = await createQueue();
    await send(queue, 'body');

    await client.send(new PurgeQueueCommand({ QueueUrl: queue }));

    expect(await receiveBodies(queue)).toEqual([]);
  });

  it('refuses a handle it never gave', async () => {
    const queue = await createQueue();

    const removing = remove(queue, { ReceiptHandle: 'made-up' });

    await expect(removing).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid' });
  });

  it('refuses characters that SQS cannot carry', async () => {
    const queue = await createQueue();

    const sending = send(queue, 'a\u0000b');

    await expect(sending).rejects.toMatchObject({ name: 'InvalidMessageContents' });
  });

  it('refuses a message of more than 1 MiB and takes one of exactly that', async () => {
    const queue = await createQueue();

    await send(queue, 'x'.repeat(1_048_576));
    const sending = send(queue, 'x'.repeat(1_048_577));

    await expect(sending).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    expect((await attributesOf(queue)).ApproximateNumberOfMessages).toBe('1');
  });
});

describe('SendMessageBatch', () => {
  const entries = (count: number, body = 'body') =>
    Array.from({ length: count }, (_, index) => ({ Id: `id-${index}`, MessageBody: body }));

  it.each([
    ['no entries', [], 'EmptyBatchRequest'],
    ['eleven entries', entries(11), 'TooManyEntriesInBatchRequest'],
    ['one id twice', [...entries(1), ...entries(1)], 'BatchEntryIdsNotDistinct'],
    ['an id with a dot', [{ Id: 'a.b', MessageBody: 'body' }], 'InvalidBatchEntryId'],
    ['more than 1 MiB in all', entries(2, 'x'.repeat(524_289)), 'BatchRequestTooLong'],
  ])('is refused with %s', async (_, Entries, name) => {
    const queue = await createQueue();

    const sending = client.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries }));

    await expect(sending).rejects.toMatchObject({ name });
    expect((await attributesOf(queue)).ApproximateNumberOfMessages).toBe('0');
  });

  it('sends the sound entries and names the faulty ones', async () => {
    const queue = await createFifo();

    const { Successful, Failed } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: queue,
        Entries: [
          { Id: 'sound', MessageBody: 'body', MessageGroupId: 'ada' },
          { Id: 'faulty', MessageBody: 'body' },
        ],
      }),
    );

    expect(Successful?.map(({ Id }) => Id)).toEqual(['sound']);
    expect(Failed).toMatchObject([{ Id: 'faulty', Code: 'MissingParameter', SenderFault: true }]);
  });
});

describe('a waiting receive', () => {
  // In process, where the order of calls is certain.
  async function createWaiting() {
    const ownClock = manualClock();
    const sqs = createSqs({ clock: ownClock, secondMs: 10 });
    const { QueueUrl } = (await sqs.handle('CreateQueue', {
      QueueName: 'waiting.fifo',
      Attributes: { FifoQueue: 'true', ContentBasedDeduplication: 'true', VisibilityTimeout: '5' },
    })) as { QueueUrl: string };
    return {
      clock: ownClock,
      sqs,
      send: (MessageBody: string) =>
        sqs.handle('SendMessage', { QueueUrl, MessageBody, MessageGroupId: 'ada' }),
      receive: (WaitTimeSeconds: number, signal?: AbortSignal) =>
        sqs.handle('ReceiveMessage', { QueueUrl, WaitTimeSeconds }, signal ? { signal } : {}) as Promise<{
          Messages?: Message[];
        }>,
      remove: (message: Message | undefined) =>
        sqs.handle('DeleteMessage', { QueueUrl, ReceiptHandle: message?.ReceiptHandle }),
    };
  }

  it('wakes up when a message arrives', async () => {
    const { send, receive } = await createWaiting();
    const receiving = receive(20);

    await send('body');

    expect(await receiving).toMatchObject({ Messages: [{ Body: 'body' }] });
  });

  it('wakes up when the message in flight before it is deleted', async () => {
    const { send, receive, remove } = await createWaiting();
    await send('1');
    await send('2');
    const { Messages: [first] = [] } = await receive(0);
    const receiving = receive(20);

    await remove(first);

    expect(await receiving).toMatchObject({ Messages: [{ Body: '2' }] });
  });

  it('wakes up when a visibility runs out, a second lasting as long as asked for', async () => {
    const { clock: ownClock, send, receive } = await createWaiting();
    await send('body');
    await receive(0);
    const receiving = receive(20);

    ownClock.advance(5 * 10);

    expect(await receiving).toMatchObject({ Messages: [{ Body: 'body' }] });
  });

  it('ends empty-handed when its time is over', async () => {
    const { clock: ownClock, receive } = await createWaiting();
    const receiving = receive(20);

    ownClock.advance(20 * 10);

    expect(await receiving).toEqual({});
  });

  it('takes nothing once its caller is gone', async () => {
    const { sqs, send, receive } = await createWaiting();
    const caller = new AbortController();
    const receiving = receive(20, caller.signal);

    caller.abort();
    await send('body');

    expect(await receiving).toEqual({});
    expect(sqs.depth('waiting.fifo')).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  });
});

describe('queues', () => {
  it('are created once for the same attributes, with their messages kept, and refused for others', async () => {
    const create = (VisibilityTimeout: string) =>
      client.send(new CreateQueueCommand({ QueueName: 'twice', Attributes: { VisibilityTimeout } }));
    const { QueueUrl } = await create('60');
    await send(QueueUrl as string, 'body');

    const again = await create('60');
    const different = create('61');

    await expect(different).rejects.toMatchObject({ name: 'QueueNameExists' });
    expect(again.QueueUrl).toBe(QueueUrl);
    expect(await receiveBodies(QueueUrl as string)).toEqual(['body']);
  });

  it.each([
    ['a FIFO queue without .fifo', 'plain', { FifoQueue: 'true' }, 'InvalidParameterValue'],
    ['a standard queue with .fifo', 'plain.fifo', {}, 'InvalidParameterValue'],
    [
      'a FIFO attribute on a standard queue',
      'plain',
      { DeduplicationScope: 'queue' },
      'InvalidAttributeName',
    ],
    ['an attribute that does not exist', 'plain', { Visibility: '1' } as Attributes, 'InvalidAttributeName'],
    ['a retention above 14 days', 'plain', { MessageRetentionPeriod: '1209601' }, 'InvalidAttributeValue'],
    [
      'high throughput without its deduplication scope',
      'fast.fifo',
      { FifoQueue: 'true', FifoThroughputLimit: 'perMessageGroupId' },
      'InvalidAttributeValue',
    ],
  ])('are refused as %s', async (_, QueueName, attributes: Attributes, name) => {
    const creating = client.send(new CreateQueueCommand({ QueueName, Attributes: attributes }));

    await expect(creating).rejects.toMatchObject({ name });
  });

  it('are found by name, listed by prefix, changed and deleted', async () => {
    const QueueName = 'life-of-a-queue';
    const { QueueUrl } = await client.send(
      new CreateQueueCommand({ QueueName, Attributes: { KmsMasterKeyId: 'alias/aws/sqs' } }),
    );
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '7' } }));

    const found = await client.send(new GetQueueUrlCommand({ QueueName }));
    const listed = await client.send(new ListQueuesCommand({ QueueNamePrefix: 'life-' }));
    const attributes = await attributesOf(QueueUrl as string);
    await client.send(new DeleteQueueCommand({ QueueUrl }));
    const gone = client.send(new GetQueueUrlCommand({ QueueName }));

    expect(found.QueueUrl).toBe(QueueUrl);
    expect(listed.QueueUrls).toEqual([QueueUrl]);
    expect(attributes).toMatchObject({
      QueueArn: 'arn:aws:sqs:us-east-1:123456789012:life-of-a-queue',
      VisibilityTimeout: '7',
      SqsManagedSseEnabled: 'false',
    });
    await expect(gone).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
      Code: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  });

  it('are not found by an ARN in place of a URL', async () => {
    const sending = send('arn:aws:sqs:us-east-1:123456789012:queue-1', 'body');

    await expect(sending).rejects.toMatchObject({ name: 'InvalidAddress' });
  });
});
