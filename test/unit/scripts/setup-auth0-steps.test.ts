import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { readCredential } from '../../../lib/http/bearer.ts';
import { json } from '../../../local/doubles/http-server.ts';
import {
  credentialOf,
  curlCommands,
  forwardingAction,
  streamBody,
  terraform,
  tokenCommands,
  type WantedStream,
} from '../../../scripts/auth0-recipe.ts';
import {
  DOMAIN,
  ENDPOINT,
  GENERATED,
  makeEvent,
  makeTenant,
  makeTenantInOrder,
  TOKEN,
  typesOf,
  wantedStream,
} from '../../support/setup-auth0.ts';

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
