import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { hideWords } from '../lib/cause.ts';
import { policiesOf } from '../lib/config.ts';
import { type BatchDeps, deliverBatch } from '../lib/delivery/batch.ts';
import { connectDirectories } from './wiring/directories.ts';
import { createTools, DeliverEnv, readEnv, readOwnConfig } from './wiring/environment.ts';
import { connectBury, connectDelay, connectQueue } from './wiring/queues.ts';
import { connectMirror, connectRuns } from './wiring/table.ts';
import { connectVelt } from './wiring/velt.ts';

export function create(deps: BatchDeps) {
  return middy<SQSEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 })
    .use(hideWords(deps.log))
    .handler((event, context) =>
      deliverBatch(event, deps.clock() + context.getRemainingTimeInMillis(), deps),
    );
}

const env = readEnv(DeliverEnv);
const config = readOwnConfig();
const tools = createTools();
const velt = connectVelt(config, env, tools);

export const handler = create({
  config,
  lateMs: env.VELT_LATE_MS,
  policies: policiesOf(config),
  mirror: connectMirror(env),
  runs: connectRuns(env),
  queue: connectQueue(env),
  delay: connectDelay(env),
  bury: connectBury(env),
  velt: velt.client,
  directories: connectDirectories(config, env, tools),
  ...tools,
});

await velt.credentials().catch(() => undefined);
