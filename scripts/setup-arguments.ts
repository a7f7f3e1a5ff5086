import type { DirectoryConfig, SourceConfig } from '../lib/config.ts';
import { BadArguments, type Flags, type Given } from './command.ts';
import type { SetupOptions } from './setup-report.ts';

/** The flags of the set-up of any vendor; the stage is a flag of every command. */
export const SETUP_FLAGS = {
  domain: {
    type: 'string',
    value: 'example-org.okta.com',
    about: "the vendor's host of your organization or tenant",
  },
  url: {
    type: 'string',
    value: 'https://…/webhooks/okta',
    about: "the WebhookUrl that npm run deploy printed, and the source's name behind it",
  },
  source: { type: 'string', value: 'okta', about: "the source, where its name is not the vendor's" },
  name: { type: 'string', value: '"…"', about: 'the name of the hook or stream' },
  credential: {
    type: 'string',
    value: '…',
    about: 'what the webhooks secret holds for it; without it one is made',
  },
  apply: { type: 'boolean', about: 'makes or mends it, through the API' },
  rotate: { type: 'boolean', about: 'sets the given credential, whatever is there' },
} as const satisfies Flags;

export type SetupGiven = Given<typeof SETUP_FLAGS> & { stage: string };

/** What is different in the command line of one vendor. */
export interface Vendor {
  kind: string;
  name: string;
  /** A host name to show. */
  example: string;
  /** What is missing where nothing in the environment grants access. */
  access: string;
  /** The host that was meant by one that is not quite it. */
  meant?: (host: string) => string;
}

/** What the command line says, before it is known what the source needs. */
export interface SetupArguments<Config> extends Omit<SetupOptions<unknown>, 'wanted'> {
  domain: string;
  url: string;
  name: string;
  /** That of the source. */
  config: Config;
}

/**
 * Reads what the command was called with against the configuration. Throws BadArguments with the flag at fault and what to write instead;
 * what is plainly meant is mended and noted.
 */
export function readSetupArguments<Config extends SourceConfig>(
  given: SetupGiven,
  config: DirectoryConfig,
  vendor: Vendor,
  hasAccess: boolean,
): SetupArguments<Config> {
  const { kind } = vendor;
  const { source: name = kind, apply = false, rotate = false } = given;
  const values = { ...given, source: name, apply, rotate };
  const notes: string[] = [];
  const source = readSource(values.source, config, vendor) as Config;
  if (values.domain === undefined)
    throw new BadArguments(`--domain is missing: write it like ${vendor.example}`);
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

function readSource(name: string, { sources }: DirectoryConfig, vendor: Vendor): SourceConfig {
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (source?.kind === vendor.kind) return source;
  const names = Object.keys(sources).filter((candidate) => sources[candidate]?.kind === vendor.kind);
  throw new BadArguments(
    `--source ${name} is no ${vendor.name} source of directory.config.json; there is ${names.join(', ') || 'none'}.`,
  );
}

function readDomain(text: string, { example, meant = (host) => host }: Vendor, notes: string[]): string {
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

function readUrl(text: string, source: string, { name }: Vendor, notes: string[]): string {
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
