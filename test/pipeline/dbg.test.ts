import { expect, test } from 'vitest';
import { demoDirectory, demoParameters } from '../../local/demo/directory.ts';
import { loseWebhooks } from '../../local/demo/missed.ts';
import { applyThrough } from '../../scripts/apply.ts';
import { runThrough } from '../../scripts/backfill.ts';
import { makePlan } from '../../lib/reconcile/plan.ts';
import { connectStack } from '../../scripts/stack.ts';
import { standUp } from './cloud.ts';

test('x', { timeout: 60_000 }, async () => {
  const cloud = await standUp({ directory: demoDirectory, parameters: demoParameters });
  const signal = new AbortController().signal;
  const terminal = { print: console.log, progress: () => {} };
  const t0 = Date.now();
  const say = (s: string) => console.log(Date.now() - t0, s);
  const command = async () => {
    const stack = await connectStack({ stage: 'dev', aws: cloud.admin }, signal);
    const { send } = stack.queue;
    stack.queue = { send: async (items, lane) => { console.log(JSON.stringify(items)); return send(items, lane); } };
    return { stack, terminal, signal };
  };
  await runThrough('okta', await command());
  say('ran'); await cloud.idle(); say('idle');
  loseWebhooks(cloud.okta);
  const plan = await makePlan('okta', (await command()).stack);
  console.log(JSON.stringify(plan.items));
  await applyThrough(plan, 'f', await command());
  say('ran'); await cloud.idle(); say('idle');
  const n = cloud.calls().length;
  await applyThrough(plan, 'f', await command());
  say('ran'); await cloud.idle(); say('idle');
  console.log(n, cloud.calls().length);
  await applyThrough(plan, 'f', await command());
  console.log(cloud.lines.filter((l) => /comes back/.test(l)).join('\n'));
});
