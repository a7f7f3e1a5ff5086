import { checkedBatch } from '../../local/cloud/aws/sqs/batch.ts';
import { GROUP_OR_DEDUPLICATION_ID, MAX_BATCH_BYTES, UNSENDABLE } from '../../local/cloud/aws/sqs/send.ts';

/** One message of a FIFO queue. `visibleAt` (ms): until then it is in flight, or waits to come back. */
export interface QueuedMessage {
  messageId: string;
  group: string;
  body: string;
  receives: number;
  visibleAt: number;
  /** Of the newest receive: an older one cannot delete the message or move it any more. */
  receiptHandle: string;
}

/** How long the same message is not taken twice. */
export const DEDUPLICATION_MS = 5 * 60_000;

/** One entry of a batch that is sent, as SQS takes it. */
export interface SentEntry {
  Id?: string | undefined;
  MessageBody?: string | undefined;
  MessageGroupId?: string | undefined;
  MessageDeduplicationId?: string | undefined;
}

/** Throws for a batch that SQS refuses, as a whole or one entry of it: number, ids, size, characters, names of groups. */
export function refuseAsSqs(entries: SentEntry[]): void {
  checkedBatch(
    'entry',
    entries.map(({ Id }) => ({ Id })),
  );
  for (const { MessageBody = '', MessageGroupId = '', MessageDeduplicationId = '' } of entries) {
    if (MessageBody === '' || UNSENDABLE.test(MessageBody)) throw new Error('InvalidMessageContents');
    for (const id of [MessageGroupId, MessageDeduplicationId])
      if (!GROUP_OR_DEDUPLICATION_ID.test(id)) throw new Error('InvalidParameterValue');
  }
  const bytes = entries.reduce((sum, { MessageBody = '' }) => sum + Buffer.byteLength(MessageBody), 0);
  if (bytes > MAX_BATCH_BYTES) throw new Error('BatchRequestTooLong');
}

/**
 * An SQS FIFO queue with a dead-letter queue, in memory: a group is locked while one of its messages is in flight, one
 * batch may hold several groups, a message that was received `maxReceives` times goes to the dead.
 */
export function createMemoryQueue({
  clock,
  maxReceives,
  batch: batchSize,
}: {
  clock: () => number;
  maxReceives: number;
  batch: number;
}) {
  let messages: QueuedMessage[] = [];
  let dead: QueuedMessage[] = [];
  let sent = 0;
  let received = 0;
  const seen = new Map<string, number>();
  const find = (receiptHandle: string) => messages.find((message) => message.receiptHandle === receiptHandle);

  return { send, receive, remove, delay, redrive, nextVisible, counts };

  function send(group: string, body: string, deduplicationId?: string): void {
    const key = `${group} ${deduplicationId}`;
    if (deduplicationId !== undefined) {
      if (clock() - (seen.get(key) ?? Number.NEGATIVE_INFINITY) < DEDUPLICATION_MS) return;
      seen.set(key, clock());
    }
    sent += 1;
    const messageId = `m${sent}`;
    messages.push({ messageId, group, body, receives: 0, visibleAt: 0, receiptHandle: '' });
  }

  /** Takes the oldest messages of all groups that are not locked, and keeps them for `visibilityMs`. */
  function receive(visibilityMs: number): QueuedMessage[] {
    const now = clock();
    const overdue = messages.filter(({ receives, visibleAt }) => receives >= maxReceives && visibleAt <= now);
    messages = messages.filter((message) => !overdue.includes(message));
    dead.push(...overdue);
    const locked = lockedAt(now);
    const batch = messages.filter(({ group }) => !locked.has(group)).slice(0, batchSize);
    for (const message of batch) {
      received += 1;
      message.receives += 1;
      message.visibleAt = now + visibilityMs;
      message.receiptHandle = `r${received}`;
    }
    return batch.map((message) => ({ ...message }));
  }

  function remove(receiptHandle: string): void {
    messages = messages.filter((message) => message.receiptHandle !== receiptHandle);
  }

  function delay(receiptHandle: string, seconds: number): void {
    const message = find(receiptHandle);
    if (message) message.visibleAt = clock() + seconds * 1000;
  }

  /** Puts the dead back, behind all others. */
  function redrive(): number {
    const revived = dead.map((message) => ({ ...message, receives: 0, visibleAt: 0 }));
    messages.push(...revived);
    dead = [];
    return revived.length;
  }

  /** When the next message can be received (ms), if any: now, or when one comes back. */
  function nextVisible(): number | undefined {
    if (messages.length === 0) return undefined;
    const locked = lockedAt(clock());
    if (messages.some(({ group }) => !locked.has(group))) return clock();
    return Math.min(...messages.map(({ visibleAt }) => visibleAt).filter((at) => at > clock()));
  }

  function counts() {
    return { sent, received, waiting: messages.length, dead: dead.length };
  }

  function lockedAt(now: number): Set<string> {
    return new Set(messages.filter(({ visibleAt }) => visibleAt > now).map(({ group }) => group));
  }
}
