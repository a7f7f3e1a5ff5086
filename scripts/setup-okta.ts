import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { applicationOf, type DirectoryConfig, readConfig, type SourceConfig } from '../lib/config.ts';
import { createHttp, type HttpRequest, type HttpResponse } from '../lib/http/client.ts';
import { oktaEventTypes } from '../lib/sources/okta/map.ts';
import {
  consoleSteps,
  curlCommands,
  hookBody,
  putCredential,
  terraform,
  type WantedHook,
} from './okta-recipe.ts';

export interface SetupOptions {
  wanted: WantedHook;
  source: string;
  stage: string;
  /** Whether the name was asked for; else an existing hook keeps its own. */
  named: boolean;
  credential: string | undefined;
  apply: boolean;
  rotate: boolean;
  /** What was mended in the arguments, to be told. */
  notes: string[];
}

export interface SetupDeps {
  /** As lib/http/client.ts, which sends any method: no function needs PUT, and so its type leaves it out. */
  http: (request: Omit<HttpRequest, 'method'> & { method: 'GET' | 'POST' | 'PUT' }) => Promise<HttpResponse>;
  /** That many random bytes. */
  random: (bytes: number) => Buffer;
  print: (text: string) => void;
  /** An API token (SSWS) of the org; without one only the steps are told. */
  token: string | undefined;
}

/** `told`: the steps were printed. `in order`: the hook is as it should be. `differs`: it is not, or not yet. */
export type SetupResult = 'told' | 'in order' | 'differs';

/** Thrown for arguments that cannot be used; the message names the flag and what to write instead. */
export class BadArguments extends Error {
  override readonly name = 'BadArguments';
}

class OktaRefused extends Error {
  override readonly name = 'OktaRefused';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const Hook = z.object({
  id: z.string().min(1),
  name: z.string(),
  status: z.string(),
  verificationStatus: z.string(),
  events: z.object({ items: z.array(z.string()), filter: z.unknown().optional() }),
  channel: z.object({
    config: z.object({
      uri: z.string().nullish(),
      headers: z.array(z.unknown()).nullish(),
      authScheme: z.object({ key: z.string().nullish() }).nullish(),
    }),
  }),
});
type Hook = z.infer<typeof Hook>;

const ErrorBody = z.object({
  errorCode: z.string().optional(),
  errorSummary: z.string().optional(),
  errorCauses: z.array(z.object({ errorSummary: z.string() })).optional(),
});

/** A verification takes Okta up to two challenges of 3 s. */
const TRY_MS = 20_000;
const CREDENTIAL_BYTES = 32;

/** One thing that is not as it should be, and what mends it. */
interface Difference {
  what: string;
  mend: 'create' | 'update' | 'activate' | 'verify';
}

/**
 * Makes the event hook of an Okta source, or tells how. Without a token it prints the credential, made here if none is
 * given, and three ways to create the hook. With a token it compares the hook of that URL with what it should be; with
 * `apply` it also creates, updates, activates and verifies it, and reads it back. What is in order is left alone, so a
 * second run changes nothing.
 *
 * An update carries the credential, because Okta never gives it out: it throws BadArguments when that is missing, before
 * anything is changed. A credential made here is not verified in the same run, for no secret holds it yet.
 * Throws Error with what to mend when Okta refuses a call, and WorldFault when it cannot be reached.
 */
export async function setupOkta(options: SetupOptions, deps: SetupDeps): Promise<SetupResult> {
  const { print, token } = deps;
  for (const note of options.notes) print(note);
  if (token === undefined) {
    tell(options, deps);
    return 'told';
  }
  const api = createHooksApi(options.wanted.domain, token, deps.http);
  const [found, ...others] = (await api.list())
    .filter((hook) => hook.channel.config.uri === options.wanted.url)
    .sort((a, b) => standing(b) - standing(a));
  for (const { id, name } of others) {
    print(
      `Hook "${name}" (${id}) has the same URL. Delete one: every event counts twice in Okta's daily limit.`,
    );
  }
  if (found?.events.filter != null) {
    print(`Hook "${found.name}" has filters: what they hold back never reaches Velt.`);
  }
  const wanted = options.named || !found ? options.wanted : { ...options.wanted, name: found.name };

  const differences = differencesOf(found, wanted);
  report(found, wanted, differences, print);
  if (differences.length === 0 && !options.rotate) {
    print('Nothing to change.');
    if (options.credential !== undefined)
      print('Okta does not show which credential it holds; --rotate sets the one you gave.');
    return 'in order';
  }
  if (!options.apply) {
    print('Nothing was changed; --apply does it.');
    return differences.length === 0 ? 'in order' : 'differs';
  }
  return carryOut({ ...options, wanted }, found, differences, api, deps);
}

async function carryOut(
  { wanted, source, stage, credential, rotate }: SetupOptions,
  found: Hook | undefined,
  differences: Difference[],
  api: ReturnType<typeof createHooksApi>,
  { print, random }: SetupDeps,
): Promise<SetupResult> {
  const update = rotate || differences.some(({ mend }) => mend === 'update');
  const generated = !found && credential === undefined ? makeCredential(random) : undefined;
  let hook: Hook;
  if (!found) {
    hook = await api.create(hookBody(wanted, credential ?? generated ?? ''));
    print(`Created ${hook.id}.`);
  } else if (update) {
    if (credential === undefined) {
      throw new BadArguments(
        '--credential is missing: an update sends it again, because Okta does not give it out. Give the value of "current" in the webhooks secret.',
      );
    }
    const { headers } = found.channel.config;
    const { filter } = found.events;
    hook = await api.update(found.id, hookBody(wanted, credential, { headers: headers ?? [], filter }));
    print(`Updated ${hook.id}.`);
  } else hook = found;

  if (hook.status !== 'ACTIVE') {
    hook = await api.activate(hook.id);
    print('Activated it.');
  }
  if (generated !== undefined) {
    print(`
Its credential, shown only now; put it into the webhooks secret:

${indent(`CREDENTIAL='${generated}'\n${putCredential(source, stage)}`)}

Then run the same command again: it verifies the hook. Until then Okta sends nothing to it.`);
    return 'differs';
  }
  if (hook.verificationStatus !== 'VERIFIED') {
    const refusal = await api.verify(hook.id);
    print(refusal === undefined ? 'Verified it.' : unverified(refusal, wanted, source));
  }
  const left = differencesOf(await api.read(hook.id), wanted);
  if (left.length > 0) {
    print(`Read back, it is not in order:\n${left.map(({ what }) => `  ${what}`).join('\n')}`);
    return 'differs';
  }
  print('Read back, it is in order. The first events may take some minutes.');
  return 'in order';
}

function differencesOf(hook: Hook | undefined, wanted: WantedHook): Difference[] {
  if (!hook) return [{ what: 'there is no hook for this URL', mend: 'create' }];
  const { name, status, verificationStatus, events, channel } = hook;
  const header = channel.config.authScheme?.key ?? '(none)';
  const missing = wanted.eventTypes.filter((type) => !events.items.includes(type));
  const needless = events.items.filter((type) => !wanted.eventTypes.includes(type));
  const differences: (Difference | false)[] = [
    name !== wanted.name && { what: `its name is "${name}", not "${wanted.name}"`, mend: 'update' },
    header.toLowerCase() !== wanted.header.toLowerCase() && {
      what: `its authentication field is ${header}, not ${wanted.header}`,
      mend: 'update',
    },
    missing.length > 0 && { what: `event types are missing: ${missing.join(', ')}`, mend: 'update' },
    needless.length > 0 && { what: `event types have no use: ${needless.join(', ')}`, mend: 'update' },
    status !== 'ACTIVE' && { what: `it is ${status}, not ACTIVE`, mend: 'activate' },
    verificationStatus !== 'VERIFIED' && {
      what: `it is ${verificationStatus}: Okta sends nothing to it`,
      mend: 'verify',
    },
  ];
  return differences.filter((difference) => difference !== false);
}

/** Of several hooks with one URL, the one that delivers counts. */
function standing({ status, verificationStatus }: Hook): number {
  return Number(status === 'ACTIVE') + Number(verificationStatus === 'VERIFIED');
}

function createHooksApi(domain: string, token: string, http: SetupDeps['http']) {
  async function call<T extends z.ZodType>(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    schema: T,
    body?: object,
  ): Promise<z.infer<T>> {
    const answer = await http({
      method,
      url: `https://${domain}/api/v1/eventHooks${path}`,
      headers: {
        accept: 'application/json',
        authorization: `SSWS ${token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      timeoutMs: TRY_MS,
    });
    const value = parseJson(answer.body);
    if (answer.status !== 200) throw new OktaRefused(answer.status, refusalOf(answer.status, value, domain));
    const parsed = schema.safeParse(value);
    if (!parsed.success)
      throw new Error(`${domain} answered with something that is no event hook: is --domain the org's host?`);
    return parsed.data;
  }
  return {
    list: () => call('GET', '', z.array(Hook)),
    read: (id: string) => call('GET', `/${id}`, Hook),
    create: (body: object) => call('POST', '', Hook, body),
    update: (id: string, body: object) => call('PUT', `/${id}`, Hook, body),
    activate: (id: string) => call('POST', `/${id}/lifecycle/activate`, Hook),
    /** Undefined when Okta verified the hook, else why not. */
    verify: async (id: string): Promise<string | undefined> => {
      try {
        await call('POST', `/${id}/lifecycle/verify`, Hook);
        return undefined;
      } catch (error) {
        if (error instanceof OktaRefused && error.status === 400) return error.message;
        throw error;
      }
    },
  };
}

function refusalOf(status: number, body: unknown, domain: string): string {
  const { errorCode, errorSummary, errorCauses = [] } = ErrorBody.safeParse(body).data ?? {};
  const said = [errorCode, errorSummary, ...errorCauses.map((cause) => cause.errorSummary)]
    .filter(Boolean)
    .join(' / ');
  const mend: Record<number, string> = {
    401: `OKTA_API_TOKEN is not a token of ${domain}, was revoked, or was not used for 30 days.`,
    403: "The token's admin may not manage event hooks: use a super admin's token, or a custom role with okta.eventhooks.manage.",
    404: `Is ${domain} the org's host?`,
    429: "The org's rate limit is used up: try again in a minute.",
  };
  return [`Okta answered ${status}${said && ` (${said})`}.`, mend[status] ?? ''].join(' ').trim();
}

function unverified(refusal: string, { url, header }: WantedHook, source: string): string {
  return `Not verified: ${refusal}
Okta asked ${url} twice and waited 3 seconds each time. See whether
  the URL can be reached, and ends in the source's name: curl -i "${url}" -H "${header}: $CREDENTIAL" -H 'x-okta-verification-challenge: hello' should answer 200 with hello
  the credential is in the webhooks secret under "${source}" (503 or 401 means no)
  it equals the one in Okta (401 means no): run again with --rotate --credential and the value of "current"
Then run the same command again.`;
}

function report(
  hook: Hook | undefined,
  wanted: WantedHook,
  differences: Difference[],
  print: SetupDeps['print'],
): void {
  const which = hook ? `Hook "${hook.name}" (${hook.id})` : `Hook "${wanted.name}"`;
  print(`${which} of ${wanted.domain}: ${wanted.eventTypes.length} event types to ${wanted.url}`);
  for (const { what } of differences) print(`  ${what}`);
}

/** Prints the way without a token; the credential stands in it once. */
function tell({ wanted, source, stage, credential }: SetupOptions, { random, print }: SetupDeps): void {
  const first =
    credential === undefined
      ? `CREDENTIAL='${makeCredential(random)}'   # shown only now`
      : "CREDENTIAL='…'   # the one you gave";
  print(`Okta has to send ${wanted.eventTypes.length} event types to ${wanted.url}, with a credential in header ${wanted.header}.

1. Put the credential into the webhooks secret.

${indent(`${first}\n${putCredential(source, stage)}`)}

2. Create the hook, in one of these ways.

   In the Admin Console of ${wanted.domain}:

${indent(consoleSteps(wanted))}

   Through the API; or let this command do it: set OKTA_API_TOKEN and add --apply.

${curlCommands(wanted)}

   With Terraform, and TF_VAR_okta_hook_credential="$CREDENTIAL":

${indent(terraform(wanted))}

3. Run this command with OKTA_API_TOKEN set: it compares the hook with what it should be.`);
}

function indent(text: string, by = 5): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by));
}

function makeCredential(random: SetupDeps['random']): string {
  return random(CREDENTIAL_BYTES).toString('base64url');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const USAGE =
  'npm run setup:okta -- --domain example-org.okta.com --url https://…/webhooks/okta [--source okta] [--stage dev] [--name "…"] [--credential …] [--apply] [--rotate]';

/**
 * Reads the command line against the configuration. Throws BadArguments with the flag at fault and what to write instead;
 * what is plainly meant is mended and noted.
 */
export function readArguments(
  args: string[],
  config: DirectoryConfig,
  token: string | undefined,
): SetupOptions {
  const values = parseFlags(args);
  const notes: string[] = [];
  const source = readSource(values.source, config);
  if (values.domain === undefined) throw new BadArguments(`--domain is missing. ${USAGE}`);
  if (values.url === undefined)
    throw new BadArguments(
      `--url is missing: the WebhookUrl that npm run deploy printed, and "${values.source}" behind it.`,
    );
  if (values.apply && token === undefined)
    throw new BadArguments('--apply needs an API token: set OKTA_API_TOKEN in the environment.');
  if (values.rotate && values.credential === undefined)
    throw new BadArguments('--rotate needs --credential: the value of "current" in the webhooks secret.');
  return {
    wanted: {
      domain: readDomain(values.domain, notes),
      url: readUrl(values.url, values.source, notes),
      name: values.name ?? `velt-directory-sync-${values.stage}-${values.source}`,
      header: source.header,
      eventTypes: oktaEventTypes(applicationOf(source)),
    },
    source: values.source,
    stage: readStage(values.stage),
    named: values.name !== undefined,
    credential: readCredential(values.credential),
    apply: values.apply,
    rotate: values.rotate,
    notes,
  };
}

function parseFlags(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        domain: { type: 'string' },
        url: { type: 'string' },
        source: { type: 'string', default: 'okta' },
        stage: { type: 'string', default: 'dev' },
        name: { type: 'string' },
        credential: { type: 'string' },
        apply: { type: 'boolean', default: false },
        rotate: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new BadArguments(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

function readSource(name: string, { sources }: DirectoryConfig): SourceConfig {
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (source?.kind === 'okta') return source;
  const names = Object.keys(sources).filter((candidate) => sources[candidate]?.kind === 'okta');
  throw new BadArguments(
    `--source ${name} is no Okta source of directory.config.json; there is ${names.join(', ') || 'none'}.`,
  );
}

function readDomain(text: string, notes: string[]): string {
  const host = text
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/s, '');
  const domain = host.replace(/^([^.]+)-admin\.(okta\.com|oktapreview\.com|okta-emea\.com)$/, '$1.$2');
  if (!/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/.test(domain))
    throw new BadArguments(`--domain ${text} is no host name: write it like example-org.okta.com.`);
  if (domain !== text) notes.push(`--domain ${text} is taken for ${domain}.`);
  return domain;
}

function readUrl(text: string, source: string, notes: string[]): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw new BadArguments(`--url ${text} is no URL: write it like https://…/webhooks/${source}.`);
  if (url.protocol !== 'https:')
    throw new BadArguments(`--url ${text} is not https: Okta sends to nothing else.`);
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

async function main(): Promise<void> {
  const file = new URL('../directory.config.json', import.meta.url);
  const config = readConfig(JSON.parse(readFileSync(file, 'utf8')));
  const token = process.env.OKTA_API_TOKEN || undefined;
  const result = await setupOkta(readArguments(process.argv.slice(2), config, token), {
    http: createHttp() as SetupDeps['http'],
    random: randomBytes,
    print: console.log,
    token,
  });
  if (result === 'differs') process.exitCode = 1;
}

if (process.argv[1] === import.meta.filename) {
  try {
    await main();
  } catch (error) {
    console.error(`setup:okta: ${error instanceof Error ? error.message : error}`);
    process.exitCode = error instanceof BadArguments ? 2 : 1;
  }
}
