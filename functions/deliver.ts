import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { policiesOf } from '../lib/config.ts';
import { type BatchDeps, deliverBatch } from '../lib/delivery/batch.ts';
import {
  connectDelay,
  connectDirectories,
  connectMirror,
  connectQueue,
  connectVelt,
  createTools,
  DeliverEnv,
  readEnv,
  readOwnConfig,
} from './wiring.ts';

export function create(deps: BatchDeps) {
  return middy<SQSEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 }).handler((event, context) =>
    deliverBatch(event, deps.clock() + context.getRemainingTimeInMillis(), deps),
  );
}

const env = readEnv(DeliverEnv);
const config = readOwnConfig();
const tools = createTools();
const velt = connectVelt(config, env, tools);

export const handler = create({
  config,
  policies: policiesOf(config),
  mirror: connectMirror(env),
  queue: connectQueue(env),
  delay: connectDelay(env),
  velt: velt.client,
  directories: connectDirectories(config, env),
  ...tools,
});

await velt.credentials().catch(() => undefined);
