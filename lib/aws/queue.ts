import { hash } from 'node:crypto';
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

export type Queue = ReturnType<typeof createQueue>;

const MAX_CHANGES = 100;
/** Half of what SQS takes in one call (1 MiB), so that the envelope never matters. */
const MAX_BATCH_BYTES = 512 * 1024;
const MAX_BATCH_MESSAGES = 10;
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** SQS hides a message for 12 hours at most, counted from when it was received (s). */
const MAX_DELAY_S = 11 * 60 * 60;

/** The changes queue, as those who fill it see it. */
export function createQueue({ client, queueUrl, shards }: QueueDeps) {
  return { send };

  /**
   * Sends changes, grouped into messages of one shard each. All are on the queue when it returns; throws WorldFault
   * `queue` when any is not. Sending the same changes twice within five minutes enqueues them once.
   *
   * With `inOrder`, the changes go one after the other through a message group of that name, whatever their shards: full
   * calls to Velt, and everyone else's changes pass by. Two may then work on one person: its lease settles that.
   */
  async function send(changes: QueueItem[], inOrder?: string): Promise<void> {
    const groups = Map.groupBy(changes, (change) => inOrder ?? `shard-${shardOf(change, shards)}`);
    const entries = [...groups].flatMap(([group, ofGroup]) =>
      chunk(ofGroup, { count: MAX_CHANGES, bytes: MAX_BATCH_BYTES, bytesOf }).map((part) =>
        entryOf(group, part),
      ),
    );
    for (const batch of chunk(entries, { count: MAX_BATCH_MESSAGES, bytes: MAX_BATCH_BYTES, bytesOf }))
      await sendBatch(batch.map((entry, index) => ({ ...entry, Id: String(index) })));
  }

  async function sendBatch(Entries: (Entry & { Id: string })[]): Promise<void> {
    const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries });
    const { Failed = [] } = await client.send(command).catch((cause) => {
      throw new WorldFault('queue', 'the changes queue refused a batch', { cause });
    });
    if (Failed.length > 0)
      throw new WorldFault(
        'queue',
        `the changes queue refused ${Failed.length} of ${Entries.length} messages`,
      );
  }
}

type Entry = ReturnType<typeof entryOf>;

function entryOf(MessageGroupId: string, changes: QueueItem[]) {
  const MessageBody = bodyOf({ v: 2, changes });
  // In another group it waits for something else, and is another message.
  const MessageDeduplicationId = hash('sha256', `${MessageGroupId}\n${MessageBody}`);
  return { MessageBody, MessageGroupId, MessageDeduplicationId };
}

function bytesOf(sent: QueueItem | Entry): number {
  return Buffer.byteLength('MessageBody' in sent ? sent.MessageBody : bodyOf(sent));
}

function bodyOf(value: object): string {
  return escaped(JSON.stringify(value));
}

/**
 * JSON without the two characters that SQS refuses and JSON leaves as they are: as escapes they arrive like any other
 * (docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html, 2026-11).
 */
function escaped(json: string): string {
  return json.replaceAll('\uFFFE', '\\uFFFE').replaceAll('\uFFFF', '\\uFFFF');
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
    const packed = { encoding: 'gzip+base64', body: gzipSync(body).toString('base64') };
    const MessageBody = bodyOf({ v: 1, source, reasons, contentType, ...packed });
    if (Buffer.byteLength(MessageBody) > MAX_MESSAGE_BYTES) return 'too large';
    try {
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
      return 'parked';
    } catch (cause) {
      throw new WorldFault('queue', 'the parked queue refused a message', { cause });
    }
  };
}

/** Puts a message that nobody can read to the dead letters, as the queue would after its last receive. */
export type Bury = (message: {
  messageId: string;
  body: string;
  attributes?: { MessageGroupId?: string | undefined } | undefined;
}) => Promise<void>;

/** Throws WorldFault `queue` when the dead-letter queue refuses. */
export function createBury({ client, queueUrl }: Omit<QueueDeps, 'shards'>): Bury {
  return async ({ messageId, body, attributes }) => {
    const message = {
      MessageBody: escaped(body),
      MessageGroupId: attributes?.MessageGroupId ?? messageId,
      MessageDeduplicationId: messageId,
    };
    try {
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, ...message }));
    } catch (cause) {
      throw new WorldFault('queue', 'the dead-letter queue refused a message', { cause });
    }
  };
}

/** Lets a received message come back after `seconds`; a failure here is harmless, the queue's own time-out then holds. */
export type Delay = (messages: { receiptHandle: string; seconds: number }[]) => Promise<void>;

export function createDelay({ client, queueUrl }: Omit<QueueDeps, 'shards'>): Delay {
  return async (messages) => {
    for (const batch of chunk(messages, { count: MAX_BATCH_MESSAGES })) {
      const Entries = batch.map(({ receiptHandle: ReceiptHandle, seconds }, index) => {
        const VisibilityTimeout = Math.min(Math.ceil(seconds), MAX_DELAY_S);
        return { Id: String(index), ReceiptHandle, VisibilityTimeout };
      });
      await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
  };
}
