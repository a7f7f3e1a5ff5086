import { parseArgs } from 'node:util';
import type { DirectoryConfig } from '../lib/config.ts';
import type { StackPlace } from './place.ts';
import type { AnyHttp } from './setup-report.ts';
import type { Session, Stack } from './stack.ts';
import type { Terminal } from './terminal.ts';

/** A flag of a command. `value` is what stands for its value in the help: an example, or a word such as `id`. */
export type Flag = { about: string } & (
  | { type: 'boolean' }
  | { type: 'string'; value: string; default?: string; multiple?: boolean }
);
export type Flags = Record<string, Flag>;

/** What a command was called with: its own flags, and what stands beside them in `args`. */
export type Given<F extends Flags> = ReturnType<typeof parseArgs<{ options: F }>>['values'] & {
  args: string[];
};

/** A command of `npm run sync`; its name and the line that says what it does are in commands.ts. */
export interface Command<F extends Flags = Flags> {
  /** What stands beside the flags: words in `<…>` are needed, those in `[…]` are not. Nothing else is taken. */
  takes?: string;
  flags?: F;
  /** What more the help says: a few lines. */
  more?: string;
  /** When it exits with 0 and with 1, where that is more than that it is done or not. */
  exits?: { 0?: string; 1?: string };
  /**
   * Returns whether it is done, or all is well (exit code 0, else 1). Throws BadArguments for what it cannot be called with
   * (2), and any other Error where it failed (1).
   */
  run(given: Given<F>, context: Context): Promise<boolean>;
}

/** Gives a command the types of its flags. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command<F> {
  return command;
}

/** One line of the list of commands. The command itself is loaded only where it is called, or helped with. */
export interface Listed {
  group: 'look' | 'repair' | 'set up' | 'try';
  about: string;
  load: () => Promise<{ command: Command }>;
}

/** What every command works with. Only what it asks for is opened. */
export interface Context {
  stage: string;
  /** What names the same stage again in another command: ` --stage prod`. */
  flags: string;
  /** Whether it is about the local cloud. */
  isLocal: boolean;
  terminal: Terminal;
  /** Aborted by the first Ctrl-C. */
  signal: AbortSignal;
  env: Record<string, string | undefined>;
  clock: () => number;
  /** How vendors are reached. */
  http: AnyHttp;
  /** All commands, by name. */
  commands: Record<string, Listed>;
  /** The configuration that all of it goes by. Throws ConfigError. */
  config(): DirectoryConfig;
  /** Where the stack is. With --local the local cloud that runs, or else one for as long as the command lasts. */
  place(): Promise<StackPlace>;
  /** Whether somebody means it: see confirm.ts. */
  confirm(asked: { word: string; to: string; yes: string | undefined }): Promise<boolean>;
  /** The stack, connected to. */
  stack(): Promise<Stack>;
  /** The same with terminal and signal, as the functions behind the commands take it. */
  session(): Promise<Session>;
  /** Runs another command of the same stage, as the program does with --json. Never throws. */
  call: Call;
}

/** What a command came to: its exit code, what it shows with --json, if anything, and what it says beside that. */
export interface Called {
  code: number;
  shown?: unknown;
  said: string;
}

/** Runs a command: its name, and what stands behind it but for the flags of every command. */
export type Call = (argv: string[]) => Promise<Called>;

/** The flags of every command. */
export const COMMON_FLAGS = {
  stage: { type: 'string', value: 'prod', default: 'dev', about: 'the stage that was deployed' },
  region: {
    type: 'string',
    value: 'eu-central-1',
    about: 'where it is; without it AWS_REGION, or else us-east-1',
  },
  local: {
    type: 'boolean',
    about: 'the local cloud of npm start; where none runs, one for as long as the command lasts',
  },
  config: {
    type: 'string',
    value: 'other.json',
    about: 'another configuration than config/STAGE.json, or with --local than that of the local cloud',
  },
  json: { type: 'boolean', about: 'JSON on stdout, and nothing else there' },
  help: { type: 'boolean', about: 'this text' },
} as const satisfies Flags;

/** Thrown for arguments that cannot be used; the message names what is wrong and what to write instead, on one line. */
export class BadArguments extends Error {
  override readonly name = 'BadArguments';
}

/** The values of flags, and what stands beside them. Throws BadArguments for what is no such flag. */
export function readFlags<const F extends Flags>(args: string[], flags: F): Given<F> {
  try {
    const { values, positionals } = parseArgs({ args, options: flags, allowPositionals: true });
    return { ...values, args: positionals } as Given<F>;
  } catch (error) {
    // After the first sentence Node explains how a name could begin with a dash.
    throw new BadArguments((error instanceof Error ? error.message : String(error)).replace(/\. .*$/s, ''));
  }
}

/** Throws BadArguments where more or fewer words stand beside the flags than a command takes. */
export function checkWords(args: string[], takes = ''): void {
  const words = takes.match(/<[^>]+>|\[[^\]]+\]/g) ?? [];
  const missing = words.filter((word) => word.startsWith('<'))[args.length];
  if (missing !== undefined) throw new BadArguments(`${missing} is missing`);
  const [surplus] = args.slice(words.length);
  if (surplus !== undefined) throw new BadArguments(`${surplus} is one word too many`);
}
