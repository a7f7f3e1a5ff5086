import type { Clock } from '../clock.ts';
import { AwsError } from '../error.ts';
import { type Account, arnOfName, arnOfUrl, queueOfArn } from './account.ts';
import { type Depth, depthOf, dropExpired } from './queue.ts';
import {
  createQueue,
  deleteQueue,
  getQueueAttributes,
  getQueueUrl,
  listQueues,
  purgeQueue,
  setQueueAttributes,
} from './queue-actions.ts';
import {
  changeMessageVisibility,
  changeMessageVisibilityBatch,
  deleteMessage,
  deleteMessageBatch,
} from './receipt.ts';
import { receiveMessage } from './receive.ts';
import { sendMessage, sendMessageBatch } from './send.ts';

type Context = { senderId?: string; signal?: AbortSignal };

const ACTIONS = {
  CreateQueue: createQueue,
  GetQueueUrl: getQueueUrl,
  ListQueues: listQueues,
  DeleteQueue: deleteQueue,
  PurgeQueue: purgeQueue,
  GetQueueAttributes: getQueueAttributes,
  SetQueueAttributes: setQueueAttributes,
  SendMessage: sendMessage,
  SendMessageBatch: sendMessageBatch,
  ReceiveMessage: receiveMessage,
  DeleteMessage: deleteMessage,
  DeleteMessageBatch: deleteMessageBatch,
  ChangeMessageVisibility: changeMessageVisibility,
  ChangeMessageVisibilityBatch: changeMessageVisibilityBatch,
};

export type Sqs = ReturnType<typeof createSqs>;

/**
 * SQS in memory: standard and FIFO queues, as the API reference and the FIFO delivery logic of the developer guide
 * describe them (2012-11-05, read 2026-11).
 *
 * Exact, since a fault there would hide one of ours: order and lock of a message group, deduplication, visibility,
 * redrive, receipt handles, sizes and the error names. Left out: tags, queue policies, message move tasks, attribute
 * digests, throttling. A standard queue hands out in order and never twice, which AWS does not promise.
 *
 * `secondMs` is how many ms of `clock` an SQS second lasts; timestamps stay in real ms.
 *
 * `handle(action, input)` takes and returns the JSON of the wire and throws AwsError. A ReceiveMessage whose `signal`
 * aborts while it waits takes nothing.
 */
export function createSqs({
  clock,
  secondMs = 1000,
  region = 'us-east-1',
  accountId = '123456789012',
  baseUrl = 'http://127.0.0.1',
}: {
  clock: Clock;
  secondMs?: number;
  region?: string;
  accountId?: string;
  baseUrl?: string;
}) {
  const account: Account = {
    clock,
    secondMs,
    region,
    accountId,
    baseUrl,
    queues: new Map(),
    sequence: 0n,
  };

  return {
    knows: (action: string) => Object.hasOwn(ACTIONS, action),

    /** The queue ARN that a policy is asked about. Throws AwsError for what is not the URL of a queue. */
    resources(action: string, input: { QueueUrl?: string; QueueName?: string }): string[] {
      if (action === 'ListQueues') return ['*'];
      if (action === 'CreateQueue' || action === 'GetQueueUrl') return [arnOfName(account, input.QueueName)];
      return [arnOfUrl(account, input.QueueUrl)];
    },

    async handle(action: string, input: object, context: Context = {}): Promise<object> {
      if (!Object.hasOwn(ACTIONS, action)) throw new AwsError('UnknownOperationException', action);
      return ACTIONS[action as keyof typeof ACTIONS](account, input as never, context);
    },

    /** How many messages the queue of this name has, by state. Throws AwsError when there is none. */
    depth(queueName: string): Depth {
      const queue = queueOfArn(account, arnOfName(account, queueName));
      dropExpired(queue, clock.now(), secondMs);
      return depthOf(queue, clock.now());
    },

    /** For how long the oldest message of the queue of this name has been there (seconds of SQS); 0 where there is none. */
    ageOfOldest(queueName: string): number {
      const queue = queueOfArn(account, arnOfName(account, queueName));
      dropExpired(queue, clock.now(), secondMs);
      const sentAt = [...queue.messages.values()].map((message) => message.sentAt);
      return sentAt.length === 0 ? 0 : (clock.now() - Math.min(...sentAt)) / secondMs;
    },
  };
}
