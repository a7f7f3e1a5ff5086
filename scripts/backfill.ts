import type { Run } from '../lib/aws/runs.ts';
import { WorldFault } from '../lib/errors.ts';
import { runSource } from '../lib/reconcile/run.ts';
import type { RunDeps } from '../lib/reconcile/work.ts';
import { type Begun, endText, progressText } from './run-text.ts';
import { checkInterrupted, type Session, type Stack } from './stack.ts';

/** Shows how far a run is, on one line, and stops it after Ctrl-C. */
export function showProgress({ stack, terminal, signal }: Session): (run: Run) => void {
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
  session: Session,
  work: (deps: RunDeps) => Promise<Run | 'busy' | 'nothing'> = (deps) =>
    runSource({ source }, Number.MAX_SAFE_INTEGER, deps),
): Promise<Run | undefined> {
  const { stack, terminal } = session;
  try {
    const run = await work({ ...stack, onProgress: showProgress(session) });
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
