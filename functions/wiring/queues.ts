import { SQSClient } from '@aws-sdk/client-sqs';
import { createBury, createDelay, createPark, createQueue } from '../../lib/aws/queue.ts';
import type { Env } from './environment.ts';

const client = new SQSClient();

export function connectQueue({ CHANGES_QUEUE_URL, SHARDS }: Env<'CHANGES_QUEUE_URL' | 'SHARDS'>) {
  return createQueue({ client, queueUrl: CHANGES_QUEUE_URL, shards: SHARDS });
}

export function connectDelay({ CHANGES_QUEUE_URL }: Env<'CHANGES_QUEUE_URL'>) {
  return createDelay({ client, queueUrl: CHANGES_QUEUE_URL });
}

export function connectBury({ CHANGES_DEAD_QUEUE_URL }: Env<'CHANGES_DEAD_QUEUE_URL'>) {
  return createBury({ client, queueUrl: CHANGES_DEAD_QUEUE_URL });
}

export function connectPark({ PARKED_QUEUE_URL }: Env<'PARKED_QUEUE_URL'>) {
  return createPark({ client, queueUrl: PARKED_QUEUE_URL });
}
