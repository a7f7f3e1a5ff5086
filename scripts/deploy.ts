import { parseArgs } from 'node:util';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DirectoryConfig } from '../lib/config.ts';
import { ConfigError } from '../lib/errors.ts';
import type { Template } from '../local/cloud/template/template.ts';
import { type AdoptDeps, adoptTable } from './adopt.ts';
import { type Deployed, lostBetween } from './lost.ts';
import { runOsls } from './osls.ts';
import { type Packaged, type PackageOptions, packageStage } from './package.ts';

const USAGE = `npm run deploy -- --stage prod [--region eu-central-1] [--config file.json] [--allow-delete] [flags of osls deploy]
  --stage, -s      the stage, with the configuration in config/{stage}.json; default dev
  --region, -r     default: AWS_REGION, or else us-east-1
  --config         another file than the stage's own
  --allow-delete   deploys also where a table, queue, secret or bus goes with all that is in it`;

export interface DeployOptions extends PackageOptions {
  allowDelete: boolean;
  /** What osls deploy gets beside stage and region. */
  rest: string[];
}

/** What a deployment works with. */
export interface DeployDeps extends AdoptDeps {
  packageStage: (options: PackageOptions) => Promise<Packaged>;
  runOsls: (args: string[]) => Promise<void>;
  print: (text: string) => void;
}

/** Reads the command line. Throws ConfigError for what would deploy something else than was checked. */
export function readDeployArguments(args: string[], env = process.env): DeployOptions {
  const options = {
    stage: { type: 'string', short: 's' },
    region: { type: 'string', short: 'r' },
    config: { type: 'string' },
    'allow-delete': { type: 'boolean' },
  } as const;
  const { values, tokens } = parseArgs({
    args,
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const rest = tokens.flatMap((token) => {
    if (token.kind === 'positional') return [token.value];
    if (token.kind !== 'option' || Object.hasOwn(options, token.name)) return [];
    return [token.inlineValue ? `${token.rawName}=${token.value}` : token.rawName];
  });
  const issues: ConfigError['issues'] = [];
  const textOf = (name: 'stage' | 'region' | 'config') => {
    const value = values[name];
    if (value === true) issues.push({ path: `--${name}`, message: 'has no value' });
    return typeof value === 'string' ? value : undefined;
  };
  const [stage = 'dev', region = env.AWS_REGION ?? 'us-east-1', config] = [
    textOf('stage'),
    textOf('region'),
    textOf('config'),
  ];
  if (!/^[a-zA-Z0-9-]+$/.test(stage))
    issues.push({ path: '--stage', message: 'is made of letters, digits and dashes' });
  for (const flag of ['--aws-profile', '--package', '-p']) {
    if (rest.some((given) => given.split('=')[0] === flag))
      issues.push({ path: flag, message: MENDS[flag] ?? MENDS['--package'] ?? '' });
  }
  if (issues.length > 0) throw new ConfigError('command line', issues);
  return { stage, region, config, allowDelete: values['allow-delete'] === true, rest };
}

const MENDS: Record<string, string> = {
  '--aws-profile': 'write AWS_PROFILE=… before the command: the check needs it too',
  '--package': 'is not taken: what was checked is what is deployed',
};

/**
 * Deploys a stage: builds and packages it, stops where the deployment would delete or replace what holds something, takes over
 * the table of a stack that was removed, lets osls deploy, and says where the vendors send to and what comes next. Throws
 * ConfigError for a faulty configuration, and Error with the mend when it stopped, or when a tool or AWS failed.
 */
export async function deployStage(options: DeployOptions, deps: DeployDeps): Promise<void> {
  const { stage, region, allowDelete, rest } = options;
  const { cloudFormation, print } = deps;
  const { config, template } = await deps.packageStage(options);
  const name = `velt-directory-sync-${stage}`;
  const before = await deployedStack(name, cloudFormation);
  if (before && !allowDelete) refuseLoss(before, { template });
  const isAdopted = !before && (await adoptTable(name, template, deps));
  if (isAdopted) print(`The table of a former deployment of stage ${stage} was there, and is used again.`);
  await deps.runOsls(['deploy', '--stage', stage, '--region', region, ...rest]);
  const after = await deployedStack(name, cloudFormation);
  print(nextSteps(config, { ...options, isNew: !before, outputs: after?.outputs ?? {} }));
}

function refuseLoss(before: Deployed, after: Deployed): void {
  const lost = lostBetween(before, after);
  if (lost.length === 0) return;
  const lines = lost.map(({ what, name, how }) => `  ${what} ${name} would be ${how}`);
  throw new Error(
    `nothing was deployed, for something would be lost:\n${lines.join('\n')}\n` +
      'Is it the right stage and configuration? If it is meant, --allow-delete deploys it.',
  );
}

/** A stack as it is deployed; undefined where there is none. Throws Error when CloudFormation cannot be asked. */
export async function deployedStack(
  StackName: string,
  client: Pick<CloudFormationClient, 'send'>,
): Promise<(Deployed & { outputs: Record<string, string> }) | undefined> {
  const stack = await describeStack(StackName, client);
  if (!stack) return undefined;
  const original = { StackName, TemplateStage: 'Original' } as const;
  const { TemplateBody = '' } = await client.send(new GetTemplateCommand(original));
  const template: Template = JSON.parse(TemplateBody);
  const { Parameters = [], Outputs = [] } = stack;
  return {
    template,
    parameters: pairs(Parameters.map(({ ParameterKey, ParameterValue }) => [ParameterKey, ParameterValue])),
    outputs: pairs(Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue])),
  };
}

async function describeStack(StackName: string, client: Pick<CloudFormationClient, 'send'>) {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    // One that was only begun, by a change set that nobody carried out, holds nothing.
    return Stacks.find(({ StackStatus }) => StackStatus !== 'REVIEW_IN_PROGRESS');
  } catch (error) {
    if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
    throw new Error(
      `CloudFormation cannot be asked about ${StackName}; are --region and the AWS credentials right?`,
      {
        cause: error,
      },
    );
  }
}

function pairs(entries: [string | undefined, string | undefined][]): Record<string, string> {
  return Object.fromEntries(entries.map(([name = '', value = '']) => [name, value]));
}

function nextSteps(
  { sources }: Pick<DirectoryConfig, 'sources'>,
  deployed: PackageOptions & { isNew: boolean; outputs: Record<string, string> },
): string {
  const { stage, region, isNew, outputs } = deployed;
  const { WebhookUrl = '', DomainTarget } = outputs;
  const width = Math.max(...Object.keys(sources).map((source) => source.length));
  const addresses = Object.keys(sources).map(
    (source) => `  ${source.padEnd(width)}   ${WebhookUrl}${source}`,
  );
  const flags = `--stage ${stage} --region ${region}`;
  const setUps = Object.entries(sources).map(
    ([source, { kind }]) =>
      `     npm run sync -- setup ${kind} --stage ${stage} --source ${source} --url ${WebhookUrl}${source} --domain …`,
  );
  const plans = Object.keys(sources).map((source) => `     npm run sync -- plan --source ${source} ${flags}`);
  return [
    `\nStage ${stage} is deployed in ${region}. The sources send their webhooks to`,
    ...addresses,
    ...(DomainTarget ? [`The record of your host name leads to ${DomainTarget}`] : []),
    ...(isNew
      ? ['', 'Next:', '  1. Put the three secrets: README.md, "Deploy"', '  2. Let each vendor send']
      : []),
    ...(isNew ? [...setUps, '  3. Look at what a first run would do, before it runs', ...plans] : []),
  ].join('\n');
}

/** `npm run deploy`; AWS credentials come from the environment. */
async function main(args: string[]): Promise<void> {
  if (args.includes('--help')) return console.log(USAGE);
  try {
    const options = readDeployArguments(args);
    const { region } = options;
    const clients = {
      cloudFormation: new CloudFormationClient({ region }),
      dynamoDb: new DynamoDBClient({ region }),
    };
    await deployStage(options, { ...clients, packageStage, runOsls, print: console.log });
  } catch (error) {
    const { message, cause } = error as Error;
    console.error(`deploy: ${message}${cause instanceof Error ? `\n  ${cause.message}` : ''}`);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
