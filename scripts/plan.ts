import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run } from '../lib/aws/runs.ts';
import { ConfigError } from '../lib/errors.ts';
import { type Plan, readPlan } from '../lib/reconcile/planned.ts';
import { applyPlan } from './apply.ts';
import { readThrough } from './backfill.ts';
import { readCommandLine } from './command-line.ts';
import { planText } from './plan-text.ts';
import {
  connectStack,
  createTerminal,
  runCommand,
  STACK_FLAGS,
  type Stack,
  sourcesOf,
  type Terminal,
} from './stack.ts';

/** Writes a plan to `plan-<id>.json` in a folder, for its owner only since it names people, and prints it. */
export async function showPlan(
  run: Run,
  { stack, terminal, folder }: { stack: Stack; terminal: Terminal; folder: string },
): Promise<Plan> {
  const plan = await readPlan(run, stack);
  const file = join(folder, `plan-${run.runId}.json`);
  writeFileSync(file, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600 });
  terminal.print(planText(plan, { file, flags: stack.flags }));
  return plan;
}

const USAGE = `npm run plan -- [--source okta | <plan-id>] [--stage dev] [--region us-east-1]
npm run plan -- --local [--apply]`;

/**
 * `npm run plan`: reads a source, or every source that has credentials, and prints what a backfill would do; of a plan or a
 * stopped run that is there, what it would do. AWS_ENDPOINT_URL as everywhere.
 * `--local` shows it on the local cloud, whose Okta lost some webhooks; with `--apply` the plan is applied too, twice.
 */
async function main(signal: AbortSignal): Promise<boolean> {
  const { values, positionals } = readCommandLine(USAGE, {
    options: {
      source: { type: 'string' },
      ...STACK_FLAGS,
      local: { type: 'boolean', default: false },
      apply: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  if (values.apply && !values.local)
    throw new ConfigError('command line', [
      { path: '--apply', message: 'is for --local; npm run apply -- <plan-id> applies a plan you have read' },
    ]);
  if (positionals.length > 1 || (positionals.length === 1 && values.source !== undefined))
    throw new ConfigError('command line', [
      {
        path: '<plan-id>',
        message: 'is one plan, as npm run plan prints it; --source makes a new one instead',
      },
    ]);
  if (values.local) return showLocally(values.apply, signal);
  const stack = await connectStack({ stage: values.stage, aws: { region: values.region } }, signal);
  const terminal = createTerminal();
  const wanted = { stack, terminal, folder: process.cwd() };
  const [planId] = positionals;
  if (planId !== undefined) {
    const run = await stack.runs.kept(planId.slice(0, planId.lastIndexOf('-')), planId);
    if (run) await showPlan(run, wanted);
    else terminal.print(`There is no plan ${planId}: plans are kept for 14 days.`);
    return run !== undefined;
  }
  let done = true;
  for (const source of sourcesOf(values.source, stack)) {
    const run = await readThrough({ source, plan: true }, { stack, terminal, signal });
    if (run) await showPlan(run, wanted);
    done &&= run !== undefined;
  }
  return done;
}

async function showLocally(apply: boolean, signal: AbortSignal): Promise<boolean> {
  const { startWithMissed } = await import('../local/demo/missed.ts');
  const terminal = createTerminal();
  const cloud = await startWithMissed((text) => terminal.print(text));
  try {
    const stack = await connectStack({ stage: 'dev', aws: cloud.admin }, signal);
    const run = await readThrough({ source: 'okta', plan: true }, { stack, terminal, signal });
    if (!run) return false;
    terminal.print('');
    await showPlan(run, { stack, terminal, folder: tmpdir() });
    if (!apply) return true;
    for (const time of ['first', 'second']) {
      terminal.print(`\nApplied a ${time} time:`);
      await applyPlan(run.runId, { stack, terminal, signal });
      await cloud.idle();
      terminal.print(`  The Velt double has had ${cloud.velt?.calls.length ?? 0} calls.`);
    }
    return true;
  } finally {
    await cloud.close();
  }
}

if (process.argv[1] === import.meta.filename) await runCommand('plan', main);
