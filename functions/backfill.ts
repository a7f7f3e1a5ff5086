import { randomUUID } from 'node:crypto';
import middy from '@middy/core';
import { type BackfillDeps, backfillAll } from '../lib/reconcile/backfill.ts';
import { readOwnConfig } from './wiring/config.ts';
import { connectDirectories } from './wiring/directories.ts';
import { BackfillEnv, createTools, readEnv } from './wiring/environment.ts';
import { connectQueue } from './wiring/queues.ts';
import { connectMirror, connectRuns } from './wiring/table.ts';

export function create(deps: BackfillDeps) {
  return middy({ timeoutEarlyInMillis: 0 }).handler((event, context) =>
    backfillAll(event, deps.clock() + context.getRemainingTimeInMillis() - 30_000, deps),
  );
}

const env = readEnv(BackfillEnv);
const config = readOwnConfig();

export const handler = create({
  ...{ config, owner: randomUUID(), leaseMs: env.BACKFILL_LEASE_MS },
  directories: connectDirectories(config, env),
  mirror: connectMirror(env),
  runs: connectRuns(env),
  queue: connectQueue(env),
  ...createTools(),
});
