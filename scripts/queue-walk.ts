import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

export type { Message } from '@aws-sdk/client-sqs';

export interface Walked {
  /** How many messages the queue held at the start, as SQS counts: about. */
  held: number;
  seen: Message[];
  /** How many were done with, and deleted. */
  done: number;
}

/** Hides what is looked at from other readers, and gives it back by itself should this process end (s). */
const VISIBILITY_S = 60;

/**
 * Looks at the messages of a queue, each once. `visit` returns whether a message is done with: it is deleted then, and no
 * sooner. All others are given back in the end. Of a FIFO queue only the first ten of a group can be seen that are not done
 * with: a group is locked while some of its messages are out. Not for a queue that feeds a function: nothing of these groups would
 * be delivered meanwhile, and what was looked at too often would be dead. Looks at no more than about `most`, and goes no further
 * once `signal` is aborted. Throws what SQS and `visit` throw; nothing is lost then.
 */
export async function walk(
  sqs: Pick<SQSClient, 'send'>,
  queueUrl: string,
  visit: (message: Message) => Promise<boolean> = async () => false,
  { most = Number.POSITIVE_INFINITY, signal }: { most?: number; signal?: AbortSignal } = {},
): Promise<Walked> {
  const held = await countMessages(sqs, queueUrl);
  const seen = new Map<string, Message>();
  const out = new Set<Message>();
  let done = 0;
  try {
    while (seen.size < most && !signal?.aborted) {
      // Nobody waits a second to see that what is empty is empty: a short poll looks whether the count is behind.
      const received = await receive(sqs, queueUrl, held === 0 && seen.size === 0 ? 0 : 1);
      for (const message of received) out.add(message);
      // What was out for too long comes again: everything has been seen then.
      const fresh = received.filter(({ MessageId = '' }) => !seen.has(MessageId));
      if (fresh.length === 0) break;
      for (const message of fresh) seen.set(message.MessageId ?? '', message);
      for (const message of fresh) {
        if (signal?.aborted) break;
        if (!(await visit(message))) continue;
        await sqs.send(
          new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }),
        );
        out.delete(message);
        done += 1;
      }
    }
  } finally {
    await giveBack(sqs, queueUrl, [...out]);
  }
  return { held, seen: [...seen.values()], done };
}

/** Takes one message out of a queue for good. Returns whether it was there, and could be seen. Throws what SQS throws. */
export async function drop(sqs: Pick<SQSClient, 'send'>, queueUrl: string, id: string): Promise<boolean> {
  const { done } = await walk(sqs, queueUrl, async ({ MessageId }) => MessageId === id);
  return done > 0;
}

/** When a message was sent (ms since the epoch). */
export function sentAt({ Attributes }: Message): number {
  return Number(Attributes?.SentTimestamp);
}

async function countMessages(sqs: Pick<SQSClient, 'send'>, QueueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  return Number(Attributes.ApproximateNumberOfMessages);
}

async function receive(
  sqs: Pick<SQSClient, 'send'>,
  QueueUrl: string,
  WaitTimeSeconds: number,
): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: VISIBILITY_S,
      // A short poll asks only some of the queue's servers and may come back empty too early.
      WaitTimeSeconds,
      MessageSystemAttributeNames: ['MessageGroupId', 'SentTimestamp'],
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
}

async function giveBack(sqs: Pick<SQSClient, 'send'>, QueueUrl: string, messages: Message[]): Promise<void> {
  for (const { ReceiptHandle } of messages) {
    const command = new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
    // What cannot be given back comes back by itself in a minute.
    await sqs.send(command).catch(() => undefined);
  }
}
