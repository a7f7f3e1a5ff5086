import middy from '@middy/core';
import { hideWords } from '../lib/cause.ts';
import { policiesOf } from '../lib/config.ts';
import { type GaugeDeps, tellGauges } from '../lib/delivery/gauges.ts';
import { type SweepDeps, sweep } from '../lib/delivery/sweep.ts';
import { createTools, readEnv, readOwnConfig, SweepEnv } from './wiring/environment.ts';
import { connectQueue } from './wiring/queues.ts';
import { connectMirror, connectRuns } from './wiring/table.ts';

export function create(deps: SweepDeps & GaugeDeps) {
  return middy({ timeoutEarlyInMillis: 0 })
    .use(hideWords(deps.log))
    .handler(async () => {
      const done = await sweep(deps);
      await tellGauges(deps);
      return done;
    });
}

const env = readEnv(SweepEnv);
const config = readOwnConfig();

export const handler = create({
  ...{ config, policies: policiesOf(config) },
  mirror: connectMirror(env),
  runs: connectRuns(env),
  queue: connectQueue(env),
  ...createTools(),
});
