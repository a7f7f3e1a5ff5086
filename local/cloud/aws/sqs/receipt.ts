import type {
  ChangeMessageVisibilityBatchRequest,
  ChangeMessageVisibilityRequest,
  DeleteMessageBatchRequest,
  DeleteMessageRequest,
} from '@aws-sdk/client-sqs';
import { AwsError } from '../error.ts';
import { type Account, queueOfUrl } from './account.ts';
import { batchResult, checkedBatch } from './batch.ts';
import { invalidParameter, missing, within } from './parameters.ts';
import { isInFlight, type Message, type Queue, wake } from './queue.ts';

export const MAX_VISIBILITY_SECONDS = 43_200;

/** The handle for a message's present receive. */
export function receiptHandle(queue: Queue, message: Message): string {
  return Buffer.from(`${queue.arn} ${message.id} ${message.receives}`).toString('base64');
}

export function deleteMessage(account: Account, { QueueUrl, ReceiptHandle }: DeleteMessageRequest): object {
  remove(account, queueOfUrl(account, QueueUrl), ReceiptHandle, (handle) =>
    invalidParameter(
      `Value ${handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
    ),
  );
  return {};
}

export function deleteMessageBatch(
  account: Account,
  { QueueUrl, Entries }: DeleteMessageBatchRequest,
): object {
  const queue = queueOfUrl(account, QueueUrl);
  // A batch names the same fault differently than the single call (https://github.com/smaskalik/sqsmover/issues/54).
  const expired = () => new AwsError('ReceiptHandleIsInvalid', 'The receipt handle has expired');
  return batchResult(checkedBatch('DeleteMessageBatchRequestEntry', Entries), ({ ReceiptHandle }) => {
    remove(account, queue, ReceiptHandle, expired);
    return {};
  });
}

export function changeMessageVisibility(account: Account, input: ChangeMessageVisibilityRequest): object {
  const queue = queueOfUrl(account, input.QueueUrl);
  changeVisibility(account, queue, input.ReceiptHandle, input.VisibilityTimeout);
  return {};
}

export function changeMessageVisibilityBatch(
  account: Account,
  { QueueUrl, Entries }: ChangeMessageVisibilityBatchRequest,
): object {
  const queue = queueOfUrl(account, QueueUrl);
  return batchResult(checkedBatch('ChangeMessageVisibilityBatchRequestEntry', Entries), (entry) => {
    changeVisibility(account, queue, entry.ReceiptHandle, entry.VisibilityTimeout);
    return {};
  });
}

/** The message a handle was given out for, undefined when it is deleted. Throws when the handle is not one of this queue. */
function messageOf(queue: Queue, handle: string | undefined): Message | undefined {
  if (!handle) throw missing('ReceiptHandle');
  const [arn, id] = Buffer.from(handle, 'base64').toString().split(' ');
  if (arn !== queue.arn || !id)
    throw new AwsError(
      'ReceiptHandleIsInvalid',
      `The input receipt handle "${handle}" is not a valid receipt handle.`,
      { status: 404 },
    );
  return queue.messages.get(id);
}

/**
 * On a standard queue a handle deletes until the next receive, even once the message is visible again, and is accepted
 * without effect after that. A FIFO queue refuses a handle once its visibility timeout has ended (API reference,
 * DeleteMessage; https://github.com/aws/aws-sdk-js/issues/1750). Deleting a deleted message succeeds.
 */
function remove(
  { clock }: Account,
  queue: Queue,
  handle: string | undefined,
  expired: (handle: string) => AwsError,
): void {
  const message = messageOf(queue, handle);
  if (!message) return;

  const current = message.handle === handle;
  if (queue.fifo && !(current && isInFlight(message, clock.now()))) throw expired(handle as string);
  if (!current) return;
  queue.messages.delete(message.id);
  wake(queue);
}

/**
 * AWS answers OK and does nothing for a standard message that is visible again
 * (https://github.com/localstack/localstack/pull/9632). It refuses a deleted message and an expired FIFO handle.
 */
function changeVisibility(
  { clock, secondMs }: Account,
  queue: Queue,
  handle: string | undefined,
  visibility: number | undefined,
): void {
  if (visibility === undefined) throw missing('VisibilityTimeout');
  within('VisibilityTimeout', visibility, 0, MAX_VISIBILITY_SECONDS);
  const message = messageOf(queue, handle);
  const now = clock.now();
  const inFlight = message !== undefined && message.handle === handle && isInFlight(message, now);
  if (!message || (queue.fifo && !inFlight))
    throw invalidParameter(
      `Value ${handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
    );
  if (!inFlight) return;
  if (now + visibility * secondMs > message.receivedAt + MAX_VISIBILITY_SECONDS * secondMs)
    throw invalidParameter(
      `Value ${visibility} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds].`,
    );

  message.visibleAt = now + visibility * secondMs;
  wake(queue);
}
