import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
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
const directories = [...connectDirectories(config, env)];

export const handler = create({
  config,
  mirror: connectMirror(env),
  queue: connectQueue(env),
  delay: connectDelay(env),
  velt: velt.client,
  // Events ask for reads only where the configuration says so.
  directories: new Map(directories.filter(([name]) => config.sources[name]?.api !== undefined)),
  ...tools,
});

await velt.credentials().catch(() => undefined);
