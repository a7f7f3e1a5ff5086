import { setTimeout as sleep } from 'node:timers/promises';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import configuration from '../directory.config.json' with { type: 'json' };
import { createQueue } from '../lib/aws/queue.ts';
import { createSecret } from '../lib/aws/secrets.ts';
import { BackfillEnv, readConfig, readEnv, type SourceConfig } from '../lib/config.ts';
import { createHttp } from '../lib/http/client.ts';
import { createLog, createMeter } from '../lib/observability.ts';
import { type BackfillDeps, backfill } from '../lib/pipeline/backfill.ts';
import { connectOkta, DirectoryCredentials } from '../lib/sources/okta/directory.ts';

export function create(deps: BackfillDeps) {
  return middy({ timeoutEarlyInMillis: 0 }).handler((event, context) =>
    backfill(event, deps.clock() + context.getRemainingTimeInMillis() - 10_000, deps),
  );
}

const env = readEnv(BackfillEnv, process.env);
const config = readConfig(configuration);
const [clock, random, http] = [Date.now, Math.random, createHttp()];
const secret = createSecret(env.DIRECTORY_CREDENTIALS_SECRET, DirectoryCredentials, {
  client: new SecretsManagerClient(),
  clock,
});

export const handler = create({
  config,
  okta: (name) =>
    connectOkta(name, config.sources[name] as SourceConfig & { kind: 'okta' }, {
      http,
      clock,
      random,
      secret,
    }),
  queue: createQueue({ client: new SQSClient(), queueUrl: env.CHANGES_QUEUE_URL, shards: env.SHARDS }),
  clock,
  sleep,
  log: createLog(),
  meter: createMeter(),
});
