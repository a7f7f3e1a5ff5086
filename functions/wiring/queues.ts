import { SQSClient } from '@aws-sdk/client-sqs';
import { createDelay, createPark, createQueue } from '../../lib/aws/queue.ts';
import type { Env } from './environment.ts';

let client: SQSClient | undefined;

function connect(): SQSClient {
  client ??= new SQSClient();
  return client;
}

export function connectQueue({
  CHANGES_QUEUE_URL: queueUrl,
  SHARDS: shards,
}: Env<'CHANGES_QUEUE_URL' | 'SHARDS'>) {
  return createQueue({ client: connect(), queueUrl, shards });
}

export function connectDelay({ CHANGES_QUEUE_URL: queueUrl }: Env<'CHANGES_QUEUE_URL'>) {
  return createDelay({ client: connect(), queueUrl });
}

export function connectPark({ PARKED_QUEUE_URL: queueUrl }: Env<'PARKED_QUEUE_URL'>) {
  return createPark({ client: connect(), queueUrl });
}
