import type { Run } from '../lib/aws/runs.ts';
import { ConfigError } from '../lib/errors.ts';
import { applyPlan, checkPlan } from '../lib/reconcile/apply.ts';
import type { Plan } from '../lib/reconcile/plan.ts';
import { type Command, runThrough } from './backfill.ts';
import { readCommandLine } from './command-line.ts';
import { readPlanFile } from './plan-file.ts';
import { connectStack, createTerminal, runCommand, STACK_FLAGS } from './stack.ts';

/**
 * Applies a plan in this terminal up to its end or to Ctrl-C, and prints how the run ended. Returns the run that ended, if it
 * did. Throws ConfigError, with what to do, when the plan cannot be applied any more.
 */
export function applyThrough(plan: Plan, file: string, command: Command): Promise<Run | undefined> {
  const { config, clock } = command.stack;
  checkPlan(plan, file, { config, now: clock() });
  return runThrough(plan.run.source, command, (deps) => applyPlan(plan, Number.MAX_SAFE_INTEGER, deps));
}

const USAGE = 'npm run apply -- plan-okta.json [--stage dev] [--region us-east-1]';

/** `npm run apply`; AWS_ENDPOINT_URL as everywhere. */
async function main(signal: AbortSignal): Promise<boolean> {
  const { values, positionals } = readCommandLine(USAGE, { options: STACK_FLAGS, allowPositionals: true });
  const [file] = positionals;
  if (file === undefined || positionals.length > 1)
    throw new ConfigError('command line', [
      { path: '<file>', message: 'is one plan, as npm run plan writes it' },
    ]);
  const plan = readPlanFile(file);
  const stack = await connectStack({ stage: values.stage, aws: { region: values.region } }, signal);
  const run = await applyThrough(plan, file, { stack, terminal: createTerminal(), signal });
  return run?.state === 'done';
}

if (process.argv[1] === import.meta.filename) await runCommand('apply', main);
