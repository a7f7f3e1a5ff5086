import { randomUUID } from 'node:crypto';
import middy from '@middy/core';
import { hideWords } from '../lib/cause.ts';
import { policiesOf } from '../lib/config.ts';
import { runAll } from '../lib/reconcile/run.ts';
import type { RunDeps } from '../lib/reconcile/work.ts';
import { connectDirectories } from './wiring/directories.ts';
import { BackfillEnv, createTools, readEnv, readOwnConfig } from './wiring/environment.ts';
import { connectQueue } from './wiring/queues.ts';
import { connectMirror, connectRuns } from './wiring/table.ts';

export function create(deps: RunDeps) {
  return middy({ timeoutEarlyInMillis: 0 })
    .use(hideWords(deps.log))
    .handler((event, context) =>
      runAll(event, deps.clock() + context.getRemainingTimeInMillis() - 30_000, deps),
    );
}

const env = readEnv(BackfillEnv);
const config = readOwnConfig();
const tools = createTools();

export const handler = create({
  ...{ config, policies: policiesOf(config), owner: randomUUID(), leaseMs: env.BACKFILL_LEASE_MS },
  directories: connectDirectories(config, env, tools),
  mirror: connectMirror(env),
  runs: connectRuns(env),
  queue: connectQueue(env),
  ...tools,
});
