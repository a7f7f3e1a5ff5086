import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import middy from '@middy/core';
import { createMirror } from '../lib/aws/mirror.ts';
import { createQueue } from '../lib/aws/queue.ts';
import { readEnv, SweepEnv } from '../lib/config.ts';
import { type SweepDeps, sweep } from '../lib/delivery/sweep.ts';
import { createLog, createMeter } from '../lib/observability.ts';

export function create(deps: SweepDeps) {
  return middy({ timeoutEarlyInMillis: 0 }).handler(() => sweep(deps));
}

const env = readEnv(SweepEnv, process.env);
const table = DynamoDBDocumentClient.from(new DynamoDBClient());

export const handler = create({
  mirror: createMirror({ client: table, table: env.MIRROR_TABLE, random: Math.random, sleep }),
  queue: createQueue({ client: new SQSClient(), queueUrl: env.CHANGES_QUEUE_URL, shards: env.SHARDS }),
  clock: Date.now,
  log: createLog(),
  meter: createMeter(),
});
