import { randomUUID } from 'node:crypto';
import middy from '@middy/core';
import { type BackfillDeps, backfillAll } from '../lib/reconcile/backfill.ts';
import {
  BackfillEnv,
  connectDirectories,
  connectMirror,
  connectQueue,
  connectRuns,
  createTools,
  readEnv,
  readOwnConfig,
} from './wiring.ts';

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
