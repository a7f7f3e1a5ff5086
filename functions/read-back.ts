import middy from '@middy/core';
import { type ReadBackDeps, readBack } from '../lib/reconcile/drift.ts';
import {
  connectMirror,
  connectQueue,
  connectVelt,
  createTools,
  ReadBackEnv,
  readEnv,
  readOwnConfig,
} from './wiring.ts';

export function create(deps: ReadBackDeps) {
  return middy({ timeoutEarlyInMillis: 0 }).handler((_event, context) =>
    // After Velt's lists the mirror is walked through once more.
    readBack(deps.clock() + context.getRemainingTimeInMillis() - 120_000, deps),
  );
}

const env = readEnv(ReadBackEnv);
const config = readOwnConfig();
const tools = createTools();

export const handler = create({
  config,
  mirror: connectMirror(env),
  queue: connectQueue(env),
  velt: connectVelt(config, env, tools).client,
  ...tools,
});
