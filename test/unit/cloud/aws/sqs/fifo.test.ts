import { DeleteMessageBatchCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import {
  attributesOf,
  changeVisibility,
  client,
  clock,
  createFifo,
  receive,
  receiveBodies,
  remove,
  SECOND,
  send,
  sendTo,
} from './client.ts';

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
