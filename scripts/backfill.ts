import type { Run } from '../lib/aws/runs.ts';
import { WorldFault } from '../lib/errors.ts';
import { backfill } from '../lib/reconcile/backfill.ts';
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

/**
 * Reads a source to the end, or up to Ctrl-C, showing how far it is; says why when it does not end. Returns the run that
 * ended, if it did. Throws ConfigError when there is no such source.
 */
export async function readThrough(
  { source, plan }: { source: string; plan: boolean },
  { stack, terminal, signal }: { stack: Stack; terminal: Terminal; signal: AbortSignal },
): Promise<Run | undefined> {
  let begun: Begun | undefined;
  const onProgress = (run: Run) => {
    begun ??= { at: stack.clock(), people: run.people };
    terminal.progress(progressText(run, begun, stack.clock()));
    if (run.state === 'running') checkInterrupted(signal);
  };
  try {
    const run = await backfill({ source, plan }, Number.MAX_SAFE_INTEGER, { ...stack, onProgress });
    if (run !== 'busy' && run !== 'nothing') return run;
    terminal.print(await busyText(source, stack));
  } catch (error) {
    if (!(error instanceof WorldFault)) throw error;
    const left = (await stack.runs.current(source))?.run;
    terminal.print(left ? endText(left, stack) : `${source}: ${error.message}`);
  }
  return undefined;
}

async function busyText(source: string, { runs, clock }: Stack): Promise<string> {
  const { lease, startedAt } = (await runs.current(source))?.run ?? {};
  if (startedAt !== undefined && (lease?.until ?? 0) <= clock())
    return `${source}: a reading that began at ${startedAt} is not done yet. It goes on by itself, or with npm run backfill.`;
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
    const run = await readThrough({ source, plan: false }, { stack, terminal, signal });
    if (run) terminal.print(endText(run, stack));
    done &&= run?.state === 'done';
  }
  return done;
}

if (process.argv[1] === import.meta.filename) await runCommand('backfill', main);
