import type { Run } from '../lib/aws/runs.ts';
import { WorldFault } from '../lib/errors.ts';
import { runSource } from '../lib/reconcile/run.ts';
import type { RunDeps } from '../lib/reconcile/work.ts';
import { readCommandLine } from './command-line.ts';
import { type Begun, endText, progressText } from './run-text.ts';
import {
  checkInterrupted,
  connectStack,
  createTerminal,
  runCommand,
  STACK_FLAGS,
  type Stack,
  sourcesOf,
  type Terminal,
} from './stack.ts';

/** What a command works with. */
export interface Command {
  stack: Stack;
  terminal: Terminal;
  signal: AbortSignal;
}

/** Shows how far a run is, on one line, and stops it after Ctrl-C. */
export function showProgress({ stack, terminal, signal }: Command): (run: Run) => void {
  let begun: Begun | undefined;
  return (run) => {
    begun ??= { at: stack.clock(), people: run.people };
    terminal.progress(progressText(run, begun, stack.clock()));
    if (run.state === 'running') checkInterrupted(signal);
  };
}

/**
 * Does a run in this terminal up to its end or to Ctrl-C, and prints how it ended. Returns the run that ended, if it did.
 * Throws ConfigError when there is no such source.
 */
export async function runThrough(
  source: string,
  command: Command,
  work: (deps: RunDeps) => Promise<Run | 'busy' | 'nothing'> = (deps) =>
    runSource({ source }, Number.MAX_SAFE_INTEGER, deps),
): Promise<Run | undefined> {
  const { stack, terminal } = command;
  try {
    const run = await work({ ...stack, onProgress: showProgress(command) });
    if (typeof run === 'string') terminal.print(await busyText(source, stack));
    else {
      terminal.print(endText(run, stack));
      return run;
    }
  } catch (error) {
    if (!(error instanceof WorldFault)) throw error;
    const left = (await stack.runs.current(source))?.run;
    terminal.print(left ? endText(left, stack) : `${source}: ${error.message}`);
  }
  return undefined;
}

async function busyText(source: string, { runs }: Stack): Promise<string> {
  const { lease } = (await runs.current(source))?.run ?? {};
  const until = lease ? ` (or did, and is gone: then it is free again at ${time(lease.until)})` : '';
  return `${source}: another process works on it${until}.`;
}

function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 19)} UTC`;
}

const USAGE = 'npm run backfill -- [--source okta] [--stage dev] [--region us-east-1]';

/** `npm run backfill`; AWS_ENDPOINT_URL as everywhere. */
async function main(signal: AbortSignal): Promise<boolean> {
  const { values } = readCommandLine(USAGE, { options: { source: { type: 'string' }, ...STACK_FLAGS } });
  const stack = await connectStack({ stage: values.stage, aws: { region: values.region } }, signal);
  const terminal = createTerminal();
  let done = true;
  for (const source of sourcesOf(values.source, stack)) {
    if (signal.aborted) return false;
    const run = await runThrough(source, { stack, terminal, signal });
    done &&= run?.state === 'done';
  }
  return done;
}

if (process.argv[1] === import.meta.filename) await runCommand('backfill', main);
