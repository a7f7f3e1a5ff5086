import type {
  CreateQueueRequest,
  GetQueueAttributesRequest,
  GetQueueUrlRequest,
  ListQueuesRequest,
  SetQueueAttributesRequest,
} from '@aws-sdk/client-sqs';
import { AwsError } from '../error.ts';
import { type Account, arnOfName, findQueue, queueOfArn, queueOfUrl, urlOf } from './account.ts';
import {
  type Attributes,
  defaultAttributes,
  mergeAttributes,
  parseRedrive,
  sameValue,
} from './attributes.ts';
import { invalidParameter, missing } from './parameters.ts';
import { depthOf, dropExpired, type Queue, wake } from './queue.ts';

export function createQueue(
  account: Account,
  { QueueName: name, Attributes: wanted = {} }: CreateQueueRequest,
): object {
  if (!name) throw missing('QueueName');
  const fifo = wanted.FifoQueue === 'true';
  checkName(name, fifo);

  const existing = account.queues.get(name);
  const different = Object.keys(wanted).find(
    (key) => existing && !sameValue(existing.attributes[key], String(wanted[key as keyof typeof wanted])),
  );
  if (different)
    throw new AwsError(
      'QueueNameExists',
      `A queue already exists with the same name and a different value for attribute ${different}`,
      { queryCode: 'QueueAlreadyExists' },
    );
  if (existing) return { QueueUrl: urlOf(account, existing) };

  const now = account.clock.now();
  const arn = arnOfName(account, name);
  const queue: Queue = {
    name,
    arn,
    fifo,
    createdAt: now,
    modifiedAt: now,
    attributes: changedAttributes(account, { arn, fifo, attributes: defaultAttributes(fifo) }, wanted),
    messages: new Map(),
    sends: new Map(),
    waiting: new Set(),
  };
  account.queues.set(name, queue);
  return { QueueUrl: urlOf(account, queue) };
}

export function getQueueUrl(account: Account, { QueueName }: GetQueueUrlRequest): object {
  return { QueueUrl: urlOf(account, queueOfArn(account, arnOfName(account, QueueName))) };
}

export function listQueues(account: Account, { QueueNamePrefix = '' }: ListQueuesRequest): object {
  const found = [...account.queues.values()].filter(({ name }) => name.startsWith(QueueNamePrefix));
  return found.length > 0 ? { QueueUrls: found.map((queue) => urlOf(account, queue)) } : {};
}

export function deleteQueue(account: Account, { QueueUrl }: { QueueUrl?: string }): object {
  const queue = queueOfUrl(account, QueueUrl);
  queue.messages.clear();
  account.queues.delete(queue.name);
  return {};
}

export function purgeQueue(account: Account, { QueueUrl }: { QueueUrl?: string }): object {
  queueOfUrl(account, QueueUrl).messages.clear();
  return {};
}

export function getQueueAttributes(
  account: Account,
  { QueueUrl, AttributeNames: names = [] }: GetQueueAttributesRequest,
): object {
  const queue = queueOfUrl(account, QueueUrl);
  const now = account.clock.now();
  dropExpired(queue, now, account.secondMs);
  const { visible, inFlight, delayed } = depthOf(queue, now);
  const all: Attributes = {
    ...queue.attributes,
    QueueArn: queue.arn,
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
  };
  const wanted = Object.entries(all).filter(([name]) => names.some((one) => one === 'All' || one === name));
  return wanted.length > 0 ? { Attributes: Object.fromEntries(wanted) } : {};
}

export function setQueueAttributes(
  account: Account,
  { QueueUrl, Attributes: changes = {} }: SetQueueAttributesRequest,
): object {
  const queue = queueOfUrl(account, QueueUrl);
  queue.attributes = changedAttributes(account, queue, changes);
  queue.modifiedAt = account.clock.now();
  wake(queue);
  return {};
}

function checkName(name: string, fifo: boolean): void {
  if (!/^[\w-]{1,80}$/.test(fifo ? name.replace(/\.fifo$/, '') : name) || name.length > 80)
    throw invalidParameter(
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    );
  if (fifo && !name.endsWith('.fifo')) throw invalidParameter('The name of a FIFO queue must end with .fifo');
}

/** A queue's attributes after a change. Throws AwsError where AWS refuses: also a dead-letter queue of the other type. */
function changedAttributes(
  account: Account,
  { arn, fifo, attributes }: Pick<Queue, 'arn' | 'fifo' | 'attributes'>,
  changes: Attributes,
): Attributes {
  const changed = mergeAttributes(attributes, changes, fifo);
  if (!changes.RedrivePolicy) return changed;
  const { deadLetterTargetArn } = parseRedrive(changes.RedrivePolicy);
  const targetFifo = deadLetterTargetArn === arn ? fifo : findQueue(account, deadLetterTargetArn)?.fifo;
  const prefix = `Value ${changes.RedrivePolicy} for parameter RedrivePolicy is invalid. Reason: `;
  if (targetFifo === undefined) throw invalidParameter(`${prefix}Dead letter target does not exist.`);
  if (targetFifo !== fifo)
    throw invalidParameter(`${prefix}Dead-letter queue must be same type of queue as the source.`);
  return changed;
}
