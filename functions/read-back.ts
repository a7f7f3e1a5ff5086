import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import middy from '@middy/core';
import configuration from '../directory.config.json' with { type: 'json' };
import { createMirror } from '../lib/aws/mirror.ts';
import { createQueue } from '../lib/aws/queue.ts';
import { createSecret } from '../lib/aws/secrets.ts';
import { ReadBackEnv, readConfig, readEnv } from '../lib/config.ts';
import { createHttp } from '../lib/http/client.ts';
import { createLog, createMeter } from '../lib/observability.ts';
import { type ReadBackDeps, readBack } from '../lib/reconcile/drift.ts';
import { createVelt } from '../lib/velt/client.ts';
import { VeltCredentials } from '../lib/velt/schema.ts';

export function create(deps: ReadBackDeps) {
  return middy({ timeoutEarlyInMillis: 0 }).handler((_event, context) =>
    // After Velt's lists the mirror is walked through once more.
    readBack(deps.clock() + context.getRemainingTimeInMillis() - 120_000, deps),
  );
}

const env = readEnv(ReadBackEnv, process.env);
const config = readConfig(configuration);
const [clock, random, log, meter] = [Date.now, Math.random, createLog(), createMeter()];
const table = DynamoDBDocumentClient.from(new DynamoDBClient());

export const handler = create({
  config,
  mirror: createMirror({ client: table, table: env.MIRROR_TABLE, random, sleep }),
  queue: createQueue({ client: new SQSClient(), queueUrl: env.CHANGES_QUEUE_URL, shards: env.SHARDS }),
  velt: createVelt({
    http: createHttp(),
    credentials: createSecret(env.VELT_CREDENTIALS_SECRET, VeltCredentials, {
      client: new SecretsManagerClient(),
      clock,
    }),
    ...{ baseUrl: env.VELT_BASE_URL, timeoutMs: env.VELT_TIMEOUT_MS, usersAdd: config.velt.usersAdd },
    ...{ clock, random, sleep },
    onCall: ({ path, ms }) => meter.record({ VeltCalls: 1, VeltCallMs: ms }, { path }),
  }),
  ...{ clock, log, meter },
});
