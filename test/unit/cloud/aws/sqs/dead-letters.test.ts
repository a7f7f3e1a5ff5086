import { describe, expect, it } from 'vitest';
import {
  attributesOf,
  changeVisibility,
  createFifo,
  createQueue,
  receive,
  receiveBodies,
  sendTo,
} from './client.ts';

async function createFifoWithDeadLetters(maxReceiveCount: number) {
  const deadLetters = await createFifo();
  const { QueueArn: deadLetterTargetArn } = await attributesOf(deadLetters);
  const queue = await createFifo({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }) });
  return { queue, deadLetters };
}

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
