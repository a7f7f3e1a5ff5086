import middy from '@middy/core';
import { hideWords } from '../lib/cause.ts';
import { type ReadBackDeps, readBack } from '../lib/reconcile/drift.ts';
import { createTools, ReadBackEnv, readEnv, readOwnConfig } from './wiring/environment.ts';
import { connectQueue } from './wiring/queues.ts';
import { connectMirror, connectRuns } from './wiring/table.ts';
import { connectVelt } from './wiring/velt.ts';

export function create(deps: ReadBackDeps) {
  return middy({ timeoutEarlyInMillis: 0 })
    .use(hideWords(deps.log))
    .handler((_event, context) =>
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
  runs: connectRuns(env),
  queue: connectQueue(env),
  velt: connectVelt(config, env, tools).client,
  ...tools,
});
