import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import middy from '@middy/core';
import configuration from '../directory.config.json' with { type: 'json' };
import { createMirror } from '../lib/aws/mirror.ts';
import { createQueue } from '../lib/aws/queue.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { createSecret } from '../lib/aws/secrets.ts';
import { BackfillEnv, policiesOf, readConfig, readEnv } from '../lib/config.ts';
import { createHttp } from '../lib/http/client.ts';
import { createLog, createMeter } from '../lib/observability.ts';
import { runAll } from '../lib/reconcile/run.ts';
import type { RunDeps } from '../lib/reconcile/work.ts';
import { createDirectories, DirectoryCredentials } from '../lib/sources/directories.ts';

export function create(deps: RunDeps) {
  return middy({ timeoutEarlyInMillis: 0 }).handler((event, context) =>
    runAll(event, deps.clock() + context.getRemainingTimeInMillis() - 30_000, deps),
  );
}

const env = readEnv(BackfillEnv, process.env);
const config = readConfig(configuration);
const [clock, random, http] = [Date.now, Math.random, createHttp()];
const table = DynamoDBDocumentClient.from(new DynamoDBClient());
const secret = createSecret(env.DIRECTORY_CREDENTIALS_SECRET, DirectoryCredentials, {
  client: new SecretsManagerClient(),
  clock,
});

export const handler = create({
  config,
  policies: policiesOf(config),
  directories: createDirectories(config, { http, clock, random, secret }, { all: true }),
  mirror: createMirror({ client: table, table: env.MIRROR_TABLE, random, sleep }),
  runs: createRuns({ client: table, table: env.MIRROR_TABLE, clock }),
  queue: createQueue({ client: new SQSClient(), queueUrl: env.CHANGES_QUEUE_URL, shards: env.SHARDS }),
  ...{ clock, sleep, owner: randomUUID(), leaseMs: env.BACKFILL_LEASE_MS },
  log: createLog(),
  meter: createMeter(),
});
