import { ConfigError } from '../lib/errors.ts';
import { buildFunctions } from './build.ts';
import { readCommandLine } from './command-line.ts';
import { OWN_CONFIG } from './config-file.ts';
import { ROOT, runOsls } from './osls.ts';

const USAGE = 'npm run remove -- --stage prod [--region eu-central-1] [--yes prod]';

/** What becomes of a stage that is removed. The stack's template says it; a test compares the two. */
export function whatRemoves(stage: string, region: string): string {
  const table = `velt-directory-sync-${stage}-mirror`;
  const flags = `--stage ${stage} --region ${region}`;
  return `Removing stage ${stage} in ${region}

  goes    the webhooks' address, all functions, schedules and alarms
          the queues, with the changes, the parked and the dead messages in them
          the secrets, with their values; the logs
  stays   at Velt everybody who is there now. To take the people of a source out, before this:
          docs/operations.md, "Taking a source away"
          in the account the table ${table}: what Velt was told. A later deployment of this
          stage takes it over and goes on from there; for good it goes with
          aws dynamodb delete-table --region ${region} --table-name ${table}
          at the vendors the hooks and streams: they send to an address that is gone, until you delete them

  back    npm run deploy -- ${flags}   a minute later or more, then the secrets again; the address of the
          webhooks is another one, unless it is a host name of yours`;
}

/**
 * Removes a stage, where `yes` names it; else only says what that would do, and returns false. Throws ConfigError where `yes`
 * names another one, and Error when osls fails.
 */
export async function removeStage(
  { stage, region, yes }: { stage: string; region: string; yes?: string | undefined },
  deps: { build: () => Promise<unknown>; runOsls: typeof runOsls; print: (text: string) => void },
): Promise<boolean> {
  if (yes !== undefined && yes !== stage)
    throw new ConfigError('command line', [
      { path: '--yes', message: `is ${yes}, and the stage is ${stage}` },
    ]);
  deps.print(whatRemoves(stage, region));
  if (yes === undefined) {
    deps.print(`\nNothing was removed. If it is meant: --yes ${stage}`);
    return false;
  }
  // osls reads all of serverless.yml for it, with the settings that a build writes; which ones does not matter here.
  await deps.build();
  await deps.runOsls(['remove', '--stage', stage, '--region', region]);
  return true;
}

if (process.argv[1] === import.meta.filename) {
  const { values } = readCommandLine(USAGE, {
    options: {
      stage: { type: 'string', default: 'dev' },
      region: { type: 'string', default: process.env.AWS_REGION ?? 'us-east-1' },
      yes: { type: 'string' },
    },
  });
  try {
    const build = () => buildFunctions(ROOT, OWN_CONFIG);
    if (!(await removeStage(values, { build, runOsls, print: console.log }))) process.exitCode = 1;
  } catch (error) {
    console.error(`remove: ${error instanceof Error ? error.message : error}`);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  }
}
