import { readConfig } from '../../lib/config.ts';
import type { Auth0Config } from '../../lib/sources/auth0/config.ts';
import { eventTypes } from '../../lib/sources/auth0/inbound.ts';
import { auth0Error } from '../../local/doubles/auth0/error.ts';
import { type Auth0Event, createAuth0Streams } from '../../local/doubles/auth0/streams.ts';
import { type HttpAnswer, json } from '../../local/doubles/http-server.ts';
import type { WantedStream } from '../../scripts/auth0-recipe.ts';
import { type Access, readArguments, type SetupDeps, setupAuth0 } from '../../scripts/setup-auth0.ts';
import { NOW } from './factories.ts';
import { setupGiven } from './setup-given.ts';

export const DOMAIN = 'example.eu.auth0.com';
export const ENDPOINT = 'https://hooks.example.com/webhooks/auth0';
export const TOKEN = 'example-token';
export const FLAGS = ['--domain', DOMAIN, '--url', ENDPOINT];
export const GENERATED = Buffer.alloc(32, 7).toString('base64url');

export interface Request {
  method: string;
  path: string;
  body?: unknown;
}

/** A tenant with no event stream in it, and runs of the command against it. */
export function makeTenant({ refuse }: { refuse?: (request: Request) => HttpAnswer | undefined } = {}) {
  const requests: Request[] = [];
  const delivered: { url: string; headers: Record<string, string>; event: Auth0Event }[] = [];
  const streams = createAuth0Streams({
    tenant: 'example',
    clock: () => NOW,
    newId: (prefix) => `${prefix}${requests.length}`,
    deliver: async (url, headers, body) => {
      delivered.push({ url, headers, event: JSON.parse(body) });
      return { status: 200 };
    },
    sleep: async () => undefined,
    testEvent: (type) => makeEvent({ type }),
  });
  const answer = ({ method, path, body }: Request): HttpAnswer => {
    const { pathname, searchParams } = new URL(path, `https://${DOMAIN}`);
    const [, id, action] = /^\/api\/v2\/event-streams(?:\/([^/]+))?(?:\/(test))?$/.exec(pathname) ?? [];
    if (id === undefined) return method === 'GET' ? streams.list(searchParams) : streams.create(body);
    if (action) return streams.test(id, body);
    return method === 'GET' ? streams.read(id) : streams.update(id, body);
  };
  const http: SetupDeps['http'] = async ({ method, url, headers, body }) => {
    const path = url.replace(`https://${DOMAIN}`, '');
    const request = { method, path, ...(body && { body: JSON.parse(body) }) };
    requests.push(request);
    if (path === '/oauth/token') return json(200, { access_token: TOKEN, expires_in: 86_400 });
    if (headers.authorization !== `Bearer ${TOKEN}`) return auth0Error(401, 'Invalid token');
    return refuse?.(request) ?? answer(request);
  };
  const run = async (
    args: string[] = [],
    { source = {}, access = { token: TOKEN } }: { source?: object; access?: Access | null } = {},
  ) => {
    const printed: string[] = [];
    requests.length = 0;
    const print = (text: string) => printed.push(text);
    const known = access ?? undefined;
    const deps = {
      http,
      clock: () => NOW,
      random: (bytes: number) => Buffer.alloc(bytes, 7),
      print,
      access: known,
    };
    const result = await setupAuth0(
      readArguments(setupGiven([...FLAGS, ...args]), makeConfig(source), known),
      deps,
    );
    await streams.settled();
    return { result, output: printed.join('\n') };
  };
  const list = () => JSON.parse(streams.list(new URLSearchParams('take=100')).body).eventStreams;
  /** As somebody in the dashboard would change it. */
  const edit = (patch: object) => streams.update(list()[0].id, patch);
  const writes = () => requests.filter(({ method }) => method !== 'GET').map((r) => `${r.method} ${r.path}`);
  return { run, list, edit, writes, requests, delivered, streams };
}

export const makeConfig = (source: object = {}) =>
  readConfig({
    sources: {
      okta: { kind: 'okta', organization: 'acme' },
      auth0: { kind: 'auth0', organization: 'acme', ...source },
    },
  });

export const typesOf = (source: object = {}) => eventTypes(makeConfig(source).sources.auth0 as Auth0Config);

export const wantedStream = (stream: Partial<WantedStream> = {}): WantedStream => ({
  domain: DOMAIN,
  url: ENDPOINT,
  name: 'velt-directory-sync-dev-auth0',
  scheme: 'bearer',
  header: 'authorization',
  eventTypes: typesOf(),
  ...stream,
});

export const makeEvent = (event: Partial<Auth0Event> = {}): Auth0Event => ({
  specversion: '1.0',
  type: 'user.created',
  source: 'urn:auth0:example.eu',
  id: 'evt_1',
  time: '2026-09-01T09:00:00.000Z',
  data: { object: { user_id: 'auth0|ada' }, context: { tenant: { id: 'example' } } },
  a0tenant: 'example',
  a0stream: 'est_1',
  ...event,
});

/** A tenant whose event stream is as it should be. */
export async function makeTenantInOrder(options: Parameters<typeof makeTenant>[0] = {}) {
  const tenant = makeTenant(options);
  await tenant.run(['--apply', '--credential', 's3cret']);
  tenant.delivered.length = 0;
  return tenant;
}
