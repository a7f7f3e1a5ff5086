import { createHash, randomUUID } from 'node:crypto';
import type {
  BatchResultErrorEntry,
  ChangeMessageVisibilityBatchRequest,
  ChangeMessageVisibilityRequest,
  CreateQueueRequest,
  DeleteMessageBatchRequest,
  DeleteMessageRequest,
  GetQueueAttributesRequest,
  GetQueueUrlRequest,
  ListQueuesRequest,
  MessageAttributeValue,
  ReceiveMessageRequest,
  SendMessageBatchRequest,
  SendMessageRequest,
  SetQueueAttributesRequest,
  Message as WireMessage,
} from '@aws-sdk/client-sqs';
import type { Clock } from './clock.ts';
import { AwsError } from './error.ts';
import {
  type Attributes,
  defaultAttributes,
  invalidParameter,
  mergeAttributes,
  parseRedrive,
  sameValue,
} from './sqs-attributes.ts';

const MAX_BATCH_BYTES = 1_048_576;
const MAX_VISIBILITY_SECONDS = 43_200;
const DEDUPLICATION_SECONDS = 300;

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html, 2026-11
const UNSENDABLE = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const GROUP_OR_DEDUPLICATION_ID = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;

type Message = {
  id: string;
  body: string;
  senderId: string;
  groupId: string | undefined;
  deduplicationId: string | undefined;
  sequenceNumber: string;
  messageAttributes: Record<string, MessageAttributeValue> | undefined;
  sentAt: number;
  keptSince: number;
  visibleAt: number;
  /** Receives in all, a dead-letter queue's predecessors included. */
  receives: number;
  receivesHere: number;
  firstReceivedAt: number | undefined;
  receivedAt: number;
  handle: string;
  deadLetterSource: string | undefined;
};

type Queue = {
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
  waiting: Set<() => void>;
};

type Context = { senderId?: string; signal?: AbortSignal };
type Depth = { visible: number; inFlight: number; delayed: number };

export type Sqs = ReturnType<typeof createSqs>;

/**
 * SQS in memory: standard and FIFO queues, as the API reference and the FIFO delivery logic of the developer guide
 * describe them (2012-11-05, read 2026-11).
 *
 * Kept to the letter, since a fault there would hide one of ours: order and lock of a message group, deduplication,
 * visibility, redrive, receipt handles, sizes and the error names. Left out: tags, queue policies, message move tasks,
 * attribute digests, throttling. A standard queue hands out in order and never twice, which AWS does not promise.
 *
 * `secondMs` is how many ms of `clock` an SQS second lasts; timestamps stay in real ms.
 *
 * `handle(action, input)` takes and returns the JSON of the wire and throws AwsError. A waiting ReceiveMessage whose
 * `signal` aborts takes nothing.
 */
export function createSqs({
  clock,
  secondMs = 1000,
  region = 'us-east-1',
  accountId = '123456789012',
  baseUrl = 'http://127.0.0.1',
}: {
  clock: Clock;
  secondMs?: number;
  region?: string;
  accountId?: string;
  baseUrl?: string;
}) {
  const queues = new Map<string, Queue>();
  const arnPrefix = `arn:aws:sqs:${region}:${accountId}:`;
  let sequence = 0n;

  const urlOf = (queue: Queue) => `${baseUrl}/${accountId}/${queue.name}`;
  const setting = (queue: Queue, name: string) => Number(queue.attributes[name]);

  function arnOf(queueUrl: string | undefined): string {
    if (!queueUrl) throw missing('QueueUrl');
    const [account, name, ...rest] = URL.parse(queueUrl)?.pathname.slice(1).split('/') ?? [];
    if (!account || !name || rest.length > 0)
      throw new AwsError('InvalidAddress', `The address ${queueUrl} is not valid for this endpoint.`, {
        status: 404,
      });
    return `arn:aws:sqs:${region}:${account}:${name}`;
  }

  function queueAt(queueUrl: string | undefined): Queue {
    return queueNamed(arnOf(queueUrl));
  }

  function queueNamed(arn: string): Queue {
    const queue = queueByArn(arn);
    if (queue) return queue;
    throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.', {
      queryCode: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  }

  function queueByArn(arn: string): Queue | undefined {
    return arn.startsWith(arnPrefix) ? queues.get(arn.slice(arnPrefix.length)) : undefined;
  }

  function changedAttributes(
    name: string,
    fifo: boolean,
    current: Attributes,
    changes: Attributes,
  ): Attributes {
    const attributes = mergeAttributes(current, changes, fifo);
    if (changes.RedrivePolicy) {
      const { deadLetterTargetArn } = parseRedrive(changes.RedrivePolicy);
      const targetFifo =
        deadLetterTargetArn === arnPrefix + name ? fifo : queueByArn(deadLetterTargetArn)?.fifo;
      const prefix = `Value ${changes.RedrivePolicy} for parameter RedrivePolicy is invalid. Reason: `;
      if (targetFifo === undefined) throw invalidParameter(`${prefix}Dead letter target does not exist.`);
      if (targetFifo !== fifo)
        throw invalidParameter(`${prefix}Dead-letter queue must be same type of queue as the source.`);
    }
    return attributes;
  }

  function wake(queue: Queue): void {
    for (const look of [...queue.waiting]) look();
  }

  /** Resolves at the queue's next change, after `ms`, or when the signal aborts. */
  function nextChange(queue: Queue, ms: number, signal: AbortSignal | undefined): Promise<void> {
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

  function add(queue: Queue, message: Omit<Message, 'sequenceNumber'>): Message {
    sequence += 1n;
    const stored = { ...message, sequenceNumber: String(18_850_000_000_000_000_000n + sequence * 256n) };
    queue.messages.set(stored.id, stored);
    wake(queue);
    return stored;
  }

  function send(queue: Queue, entry: Omit<SendMessageRequest, 'QueueUrl'>, senderId: string) {
    const { MessageBody: body = '', MessageGroupId: groupId, MessageAttributes: messageAttributes } = entry;
    const deduplicationId = checkedDeduplicationId(queue, entry);
    const now = clock.now();

    const key = JSON.stringify([
      queue.attributes.DeduplicationScope === 'messageGroup' ? groupId : '',
      deduplicationId,
    ]);
    forgetOldSends(queue, now);
    const earlier = queue.fifo ? queue.sends.get(key) : undefined;
    const sent =
      earlier ??
      add(queue, {
        id: randomUUID(),
        body,
        senderId,
        groupId,
        deduplicationId,
        messageAttributes,
        sentAt: now,
        keptSince: now,
        visibleAt: now + (entry.DelaySeconds ?? setting(queue, 'DelaySeconds')) * secondMs,
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
      MD5OfMessageBody: md5(body),
      ...(queue.fifo ? { SequenceNumber: sent.sequenceNumber } : {}),
    };
  }

  function forgetOldSends(queue: Queue, now: number): void {
    for (const [key, { at }] of queue.sends) {
      if (now - at < DEDUPLICATION_SECONDS * secondMs) break;
      queue.sends.delete(key);
    }
  }

  function dropExpired(queue: Queue, now: number): void {
    const lifetime = setting(queue, 'MessageRetentionPeriod') * secondMs;
    for (const message of queue.messages.values())
      if (now - message.keptSince >= lifetime) queue.messages.delete(message.id);
  }

  /** What may be handed out now, in the order in which it must be. */
  function available(queue: Queue, now: number): Message[] {
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

  function take(queue: Queue, most: number, visibilitySeconds: number): Message[] {
    const now = clock.now();
    dropExpired(queue, now);
    const redrive = queue.attributes.RedrivePolicy ? parseRedrive(queue.attributes.RedrivePolicy) : undefined;
    const deadLetters = redrive && queueByArn(redrive.deadLetterTargetArn);

    const taken: Message[] = [];
    for (const message of available(queue, now)) {
      if (taken.length === most) break;
      if (deadLetters && message.receivesHere >= redrive.maxReceiveCount) {
        bury(queue, message, deadLetters);
        continue;
      }
      message.receives += 1;
      message.receivesHere += 1;
      message.firstReceivedAt ??= now;
      message.receivedAt = now;
      message.visibleAt = now + visibilitySeconds * secondMs;
      message.handle = Buffer.from(`${queue.arn} ${message.id} ${message.receives}`).toString('base64');
      taken.push(message);
    }
    return taken;
  }

  /** A FIFO dead-letter queue starts the retention anew, a standard one does not (developer guide, "Dead-letter queues"). */
  function bury(queue: Queue, message: Message, deadLetters: Queue): void {
    queue.messages.delete(message.id);
    add(deadLetters, {
      ...message,
      receivesHere: 0,
      visibleAt: clock.now(),
      keptSince: queue.fifo ? clock.now() : message.keptSince,
      deadLetterSource: queue.arn,
    });
  }

  async function receive(queue: Queue, input: ReceiveMessageRequest, signal: AbortSignal | undefined) {
    const most = within('MaxNumberOfMessages', input.MaxNumberOfMessages ?? 1, 1, 10);
    const visibility = within(
      'VisibilityTimeout',
      input.VisibilityTimeout ?? setting(queue, 'VisibilityTimeout'),
      0,
      MAX_VISIBILITY_SECONDS,
    );
    const wait = within(
      'WaitTimeSeconds',
      input.WaitTimeSeconds ?? setting(queue, 'ReceiveMessageWaitTimeSeconds'),
      0,
      20,
    );
    const deadline = clock.now() + wait * secondMs;

    while (!signal?.aborted) {
      const messages = take(queue, most, visibility);
      const now = clock.now();
      if (messages.length > 0 || now >= deadline) return messages;

      const comesBackAt = [...queue.messages.values()].reduce(
        (first, { visibleAt }) => (visibleAt > now ? Math.min(first, visibleAt) : first),
        deadline,
      );
      await nextChange(queue, comesBackAt - now, signal);
    }
    return [];
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
      MD5OfBody: md5(message.body),
      Body: message.body,
      ...(attributes.length > 0 ? { Attributes: Object.fromEntries(attributes) } : {}),
      ...(messageAttributes.length > 0 ? { MessageAttributes: Object.fromEntries(messageAttributes) } : {}),
    };
  }

  /** The message a handle was given out for, gone or not. Throws when the handle is not one of this queue. */
  function handled(queue: Queue, handle: string | undefined): Message | undefined {
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
   * On a standard queue a handle deletes until the next receive, visible again or not, and is accepted without effect
   * after it. A FIFO queue refuses a handle once its visibility ran out (API reference, DeleteMessage;
   * https://github.com/aws/aws-sdk-js/issues/1750). What is deleted already is deleted.
   */
  function remove(queue: Queue, handle: string | undefined, expired: (handle: string) => AwsError): void {
    const message = handled(queue, handle);
    if (!message) return;

    const current = message.handle === handle;
    if (queue.fifo && !(current && isInFlight(message, clock.now()))) throw expired(handle as string);
    if (!current) return;
    queue.messages.delete(message.id);
    wake(queue);
  }

  /**
   * AWS answers OK and does nothing for a standard message that is visible again
   * (https://github.com/localstack/localstack/pull/9632); for one that is gone, and for an expired FIFO handle, it refuses.
   */
  function changeVisibility(queue: Queue, handle: string | undefined, visibility: number | undefined): void {
    if (visibility === undefined) throw missing('VisibilityTimeout');
    within('VisibilityTimeout', visibility, 0, MAX_VISIBILITY_SECONDS);
    const message = handled(queue, handle);
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

  function depthOf(queue: Queue): Depth {
    const now = clock.now();
    dropExpired(queue, now);
    const depth = { visible: 0, inFlight: 0, delayed: 0 };
    for (const message of queue.messages.values()) {
      if (message.visibleAt <= now) depth.visible += 1;
      else if (isInFlight(message, now)) depth.inFlight += 1;
      else depth.delayed += 1;
    }
    return depth;
  }

  const operations = {
    async CreateQueue({ QueueName: name, Attributes: wanted = {} }: CreateQueueRequest) {
      if (!name) throw missing('QueueName');
      const fifo = wanted.FifoQueue === 'true';
      if (!/^[\w-]{1,80}$/.test(fifo ? name.replace(/\.fifo$/, '') : name) || name.length > 80)
        throw invalidParameter(
          'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
        );
      if (fifo && !name.endsWith('.fifo'))
        throw invalidParameter('The name of a FIFO queue must end with .fifo');

      const existing = queues.get(name);
      const different = Object.keys(wanted).find(
        (key) => existing && !sameValue(existing.attributes[key], String(wanted[key as keyof typeof wanted])),
      );
      if (different)
        throw new AwsError(
          'QueueNameExists',
          `A queue already exists with the same name and a different value for attribute ${different}`,
          { queryCode: 'QueueAlreadyExists' },
        );
      if (existing) return { QueueUrl: urlOf(existing) };

      const now = clock.now();
      const queue: Queue = {
        name,
        arn: arnPrefix + name,
        fifo,
        createdAt: now,
        modifiedAt: now,
        attributes: changedAttributes(name, fifo, defaultAttributes(fifo), wanted),
        messages: new Map(),
        sends: new Map(),
        waiting: new Set(),
      };
      queues.set(name, queue);
      return { QueueUrl: urlOf(queue) };
    },

    async GetQueueUrl({ QueueName }: GetQueueUrlRequest) {
      return { QueueUrl: urlOf(queueNamed(arnPrefix + QueueName)) };
    },

    async ListQueues({ QueueNamePrefix = '' }: ListQueuesRequest) {
      const found = [...queues.values()].filter(({ name }) => name.startsWith(QueueNamePrefix));
      return found.length > 0 ? { QueueUrls: found.map(urlOf) } : {};
    },

    async DeleteQueue({ QueueUrl }: { QueueUrl?: string }) {
      const queue = queueAt(QueueUrl);
      queue.messages.clear();
      queues.delete(queue.name);
      return {};
    },

    async PurgeQueue({ QueueUrl }: { QueueUrl?: string }) {
      queueAt(QueueUrl).messages.clear();
      return {};
    },

    async GetQueueAttributes({ QueueUrl, AttributeNames: names = [] }: GetQueueAttributesRequest) {
      const queue = queueAt(QueueUrl);
      const { visible, inFlight, delayed } = depthOf(queue);
      const all: Attributes = {
        ...queue.attributes,
        QueueArn: queue.arn,
        CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
        LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
        ApproximateNumberOfMessages: String(visible),
        ApproximateNumberOfMessagesNotVisible: String(inFlight),
        ApproximateNumberOfMessagesDelayed: String(delayed),
      };
      const wanted = Object.entries(all).filter(([name]) =>
        names.some((one) => one === 'All' || one === name),
      );
      return wanted.length > 0 ? { Attributes: Object.fromEntries(wanted) } : {};
    },

    async SetQueueAttributes({ QueueUrl, Attributes: changes = {} }: SetQueueAttributesRequest) {
      const queue = queueAt(QueueUrl);
      queue.attributes = changedAttributes(queue.name, queue.fifo, queue.attributes, changes);
      queue.modifiedAt = clock.now();
      wake(queue);
      return {};
    },

    async SendMessage(input: SendMessageRequest, { senderId = 'local' }: Context) {
      return send(queueAt(input.QueueUrl), input, senderId);
    },

    async SendMessageBatch({ QueueUrl, Entries }: SendMessageBatchRequest, { senderId = 'local' }: Context) {
      const queue = queueAt(QueueUrl);
      const entries = checkedBatch('SendMessageBatchRequestEntry', Entries);
      const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
      if (bytes > MAX_BATCH_BYTES)
        throw new AwsError(
          'BatchRequestTooLong',
          `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`,
          { queryCode: 'AWS.SimpleQueueService.BatchRequestTooLong' },
        );
      return batchResult(entries, (entry) => send(queue, entry, senderId));
    },

    async ReceiveMessage(input: ReceiveMessageRequest, { signal }: Context) {
      const messages = await receive(queueAt(input.QueueUrl), input, signal);
      return messages.length > 0 ? { Messages: messages.map((message) => wireMessage(message, input)) } : {};
    },

    async DeleteMessage({ QueueUrl, ReceiptHandle }: DeleteMessageRequest) {
      remove(queueAt(QueueUrl), ReceiptHandle, (handle) =>
        invalidParameter(
          `Value ${handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
        ),
      );
      return {};
    },

    async DeleteMessageBatch({ QueueUrl, Entries }: DeleteMessageBatchRequest) {
      const queue = queueAt(QueueUrl);
      // A batch names the same fault differently than the single call (https://github.com/smaskalik/sqsmover/issues/54).
      const expired = () => new AwsError('ReceiptHandleIsInvalid', 'The receipt handle has expired');
      return batchResult(checkedBatch('DeleteMessageBatchRequestEntry', Entries), ({ ReceiptHandle }) => {
        remove(queue, ReceiptHandle, expired);
        return {};
      });
    },

    async ChangeMessageVisibility(input: ChangeMessageVisibilityRequest) {
      changeVisibility(queueAt(input.QueueUrl), input.ReceiptHandle, input.VisibilityTimeout);
      return {};
    },

    async ChangeMessageVisibilityBatch({ QueueUrl, Entries }: ChangeMessageVisibilityBatchRequest) {
      const queue = queueAt(QueueUrl);
      return batchResult(checkedBatch('ChangeMessageVisibilityBatchRequestEntry', Entries), (entry) => {
        changeVisibility(queue, entry.ReceiptHandle, entry.VisibilityTimeout);
        return {};
      });
    },
  };

  return {
    knows: (action: string) => Object.hasOwn(operations, action),

    /** The queue ARN a policy is asked about. Throws AwsError for a queue URL that is not one. */
    resources(action: string, input: { QueueUrl?: string; QueueName?: string }): string[] {
      if (action === 'ListQueues') return ['*'];
      if (action === 'CreateQueue' || action === 'GetQueueUrl') return [arnPrefix + input.QueueName];
      return [arnOf(input.QueueUrl)];
    },

    async handle(action: string, input: object, context: Context = {}): Promise<object> {
      if (!Object.hasOwn(operations, action)) throw new AwsError('UnknownOperationException', action);
      return operations[action as keyof typeof operations](input as never, context);
    },

    /** How many messages a queue of this name holds, by state. Throws AwsError when there is none. */
    depth: (queueName: string): Depth => depthOf(queueNamed(arnPrefix + queueName)),
  };
}

/** The id by which a repeated send is known, undefined on a standard queue. Throws AwsError where AWS refuses the entry. */
function checkedDeduplicationId(
  { fifo, attributes }: Queue,
  entry: Omit<SendMessageRequest, 'QueueUrl'>,
): string | undefined {
  const { MessageBody: body, MessageGroupId: groupId, MessageDeduplicationId: explicitId } = entry;
  const limit = Number(attributes.MaximumMessageSize);
  if (!body) throw missing('MessageBody');
  if (UNSENDABLE.test(body))
    throw new AwsError(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.',
    );
  if (sizeOf(entry) > limit)
    throw invalidParameter(
      `One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`,
    );
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

  const misplaced = fifo
    ? entry.DelaySeconds && `Value ${entry.DelaySeconds} for parameter DelaySeconds`
    : explicitId && `Value ${explicitId} for parameter MessageDeduplicationId`;
  if (misplaced)
    throw invalidParameter(
      `${misplaced} is invalid. Reason: The request include parameter that is not valid for this queue type.`,
    );
  if (!fifo) return undefined;

  if (!groupId) throw missing('MessageGroupId');
  if (explicitId) return explicitId;
  if (attributes.ContentBasedDeduplication === 'true') return createHash('sha256').update(body).digest('hex');
  throw invalidParameter(
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  );
}

function checkedBatch<Entry extends { Id: string | undefined }>(
  kind: string,
  entries: Entry[] = [],
): Entry[] {
  const refuse = (code: string, message: string) =>
    new AwsError(code, message, { queryCode: `AWS.SimpleQueueService.${code}` });
  const ids = entries.map(({ Id }) => Id ?? '');
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);

  if (entries.length === 0)
    throw refuse('EmptyBatchRequest', `There should be at least one ${kind} in the request.`);
  if (entries.length > 10)
    throw refuse(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are 10. You have sent ${entries.length}.`,
    );
  if (!ids.every((id) => /^[\w-]{1,80}$/.test(id)))
    throw refuse(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    );
  if (repeated !== undefined) throw refuse('BatchEntryIdsNotDistinct', `Id ${repeated} repeated.`);
  return entries;
}

/** Runs each entry by itself: what one is refused for does not touch the others. */
function batchResult<Entry extends { Id: string | undefined }>(
  entries: Entry[],
  run: (entry: Entry) => object,
): object {
  const successful: object[] = [];
  const failed: BatchResultErrorEntry[] = [];
  for (const entry of entries) {
    try {
      successful.push({ Id: entry.Id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({ Id: entry.Id, SenderFault: true, Code: error.queryCode, Message: error.message });
    }
  }
  return { Successful: successful, Failed: failed };
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

function within(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalidParameter(
    `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${least} and ${most}, if provided.`,
  );
}

function missing(parameter: string): AwsError {
  return new AwsError(
    'MissingRequiredParameterException',
    `The request must contain the parameter ${parameter}.`,
    {
      queryCode: 'MissingParameter',
    },
  );
}

function isInFlight({ visibleAt, receivesHere }: Message, now: number): boolean {
  return visibleAt > now && receivesHere > 0;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
