import type { DirectoryConfig } from '../lib/config.ts';
import type { OktaConfig } from '../lib/sources/okta/config.ts';
import { okta } from '../lib/sources/okta/inbound.ts';
import { BadArguments } from './command.ts';
import {
  createHooksApi,
  type Hook,
  type HookDifference,
  type HooksApi,
  hookDifferences,
  hooksAt,
} from './okta-hooks.ts';
import { consoleSteps, curlCommands, hookBody, terraform, type WantedHook } from './okta-recipe.ts';
import { readSetupArguments, type SetupGiven } from './setup-arguments.ts';
import {
  credentialCommands,
  indent,
  makeCredential,
  readBack,
  type SetupOptions,
  type SetupResult,
  type SetupWorld,
  settledBy,
} from './setup-report.ts';

export type OktaSetup = SetupOptions<WantedHook>;

export interface SetupDeps extends Pick<SetupWorld, 'http' | 'random' | 'print'> {
  /** An API token (SSWS) of the org; without one only the steps are told. */
  token: string | undefined;
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
export async function setupOkta(options: OktaSetup, deps: SetupDeps): Promise<SetupResult> {
  const { print, token } = deps;
  for (const note of options.notes) print(note);
  if (token === undefined) {
    tell(options, deps);
    return 'told';
  }
  const { domain, url } = options.wanted;
  const api = createHooksApi(`https://${domain}`, `SSWS ${token}`, deps.http);
  const [found, ...others] = hooksAt(url, await api.list());
  for (const { id, name } of others) {
    print(
      `Hook "${name}" (${id}) has the same URL. Delete one: every event counts twice in Okta's daily limit.`,
    );
  }
  if (found?.events.filter != null) {
    print(`Hook "${found.name}" has filters: what they hold back never reaches Velt.`);
  }
  const wanted = options.named || !found ? options.wanted : { ...options.wanted, name: found.name };

  const differences = hookDifferences(found, wanted);
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
  api: HooksApi,
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
  const left = hookDifferences(await api.read(hook.id), wanted);
  return readBack(left, print, 'The first events may take some minutes.');
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
export function readArguments(
  given: SetupGiven,
  config: DirectoryConfig,
  token: string | undefined,
): OktaSetup {
  const {
    domain,
    url,
    name,
    config: source,
    ...options
  } = readSetupArguments<OktaConfig>(given, config, OKTA, token !== undefined);
  const eventTypes = okta.eventTypes(source);
  return { ...options, wanted: { domain, url, name, header: source.header, eventTypes } };
}

const OKTA = {
  kind: 'okta',
  name: 'Okta',
  example: 'example-org.okta.com',
  access: 'an API token: set OKTA_API_TOKEN in the environment',
  /** The Admin Console's host is another one. */
  meant: (host: string) =>
    host.replace(/^([^.]+)-admin\.(okta\.com|oktapreview\.com|okta-emea\.com)$/, '$1.$2'),
};

export function runOktaSetup(
  given: SetupGiven,
  config: DirectoryConfig,
  world: SetupWorld,
): Promise<SetupResult> {
  const token = world.env.OKTA_API_TOKEN || undefined;
  return setupOkta(readArguments(given, config, token), { ...world, token });
}
