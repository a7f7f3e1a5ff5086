import type { Clock } from '../clock.ts';
import { AwsError } from '../error.ts';
import { missing } from './parameters.ts';
import { type Message, type Queue, wake } from './queue.ts';

/** The queues of one account in one region, and what all of them share. */
export type Account = {
  clock: Clock;
  /** How many ms of `clock` an SQS second lasts. */
  secondMs: number;
  region: string;
  accountId: string;
  baseUrl: string;
  queues: Map<string, Queue>;
  /** Of the last message that arrived in any queue. */
  sequence: bigint;
};

export function arnOfName({ region, accountId }: Account, name: string | undefined): string {
  return `arn:aws:sqs:${region}:${accountId}:${name}`;
}

/** The ARN of the queue with this address, whether it exists or not. Throws AwsError for what is no address. */
export function arnOfUrl({ region }: Account, queueUrl: string | undefined): string {
  if (!queueUrl) throw missing('QueueUrl');
  const [accountId, name, ...rest] = URL.parse(queueUrl)?.pathname.slice(1).split('/') ?? [];
  if (!accountId || !name || rest.length > 0)
    throw new AwsError('InvalidAddress', `The address ${queueUrl} is not valid for this endpoint.`, {
      status: 404,
    });
  return `arn:aws:sqs:${region}:${accountId}:${name}`;
}

export function urlOf({ baseUrl, accountId }: Account, queue: Queue): string {
  return `${baseUrl}/${accountId}/${queue.name}`;
}

export function findQueue(account: Account, arn: string): Queue | undefined {
  const prefix = arnOfName(account, '');
  return arn.startsWith(prefix) ? account.queues.get(arn.slice(prefix.length)) : undefined;
}

/** The queue with this ARN. Throws AwsError when there is none. */
export function queueOfArn(account: Account, arn: string): Queue {
  const queue = findQueue(account, arn);
  if (queue) return queue;
  throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.', {
    queryCode: 'AWS.SimpleQueueService.NonExistentQueue',
  });
}

/** The queue with this address. Throws AwsError when there is none. */
export function queueOfUrl(account: Account, queueUrl: string | undefined): Queue {
  return queueOfArn(account, arnOfUrl(account, queueUrl));
}

/** Puts a message at the end of a queue, under the account's next sequence number. */
export function append(account: Account, queue: Queue, message: Omit<Message, 'sequenceNumber'>): Message {
  account.sequence += 1n;
  const sequenceNumber = String(18_850_000_000_000_000_000n + account.sequence * 256n);
  const stored = { ...message, sequenceNumber };
  queue.messages.set(stored.id, stored);
  wake(queue);
  return stored;
}
