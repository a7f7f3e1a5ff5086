import { ConfigError } from '../lib/errors.ts';
import { type Applied, apply } from '../lib/reconcile/apply.ts';
import { readCommandLine } from './command-line.ts';
import { appliedText } from './run-text.ts';
import {
  checkInterrupted,
  connectStack,
  createTerminal,
  runCommand,
  STACK_FLAGS,
  type Stack,
  type Terminal,
} from './stack.ts';

/** Applies a plan, showing how far it is, and prints what became of it. Up to Ctrl-C nothing is done. */
export async function applyPlan(
  planId: string,
  { stack, terminal, signal }: { stack: Stack; terminal: Terminal; signal: AbortSignal },
): Promise<Applied> {
  const onChecked = (items: number) => {
    terminal.progress(`${items} items checked`);
    checkInterrupted(signal);
  };
  const applied = await apply(planId, { ...stack, onChecked });
  terminal.print(appliedText(applied));
  return applied;
}

const USAGE = 'npm run apply -- <plan-id> [--stage dev] [--region us-east-1]';

/** `npm run apply`; AWS_ENDPOINT_URL as everywhere. */
async function main(signal: AbortSignal): Promise<boolean> {
  const { values, positionals } = readCommandLine(USAGE, { options: STACK_FLAGS, allowPositionals: true });
  const [planId] = positionals;
  if (planId === undefined || positionals.length > 1)
    throw new ConfigError('command line', [
      { path: '<plan-id>', message: 'is one plan, as npm run plan prints it' },
    ]);
  const stack = await connectStack({ stage: values.stage, aws: { region: values.region } }, signal);
  const { kind } = await applyPlan(planId, { stack, terminal: createTerminal(), signal });
  return kind !== 'refused';
}

if (process.argv[1] === import.meta.filename) await runCommand('apply', main);
