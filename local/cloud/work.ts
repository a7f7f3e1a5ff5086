import { setTimeout as sleep } from 'node:timers/promises';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { ClientOptions } from './template/stack.ts';

/** Knows what the local cloud still has to do: the invocations that run and the messages that wait for one. */
export function createWork(admin: ClientOptions) {
  const sqs = new SQSClient(admin);
  let running = 0;

  return {
    /** Runs something, and counts it as running until it has ended. */
    async counted<T>(work: () => Promise<T>): Promise<T> {
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
      }
    },

    /** Resolves when nothing runs and the queues are empty. Rejects with what is left after `withinMs`. */
    async untilIdle(queueUrls: string[], withinMs: number): Promise<void> {
      const deadline = Date.now() + withinMs;
      while (true) {
        const waiting = await Promise.all(queueUrls.map((url) => messagesIn(sqs, url)));
        if (running === 0 && waiting.every((messages) => messages === 0)) return;
        if (Date.now() > deadline) {
          throw new Error(
            `not idle after ${withinMs} ms: ${running} invocations run, ${waiting} messages are left`,
          );
        }
        await sleep(20);
      }
    },
  };
}

async function messagesIn(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
}
