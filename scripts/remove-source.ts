import { createInterface } from 'node:readline/promises';
import { SourceName } from '../lib/config.ts';
import { ConfigError, WorldFault } from '../lib/errors.ts';
import { planRemoval, removeSource } from '../lib/reconcile/removal.ts';
import type { Command } from './backfill.ts';
import { readCommandLine } from './command-line.ts';
import { removalText, removedText } from './removal-text.ts';
import { checkInterrupted, connectStack, createTerminal, runCommand, STACK_FLAGS } from './stack.ts';

/**
 * Shows whom it would take out of Velt to take a source away and, once `confirm` says so, takes them out in this terminal and
 * forgets the source. Of a source that is still configured it only shows them. Returns whether all of it is done.
 *
 * Throws ConfigError when nobody knows of such a source, and what `confirm` throws.
 */
export async function removeThrough(
  source: string,
  confirm: () => Promise<boolean>,
  { stack, terminal, signal }: Command,
): Promise<boolean> {
  try {
    terminal.print(removalText(source, await planRemoval(source, stack)));
    terminal.print('');
    if (stack.policies.has(source)) {
      terminal.print(stillConfigured(source, stack.flags));
      return false;
    }
    if (!(await confirm())) {
      terminal.print(`${source}: nobody was taken out.`);
      return false;
    }
    const onLeft = (left: number) => {
      terminal.progress(`${source}: ${left.toLocaleString('en')} people still at Velt`);
      checkInterrupted(signal);
    };
    terminal.progress(`${source}: taking its people out of Velt`);
    const removed = await removeSource(source, { ...stack, onLeft });
    terminal.print(removedText(source, removed, stack.flags));
    return removed.left === 0;
  } catch (error) {
    if (!(error instanceof WorldFault)) throw error;
    const again = `npm run remove-source -- ${source}${stack.flags}`;
    terminal.print(`${source}: not done: ${error.message}. ${again} goes on from there.`);
    return false;
  }
}

function stillConfigured(source: string, flags: string): string {
  return [
    `${source} is still in the configuration: its next event would bring back whoever was taken out.`,
    '  Set "removed": true on it, or take it out; deploy; then call this again:',
    `  npm run remove-source -- ${source}${flags}`,
  ].join('\n');
}

/**
 * Whether somebody means it: the source's name is typed once more, here or as `yes`. Throws ConfigError where it is neither
 * given nor can be typed.
 */
export async function confirmed(
  source: string,
  { yes, signal }: { yes: string | undefined; signal: AbortSignal },
  { stdin, stdout } = process as Pick<NodeJS.Process, 'stdin' | 'stdout'>,
): Promise<boolean> {
  if (yes !== undefined) return yes === source;
  if (!stdin.isTTY)
    throw new ConfigError('command line', [
      { path: '--yes', message: `is needed where nobody can type: --yes ${source} takes them out` },
    ]);
  const readline = createInterface({ input: stdin, output: stdout });
  readline.once('SIGINT', () => process.emit('SIGINT'));
  try {
    const typed = await readline.question(`Type ${source} to take them out and to forget them: `, { signal });
    return typed.trim() === source;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    readline.close();
  }
}

const USAGE = 'npm run remove-source -- okta [--yes okta] [--stage dev] [--region us-east-1]';

/** `npm run remove-source`; AWS_ENDPOINT_URL as everywhere. */
async function main(signal: AbortSignal): Promise<boolean> {
  const { values, positionals } = readCommandLine(USAGE, {
    options: { yes: { type: 'string' }, ...STACK_FLAGS },
    allowPositionals: true,
  });
  const { yes, stage, region } = values;
  const refuse = (path: string, message: string) => new ConfigError('command line', [{ path, message }]);
  const { data: source } = SourceName.safeParse(positionals[0]);
  if (source === undefined || positionals.length > 1)
    throw refuse('<source>', 'is the name of one source: lower-case letters, digits and dashes');
  if (yes !== undefined && yes !== source) throw refuse('--yes', `is ${yes}, and the source is ${source}`);
  const stack = await connectStack({ stage, aws: { region } }, signal);
  const command = { stack, terminal: createTerminal(), signal };
  return removeThrough(source, () => confirmed(source, { yes, signal }), command);
}

if (process.argv[1] === import.meta.filename) await runCommand('remove-source', main);
