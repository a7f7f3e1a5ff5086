import { randomBytes } from 'node:crypto';
import type { DirectoryConfig } from '../../lib/config.ts';
import { BadArguments, defineCommand } from '../command.ts';
import { SETUP_FLAGS, type SetupGiven } from '../setup-arguments.ts';
import { runAuth0Setup } from '../setup-auth0.ts';
import { runOktaSetup } from '../setup-okta.ts';
import type { SetupResult, SetupWorld } from '../setup-report.ts';

type Setup = (given: SetupGiven, config: DirectoryConfig, world: SetupWorld) => Promise<SetupResult>;

/** The set-up of each kind of source. */
const SETUPS: Record<string, Setup> = { okta: runOktaSetup, auth0: runAuth0Setup };

export const command = defineCommand({
  takes: `<${Object.keys(SETUPS).join('|')}>`,
  flags: SETUP_FLAGS,
  more: `--domain and --url are needed. It prints what to create, or, with access to the vendor's API in the environment
(OKTA_API_TOKEN; AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET), compares what is there, and with --apply creates or mends it.`,
  exits: { 0: 'the steps were told, or all is in order', 1: 'something differs, or failed' },
  async run(given, { stage, terminal, env, clock, http, isLocal, config }) {
    if (isLocal) throw new BadArguments('--local: no vendor can send to the local cloud');
    const [kind = ''] = given.args;
    const setup = Object.hasOwn(SETUPS, kind) ? SETUPS[kind] : undefined;
    if (!setup)
      throw new BadArguments(`there is no set-up of ${kind}, but of ${Object.keys(SETUPS).join(' and ')}`);
    const world = { http, random: randomBytes, print: terminal.print, clock, env };
    const result = await setup({ ...given, stage }, config(), world);
    terminal.show({ result });
    return result !== 'differs';
  },
});
