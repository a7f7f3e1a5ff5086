import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../lib/config.ts';
import { readCredential } from '../../../lib/http/bearer.ts';
import type { Auth0Config } from '../../../lib/sources/auth0/config.ts';
import { eventTypes } from '../../../lib/sources/auth0/map.ts';
import { auth0Error } from '../../../local/doubles/auth0/error.ts';
import { type Auth0Event, createAuth0Streams } from '../../../local/doubles/auth0/streams.ts';
import { type HttpAnswer, json } from '../../../local/doubles/http-server.ts';
import {
  credentialOf,
  curlCommands,
  forwardingAction,
  streamBody,
  terraform,
  tokenCommands,
  type WantedStream,
} from '../../../scripts/auth0-recipe.ts';
import { BadArguments } from '../../../scripts/setup-arguments.ts';
import {
  type Access,
  accessOf,
  readArguments,
  type SetupDeps,
  setupAuth0,
} from '../../../scripts/setup-auth0.ts';
import { NOW } from '../../support/factories.ts';

const DOMAIN = 'example.eu.auth0.com';
const ENDPOINT = 'https://hooks.example.com/webhooks/auth0';
const TOKEN = 'example-token';
const FLAGS = ['--domain', DOMAIN, '--url', ENDPOINT];
const GENERATED = Buffer.alloc(32, 7).toString('base64url');

interface Request {
  method: string;
  path: string;
  body?: unknown;
}

/** A tenant with no event stream in it, and runs of the command against it. */
function makeTenant({ refuse }: { refuse?: (request: Request) => HttpAnswer | undefined } = {}) {
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
    const result = await setupAuth0(readArguments([...FLAGS, ...args], makeConfig(source), known), deps);
    await streams.settled();
    return { result, output: printed.join('\n') };
  };
  const list = () => JSON.parse(streams.list(new URLSearchParams('take=100')).body).eventStreams;
  /** As somebody in the dashboard would change it. */
  const edit = (patch: object) => streams.update(list()[0].id, patch);
  const writes = () => requests.filter(({ method }) => method !== 'GET').map((r) => `${r.method} ${r.path}`);
  return { run, list, edit, writes, requests, delivered, streams };
}

const makeConfig = (source: object = {}) =>
  readConfig({
    sources: {
      okta: { kind: 'okta', organization: 'acme' },
      auth0: { kind: 'auth0', organization: 'acme', ...source },
    },
  });

const typesOf = (source: object = {}) => eventTypes(makeConfig(source).sources.auth0 as Auth0Config);

const wantedStream = (stream: Partial<WantedStream> = {}): WantedStream => ({
  domain: DOMAIN,
  url: ENDPOINT,
  name: 'velt-directory-sync-dev-auth0',
  scheme: 'bearer',
  header: 'authorization',
  eventTypes: typesOf(),
  ...stream,
});

const makeEvent = (event: Partial<Auth0Event> = {}): Auth0Event => ({
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
async function makeTenantInOrder(options: Parameters<typeof makeTenant>[0] = {}) {
  const tenant = makeTenant(options);
  await tenant.run(['--apply', '--credential', 's3cret']);
  tenant.delivered.length = 0;
  return tenant;
}

describe('with --apply', () => {
  test('a stream is created with every type and the credential, tested, and read back', async () => {
    const tenant = makeTenant();

    const { result, output } = await tenant.run(['--apply', '--credential', 's3cret']);

    expect(result).toBe('in order');
    expect(output).toContain('Read back, it is in order.');
    expect(output).toContain('aws logs tail /aws/lambda/velt-directory-sync-dev-webhook');
    expect(output).not.toContain('s3cret');
    expect(tenant.list()).toMatchObject([
      {
        status: 'enabled',
        subscriptions: typesOf().map((event_type) => ({ event_type })),
        destination: { configuration: { webhook_endpoint: ENDPOINT } },
      },
    ]);
    expect(tenant.delivered).toMatchObject([
      {
        url: ENDPOINT,
        headers: { authorization: 'Bearer s3cret' },
        event: { type: 'user.created', a0purpose: 'test' },
      },
    ]);
  });

  test('a second run changes nothing and says so', async () => {
    const tenant = await makeTenantInOrder();

    const { result, output } = await tenant.run(['--apply', '--credential', 's3cret']);

    expect(result).toBe('in order');
    expect(output).toContain('Nothing to change.');
    expect(tenant.writes()).toEqual([]);
  });

  test('a credential is made where none is given, and the stream is enabled and tested by the next run', async () => {
    const tenant = makeTenant();

    const first = await tenant.run(['--apply']);
    const { status } = tenant.list()[0];
    const early = [...tenant.delivered];
    const second = await tenant.run(['--apply']);

    expect(first.result).toBe('differs');
    expect(first.output.split(GENERATED)).toHaveLength(2);
    expect(first.output).toContain('put-secret-value --secret-id velt-directory-sync-dev/webhooks');
    expect(status).toBe('disabled');
    expect(early).toEqual([]);
    expect(second.result).toBe('in order');
    expect(second.output).not.toContain(GENERATED);
    expect(tenant.requests.find(({ method }) => method === 'PATCH')?.body).toEqual({ status: 'enabled' });
    expect(tenant.delivered).toMatchObject([{ headers: { authorization: `Bearer ${GENERATED}` } }]);
  });

  test.each([
    ['bearer', {}, 's3cret'],
    ['basic', { scheme: 'basic' }, 'velt:pass:word'],
    ['none', { scheme: 'none', header: 'x-velt-sync' }, 's3cret'],
  ] as const)(
    'what a stream of scheme %s sends is what the webhook reads as the credential',
    async (scheme, source, credential) => {
      const tenant = makeTenant();

      await tenant.run(['--apply', '--credential', credential], { source });

      const { headers } = tenant.delivered[0] ?? {};
      const header = 'header' in source ? source.header : 'authorization';
      expect(readCredential(headers?.[header], scheme)).toBe(credential);
    },
  );

  test('a credential that is made for basic authorization has a user', async () => {
    const tenant = makeTenant();

    const { output } = await tenant.run(['--apply'], { source: { scheme: 'basic' } });

    expect(output).toContain(`CREDENTIAL='velt:${GENERATED}'`);
    expect(tenant.requests[1]).toMatchObject({
      body: {
        destination: {
          configuration: {
            webhook_authorization: { method: 'basic', username: 'velt', password: GENERATED },
          },
        },
      },
    });
  });

  test('the types follow the configuration of the source', async () => {
    const tenant = makeTenant();
    const source = { groups: { include: [] }, roles: { include: [] } };

    await tenant.run(['--apply', '--credential', 's3cret'], { source });

    const types = tenant.list()[0].subscriptions.map((s: { event_type: string }) => s.event_type);
    expect(types).toEqual(typesOf(source));
    expect(types).not.toContain('group.created');
  });

  test('missing and needless types are mended in one update that keeps the name and needs no credential', async () => {
    const tenant = await makeTenantInOrder();
    tenant.edit({
      name: 'Ours',
      subscriptions: [{ event_type: 'user.created' }, { event_type: 'group.role.assigned' }],
    });

    const { result, output } = await tenant.run(['--apply']);

    expect(result).toBe('in order');
    expect(output).toContain('event types are missing: user.updated,');
    expect(output).toContain('event types have no use: group.role.assigned');
    expect(tenant.list()).toMatchObject([{ name: 'Ours', destination: { type: 'webhook' } }]);
    expect(tenant.writes()).toEqual([expect.stringMatching(/^PATCH /), expect.stringMatching(/\/test$/)]);
    expect(tenant.delivered).toMatchObject([{ headers: { authorization: 'Bearer s3cret' } }]);
  });

  test('a stream that Auth0 disabled is enabled again', async () => {
    const tenant = await makeTenantInOrder();
    tenant.edit({ status: 'disabled' });

    const { result, output } = await tenant.run(['--apply']);

    expect(result).toBe('in order');
    expect(output).toContain('it is disabled: Auth0 sends nothing to it');
    expect(tenant.list()).toMatchObject([{ status: 'enabled' }]);
  });

  test('a stream of the name that sends elsewhere is pointed here', async () => {
    const tenant = await makeTenantInOrder();
    const webhook_authorization = { method: 'bearer', token: 'old' };
    const configuration = {
      webhook_endpoint: 'https://old.example.com/webhooks/auth0',
      webhook_authorization,
    };
    tenant.edit({ destination: { type: 'webhook', configuration } });

    const { result, output } = await tenant.run(['--apply', '--credential', 'n3w']);

    expect(result).toBe('in order');
    expect(output).toContain(`it sends to https://old.example.com/webhooks/auth0, not to ${ENDPOINT}`);
    expect(tenant.list()).toHaveLength(1);
    expect(tenant.delivered).toMatchObject([{ url: ENDPOINT, headers: { authorization: 'Bearer n3w' } }]);
  });

  test.each([
    ['name', ['--name', 'Velt'], {}, 'its name is "velt-directory-sync-dev-auth0", not "Velt"'],
    [
      'authorization',
      [],
      { scheme: 'none', header: 'x-key' },
      'its authorization is bearer, not custom_header',
    ],
  ])('another %s is mended', async (_what, args, source, difference) => {
    const tenant = await makeTenantInOrder();

    const first = await tenant.run(['--apply', '--credential', 's3cret', ...args], { source });
    const second = await tenant.run(['--apply', ...args], { source });

    expect(first).toMatchObject({ result: 'in order', output: expect.stringContaining(difference) });
    expect(second.output).toContain('Nothing to change.');
  });

  test('another header of the same method is mended, and upper and lower case are alike in it', async () => {
    const tenant = makeTenant();
    await tenant.run(['--apply', '--credential', 's3cret'], { source: { scheme: 'none', header: 'x-old' } });

    const source = { scheme: 'none', header: 'X-New' };
    const { output } = await tenant.run(['--apply', '--credential', 's3cret'], { source });
    const again = await tenant.run([], { source: { ...source, header: 'x-new' } });

    expect(output).toContain('its header is x-old, not X-New');
    expect(tenant.delivered.at(-1)?.headers).toMatchObject({ 'X-New': 's3cret' });
    expect(again.output).toContain('Nothing to change.');
  });

  test('a new authorization without a credential is refused before anything changes', async () => {
    const tenant = await makeTenantInOrder();

    const run = tenant.run(['--apply'], { source: { scheme: 'none', header: 'x-key' } });

    await expect(run).rejects.toThrow(BadArguments);
    await expect(run).rejects.toThrow(/--credential is missing/);
    expect(tenant.writes()).toEqual([]);
  });

  test('--rotate sets the credential of a stream that is in order, and nothing else', async () => {
    const tenant = await makeTenantInOrder();

    const { result } = await tenant.run(['--apply', '--rotate', '--credential', 'n3w']);

    expect(result).toBe('in order');
    const patch = tenant.requests.find(({ method }) => method === 'PATCH');
    expect(Object.keys(patch?.body ?? {})).toEqual(['destination']);
    expect(tenant.delivered).toMatchObject([{ headers: { authorization: 'Bearer n3w' } }]);
  });

  test('a second stream of the same URL is named, and the one that delivers is kept', async () => {
    const tenant = makeTenant();
    const body = (name: string) => streamBody(wantedStream({ name }), credentialOf('s3cret'));
    tenant.streams.create({ ...body('Older'), status: 'disabled' });
    tenant.requests.length = 1;
    tenant.streams.create(body('Newer'));

    const { result, output } = await tenant.run(['--apply']);

    expect(result).toBe('in order');
    expect(output).toContain('Stream "Older"');
    expect(tenant.writes()).toEqual([]);
  });

  test('streams of other destinations are left alone', async () => {
    const tenant = makeTenant();
    const configuration = { aws_account_id: '123456789012', aws_region: 'eu-central-1' };
    tenant.streams.create({
      name: 'velt-directory-sync-dev-auth0',
      destination: { type: 'eventbridge', configuration },
    });

    const { result } = await tenant.run(['--apply', '--credential', 's3cret']);

    expect(result).toBe('in order');
    expect(tenant.writes()).toEqual(['POST /api/v2/event-streams', expect.stringMatching(/\/test$/)]);
  });

  test('a stream on a later page is found', async () => {
    const tenant = makeTenant();
    for (let n = 0; n < 120; n += 1) {
      tenant.requests.length = n;
      tenant.streams.create(
        streamBody(wantedStream({ name: `n${n}`, url: `https://h.example.com/${n}` }), credentialOf('x')),
      );
    }
    await tenant.run(['--apply', '--credential', 's3cret']);

    const { output } = await tenant.run(['--apply']);

    expect(output).toContain('Nothing to change.');
    expect(tenant.requests.length).toBeGreaterThan(2);
  });

  test('a refused test event does not hide that the stream is in order', async () => {
    const tenant = makeTenant({
      refuse: ({ path }) => (path.endsWith('/test') ? auth0Error(404, 'Not found') : undefined),
    });

    const { result, output } = await tenant.run(['--apply', '--credential', 's3cret']);

    expect(result).toBe('in order');
    expect(output).toContain('No test event was sent: Auth0 answered 404');
  });

  test.each([
    ['a token that ended', 401, undefined, 'is not one of example.eu.auth0.com, or has ended'],
    ['a missing scope', 403, 'insufficient_scope', 'read:event_streams, create:event_streams'],
    ['a plan without streams', 403, 'feature_not_available', "The tenant's plan may hold no event stream"],
    ['too many streams', 409, undefined, 'as many event streams as its plan allows'],
    ['an event type it does not have', 400, 'invalid_body', '"groups": { "include": [] }'],
    ['too many calls', 429, undefined, 'try again in a minute'],
  ])('%s is told with what to mend', async (_what, status, code, message) => {
    const tenant = makeTenant({
      refuse: ({ method }) => (method === 'POST' ? auth0Error(status, 'No', code) : undefined),
    });

    const run = tenant.run(['--apply', '--credential', 's3cret']);

    await expect(run).rejects.toThrow(message);
  });
});

describe('with access and without --apply', () => {
  test('only compares', async () => {
    const tenant = makeTenant();

    const { result, output } = await tenant.run();

    expect(result).toBe('differs');
    expect(output).toContain('there is no event stream for this URL');
    expect(output).not.toContain('CREDENTIAL=');
    expect(tenant.writes()).toEqual([]);
  });

  test('an application gets its token from the tenant', async () => {
    const tenant = await makeTenantInOrder();

    const { result } = await tenant.run([], { access: { clientId: 'app', clientSecret: 'app-s3cret' } });

    expect(result).toBe('in order');
    expect(tenant.requests[0]).toMatchObject({
      path: '/oauth/token',
      body: { client_id: 'app', audience: `https://${DOMAIN}/api/v2/` },
    });
  });

  test('an answer in a bare list is read as well', async () => {
    const tenant = await makeTenantInOrder();
    const listed = tenant.list();
    const bare = makeTenant({ refuse: () => json(200, listed) });

    const { result } = await bare.run();

    expect(result).toBe('in order');
  });
});

describe('without access', () => {
  test('tells every way, asks Auth0 nothing, and shows the credential once', async () => {
    const tenant = makeTenant();

    const { result, output } = await tenant.run([], { access: null });

    expect(result).toBe('told');
    expect(tenant.requests).toEqual([]);
    expect(output.split(GENERATED)).toHaveLength(2);
    expect(output).toContain('Event Streams > Create Event Stream > Webhook');
    expect(output).toContain('resource "auth0_event_stream"');
    expect(output).toContain('exports.onExecuteEventStream');
    for (const type of typesOf()) expect(output.split(`"${type}"`).length).toBeGreaterThanOrEqual(3);
  });

  test('never shows a credential that was given', async () => {
    const tenant = makeTenant();

    const { output } = await tenant.run(['--credential', 's3cret'], { access: null });

    expect(output).not.toContain('s3cret');
  });

  test.each([
    ['bearer', 's3cret'],
    ['basic', 'velt:pass:word'],
    ['none', 's3cret'],
  ] as const)(
    'prints a curl that sends the very stream of scheme %s, whatever its name',
    (scheme, credential) => {
      const stream = wantedStream({ scheme, header: 'x-key', name: 'The "best" $HOME `id` stream' });
      const curl =
        'curl() { [ "$3" = POST ] && case "$*" in */test*) ;; *) cat >&3;; esac; echo \'{"id":"est_1"}\'; }';

      const sent = execFileSync('bash', ['-c', `${curl}\n{ ${curlCommands(stream)}\n} 3>&1 >/dev/null`], {
        env: { ...process.env, CREDENTIAL: credential, AUTH0_API_TOKEN: TOKEN },
        stdio: ['ignore', 'pipe', 'ignore'],
      });

      expect(JSON.parse(sent.toString())).toEqual(streamBody(stream, credentialOf(credential)));
    },
  );

  test('prints a curl that gets a token', () => {
    const curl = 'curl() { cat >&3; echo \'{"access_token":"t"}\'; }';

    const sent = execFileSync('bash', ['-c', `${curl}\n{ ${tokenCommands(wantedStream())}\n} 3>&1`], {
      env: { ...process.env, AUTH0_CLIENT_ID: 'app', AUTH0_CLIENT_SECRET: 'app-s3cret' },
    });

    expect(JSON.parse(sent.toString())).toMatchObject({ client_id: 'app', client_secret: 'app-s3cret' });
  });

  test.each([
    ['bearer', 'token  = var.auth0_stream_credential'],
    ['basic', 'password = regex("^([^:]*):(.*)$", var.auth0_stream_credential)[1]'],
    ['none', 'header_key   = "x-key"'],
  ] as const)('prints a Terraform resource of scheme %s', (scheme, line) => {
    const resource = terraform(wantedStream({ scheme, header: 'x-key' }));

    expect(resource).toContain(line);
    expect(resource).toContain('"organization.member.added",');
  });
});

describe('the Action', () => {
  /** Runs it as Auth0 would, with a `fetch` that answers by status. */
  async function runAction(stream: WantedStream, credential: string, status = 200) {
    const sent: { url: string; init: RequestInit & { headers: Record<string, string> } }[] = [];
    const fetch = async (url: string, init: RequestInit & { headers: Record<string, string> }) => {
      sent.push({ url, init });
      return { ok: status < 300, status };
    };
    const exports: { onExecuteEventStream?: (event: object) => Promise<void> } = {};
    new Function('exports', 'fetch', forwardingAction(stream))(exports, fetch);
    await exports.onExecuteEventStream?.({ message: makeEvent(), secrets: { CREDENTIAL: credential } });
    return sent;
  }

  test.each([
    ['bearer', 's3cret'],
    ['basic', 'velt:pass:word'],
    ['none', 's3cret'],
  ] as const)(
    'forwards the very event with a credential of scheme %s that the webhook reads',
    async (scheme, credential) => {
      const [request] = await runAction(wantedStream({ scheme, header: 'x-key' }), credential);

      expect(request?.url).toBe(ENDPOINT);
      expect(readCredential(request?.init.headers['x-key'], scheme)).toBe(credential);
      expect(request?.init.headers['content-type']).toBe('application/cloudevents+json');
      expect(JSON.parse(String(request?.init.body))).toEqual(makeEvent());
      expect(request?.init.signal).toBeInstanceOf(AbortSignal);
    },
  );

  test.each([401, 503])('throws on a %i, so that Auth0 tries again', async (status) => {
    const run = runAction(wantedStream(), 's3cret', status);

    await expect(run).rejects.toThrow(String(status));
  });
});

describe('the arguments', () => {
  const read = (args: string[], source: object = {}) =>
    readArguments(args, makeConfig(source), { token: TOKEN });

  test('--domain as a URL is taken for its host', () => {
    const { wanted, notes } = read(['--domain', `https://${DOMAIN}/`, '--url', ENDPOINT]);

    expect(wanted.domain).toBe(DOMAIN);
    expect(notes).toEqual([`--domain https://${DOMAIN}/ is taken for ${DOMAIN}.`]);
  });

  test.each([
    [['--url', ENDPOINT], {}, '--domain is missing'],
    [
      ['--domain', 'https://manage.auth0.com/dashboard/eu/example', '--url', ENDPOINT],
      {},
      'is the dashboard',
    ],
    [
      ['--domain', DOMAIN, '--url', 'http://hooks.example.com/webhooks/auth0'],
      {},
      'Auth0 sends to nothing else',
    ],
    [
      [...FLAGS, '--source', 'okta'],
      {},
      '--source okta is no Auth0 source of directory.config.json; there is auth0.',
    ],
    [FLAGS, { header: 'x-key' }, 'set "scheme" to "none"'],
    [[...FLAGS, '--credential', 's3cret'], { scheme: 'basic' }, '--credential is not user:password'],
    [[...FLAGS, '--rotate'], {}, '--rotate needs --credential'],
    [[...FLAGS, '--tokn', 'x'], {}, 'npm run setup:auth0 -- --domain example.eu.auth0.com'],
  ])('%j under %j are refused', (args, source, message) => {
    expect(() => read(args, source)).toThrow(BadArguments);
    expect(() => read(args, source)).toThrow(message);
  });

  test('--apply without access is refused', () => {
    const apply = () => readArguments([...FLAGS, '--apply'], makeConfig(), undefined);

    expect(apply).toThrow('set AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET, or AUTH0_API_TOKEN');
  });

  test.each([
    [{ AUTH0_API_TOKEN: 't', AUTH0_CLIENT_ID: 'a', AUTH0_CLIENT_SECRET: 's' }, { token: 't' }],
    [
      { AUTH0_CLIENT_ID: 'a', AUTH0_CLIENT_SECRET: 's' },
      { clientId: 'a', clientSecret: 's' },
    ],
    [{ AUTH0_CLIENT_ID: 'a' }, undefined],
    [{ AUTH0_API_TOKEN: '' }, undefined],
  ])('an environment of %j grants %j', (env, access) => {
    expect(accessOf(env)).toEqual(access);
  });
});
