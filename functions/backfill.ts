import { setTimeout as sleep } from 'node:timers/promises';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import configuration from '../directory.config.json' with { type: 'json' };
import { createQueue } from '../lib/aws/queue.ts';
import { createSecret } from '../lib/aws/secrets.ts';
import { BackfillEnv, readConfig, readEnv } from '../lib/config.ts';
import { createHttp } from '../lib/http/client.ts';
import { createLog, createMeter } from '../lib/observability.ts';
import { type BackfillDeps, backfill, DirectoryCredentials } from '../lib/pipeline/backfill.ts';

export function create(deps: BackfillDeps) {
  return middy().handler((event, context) =>
    backfill(event, deps.clock() + context.getRemainingTimeInMillis() - 10_000, deps),
  );
}

const env = readEnv(BackfillEnv, process.env);
const clock = Date.now;

export const handler = create({
  config: readConfig(configuration),
  credentials: createSecret(env.DIRECTORY_CREDENTIALS_SECRET, DirectoryCredentials, {
    client: new SecretsManagerClient(),
    clock,
  }),
  queue: createQueue({ client: new SQSClient(), queueUrl: env.CHANGES_QUEUE_URL, shards: env.SHARDS }),
  http: createHttp(),
  clock,
  sleep,
  log: createLog(),
  meter: createMeter(),
});
