import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { applicationOf, type DirectoryConfig } from '../lib/config.ts';
import { createHttp, jsonOf } from '../lib/http/client.ts';
import { jsonRequest } from '../lib/http/json-request.ts';
import { oktaEventTypes } from '../lib/sources/okta/map.ts';
import { consoleSteps, curlCommands, hookBody, terraform, type WantedHook } from './okta-recipe.ts';
import {
  type AnyHttp,
  BadArguments,
  credentialCommands,
  type Difference,
  eventTypeFaults,
  indent,
  makeCredential,
  type Print,
  type Random,
  Refused,
  readBack,
  readSetupArguments,
  runSetup,
  type SetupOptions,
  type SetupResult,
  settledBy,
} from './setup.ts';

export type OktaSetup = SetupOptions<WantedHook>;

export interface SetupDeps {
  http: AnyHttp;
  random: Random;
  print: Print;
  /** An API token (SSWS) of the org; without one only the steps are told. */
  token: string | undefined;
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

type HookDifference = Difference<'create' | 'update' | 'activate' | 'verify'>;

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
export async function setupOkta(options: OktaSetup, deps: SetupDeps): Promise<SetupResult> {
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
  const which = found ? `Hook "${found.name}" (${found.id})` : `Hook "${wanted.name}"`;
  print(`${which} of ${wanted.domain}: ${wanted.eventTypes.length} event types to ${wanted.url}`);
  const settled = settledBy(differences, options, 'Okta', print);
  if (settled) return settled;
  return carryOut({ ...options, wanted }, found, differences, api, deps);
}

async function carryOut(
  { wanted, source, stage, credential, rotate }: OktaSetup,
  found: Hook | undefined,
  differences: HookDifference[],
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

${credentialCommands(generated, { source, stage })}

Then run the same command again: it verifies the hook. Until then Okta sends nothing to it.`);
    return 'differs';
  }
  if (hook.verificationStatus !== 'VERIFIED') {
    const refusal = await api.verify(hook.id);
    print(refusal === undefined ? 'Verified it.' : unverified(refusal, wanted, source));
  }
  const left = differencesOf(await api.read(hook.id), wanted);
  return readBack(left, print, 'The first events may take some minutes.');
}

function differencesOf(hook: Hook | undefined, wanted: WantedHook): HookDifference[] {
  if (!hook) return [{ what: 'there is no hook for this URL', mend: 'create' }];
  const { name, status, verificationStatus, events, channel } = hook;
  const header = channel.config.authScheme?.key ?? '(none)';
  const differences: (HookDifference | false)[] = [
    name !== wanted.name && { what: `its name is "${name}", not "${wanted.name}"`, mend: 'update' },
    header.toLowerCase() !== wanted.header.toLowerCase() && {
      what: `its authentication field is ${header}, not ${wanted.header}`,
      mend: 'update',
    },
    ...eventTypeFaults(events.items, wanted.eventTypes).map((what) => ({ what, mend: 'update' as const })),
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

function createHooksApi(domain: string, token: string, http: AnyHttp) {
  async function call<T extends z.ZodType>(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    schema: T,
    body?: object,
  ): Promise<z.infer<T>> {
    const url = `https://${domain}/api/v1/eventHooks${path}`;
    const authorization = `SSWS ${token}`;
    const answer = await http(jsonRequest({ method, url, authorization, body, timeoutMs: TRY_MS }));
    const value = jsonOf(answer);
    if (answer.status !== 200) throw new Refused(answer.status, refusalOf(answer.status, value, domain));
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
        if (error instanceof Refused && error.status === 400) return error.message;
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

/** Prints the way without a token; the credential stands in it once. */
function tell({ wanted, source, stage, credential }: OktaSetup, { random, print }: SetupDeps): void {
  const made = credential === undefined ? makeCredential(random) : undefined;
  print(`Okta has to send ${wanted.eventTypes.length} event types to ${wanted.url}, with a credential in header ${wanted.header}.

1. Put the credential into the webhooks secret.

${credentialCommands(made, { source, stage })}

2. Create the hook, in one of these ways.

   In the Admin Console of ${wanted.domain}:

${indent(consoleSteps(wanted))}

   Through the API; or let this command do it: set OKTA_API_TOKEN and add --apply.

${curlCommands(wanted)}

   With Terraform, and TF_VAR_okta_hook_credential="$CREDENTIAL":

${indent(terraform(wanted))}

3. Run this command with OKTA_API_TOKEN set: it compares the hook with what it should be.`);
}

/** The command line as `readSetupArguments` reads it, and the hook that this Okta source needs. */
export function readArguments(args: string[], config: DirectoryConfig, token: string | undefined): OktaSetup {
  const {
    domain,
    url,
    name,
    config: source,
    ...options
  } = readSetupArguments(args, config, OKTA, token !== undefined);
  const eventTypes = oktaEventTypes(applicationOf(source));
  return { ...options, wanted: { domain, url, name, header: source.header, eventTypes } };
}

const OKTA = {
  kind: 'okta' as const,
  name: 'Okta',
  example: 'example-org.okta.com',
  access: 'an API token: set OKTA_API_TOKEN in the environment',
  /** The Admin Console's host is another one. */
  meant: (host: string) =>
    host.replace(/^([^.]+)-admin\.(okta\.com|oktapreview\.com|okta-emea\.com)$/, '$1.$2'),
};

if (process.argv[1] === import.meta.filename) {
  await runSetup('setup:okta', (config) => {
    const token = process.env.OKTA_API_TOKEN || undefined;
    const deps = { http: createHttp() as AnyHttp, random: randomBytes, print: console.log, token };
    return setupOkta(readArguments(process.argv.slice(2), config, token), deps);
  });
}
