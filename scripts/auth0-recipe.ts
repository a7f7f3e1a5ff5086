import type { Scheme } from '../lib/http/bearer.ts';
import { fromShell, hclList, hereDocument, quoteHcl } from './recipe.ts';

/** The event stream that a source needs. */
export interface WantedStream {
  /** The tenant's own host name, example.eu.auth0.com. */
  domain: string;
  url: string;
  name: string;
  scheme: Scheme;
  /** The header that carries the credential; with `bearer` and `basic` always `authorization`. */
  header: string;
  eventTypes: string[];
}

/** How an event stream authorizes itself, as the API names it. */
export const methodOf = { bearer: 'bearer', basic: 'basic', none: 'custom_header' } as const;

/**
 * The event that a stream is tested with: the end of a made-up user. Where the test fails, Auth0's record of it does not say
 * that it was one (node-auth0 7.1.0, EventStreamCloudEvent), and what catches up would bring somebody made-up to Velt.
 */
export const TEST_EVENT = { event_type: 'user.deleted' };

const SCOPES = 'read:event_streams create:event_streams update:event_streams';

export function subscriptionsOf({ eventTypes }: WantedStream) {
  return { subscriptions: eventTypes.map((event_type) => ({ event_type })) };
}

/** A credential, and what stands before and behind its first colon, which basic authorization sends. */
export interface Credential {
  whole: string;
  username: string;
  password: string;
}

export function credentialOf(whole: string): Credential {
  const [username = '', ...password] = whole.split(':');
  return { whole, username, password: password.join(':') };
}

/**
 * Where a stream delivers, and with which credential: the same in POST and PATCH /api/v2/event-streams, which never give
 * the credential out (auth0.com/docs/api/management/v2/event-streams, 2026-08).
 */
export function destinationOf({ url, scheme, header }: WantedStream, credential: Credential) {
  const { whole, username, password } = credential;
  const webhook_authorization = {
    bearer: { method: methodOf.bearer, token: whole },
    basic: { method: methodOf.basic, username, password },
    none: { method: methodOf.none, header_key: header, header_value: whole },
  }[scheme];
  const configuration = { webhook_endpoint: url, webhook_authorization };
  return { destination: { type: 'webhook', configuration } };
}

/** The body of POST /api/v2/event-streams. */
export function streamBody(stream: WantedStream, credential: Credential) {
  return { name: stream.name, ...subscriptionsOf(stream), ...destinationOf(stream, credential) };
}

/** What to press in the dashboard (auth0.com/docs/customize/events/create-an-event-stream, 2026-08). */
export function consoleSteps({ url, name, scheme, header, eventTypes }: WantedStream): string {
  const authorization = {
    bearer: ['Bearer', '  Token                    the value of $CREDENTIAL'],
    basic: [
      'Basic',
      '  Username and password    what stands before and behind the first colon of $CREDENTIAL',
    ],
    none: ['Custom header', `  Header                   ${header}, with the value of $CREDENTIAL`],
  }[scheme];
  return [
    'Event Streams > Create Event Stream > Webhook',
    `  Stream name              ${name}`,
    `  Endpoint                 ${url}`,
    `  Authorization            ${authorization[0]}`,
    authorization[1],
    '  Events                   choose each of these:',
    ...eventTypes.map((type) => `    ${type}`),
    'Save, then send a test event from the stream.',
  ].join('\n');
}

/** Shell commands that create and test the stream; they need AUTH0_API_TOKEN and CREDENTIAL, curl and jq. */
export function curlCommands(stream: WantedStream): string {
  const api = `https://${stream.domain}/api/v2/event-streams`;
  const headers = `-H "authorization: Bearer $AUTH0_API_TOKEN" -H 'content-type: application/json'`;
  const credential = {
    whole: fromShell('$CREDENTIAL'),
    username: fromShell(`\${CREDENTIAL%%:*}`),
    password: fromShell(`\${CREDENTIAL#*:}`),
  };
  return [
    `STREAM=$(curl -sS -X POST ${api} ${headers} -d @- <<JSON | jq -r .id`,
    hereDocument(streamBody(stream, credential)),
    'JSON',
    ')',
    `curl -sS -X POST "${api}/$STREAM/test" ${headers} -d '${JSON.stringify(TEST_EVENT)}'`,
  ].join('\n');
}

/** Shell commands that get AUTH0_API_TOKEN for a machine-to-machine application. */
export function tokenCommands({ domain }: WantedStream): string {
  const body = hereDocument({
    grant_type: 'client_credentials',
    client_id: fromShell('$AUTH0_CLIENT_ID'),
    client_secret: fromShell('$AUTH0_CLIENT_SECRET'),
    audience: `https://${domain}/api/v2/`,
  });
  return [
    `# An application of type "Machine to Machine", with ${SCOPES}`,
    `AUTH0_API_TOKEN=$(curl -sS https://${domain}/oauth/token -H 'content-type: application/json' -d @- <<JSON | jq -r .access_token`,
    body,
    'JSON',
    ')',
  ].join('\n');
}

/** The same for Terraform's provider auth0/auth0, with the credential in TF_VAR_auth0_stream_credential. */
export function terraform({ url, name, scheme, header, eventTypes }: WantedStream): string {
  const value = 'var.auth0_stream_credential';
  const part = (index: number) => `regex("^([^:]*):(.*)$", ${value})[${index}]`;
  const authorization = {
    bearer: [`token  = ${value}`],
    basic: [`username = ${part(0)}`, `password = ${part(1)}`],
    none: [`header_key   = ${quoteHcl(header)}`, `header_value = ${value}`],
  }[scheme];
  return `variable "auth0_stream_credential" {
  type      = string
  sensitive = true
}

resource "auth0_event_stream" "velt_directory_sync" {
  name             = ${quoteHcl(name)}
  destination_type = "webhook"
  subscriptions = [
${hclList(eventTypes)}
  ]

  webhook_configuration {
    webhook_endpoint = ${quoteHcl(url)}

    webhook_authorization {
      method = ${quoteHcl(methodOf[scheme])}
${authorization.map((line) => `      ${line}`).join('\n')}
    }
  }
}`;
}

/** Well within the ten seconds that Auth0 gives to an Action of an event stream (ms). */
const ACTION_TRY_MS = 8_000;

/**
 * An Action that forwards each event of a stream (trigger event-stream, auth0.com/docs/customize/actions, 2026-08). It needs
 * no package, and the secret CREDENTIAL; what it throws makes Auth0 try again.
 */
export function forwardingAction({ url, scheme, header }: WantedStream): string {
  const secret = 'event.secrets.CREDENTIAL';
  const value = {
    bearer: `"Bearer " + ${secret}`,
    basic: `"Basic " + Buffer.from(${secret}).toString("base64")`,
    none: secret,
  }[scheme];
  return `exports.onExecuteEventStream = async (event) => {
  const response = await fetch(${JSON.stringify(url)}, {
    method: "POST",
    headers: {
      "content-type": "application/cloudevents+json",
      ${JSON.stringify(header)}: ${value},
    },
    body: JSON.stringify(event.message),
    signal: AbortSignal.timeout(${ACTION_TRY_MS}),
  });
  if (!response.ok) throw new Error("velt-directory-sync answered " + response.status);
};`;
}
