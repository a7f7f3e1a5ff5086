import { createHash } from 'node:crypto';
import type { ReceiveMessageRequest, Message as WireMessage } from '@aws-sdk/client-sqs';
import { type Account, append, findQueue, queueOfUrl } from './account.ts';
import { parseRedrive } from './attributes.ts';
import { within } from './parameters.ts';
import { available, dropExpired, type Message, nextChange, type Queue, setting } from './queue.ts';
import { MAX_VISIBILITY_SECONDS, receiptHandle } from './receipt.ts';

/** Receives as ReceiveMessage does. A receive whose `signal` aborts while it waits takes nothing. */
export async function receiveMessage(
  account: Account,
  input: ReceiveMessageRequest,
  { signal }: { signal?: AbortSignal },
): Promise<object> {
  const messages = await receive(account, queueOfUrl(account, input.QueueUrl), input, signal);
  return messages.length > 0 ? { Messages: messages.map((message) => wireMessage(message, input)) } : {};
}

async function receive(
  account: Account,
  queue: Queue,
  input: ReceiveMessageRequest,
  signal: AbortSignal | undefined,
): Promise<Message[]> {
  const visibilitySeconds = input.VisibilityTimeout ?? setting(queue, 'VisibilityTimeout');
  const waitSeconds = input.WaitTimeSeconds ?? setting(queue, 'ReceiveMessageWaitTimeSeconds');
  const most = within('MaxNumberOfMessages', input.MaxNumberOfMessages ?? 1, 1, 10);
  const visibility = within('VisibilityTimeout', visibilitySeconds, 0, MAX_VISIBILITY_SECONDS);
  const wait = within('WaitTimeSeconds', waitSeconds, 0, 20);
  const { clock, secondMs } = account;
  const deadline = clock.now() + wait * secondMs;

  while (!signal?.aborted) {
    const messages = take(account, queue, most, visibility);
    const now = clock.now();
    if (messages.length > 0 || now >= deadline) return messages;

    const comesBackAt = [...queue.messages.values()].reduce(
      (first, { visibleAt }) => (visibleAt > now ? Math.min(first, visibleAt) : first),
      deadline,
    );
    await nextChange(queue, clock, comesBackAt - now, signal);
  }
  return [];
}

/** Takes up to `most` messages; one that was received too often goes to the dead-letter queue instead. */
function take(account: Account, queue: Queue, most: number, visibilitySeconds: number): Message[] {
  const now = account.clock.now();
  dropExpired(queue, now, account.secondMs);
  const redrive = queue.attributes.RedrivePolicy ? parseRedrive(queue.attributes.RedrivePolicy) : undefined;
  const deadLetters = redrive && findQueue(account, redrive.deadLetterTargetArn);

  const taken: Message[] = [];
  for (const message of available(queue, now)) {
    if (taken.length === most) break;
    if (deadLetters && message.receivesHere >= redrive.maxReceiveCount) {
      moveToDeadLetters(account, queue, message, deadLetters);
      continue;
    }
    message.receives += 1;
    message.receivesHere += 1;
    message.firstReceivedAt ??= now;
    message.receivedAt = now;
    message.visibleAt = now + visibilitySeconds * account.secondMs;
    message.handle = receiptHandle(queue, message);
    taken.push(message);
  }
  return taken;
}

/** A FIFO dead-letter queue starts the retention anew, a standard one does not (developer guide, "Dead-letter queues"). */
function moveToDeadLetters(account: Account, queue: Queue, message: Message, deadLetters: Queue): void {
  const now = account.clock.now();
  queue.messages.delete(message.id);
  append(account, deadLetters, {
    ...message,
    receivesHere: 0,
    visibleAt: now,
    retainedSince: queue.fifo ? now : message.retainedSince,
    deadLetterSource: queue.arn,
  });
}

function wireMessage(message: Message, input: ReceiveMessageRequest): WireMessage {
  const { MessageSystemAttributeNames = [], AttributeNames = [], MessageAttributeNames = [] } = input;
  const wanted = new Set<string>([...MessageSystemAttributeNames, ...AttributeNames]);
  const attributes = Object.entries({
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receives),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.deduplicationId,
    SequenceNumber: message.deduplicationId === undefined ? undefined : message.sequenceNumber,
    DeadLetterQueueSourceArn: message.deadLetterSource,
  }).filter(([name, value]) => value !== undefined && (wanted.has('All') || wanted.has(name)));
  const messageAttributes = Object.entries(message.messageAttributes ?? {}).filter(([name]) =>
    MessageAttributeNames.some(
      (pattern) =>
        pattern === 'All' ||
        pattern === name ||
        (pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -2))),
    ),
  );

  return {
    MessageId: message.id,
    ReceiptHandle: message.handle,
    MD5OfBody: createHash('md5').update(message.body).digest('hex'),
    Body: message.body,
    ...(attributes.length > 0 ? { Attributes: Object.fromEntries(attributes) } : {}),
    ...(messageAttributes.length > 0 ? { MessageAttributes: Object.fromEntries(messageAttributes) } : {}),
  };
}
