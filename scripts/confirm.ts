import { createInterface } from 'node:readline/promises';
import { BadArguments } from './command.ts';

/** Where somebody types, and what they are asked on: not stdout, which may be read by a program. */
export interface Ends {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream;
  signal: AbortSignal;
}

/**
 * Whether somebody means it: `word` is typed here, or was given as `yes`. `to` says what happens then. Throws BadArguments where
 * it is neither given nor can be typed.
 */
export async function confirmed(
  { word, to, yes }: { word: string; to: string; yes: string | undefined },
  { stdin, stderr, signal }: Ends,
): Promise<boolean> {
  if (yes !== undefined) return yes === word;
  if (!stdin.isTTY) throw new BadArguments(`--yes ${word} is needed where nobody can type, to ${to}`);
  const readline = createInterface({ input: stdin, output: stderr });
  readline.once('SIGINT', () => process.emit('SIGINT'));
  try {
    const typed = await readline.question(`Type ${word} to ${to}: `, { signal });
    return typed.trim() === word;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    readline.close();
  }
}
