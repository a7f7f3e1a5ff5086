import { readFileSync } from 'node:fs';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { createHttp, type Http } from '../../lib/http/client.ts';
import { createAuth0Tokens } from '../../lib/sources/auth0/credentials.ts';
import { localCloudOf } from '../../scripts/local-cloud.ts';
import type { AnyHttp } from '../../scripts/setup-report.ts';
import type { TestCloud } from '../pipeline/cloud.ts';
import { type Ran, sync } from './sync.ts';

/** A command that stands in a block of docs/operations.md, without what is said of it there. */
export interface ManualCommand {
  /** The heading above it. */
  section: string;
  line: string;
}

/** What stands for the manual's placeholders in a test. */
export interface Values {
  ID?: string;
  EVENT?: string;
  HASH?: string;
  '00u1'?: string;
  'plan-okta.json'?: string;
  /** What is in the file that a secret's new value is taken from. */
  secret?: object;
}

export const MANUAL = readFileSync('docs/operations.md', 'utf8');

/** Where vendors find the local cloud of a test, and where the manual's commands find the vendors. */
export const PUBLIC_URL = 'https://hooks.example.com';
const [OKTA, AUTH0] = ['https://example-org.okta.com', 'https://example.eu.auth0.com'];

/** Every part of the manual with its heading, as it stands there. */
export function sectionsOf(manual: string): { section: string; level: number; text: string }[] {
  return manual.split(/^(?=#{1,3} )/m).map((text) => {
    const [, hashes = '', section = ''] = /^(#+) (.+)\n/.exec(text) ?? [];
    return { section, level: hashes.length, text };
  });
}

/** Every command in the manual's blocks, in its order. */
export function commandsOf(manual: string): ManualCommand[] {
  return sectionsOf(manual).flatMap(({ section, text }) =>
    [...text.matchAll(/^```sh\n(.*?)^```$/gms)]
      .flatMap(([, block = '']) =>
        block
          .replaceAll(/ *\\\n */g, ' ')
          .trim()
          .split('\n'),
      )
      .map((line) => ({ section, line: line.replace(/ +# .*$/, '') })),
  );
}

/** Every command that stands in a sentence or a table of the manual. */
export function mentionsOf(manual: string): ManualCommand[] {
  return sectionsOf(manual).flatMap(({ section, text }) =>
    [...text.matchAll(/`((?:npm run|aws) [^`]+)`/g)].map(([, line = '']) => ({ section, line })),
  );
}

/**
 * The command of a section that is this one, or else begins with it: without `npm run sync --`, and without the stage. Throws Error
 * where there is none, or more than one.
 */
export function commandIn(section: string, asked: string): string {
  const short = ({ line }: ManualCommand) =>
    line.replace(/^npm run (--silent )?sync -- /, '').replaceAll(/ --(stage|region) \S+/g, '');
  const own = commandsOf(MANUAL).filter((command) => command.section === section);
  const same = own.filter((command) => short(command) === asked);
  const [found, ...others] =
    same.length > 0 ? same : own.filter((command) => short(command).startsWith(asked));
  if (!found || others.length > 0)
    throw new Error(`docs/operations.md, ${section}: ${others.length + (found ? 1 : 0)} commands ${asked}`);
  return found.line;
}

/** Whoever follows the manual with a local cloud as the stage. */
export type Operator = Awaited<ReturnType<typeof createOperator>>;

export async function createOperator(cloud: TestCloud) {
  const { okta, auth0 } = Directory.parse(await cloud.readSecret('DirectoryCredentials'));
  const toDouble = (text: string) => text.replaceAll(OKTA, okta.url).replaceAll(AUTH0, auth0.url);
  const request = createHttp() as AnyHttp;
  const http: AnyHttp = ({ url, body, ...rest }) =>
    request({ ...rest, url: toDouble(url), ...(body !== undefined && { body: toDouble(body) }) });
  const world = {
    ...{ aws: cloud.admin, http },
    env: {
      ...{ OKTA_API_TOKEN: okta.ssws },
      ...{ AUTH0_CLIENT_ID: auth0.clientId, AUTH0_CLIENT_SECRET: auth0.clientSecret },
    },
    localCloud: () => ({ pid: process.pid, ...localCloudOf(cloud) }),
  };

  /** Runs a command as it stands in the manual. Throws Error for a placeholder without a value, and for what nobody can run here. */
  async function follow(line: string, values: Values = {}): Promise<Ran> {
    const { secret, ...texts } = values;
    const [command = '', piped] = filled(line, { ...texts, '"$CREDENTIAL"': await credential() }).split(
      ' | ',
    );
    const [program, ...args] = argumentsOf(command);
    if (program === 'aws') return aws(args, secret, cloud);
    if (program !== 'npm' || !/^npm run (--silent )?sync -- /.test(command))
      throw new Error(`${command} cannot be run in a test`);
    const argv = args.slice(args.indexOf('--') + 1);
    // CloudFormation, and what else only a stage has, is not there to be asked.
    const isLocal = ['doctor', 'send', 'events', 'tail'].includes(argv[0] ?? '');
    // Nobody is there to end it.
    const ends = argv[0] === 'tail' && !argv.includes('--once') ? ['--once'] : [];
    const ran = await sync(withoutStage(argv, ...ends, ...(isLocal ? ['--local'] : [])), world);
    if (piped === 'jq') JSON.parse(ran.stdout);
    return ran;
  }

  async function credential(): Promise<string> {
    const { okta } = Webhooks.parse(await cloud.readSecret('WebhookCredentials'));
    return okta?.current ?? '';
  }

  const tenant = {
    url: auth0.url,
    authorization: () => createAuth0Tokens({ http: request as Http, clock: Date.now }).authorization(auth0),
  };
  return { follow, http, world, tenant };
}

const Directory = z.object({
  okta: z.object({ url: z.string(), ssws: z.string() }),
  auth0: z.object({ url: z.string(), clientId: z.string(), clientSecret: z.string() }),
});
const Webhooks = z.looseObject({ okta: z.object({ current: z.string() }).optional() }).catch({});

function filled(line: string, values: Record<string, string>): string {
  const known = { 'https://…': PUBLIC_URL, 'velt-directory-sync-prod': 'velt-directory-sync-dev' };
  const text = Object.entries({ ...known, ...values }).reduce(
    (text, [placeholder, value]) => text.replaceAll(placeholder, value),
    line,
  );
  const [left] = /…|\$\w+|\b(ID|EVENT|HASH|00u1)\b/.exec(text) ?? [];
  if (left !== undefined) throw new Error(`${line}: the test has no value for ${left}`);
  return text;
}

function argumentsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}

/** The stage of the manual is the local cloud of the test. */
function withoutStage(argv: string[], ...instead: string[]): string[] {
  const isOf = (word: string | undefined) => word === '--stage' || word === '--region';
  return [...argv.filter((word, index) => !isOf(word) && !isOf(argv[index - 1])), ...instead];
}

/** The commands of AWS's own program that the manual has. A file that they take is one of the values. */
async function aws(args: string[], secret: object | undefined, cloud: TestCloud): Promise<Ran> {
  const [service, operation, idFlag, SecretId, valueFlag, file = ''] = args;
  const flags = `${service} ${operation} ${idFlag} ${valueFlag}`;
  if (flags !== 'secretsmanager put-secret-value --secret-id --secret-string' || !file.startsWith('file://'))
    throw new Error(`aws ${args.join(' ')} cannot be run in a test`);
  if (secret === undefined) throw new Error(`the test has no value for ${file}`);
  const SecretString = JSON.stringify(secret);
  const client = new SecretsManagerClient(cloud.admin);
  await client.send(new PutSecretValueCommand({ SecretId, SecretString }));
  client.destroy();
  return { code: 0, stdout: '', stderr: '' };
}
