import { PurgeQueueCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import {
  attributesOf,
  client,
  clock,
  createFifo,
  createQueue,
  receive,
  receiveBodies,
  remove,
  SECOND,
  send,
  sendTo,
} from './client.ts';

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
