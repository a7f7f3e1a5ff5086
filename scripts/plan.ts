import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, WorldFault } from '../lib/errors.ts';
import { makePlan, type Plan } from '../lib/reconcile/plan.ts';
import { applyThrough } from './apply.ts';
import { type Command, showProgress } from './backfill.ts';
import { readCommandLine } from './command-line.ts';
import { OWN_CONFIG } from './config-file.ts';
import { planFileOf, readPlanFile, writePlanFile } from './plan-file.ts';
import { planText } from './plan-text.ts';
import { connectStack, createTerminal, flagsOf, runCommand, STACK_FLAGS, sourcesOf } from './stack.ts';

/**
 * Makes the plan of a source, writes it to `file` and prints it. Returns nothing where it could not be made by now, which is
 * printed. Throws ConfigError when there is no such source.
 */
export async function planThrough(source: string, file: string, command: Command): Promise<Plan | undefined> {
  const { stack, terminal } = command;
  try {
    const plan = await makePlan(source, { ...stack, onProgress: showProgress(command) });
    writePlanFile(plan, file);
    terminal.print(planText(plan, { file, flags: stack.flags }));
    return plan;
  } catch (error) {
    if (!(error instanceof WorldFault)) throw error;
    terminal.print(`${source}: no plan was made: ${error.message}`);
    return undefined;
  }
}

const USAGE = `npm run plan -- [--source okta] [--out plan-okta.json] [--stage dev] [--region us-east-1]
npm run plan -- plan-okta.json
npm run plan -- --local [--apply]`;

/**
 * `npm run plan`: prints what a run of a source would do, or of every source that has credentials, and writes it to a file; of
 * a file, prints it again. AWS_ENDPOINT_URL as everywhere.
 * `--local` shows it on the local cloud, whose Okta lost some webhooks; with `--apply` the plan is applied too, twice.
 */
async function main(signal: AbortSignal): Promise<boolean> {
  const { values, positionals } = readCommandLine(USAGE, {
    options: {
      source: { type: 'string' },
      out: { type: 'string' },
      ...STACK_FLAGS,
      local: { type: 'boolean', default: false },
      apply: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const { source, out, stage, region, local, apply } = values;
  const [given] = positionals;
  const refuse = (path: string, message: string) => new ConfigError('command line', [{ path, message }]);
  if (apply && !local)
    throw refuse('--apply', 'is for --local; npm run apply -- <file> applies a plan that you have read');
  if (positionals.length > 1 || (given !== undefined && (source ?? out) !== undefined))
    throw refuse('<file>', 'is one plan, as npm run plan writes it; --source makes a new one instead');
  if (local) return showLocally(apply, signal);
  const terminal = createTerminal();
  if (given !== undefined) {
    terminal.print(planText(readPlanFile(given), { file: given, flags: flagsOf(stage, region) }));
    return true;
  }
  const stack = await connectStack({ stage, aws: { region } }, signal);
  const sources = sourcesOf(source, stack);
  if (out !== undefined && sources.length > 1)
    throw refuse('--out', `is one file; name one of ${sources.join(', ')} by --source`);
  let done = true;
  for (const name of sources) {
    if (signal.aborted) return false;
    const plan = await planThrough(name, out ?? planFileOf(name), { stack, terminal, signal });
    done &&= plan !== undefined;
  }
  return done;
}

async function showLocally(apply: boolean, signal: AbortSignal): Promise<boolean> {
  const { startWithMissed } = await import('../local/demo/missed.ts');
  const terminal = createTerminal();
  const cloud = await startWithMissed((text) => terminal.print(text));
  try {
    const command = {
      stack: await connectStack({ stage: 'dev', config: OWN_CONFIG, aws: cloud.admin }, signal),
      terminal,
      signal,
    };
    const file = join(mkdtempSync(join(tmpdir(), 'plan-')), planFileOf('okta'));
    terminal.print('');
    const plan = await planThrough('okta', file, command);
    if (!plan || !apply) return plan !== undefined;
    let done = true;
    for (const time of ['first', 'second']) {
      terminal.print(`\nApplied a ${time} time:`);
      const run = await applyThrough(plan, file, command);
      done &&= run?.state === 'done';
      await cloud.idle();
      terminal.print(`  The Velt double has had ${cloud.velt?.calls.length ?? 0} calls.`);
    }
    return done;
  } finally {
    await cloud.close();
  }
}

if (process.argv[1] === import.meta.filename) await runCommand('plan', main);
