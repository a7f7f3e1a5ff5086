import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSMessageAttribute, SQSRecord } from 'aws-lambda';
import type { InvocationResult } from './environment.ts';

/**
 * Feeds a queue to a function as an SQS event source mapping of Lambda does: `pollers` batches at once, and of each batch
 * only the messages that the function did not report as failed are deleted. When the function fails or its answer is not
 * valid, the whole batch stays in the queue until its visibility timeout ends.
 *
 * `sqs` carries the function's own role: the mapping reads and deletes with it, as AWS does.
 *
 * @returns `close`, which stops polling and resolves when the running batches have ended.
 */
export function startEventSource({
  sqs,
  queueUrl,
  queueArn,
  region,
  batchSize,
  pollers,
  reportsItemFailures,
  invoke,
  log,
}: {
  sqs: SQSClient;
  queueUrl: string;
  queueArn: string;
  region: string;
  batchSize: number;
  pollers: number;
  reportsItemFailures: boolean;
  invoke: (event: SQSEvent) => Promise<InvocationResult>;
  log: (line: string) => void;
}): { close: () => Promise<void> } {
  const stop = new AbortController();

  async function poll(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: batchSize,
            WaitTimeSeconds: 20,
            MessageSystemAttributeNames: ['All'],
            MessageAttributeNames: ['All'],
          }),
          { abortSignal: stop.signal },
        );
        if (Messages.length > 0) await handle(Messages);
      } catch (error) {
        if (stop.signal.aborted) return;
        log(`event source of ${queueArn}: ${error}`);
        await sleep(100);
      }
    }
  }

  async function handle(messages: Message[]): Promise<void> {
    const result = await invoke({ Records: messages.map((message) => toRecord(message, queueArn, region)) });
    const failed = failedIds(
      result,
      messages.map(({ MessageId = '' }) => MessageId),
      reportsItemFailures,
    );
    const done = messages.filter(({ MessageId = '' }) => !failed.has(MessageId));
    if (done.length === 0) return;
    const { Failed = [] } = await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: done.map(({ ReceiptHandle }, position) => ({ Id: String(position), ReceiptHandle })),
      }),
    );
    for (const { Code, Message } of Failed)
      log(`event source of ${queueArn}: not deleted: ${Code} ${Message}`);
  }

  const polling = Array.from({ length: pollers }, poll);
  return {
    async close() {
      stop.abort();
      await Promise.all(polling);
    },
  };
}

/**
 * The ids of a batch that stay in the queue. All of them when the function failed, when its answer is not of the
 * documented shape, or when it names an id that is not in the batch
 * (docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html, "Success and failure conditions", 2025-12).
 */
export function failedIds(
  result: InvocationResult,
  ids: string[],
  reportsItemFailures: boolean,
): Set<string> {
  const all = new Set(ids);
  if (result.error) return all;
  const { payload } = result;
  if (!reportsItemFailures || payload === null) return new Set();
  if (typeof payload !== 'object') return all;
  const failures = (payload as { batchItemFailures?: unknown }).batchItemFailures ?? [];
  if (!Array.isArray(failures)) return all;
  const named = failures.map((failure) => failure?.itemIdentifier);
  return named.every((id) => all.has(id)) ? new Set(named) : all;
}

function toRecord(message: Message, queueArn: string, region: string): SQSRecord {
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: message.Attributes as SQSRecord['attributes'],
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, toAttribute(value)]),
    ),
    ...(message.MD5OfMessageAttributes && { md5OfMessageAttributes: message.MD5OfMessageAttributes }),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}

function toAttribute({
  StringValue,
  BinaryValue,
  DataType = '',
}: MessageAttributeValue): SQSMessageAttribute {
  return {
    ...(StringValue !== undefined && { stringValue: StringValue }),
    ...(BinaryValue && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType,
  };
}
