import { createHash, randomUUID } from 'node:crypto';
import type { SendMessageBatchRequest, SendMessageRequest } from '@aws-sdk/client-sqs';
import { AwsError } from '../error.ts';
import { type Account, append, queueOfUrl } from './account.ts';
import { batchResult, checkedBatch } from './batch.ts';
import { invalidParameter, missing, within } from './parameters.ts';
import { type Queue, setting } from './queue.ts';

type Entry = Omit<SendMessageRequest, 'QueueUrl'>;
type Sender = { senderId?: string };

export const MAX_BATCH_BYTES = 1_048_576;
const DEDUPLICATION_SECONDS = 300;

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html, 2026-11
export const UNSENDABLE = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
export const GROUP_OR_DEDUPLICATION_ID = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;

export function sendMessage(
  account: Account,
  input: SendMessageRequest,
  { senderId = 'local' }: Sender,
): object {
  return send(account, queueOfUrl(account, input.QueueUrl), input, senderId);
}

export function sendMessageBatch(
  account: Account,
  { QueueUrl, Entries }: SendMessageBatchRequest,
  { senderId = 'local' }: Sender,
): object {
  const queue = queueOfUrl(account, QueueUrl);
  const entries = checkedBatch('SendMessageBatchRequestEntry', Entries);
  const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (bytes > MAX_BATCH_BYTES)
    throw new AwsError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`,
      { queryCode: 'AWS.SimpleQueueService.BatchRequestTooLong' },
    );
  return batchResult(entries, (entry) => send(account, queue, entry, senderId));
}

/** Puts a message into a queue; a send that repeats an earlier one gets its answer and adds nothing. */
function send(account: Account, queue: Queue, entry: Entry, senderId: string): object {
  const { MessageBody: body = '', MessageGroupId: groupId, MessageAttributes: messageAttributes } = entry;
  const deduplicationId = checkedDeduplicationId(queue, entry);
  const now = account.clock.now();
  const delayMs = (entry.DelaySeconds ?? setting(queue, 'DelaySeconds')) * account.secondMs;

  const key = JSON.stringify([
    queue.attributes.DeduplicationScope === 'messageGroup' ? groupId : '',
    deduplicationId,
  ]);
  forgetOldSends(queue, now - DEDUPLICATION_SECONDS * account.secondMs);
  const earlier = queue.fifo ? queue.sends.get(key) : undefined;
  const sent =
    earlier ??
    append(account, queue, {
      id: randomUUID(),
      body,
      senderId,
      groupId,
      deduplicationId,
      messageAttributes,
      sentAt: now,
      retainedSince: now,
      visibleAt: now + delayMs,
      receives: 0,
      receivesHere: 0,
      firstReceivedAt: undefined,
      receivedAt: 0,
      handle: '',
      deadLetterSource: undefined,
    });
  if (queue.fifo && !earlier)
    queue.sends.set(key, { id: sent.id, sequenceNumber: sent.sequenceNumber, at: now });

  return {
    MessageId: sent.id,
    MD5OfMessageBody: createHash('md5').update(body).digest('hex'),
    ...(queue.fifo ? { SequenceNumber: sent.sequenceNumber } : {}),
  };
}

function forgetOldSends(queue: Queue, until: number): void {
  for (const [key, { at }] of queue.sends) {
    if (at > until) break;
    queue.sends.delete(key);
  }
}

/** The id by which a repeated send is known, undefined on a standard queue. Throws AwsError where AWS refuses the entry. */
function checkedDeduplicationId(queue: Queue, entry: Entry): string | undefined {
  const { MessageBody: body, MessageGroupId: groupId, MessageDeduplicationId: explicitId } = entry;
  checkBody(queue, entry);
  if (entry.DelaySeconds !== undefined) within('DelaySeconds', entry.DelaySeconds, 0, 900);
  for (const [name, value] of Object.entries({
    MessageGroupId: groupId,
    MessageDeduplicationId: explicitId,
  })) {
    if (value !== undefined && !GROUP_OR_DEDUPLICATION_ID.test(value))
      throw invalidParameter(
        `Value ${value} for parameter ${name} is invalid. Reason: ${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
      );
  }

  const misplaced = queue.fifo
    ? entry.DelaySeconds && `Value ${entry.DelaySeconds} for parameter DelaySeconds`
    : explicitId && `Value ${explicitId} for parameter MessageDeduplicationId`;
  if (misplaced)
    throw invalidParameter(
      `${misplaced} is invalid. Reason: The request include parameter that is not valid for this queue type.`,
    );
  if (!queue.fifo) return undefined;

  if (!groupId) throw missing('MessageGroupId');
  if (explicitId) return explicitId;
  if (queue.attributes.ContentBasedDeduplication === 'true')
    return createHash('sha256')
      .update(body ?? '')
      .digest('hex');
  throw invalidParameter(
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  );
}

function checkBody(queue: Queue, entry: Entry): void {
  const limit = setting(queue, 'MaximumMessageSize');
  if (!entry.MessageBody) throw missing('MessageBody');
  if (UNSENDABLE.test(entry.MessageBody))
    throw new AwsError(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.',
    );
  if (sizeOf(entry) > limit)
    throw invalidParameter(
      `One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`,
    );
}

/** Bytes a message counts for: its body and its attributes' names, types and values. */
function sizeOf({ MessageBody = '', MessageAttributes = {} }: Partial<SendMessageRequest>): number {
  const attributes = Object.entries(MessageAttributes).map(
    ([name, { DataType = '', StringValue = '', BinaryValue }]) =>
      Buffer.byteLength(name + DataType + StringValue) +
      (BinaryValue ? Buffer.byteLength(String(BinaryValue), 'base64') : 0),
  );
  return attributes.reduce((sum, bytes) => sum + bytes, Buffer.byteLength(MessageBody));
}
