import type { DirectoryConfig } from '../lib/config.ts';
import type { Http } from '../lib/http/client.ts';
import type { Auth0Config } from '../lib/sources/auth0/config.ts';
import { createAuth0Tokens } from '../lib/sources/auth0/credentials.ts';
import { auth0 } from '../lib/sources/auth0/inbound.ts';
import {
  consoleSteps,
  credentialOf,
  curlCommands,
  destinationOf,
  forwardingAction,
  streamBody,
  subscriptionsOf,
  terraform,
  tokenCommands,
  type WantedStream,
} from './auth0-recipe.ts';
import {
  createStreamsApi,
  type Stream,
  type StreamDifference,
  type StreamsApi,
  streamDifferences,
  streamsAt,
} from './auth0-streams.ts';
import { BadArguments } from './command.ts';
import { readSetupArguments, type SetupGiven } from './setup-arguments.ts';
import {
  credentialCommands,
  indent,
  makeCredential,
  type Print,
  type Random,
  readBack,
  type SetupOptions,
  type SetupResult,
  type SetupWorld,
  settledBy,
} from './setup-report.ts';

export type Auth0Setup = SetupOptions<WantedStream>;

/** What opens the Management API: a token, or the application that gets one. */
export type Access = { token: string } | { clientId: string; clientSecret: string };

export interface SetupDeps extends Pick<SetupWorld, 'http' | 'clock' | 'random' | 'print'> {
  /** Without it only the steps are told. */
  access: Access | undefined;
}

/**
 * Makes the event stream of an Auth0 source, or tells how. Without access it prints the credential, made here if none is
 * given, three ways to create the stream, and the Action that can do instead. With access it compares the stream of that
 * URL, or else the one of that name, with what it should be; with `apply` it also creates or updates it, has Auth0 send a
 * test event, and reads it back. What is in order is left alone, so a second run changes nothing.
 *
 * A new address or authorization carries the credential, because Auth0 never gives it out: it throws BadArguments when
 * that is missing, before anything is changed. A stream whose credential was made here is created disabled, and enabled
 * by the next run: no secret holds it yet, and what is refused with a 4xx is not sent again.
 * Throws Refused with what to mend when Auth0 refuses a call, and WorldFault when it cannot be reached or gives no token.
 */
export async function setupAuth0(options: Auth0Setup, deps: SetupDeps): Promise<SetupResult> {
  const { print, access } = deps;
  for (const note of options.notes) print(note);
  if (access === undefined) {
    tell(options, deps);
    return 'told';
  }
  const { domain, url } = options.wanted;
  const tenant = `https://${domain}`;
  const authorization = await authorizationOf(access, tenant, deps);
  const api = createStreamsApi(options.wanted, { tenant, authorization }, deps.http);
  const webhooks = (await api.list()).filter(({ destination }) => destination.type === 'webhook');
  const [atUrl, ...others] = streamsAt(url, webhooks);
  for (const stream of others) {
    print(`${nameOf(stream)} has the same URL. Delete one: every event comes twice.`);
  }
  const found = atUrl ?? webhooks.find(({ name }) => name === options.wanted.name);
  const wanted = options.named || !found?.name ? options.wanted : { ...options.wanted, name: found.name };

  const differences = streamDifferences(found, wanted);
  const which = found ? nameOf(found) : `Stream "${wanted.name}"`;
  print(`${which} of ${domain}: ${wanted.eventTypes.length} event types to ${url}`);
  return (
    settledBy(differences, options, 'Auth0', print) ??
    carryOut({ ...options, wanted }, found, differences, api, deps)
  );
}

async function carryOut(
  { wanted, source, stage, credential, rotate }: Auth0Setup,
  found: Stream | undefined,
  differences: StreamDifference[],
  api: StreamsApi,
  { print, random }: SetupDeps,
): Promise<SetupResult> {
  if (!found && credential === undefined) {
    const made = makeStreamCredential(wanted, random);
    const { id } = await api.create({ ...streamBody(wanted, credentialOf(made)), status: 'disabled' });
    print(`Created ${id}, disabled.

Its credential, shown only now; put it into the webhooks secret:

${credentialCommands(made, { source, stage })}

Then run the same command again: it enables the stream. Until then Auth0 sends nothing to it.`);
    return 'differs';
  }
  let stream: Stream;
  if (!found) {
    stream = await api.create(streamBody(wanted, credentialOf(credential ?? '')));
    print(`Created ${stream.id}.`);
  } else {
    stream = await api.update(found.id, updateOf(wanted, differences, credential, rotate));
    print(`Updated ${stream.id}.`);
  }
  await test(stream.id, stage, api, print);
  const left = streamDifferences(await api.read(stream.id), wanted);
  return readBack(left, print, 'Events arrive within seconds.');
}

function updateOf(
  wanted: WantedStream,
  differences: StreamDifference[],
  credential: string | undefined,
  rotate: boolean,
): object {
  const mends = new Set(differences.map(({ mend }) => mend));
  const destination = rotate || mends.has('destination');
  if (destination && credential === undefined) {
    throw new BadArguments(
      '--credential is missing: a new address or authorization sends it again, because Auth0 does not give it out. Give the value of "current" in the webhooks secret.',
    );
  }
  return {
    ...(mends.has('name') && { name: wanted.name }),
    ...(mends.has('subscriptions') && subscriptionsOf(wanted)),
    ...(destination && destinationOf(wanted, credentialOf(credential ?? ''))),
    ...(mends.has('status') && { status: 'enabled' }),
  };
}

async function test(id: string, stage: string, api: StreamsApi, print: Print): Promise<void> {
  const refusal = await api.test(id);
  if (refusal !== undefined) {
    print(`No test event was sent: ${refusal}`);
    return;
  }
  const log = `/aws/lambda/velt-directory-sync-${stage}-webhook`;
  print(`Auth0 sends a test event. See it arrive:

${indent(`aws logs tail ${log} --since 5m --filter-pattern '"Took a delivery"'`)}

A line with "ignored":1 is it. Without one, the secret may hold another credential (metric CredentialMismatch); the failed deliveries of the stream tell what Auth0 was answered.`);
}

function nameOf({ name, id }: Stream): string {
  return `Stream "${name ?? ''}" (${id})`;
}

async function authorizationOf(access: Access, url: string, { http, clock }: SetupDeps): Promise<string> {
  if ('token' in access) return `Bearer ${access.token}`;
  const tokens = createAuth0Tokens({ http: http as Http, clock });
  return tokens.authorization({ url, ...access });
}

/** Prints the way without access; the credential stands in it once. */
function tell({ wanted, source, stage, credential }: Auth0Setup, { random, print }: SetupDeps): void {
  const made = credential === undefined ? makeStreamCredential(wanted, random) : undefined;
  const how = { bearer: 'a bearer token', basic: 'basic authorization', none: `header ${wanted.header}` };
  print(`Auth0 has to send ${wanted.eventTypes.length} event types to ${wanted.url}, with ${how[wanted.scheme]}.

1. Put the credential into the webhooks secret.

${credentialCommands(made, { source, stage })}

2. Create the event stream, in one of these ways.

   In the dashboard of ${wanted.domain}:

${indent(consoleSteps(wanted))}

   Through the API; or let this command do it: set AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET and add --apply.

${tokenCommands(wanted)}
${curlCommands(wanted)}

   With Terraform, and TF_VAR_auth0_stream_credential="$CREDENTIAL":

${indent(terraform(wanted))}

   Or as an Action, for a stream of destination "Action": the same events, its secret CREDENTIAL the value of $CREDENTIAL.

${indent(forwardingAction(wanted))}

3. Run this command with AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET set: it compares the stream with what it should be.`);
}

/** Of basic authorization the credential is user and password. */
function makeStreamCredential({ scheme }: WantedStream, random: Random): string {
  const made = makeCredential(random);
  return scheme === 'basic' ? `velt:${made}` : made;
}

/** What the environment grants; a token comes before an application. */
export function accessOf(env: Record<string, string | undefined>): Access | undefined {
  const { AUTH0_API_TOKEN: token, AUTH0_CLIENT_ID: clientId, AUTH0_CLIENT_SECRET: clientSecret } = env;
  if (token) return { token };
  return clientId && clientSecret ? { clientId, clientSecret } : undefined;
}

/** The command line as `readSetupArguments` reads it, and the event stream that this Auth0 source needs. */
export function readArguments(
  given: SetupGiven,
  config: DirectoryConfig,
  access: Access | undefined,
): Auth0Setup {
  const {
    domain,
    url,
    name,
    config: source,
    ...options
  } = readSetupArguments<Auth0Config>(given, config, AUTH0, access !== undefined);
  const { scheme, header } = source;
  if (domain === 'manage.auth0.com')
    throw new BadArguments(
      `--domain ${domain} is the dashboard: write the tenant's own host, like ${AUTH0.example}.`,
    );
  if (scheme !== 'none' && header.toLowerCase() !== 'authorization')
    throw new BadArguments(
      `Source ${options.source} wants ${scheme} in header ${header}, but Auth0 puts it into Authorization only: leave "header" out, or set "scheme" to "none".`,
    );
  if (scheme === 'basic' && options.credential !== undefined && !/^[^:]+:./.test(options.credential))
    throw new BadArguments('--credential is not user:password, as "scheme": "basic" needs it.');
  const eventTypes = auth0.eventTypes(source);
  return { ...options, wanted: { domain, url, name, scheme, header, eventTypes } };
}

const AUTH0 = {
  kind: 'auth0',
  name: 'Auth0',
  example: 'example.eu.auth0.com',
  access:
    'access to the Management API: set AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET, or AUTH0_API_TOKEN, in the environment',
};

export function runAuth0Setup(
  given: SetupGiven,
  config: DirectoryConfig,
  world: SetupWorld,
): Promise<SetupResult> {
  const access = accessOf(world.env);
  return setupAuth0(readArguments(given, config, access), { ...world, access });
}
