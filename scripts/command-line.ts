import { type ParseArgsConfig, parseArgs } from 'node:util';

/**
 * What this process was started with. Ends it, with the usage, on `--help` (0) and on a wrong argument (2): a stack trace
 * would tell nobody what to write instead.
 */
export function readCommandLine<T extends ParseArgsConfig>(
  usage: string,
  flags: T,
): ReturnType<typeof parseArgs<T>> {
  if (process.argv.slice(2).includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs(flags);
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : error}\n${usage}`);
  }
}

/** The number of a flag that counts something. Ends the process when it is none: NaN runs would find no fault. */
export function countOf(flag: string, text: string): number {
  const count = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(count) && count >= 0) return count;
  return refuse(`--${flag} takes a whole number from 0 on, not ${text}`);
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}
