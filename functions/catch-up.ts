import middy from '@middy/core';
import { hideWords } from '../lib/cause.ts';
import { type CatchUpDeps, catchUp } from '../lib/inbound/catch-up.ts';
import { inbound } from '../lib/sources/inbound.ts';
import { connectDirectories } from './wiring/directories.ts';
import { BackfillEnv, createTools, readEnv, readOwnConfig } from './wiring/environment.ts';
import { connectQueue } from './wiring/queues.ts';
import { connectRuns } from './wiring/table.ts';

export function create(deps: CatchUpDeps) {
  return middy({ timeoutEarlyInMillis: 0 })
    .use(hideWords(deps.log))
    .handler((_event, context) => catchUp(deps.clock() + context.getRemainingTimeInMillis() - 20_000, deps));
}

const env = readEnv(BackfillEnv);
const config = readOwnConfig();
const tools = createTools();

export const handler = create({
  ...{ config, inbound },
  directories: connectDirectories(config, env, tools),
  runs: connectRuns(env),
  queue: connectQueue(env),
  ...tools,
});
