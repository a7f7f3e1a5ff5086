import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import configuration from '../directory.config.json' with { type: 'json' };
import { createMirror } from '../lib/aws/mirror.ts';
import { createDelay, createQueue } from '../lib/aws/queue.ts';
import { createSecret } from '../lib/aws/secrets.ts';
import { DeliverEnv, policiesOf, readConfig, readEnv } from '../lib/config.ts';
import { type BatchDeps, deliverBatch } from '../lib/delivery/batch.ts';
import { createHttp } from '../lib/http/client.ts';
import { createLog, createMeter } from '../lib/observability.ts';
import { createDirectories, DirectoryCredentials } from '../lib/sources/directories.ts';
import { createVelt } from '../lib/velt/client.ts';
import { VeltCredentials } from '../lib/velt/schema.ts';

export function create(deps: BatchDeps) {
  return middy<SQSEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 }).handler((event, context) =>
    deliverBatch(event, deps.clock() + context.getRemainingTimeInMillis(), deps),
  );
}

const env = readEnv(DeliverEnv, process.env);
const config = readConfig(configuration);
const [clock, random, log, meter] = [Date.now, Math.random, createLog(), createMeter()];
const sqs = new SQSClient();
const table = DynamoDBDocumentClient.from(new DynamoDBClient(), {
  marshallOptions: { removeUndefinedValues: true },
});
const secrets = { client: new SecretsManagerClient(), clock };
const veltSecret = createSecret(env.VELT_CREDENTIALS_SECRET, VeltCredentials, secrets);
const directorySecret = createSecret(env.DIRECTORY_CREDENTIALS_SECRET, DirectoryCredentials, secrets);
const http = createHttp();

export const handler = create({
  config,
  lateMs: env.VELT_LATE_MS,
  policies: policiesOf(config),
  mirror: createMirror({ client: table, table: env.MIRROR_TABLE, random, sleep }),
  queue: createQueue({ client: sqs, queueUrl: env.CHANGES_QUEUE_URL, shards: env.SHARDS }),
  delay: createDelay({ client: sqs, queueUrl: env.CHANGES_QUEUE_URL }),
  velt: createVelt({
    ...{
      http,
      credentials: veltSecret,
      baseUrl: env.VELT_BASE_URL,
      usersAdd: config.velt.usersAdd,
      timeoutMs: env.VELT_TIMEOUT_MS,
      lateMs: env.VELT_LATE_MS,
    },
    ...{ clock, random, sleep },
    onCall: ({ path, ms }) => meter.record({ VeltCalls: 1, VeltCallMs: ms }, { path }),
  }),
  directories: createDirectories(config, { http, clock, random, secret: directorySecret }, { all: true }),
  ...{ clock, random, log, meter },
});

await veltSecret().catch(() => undefined);
