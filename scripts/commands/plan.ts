import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Plan } from '../../lib/reconcile/plan.ts';
import { applyThrough } from '../apply.ts';
import { BadArguments, type Context, defineCommand } from '../command.ts';
import { planThrough } from '../plan.ts';
import { planFileOf, readPlanFile } from '../plan-file.ts';
import { planText } from '../plan-text.ts';
import { messagesIn } from '../queue-depth.ts';
import { createQueues } from '../queues.ts';
import { sourcesOf } from '../stack.ts';

export const command = defineCommand({
  takes: '[plan-okta.json]',
  flags: {
    source: { type: 'string', value: 'okta', about: 'only this source, and not every one with credentials' },
    out: { type: 'string', value: 'plan-okta.json', about: 'the file that it is written to' },
    apply: {
      type: 'boolean',
      about: 'with --local: also applies it, twice, to show that the second time changes nothing',
    },
  },
  more: 'Of a file it prints the plan in it again, and asks nobody. The file names people: it is for its owner only.',
  async run({ source, out, apply = false, args: [given] }, context) {
    const { terminal, flags, isLocal } = context;
    if (apply && !isLocal)
      throw new BadArguments('--apply is for --local; the command apply applies a plan that you have read');
    if (given !== undefined && (source ?? out) !== undefined)
      throw new BadArguments(`${given} is a plan already; --source makes a new one instead`);
    if (given === undefined) return makePlans({ source, out, apply }, context);
    if (apply) throw new BadArguments(`${given} is a plan already: the command apply applies it`);
    const plan = readPlanFile(given);
    terminal.show({ plans: [plan] }, planText(plan, { file: given, flags }));
    return true;
  },
});

async function makePlans(
  { source, out, apply }: { source: string | undefined; out: string | undefined; apply: boolean },
  context: Context,
): Promise<boolean> {
  const { terminal, signal } = context;
  const { local } = await context.place();
  const session = await context.session();
  const sources = sourcesOf(source, session.stack);
  if (out !== undefined && sources.length > 1)
    throw new BadArguments(`--out is one file: name one of ${sources.join(', ')} by --source`);
  // A plan of the demo must not be taken for one of a stage.
  const folder = local ? mkdtempSync(join(tmpdir(), 'plan-')) : '';
  const plans: Plan[] = [];
  for (const name of sources) {
    if (signal.aborted) break;
    const file = out ?? join(folder, planFileOf(name));
    const plan = await planThrough(name, file, session);
    if (!plan) continue;
    plans.push(plan);
    if (apply && !(await applyTwice(plan, file, context))) return false;
  }
  terminal.show({ plans });
  return plans.length === sources.length;
}

/** Whether both runs are done. What they queued is delivered in between, and counted at the double of Velt. */
async function applyTwice(plan: Plan, file: string, context: Context): Promise<boolean> {
  const { terminal } = context;
  let done = true;
  for (const time of ['first', 'second']) {
    terminal.print(`\nApplied a ${time} time:`);
    const run = await applyThrough(plan, file, await context.session());
    done &&= run?.state === 'done';
    await delivered(context);
    terminal.print(`  The Velt double has had ${await callsAtVelt(context)} calls.`);
  }
  return done;
}

async function delivered({ place, signal }: Context): Promise<void> {
  const { depthOf } = createQueues(await place());
  for (;;) {
    const depth = await depthOf('changes');
    if (!depth || messagesIn(depth) === 0) return;
    await delay(200, undefined, { signal });
  }
}

async function callsAtVelt({ place }: Context): Promise<number> {
  const { local } = await place();
  const { calls } = (await (await fetch(`${local?.veltUrl}/__state`)).json()) as { calls: unknown[] };
  return calls.length;
}
