import middy from '@middy/core';
import { hideWords } from '../lib/cause.ts';
import { type SweepDeps, sweep } from '../lib/delivery/sweep.ts';
import { createTools, readEnv, readOwnConfig, SweepEnv } from './wiring/environment.ts';
import { connectQueue } from './wiring/queues.ts';
import { connectMirror } from './wiring/table.ts';

export function create(deps: SweepDeps) {
  return middy({ timeoutEarlyInMillis: 0 })
    .use(hideWords(deps.log))
    .handler(() => sweep(deps));
}

const env = readEnv(SweepEnv);

export const handler = create({
  config: readOwnConfig(),
  mirror: connectMirror(env),
  queue: connectQueue(env),
  ...createTools(),
});
