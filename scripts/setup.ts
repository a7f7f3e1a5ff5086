import { parseArgs } from 'node:util';
import type { DirectoryConfig, SourceConfig } from '../lib/config.ts';
import type { HttpRequest, HttpResponse } from '../lib/http/client.ts';
import { CONFIG_FILE, readConfigFile } from './config-file.ts';
import { putCredential } from './recipe.ts';

/** What a setup command was asked for; `wanted` is the hook or stream that the source needs. */
export interface SetupOptions<Wanted> {
  wanted: Wanted;
  source: string;
  stage: string;
  /** Whether the name was asked for; else what exists keeps its own. */
  named: boolean;
  credential: string | undefined;
  apply: boolean;
  rotate: boolean;
  /** What was mended in the arguments, to be told. */
  notes: string[];
}

/** As lib/http/client.ts, which sends any method: no function needs these two, and so its type leaves them out. */
export type AnyHttp = (
  request: Omit<HttpRequest, 'method'> & { method: HttpRequest['method'] | 'PUT' | 'PATCH' },
) => Promise<HttpResponse>;

export type Print = (text: string) => void;

/** That many random bytes. */
export type Random = (bytes: number) => Buffer;

/** `told`: the steps were printed. `in order`: everything is as it should be. `differs`: it is not, or not yet. */
export type SetupResult = 'told' | 'in order' | 'differs';

/** One thing that is not as it should be, and what mends it. */
export interface Difference<Mend> {
  what: string;
  mend: Mend;
}

/** Thrown for arguments that cannot be used; the message names the flag and what to write instead. */
export class BadArguments extends Error {
  override readonly name = 'BadArguments';
}

/** Thrown when the vendor refuses a call; the message says what to mend. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const CREDENTIAL_BYTES = 32;

export function makeCredential(random: Random): string {
  return random(CREDENTIAL_BYTES).toString('base64url');
}

/** What is wrong with the event types of what exists. */
export function eventTypeFaults(found: string[], wanted: string[]): string[] {
  const missing = wanted.filter((type) => !found.includes(type));
  const needless = found.filter((type) => !wanted.includes(type));
  return [
    ...(missing.length > 0 ? [`event types are missing: ${missing.join(', ')}`] : []),
    ...(needless.length > 0 ? [`event types have no use: ${needless.join(', ')}`] : []),
  ];
}

/** Tells what differs, and the result where nothing is to be done about it; undefined where something is. */
export function settledBy(
  differences: Difference<unknown>[],
  { rotate, apply, credential }: SetupOptions<unknown>,
  vendor: string,
  print: Print,
): SetupResult | undefined {
  for (const { what } of differences) print(`  ${what}`);
  if (differences.length === 0 && !rotate) {
    print('Nothing to change.');
    if (credential !== undefined)
      print(`${vendor} does not show which credential it holds; --rotate sets the one you gave.`);
    return 'in order';
  }
  if (apply) return undefined;
  print('Nothing was changed; --apply does it.');
  return differences.length === 0 ? 'in order' : 'differs';
}

/** The result of a run that changed something, by what was read back. */
export function readBack(left: Difference<unknown>[], print: Print, next: string): SetupResult {
  if (left.length > 0) {
    print(`Read back, it is not in order:\n${left.map(({ what }) => `  ${what}`).join('\n')}`);
    return 'differs';
  }
  print(`Read back, it is in order. ${next}`);
  return 'in order';
}

/** Shell commands that put a credential into the secret: the one that was made, in clear, or else the one that was given. */
export function credentialCommands(
  made: string | undefined,
  { source, stage }: Pick<SetupOptions<unknown>, 'source' | 'stage'>,
): string {
  const first =
    made === undefined ? "CREDENTIAL='…'   # the one you gave" : `CREDENTIAL='${made}'   # shown only now`;
  return indent(`${first}\n${putCredential(source, stage)}`);
}

export function indent(text: string, by = 5): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by));
}

/** What is different in the command line of one vendor. */
export interface Vendor<Kind extends SourceConfig['kind']> {
  kind: Kind;
  name: string;
  /** A host name to show. */
  example: string;
  /** What is missing where nothing in the environment grants access. */
  access: string;
  /** The host that was meant by one that is not quite it. */
  meant?: (host: string) => string;
}

/** What the command line says, before it is known what the source needs. */
export interface SetupArguments<Kind extends SourceConfig['kind']>
  extends Omit<SetupOptions<unknown>, 'wanted'> {
  domain: string;
  url: string;
  name: string;
  config: SourceConfig & { kind: Kind };
}

/**
 * Reads the command line against the configuration. Throws BadArguments with the flag at fault and what to write instead;
 * what is plainly meant is mended and noted.
 */
export function readSetupArguments<Kind extends SourceConfig['kind']>(
  args: string[],
  config: DirectoryConfig,
  vendor: Vendor<Kind>,
  hasAccess: boolean,
): SetupArguments<Kind> {
  const { kind } = vendor;
  const usage = `npm run setup:${kind} -- --domain ${vendor.example} --url https://…/webhooks/${kind} [--source ${kind}] [--stage dev] [--name "…"] [--credential …] [--apply] [--rotate]`;
  const values = parseFlags(args, kind, usage);
  const notes: string[] = [];
  const source = readSource(values.source, config, vendor);
  if (values.domain === undefined) throw new BadArguments(`--domain is missing. ${usage}`);
  if (values.url === undefined)
    throw new BadArguments(
      `--url is missing: the WebhookUrl that npm run deploy printed, and "${values.source}" behind it.`,
    );
  if (values.apply && !hasAccess) throw new BadArguments(`--apply needs ${vendor.access}.`);
  if (values.rotate && values.credential === undefined)
    throw new BadArguments('--rotate needs --credential: the value of "current" in the webhooks secret.');
  return {
    config: source,
    domain: readDomain(values.domain, vendor, notes),
    url: readUrl(values.url, values.source, vendor, notes),
    name: values.name ?? `velt-directory-sync-${values.stage}-${values.source}`,
    source: values.source,
    stage: readStage(values.stage),
    named: values.name !== undefined,
    credential: readCredential(values.credential),
    apply: values.apply,
    rotate: values.rotate,
    notes,
  };
}

function parseFlags(args: string[], source: string, usage: string) {
  if (args.includes('--help')) throw new BadArguments(usage);
  try {
    return parseArgs({
      args,
      options: {
        domain: { type: 'string' },
        url: { type: 'string' },
        source: { type: 'string', default: source },
        stage: { type: 'string', default: 'dev' },
        name: { type: 'string' },
        credential: { type: 'string' },
        apply: { type: 'boolean', default: false },
        rotate: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new BadArguments(`${error instanceof Error ? error.message : error}\n${usage}`);
  }
}

function readSource<Kind extends SourceConfig['kind']>(
  name: string,
  { sources }: DirectoryConfig,
  vendor: Vendor<Kind>,
): SourceConfig & { kind: Kind } {
  const isOfKind = (source: SourceConfig | undefined): source is SourceConfig & { kind: Kind } =>
    source?.kind === vendor.kind;
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (isOfKind(source)) return source;
  const names = Object.keys(sources).filter((candidate) => isOfKind(sources[candidate]));
  throw new BadArguments(
    `--source ${name} is no ${vendor.name} source of directory.config.json; there is ${names.join(', ') || 'none'}.`,
  );
}

function readDomain(
  text: string,
  { example, meant = (host) => host }: Vendor<SourceConfig['kind']>,
  notes: string[],
): string {
  const domain = meant(
    text
      .trim()
      .toLowerCase()
      .replace(/^https?:\/\//, '')
      .replace(/\/.*$/s, ''),
  );
  if (!/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/.test(domain))
    throw new BadArguments(`--domain ${text} is no host name: write it like ${example}.`);
  if (domain !== text) notes.push(`--domain ${text} is taken for ${domain}.`);
  return domain;
}

function readUrl(
  text: string,
  source: string,
  { name }: Vendor<SourceConfig['kind']>,
  notes: string[],
): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw new BadArguments(`--url ${text} is no URL: write it like https://…/webhooks/${source}.`);
  if (url.protocol !== 'https:')
    throw new BadArguments(`--url ${text} is not https: ${name} sends to nothing else.`);
  if (url.username || url.password || url.search || url.hash)
    throw new BadArguments(`--url ${text} must end with the path: the credential travels in a header.`);
  if (url.pathname.endsWith('/webhooks/')) {
    url.pathname += source;
    notes.push(`--url ${text} is taken for ${url.href}.`);
  }
  if (!url.pathname.endsWith(`/${source}`)) {
    throw new BadArguments(
      `--url ${text} does not end in /${source}: the last part of the path is the source's name (--source).`,
    );
  }
  return url.href;
}

function readStage(text: string): string {
  if (/^[\w-]+$/.test(text)) return text;
  throw new BadArguments(`--stage ${text} is no stage: write the one that was deployed, dev or prod.`);
}

/** A credential is never repeated in a message. */
function readCredential(text: string | undefined): string | undefined {
  if (text === undefined || /^(?=\S)[\x20\x21\x23-\x5b\x5d-\x7e]+(?<=\S)$/.test(text)) return text;
  throw new BadArguments(
    '--credential cannot stand in a header: use ASCII without spaces around it, double quotes and backslashes, or leave it out and one is made.',
  );
}

/**
 * Runs a setup command of this project's configuration, and sets the exit code: 0 when told or in order, 1 when something
 * differs or failed, 2 when an argument is wrong.
 */
export async function runSetup(
  command: string,
  setup: (config: DirectoryConfig) => Promise<SetupResult>,
): Promise<void> {
  try {
    const result = await setup(readConfigFile(CONFIG_FILE));
    if (result === 'differs') process.exitCode = 1;
  } catch (error) {
    console.error(`${command}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = error instanceof BadArguments ? 2 : 1;
  }
}
