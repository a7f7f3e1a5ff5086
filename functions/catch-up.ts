import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import middy from '@middy/core';
import configuration from '../directory.config.json' with { type: 'json' };
import { createQueue } from '../lib/aws/queue.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { createSecret } from '../lib/aws/secrets.ts';
import { BackfillEnv, readConfig, readEnv } from '../lib/config.ts';
import { createHttp } from '../lib/http/client.ts';
import { type CatchUpDeps, catchUp } from '../lib/inbound/catch-up.ts';
import { createLog, createMeter } from '../lib/observability.ts';
import { createDirectories, DirectoryCredentials } from '../lib/sources/directories.ts';

export function create(deps: CatchUpDeps) {
  return middy({ timeoutEarlyInMillis: 0 }).handler((_event, context) =>
    catchUp(deps.clock() + context.getRemainingTimeInMillis() - 20_000, deps),
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
  directories: createDirectories(config, { http, clock, random, secret }, { all: true }),
  runs: createRuns({ client: table, table: env.MIRROR_TABLE, clock }),
  queue: createQueue({ client: new SQSClient(), queueUrl: env.CHANGES_QUEUE_URL, shards: env.SHARDS }),
  clock,
  log: createLog(),
  meter: createMeter(),
});
