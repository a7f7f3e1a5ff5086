import { createHash } from 'node:crypto';
import {
  ChangeMessageVisibilityBatchCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { type QueueItem, shardOf } from '../directory/change.ts';
import { chunk } from '../directory/chunk.ts';
import { WorldFault } from '../errors.ts';

export interface QueueDeps {
  client: Pick<SQSClient, 'send'>;
  queueUrl: string;
  shards: number;
}

/** The changes queue, as those who fill it see it. */
export interface Queue {
  /**
   * Sends changes, grouped into messages of one shard each. All are on the queue when it returns; throws WorldFault
   * `queue` when any is not. Sending the same changes twice within five minutes enqueues them once.
   *
   * With `inOrder`, the changes go one after the other through a message group of that name, whatever their shards: full
   * calls to Velt, and everyone else's changes pass by. That two may then work on one person is for the mirror's
   * revisions to settle.
   */
  send(changes: QueueItem[], inOrder?: string): Promise<void>;
}

const MAX_CHANGES = 100;
/** Half of what SQS takes in one call (1 MiB), so that the envelope never matters. */
const MAX_BATCH_BYTES = 512 * 1024;
const MAX_BATCH_MESSAGES = 10;
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** SQS hides a message for 12 hours at most, counted from when it was received (s). */
const MAX_DELAY_S = 11 * 60 * 60;

export function createQueue({ client, queueUrl, shards }: QueueDeps): Queue {
  return { send };

  async function send(changes: QueueItem[], inOrder?: string): Promise<void> {
    const groups = Map.groupBy(changes, (change) => inOrder ?? `shard-${shardOf(change, shards)}`);
    const entries = [...groups].flatMap(([group, ofGroup]) =>
      chunk(ofGroup, {
        ...{ count: MAX_CHANGES, bytes: MAX_BATCH_BYTES },
        bytesOf: (change) => Buffer.byteLength(JSON.stringify(change)),
      }).map((part) => entryOf(group, part)),
    );
    const bytesOf = ({ MessageBody }: { MessageBody: string }) => Buffer.byteLength(MessageBody);
    for (const batch of chunk(entries, { count: MAX_BATCH_MESSAGES, bytes: MAX_BATCH_BYTES, bytesOf })) {
      await sendBatch(batch.map((entry, index) => ({ ...entry, Id: String(index) })));
    }
  }

  function entryOf(group: string, changes: QueueItem[]) {
    const MessageBody = JSON.stringify({ v: 2, changes });
    return {
      MessageBody,
      MessageGroupId: group,
      MessageDeduplicationId: createHash('sha256').update(MessageBody).digest('hex'),
    };
  }

  async function sendBatch(Entries: (ReturnType<typeof entryOf> & { Id: string })[]): Promise<void> {
    let failed: number;
    try {
      const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      failed = Failed.length;
    } catch (cause) {
      throw new WorldFault('queue', 'the changes queue refused a batch', { cause });
    }
    if (failed > 0)
      throw new WorldFault('queue', `the changes queue refused ${failed} of ${Entries.length} messages`);
  }
}

/** Keeps what an authenticated caller sent and nobody could read: the queue of the parked, for people to look at. */
export type Park = (parked: {
  source: string;
  reasons: string[];
  contentType: string | undefined;
  body: Buffer;
}) => Promise<'parked' | 'too large'>;

/**
 * Parks a raw body with the reasons, compressed: the queue takes 1 MiB, more is told as `too large`. Throws WorldFault
 * `queue` when the queue refuses.
 */
export function createPark({ client, queueUrl }: Omit<QueueDeps, 'shards'>): Park {
  return async ({ source, reasons, contentType, body }) => {
    // Loaded only here: zlib is not free at a cold start, and parking is rare.
    const { gzipSync } = await import('node:zlib');
    const MessageBody = JSON.stringify({
      v: 1,
      source,
      reasons,
      contentType,
      encoding: 'gzip+base64',
      body: gzipSync(body).toString('base64'),
    });
    if (Buffer.byteLength(MessageBody) > MAX_MESSAGE_BYTES) return 'too large';
    try {
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
      return 'parked';
    } catch (cause) {
      throw new WorldFault('queue', 'the parked queue refused a message', { cause });
    }
  };
}

/** Lets a received message come back after `seconds`; a failure here is harmless, the queue's own time-out then holds. */
export type Delay = (messages: { receiptHandle: string; seconds: number }[]) => Promise<void>;

export function createDelay({ client, queueUrl }: Omit<QueueDeps, 'shards'>): Delay {
  return async (messages) => {
    for (const batch of chunk(messages, { count: MAX_BATCH_MESSAGES })) {
      await client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: queueUrl,
          Entries: batch.map(({ receiptHandle, seconds }, index) => ({
            Id: String(index),
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: Math.min(Math.ceil(seconds), MAX_DELAY_S),
          })),
        }),
      );
    }
  };
}
