import type { Message } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../../../local/cloud/aws/clock.ts';
import { createSqs } from '../../../../../local/cloud/aws/sqs/sqs.ts';

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
