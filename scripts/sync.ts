import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { ConfigError } from '../lib/errors.ts';
import { createHttp } from '../lib/http/client.ts';
import {
  BadArguments,
  type Call,
  type Called,
  COMMON_FLAGS,
  type Command,
  type Context,
  checkWords,
  type Flags,
  type Given,
  type Listed,
  readFlags,
} from './command.ts';
import { COMMANDS } from './commands.ts';
import { configFileOf, OWN_CONFIG, readConfigFile } from './config-file.ts';
import { confirmed, type Ends } from './confirm.ts';
import { helpText, overview, usage } from './help.ts';
import { type LocalCloud, localCloudOf, readLocalCloud } from './local-cloud.ts';
import { messageOf } from './message.ts';
import { flagsOf, type StackPlace, usualRegion } from './place.ts';
import type { AnyHttp } from './setup-report.ts';
import { connectStack, type Stack } from './stack.ts';
import { createTerminal, type Output } from './terminal.ts';

/** What the program runs in. */
export interface World {
  stdout: Output;
  stderr: Output & NodeJS.WritableStream;
  stdin: Ends['stdin'];
  env: Record<string, string | undefined>;
  /** Aborted by the first Ctrl-C, or where somebody else ends the program. */
  signal: AbortSignal;
  clock: () => number;
  /** How vendors are reached. */
  http: AnyHttp;
  commands: Record<string, Listed>;
  /** How AWS is reached, instead of by the environment. */
  aws?: StackPlace['aws'] | undefined;
  /** The file of the configuration, instead of the stage's. */
  config?: string | undefined;
  /** The local cloud that runs, if one does. */
  localCloud: () => LocalCloud | undefined;
  connect: (place: StackPlace, signal: AbortSignal) => Promise<Stack>;
}

/**
 * Runs one command: `argv` is its name and what stands behind it. Returns the exit code: 0 where it is done or all is well, 1
 * where something is left or failed, 2 for a wrong argument, which is told on one line with the usage. Never throws.
 */
export async function runSync(argv: string[], given: Partial<World> = {}): Promise<number> {
  const world = { ...ownWorld(), ...given };
  const { stdout, stderr, commands } = world;
  const [first = '--help', ...rest] = argv;
  const isHelp = ['help', '--help', '-h'].includes(first);
  const [name, args] = isHelp ? [rest[0], ['--help']] : [first, rest];
  if (name === undefined) {
    stdout.write(`${overview(commands)}\n`);
    return 0;
  }
  const listed = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!listed) {
    stderr.write(`There is no command ${name}.\nnpm run sync -- help lists them.\n`);
    return 2;
  }
  const command = await load(listed, stderr);
  if (!command) return 1;
  if (isHelpAsked(args)) {
    stdout.write(`${helpText(name, listed, command)}\n`);
    return 0;
  }
  return runCommand(name, command, args, world);
}

/** Behind `--` it is a word. */
function isHelpAsked(args: string[]): boolean {
  const [asked, words] = [args.indexOf('--help'), args.indexOf('--')];
  return asked >= 0 && (words < 0 || asked < words);
}

/** A command's file, with what it needs. What is missing is told: an installation may lack it. */
async function load({ load }: Listed, stderr: Output): Promise<Command | undefined> {
  try {
    return (await load()).command;
  } catch (error) {
    stderr.write(`This command could not be loaded: ${messageOf(error)}\nnpm ci brings what it needs.\n`);
    return undefined;
  }
}

async function runCommand(name: string, command: Command, args: string[], world: World): Promise<number> {
  const closers: (() => Promise<unknown>)[] = [];
  const terminal = createTerminal(world);
  try {
    const given = readFlags(args, { ...command.flags, ...COMMON_FLAGS } as Flags & typeof COMMON_FLAGS);
    checkWords(given.args, command.takes);
    return (await command.run(given, contextOf(given, world, closers))) ? 0 : 1;
  } catch (error) {
    terminal.progress('');
    if (error instanceof BadArguments) {
      world.stderr.write(`${name}: ${error.message}\n${usage(name, command)}\n`);
      return 2;
    }
    world.stderr.write(`${name}: ${messageOf(error)}\n`);
    return error instanceof ConfigError ? 2 : 1;
  } finally {
    for (const close of closers) await close();
  }
}

function contextOf(
  given: Given<typeof COMMON_FLAGS>,
  world: World,
  closers: (() => Promise<unknown>)[],
): Context {
  const { env, signal, clock, http, commands, connect } = world;
  const usual = usualRegion(env);
  const { stage, region = usual, local, json } = given;
  const running = local ? world.localCloud() : undefined;
  const usualConfig = local ? (running?.config ?? OWN_CONFIG) : configFileOf({ stage });
  const config = given.config ?? world.config ?? usualConfig;
  const terminal = createTerminal({ ...world, json });
  const place = once(async (): Promise<StackPlace> => {
    if (!local) return { stage, config, aws: world.aws ?? { region } };
    const cloud = running ?? (await startOwn(terminal.print, closers));
    return { stage: 'dev', config, aws: cloud.aws, local: cloud };
  });
  const stack = once(async () => connect(await place(), signal));
  return {
    ...{ stage: local ? 'dev' : stage, terminal, signal, env, clock, http, commands, place, stack },
    isLocal: local === true,
    config: () => readConfigFile(config),
    flags: `${local ? ' --local' : flagsOf({ stage, region }, usual)}${given.config === undefined ? '' : ` --config ${given.config}`}`,
    confirm: (asked) => confirmed(asked, world),
    session: async () => ({ stack: await stack(), terminal, signal }),
    call: async (argv) => {
      try {
        const at = await place();
        // A name of its own for each: else two that run at once would hold one lease.
        const connect = async () => ({ ...(await stack()), owner: randomUUID() });
        return await createCall(commonFlags(given), { ...world, connect, localCloud: () => at.local })(argv);
      } catch (error) {
        return failedBy(error);
      }
    },
  };
}

/** What was given for every command, to be given again. */
function commonFlags({ stage, region, local, config }: Given<typeof COMMON_FLAGS>): string[] {
  const named = Object.entries({ stage, region, config }).filter(([, value]) => value !== undefined);
  return [...named.map(([name, value]) => `--${name}=${value}`), ...(local ? ['--local'] : [])];
}

function failedBy(error: unknown): Called {
  return { code: 1, said: messageOf(error) };
}

/** Runs commands with these flags, where nobody types: each is connected anew, unless `given` connects. Never throws. */
export function createCall(flags: string[], given: Partial<World> = {}): Call {
  return async ([name = '', ...args]) => {
    const written = { stdout: '', stderr: '' };
    const into = (end: keyof typeof written) => ({ write: (text: string) => (written[end] += text) });
    const ends = { stdin: Readable.from([]), stdout: into('stdout'), stderr: into('stderr') };
    const world = { ...given, ...ends } as unknown as Partial<World>;
    try {
      const code = await runSync([name, '--json', ...flags, ...args], world);
      const shown = written.stdout === '' ? {} : { shown: JSON.parse(written.stdout) as unknown };
      return { code, ...shown, said: written.stderr.trim() };
    } catch (error) {
      return failedBy(error);
    }
  };
}

/** A local cloud for as long as one command lasts: the demo's company, of which some webhooks got lost. */
async function startOwn(say: (text: string) => void, closers: (() => Promise<unknown>)[]) {
  say('No local cloud runs here (npm start starts one): starting one for this command.');
  const { startWithMissed } = await import('../local/demo/missed.ts');
  const cloud = await startWithMissed(say);
  closers.push(cloud.close);
  say('');
  return { pid: process.pid, ...localCloudOf(cloud) };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error) => {
      // Whoever asks again later may have what was missing.
      made = undefined;
      throw error;
    });
    return made;
  };
}

function ownWorld(): World {
  const { stdout, stderr, stdin, env } = process;
  const { signal } = new AbortController();
  const localCloud = () => readLocalCloud();
  return {
    ...{ stdout, stderr, stdin, env, signal, clock: Date.now },
    ...{ http: createHttp() as AnyHttp, commands: COMMANDS, localCloud, connect: connectStack },
  };
}

if (process.argv[1] === import.meta.filename) {
  const interruption = new AbortController();
  // The second one ends the process.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => interruption.abort());
  process.exitCode = await runSync(process.argv.slice(2), { signal: interruption.signal });
}
