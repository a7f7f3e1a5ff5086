import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { DirectoryConfig } from '../lib/config.ts';
import { createHttp } from '../lib/http/client.ts';
import { configFileOf, readConfigFile } from './config-file.ts';
import { BadArguments } from './setup-arguments.ts';
import { runAuth0Setup } from './setup-auth0.ts';
import { runOktaSetup } from './setup-okta.ts';
import type { AnyHttp, SetupResult, SetupWorld } from './setup-report.ts';

type Setup = (args: string[], config: DirectoryConfig, world: SetupWorld) => Promise<SetupResult>;

/** The set-up of each kind of source: `npm run setup:KIND`. */
const setups: Record<string, Setup> = {
  okta: runOktaSetup,
  auth0: runAuth0Setup,
};

/**
 * Runs the set-up of one kind of source with this project's configuration, and sets the exit code: 0 when told or in order,
 * 1 when something differs or failed, 2 when an argument is wrong.
 */
async function main([kind = '', ...args]: string[]): Promise<void> {
  try {
    const setup = Object.hasOwn(setups, kind) ? setups[kind] : undefined;
    if (!setup) throw new BadArguments(`there is no set-up of ${kind}: ${Object.keys(setups).join(', ')}`);
    const world = { http: createHttp() as AnyHttp, random: randomBytes, print: console.log, clock: Date.now };
    const { stage } = parseArgs({ args, strict: false, options: { stage: { type: 'string' } } }).values;
    const config = readConfigFile(configFileOf({ stage: typeof stage === 'string' ? stage : 'dev' }));
    const result = await setup(args, config, { ...world, env: process.env });
    if (result === 'differs') process.exitCode = 1;
  } catch (error) {
    console.error(`setup:${kind}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = error instanceof BadArguments ? 2 : 1;
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
