import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { Clock } from '../clock.ts';
import type { Attributes } from './attributes.ts';

export type Message = {
  id: string;
  body: string;
  senderId: string;
  groupId: string | undefined;
  deduplicationId: string | undefined;
  sequenceNumber: string;
  messageAttributes: Record<string, MessageAttributeValue> | undefined;
  sentAt: number;
  /** Where the retention period starts. */
  retainedSince: number;
  visibleAt: number;
  /** Receives in all, those in the queue that it was moved from included. */
  receives: number;
  receivesHere: number;
  firstReceivedAt: number | undefined;
  receivedAt: number;
  /** The receipt handle of the last receive. */
  handle: string;
  deadLetterSource: string | undefined;
};

export type Queue = {
  name: string;
  arn: string;
  fifo: boolean;
  createdAt: number;
  modifiedAt: number;
  attributes: Attributes;
  /** In the order of arrival, by message id. */
  messages: Map<string, Message>;
  /** First sends by deduplication key, oldest first. */
  sends: Map<string, { id: string; sequenceNumber: string; at: number }>;
  /** Receives that wait for a message. */
  waiting: Set<() => void>;
};

/** How many messages a queue has, by state. */
export type Depth = { visible: number; inFlight: number; delayed: number };

/** The number that an attribute of the queue is set to. */
export function setting(queue: Queue, name: string): number {
  return Number(queue.attributes[name]);
}

/** Whether a message was received and its visibility timeout has not ended. */
export function isInFlight({ visibleAt, receivesHere }: Message, now: number): boolean {
  return visibleAt > now && receivesHere > 0;
}

/** The messages that may be received now, in the order in which they must be. */
export function available(queue: Queue, now: number): Message[] {
  const messages = [...queue.messages.values()];
  if (!queue.fifo) return messages.filter(({ visibleAt }) => visibleAt <= now);

  // One message in flight locks its whole group. A delayed one holds back only those behind it.
  const blocked = new Set(
    messages.filter((message) => isInFlight(message, now)).map(({ groupId }) => groupId),
  );
  const free = messages.filter(({ groupId, visibleAt }) => {
    if (visibleAt > now) blocked.add(groupId);
    return !blocked.has(groupId);
  });
  return [...Map.groupBy(free, ({ groupId }) => groupId).values()].flat();
}

/** Deletes the messages whose retention period has ended. */
export function dropExpired(queue: Queue, now: number, secondMs: number): void {
  const lifetime = setting(queue, 'MessageRetentionPeriod') * secondMs;
  for (const message of queue.messages.values())
    if (now - message.retainedSince >= lifetime) queue.messages.delete(message.id);
}

/** Counts the queue's messages by state. Expired ones have to be dropped before. */
export function depthOf(queue: Queue, now: number): Depth {
  const depth = { visible: 0, inFlight: 0, delayed: 0 };
  for (const message of queue.messages.values()) {
    if (message.visibleAt <= now) depth.visible += 1;
    else if (isInFlight(message, now)) depth.inFlight += 1;
    else depth.delayed += 1;
  }
  return depth;
}

/** Lets every waiting receive look at the queue again. */
export function wake(queue: Queue): void {
  for (const look of [...queue.waiting]) look();
}

/** Resolves at the queue's next change, after `ms`, or when the signal aborts. */
export function nextChange(
  queue: Queue,
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      cancel();
      queue.waiting.delete(look);
      signal?.removeEventListener('abort', look);
      resolve();
    };
    const cancel = clock.after(ms, look);
    queue.waiting.add(look);
    signal?.addEventListener('abort', look);
  });
}
