import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  type Message as QueuedMessage,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

/** Hides what is looked at from other readers, and gives it back by itself should this process end (s). */
const VISIBILITY_S = 60;
/** So many messages are looked at where nothing is done with them: each is given back by a call of its own. */
const PEEKED = 100;

/** What was seen of a queue: of about `held` messages these. */
export interface Peeked {
  held: number;
  messages: QueuedMessage[];
}

/**
 * Looks at the first messages of a queue (by its URL) and gives them back. Of a FIFO queue only the first ten of each group can be
 * seen: a group is locked while some of its messages are out. Not for a queue that feeds a function: nothing of these groups would
 * be delivered meanwhile, and what was looked at too often would be dead. Throws what SQS throws.
 */
export async function peek(sqs: Pick<SQSClient, 'send'>, queueUrl: string): Promise<Peeked> {
  const held = await countMessages(sqs, queueUrl);
  const messages: QueuedMessage[] = [];
  try {
    while (messages.length < Math.min(held, PEEKED)) {
      const more = await receive(sqs, queueUrl);
      if (more.length === 0) break;
      messages.push(...more);
    }
  } finally {
    await giveBack(sqs, queueUrl, messages);
  }
  return { held, messages };
}

/** How many messages can be received, as SQS counts: about. */
export async function countMessages(sqs: Pick<SQSClient, 'send'>, QueueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  return Number(Attributes.ApproximateNumberOfMessages);
}

/** The next messages, at most ten, which nobody else sees for a minute. */
export async function receive(sqs: Pick<SQSClient, 'send'>, QueueUrl: string): Promise<QueuedMessage[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: VISIBILITY_S,
      // A short poll asks only some of the queue's servers and may come back empty too early.
      WaitTimeSeconds: 2,
      MessageSystemAttributeNames: ['MessageGroupId', 'SentTimestamp'],
    }),
  );
  return Messages;
}

/** Lets others see these messages again. */
export async function giveBack(
  sqs: Pick<SQSClient, 'send'>,
  QueueUrl: string,
  messages: QueuedMessage[],
): Promise<void> {
  for (const { ReceiptHandle } of messages) {
    const command = new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
    // What cannot be given back comes back by itself in a minute.
    await sqs.send(command).catch(() => undefined);
  }
}
