import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../lib/config.ts';
import { hookEventTypes } from '../../../lib/sources/okta/map.ts';
import type { Challenge } from '../../../local/doubles/okta/hooks.ts';
import { createOkta } from '../../../local/doubles/okta/okta.ts';
import { curlCommands, hookBody, type WantedHook } from '../../../scripts/okta-recipe.ts';
import { putCredential } from '../../../scripts/recipe.ts';
import { BadArguments } from '../../../scripts/setup-arguments.ts';
import { readArguments, type SetupDeps, setupOkta } from '../../../scripts/setup-okta.ts';
import { NOW } from '../../support/factories.ts';

const DOMAIN = 'example-org.okta.com';
const URL_OF_HOOK = 'https://hooks.example.com/webhooks/okta';
const TOKEN = 'example-ssws-token';
const ANSWERS: Challenge = async (_url, headers) => ({
  status: 200,
  body: JSON.stringify({ verification: headers['x-okta-verification-challenge'] }),
});

/** An Okta with nothing in it, and runs of the command against it. */
function makeOrg({ challenge = ANSWERS }: { challenge?: Challenge } = {}) {
  const okta = createOkta({ orgUrl: `https://${DOMAIN}`, challenge, clock: () => NOW });
  const requests: { method: string; path: string; body?: unknown }[] = [];
  const http: SetupDeps['http'] = async ({ method, url, headers, body }) => {
    const path = url.replace(`https://${DOMAIN}`, '');
    requests.push({ method, path, ...(body && { body: JSON.parse(body) }) });
    return okta.answer({ method, path, headers, ...(body !== undefined && { body }) });
  };
  const run = async (
    args: string[] = [],
    { source = {}, token = TOKEN }: { source?: object; token?: string } = {},
  ) => {
    const printed: string[] = [];
    const config = makeConfig(source);
    requests.length = 0;
    const known = token || undefined;
    const result = await setupOkta(readArguments([...FLAGS, ...args], config, known), {
      http,
      random: (bytes) => Buffer.alloc(bytes, 7),
      print: (text) => printed.push(text),
      token: known,
    });
    return { result, output: printed.join('\n') };
  };
  /** As somebody in the Admin Console would change it. */
  const edit = (change: (hook: ReturnType<typeof hookBody>) => object) => {
    const [hook] = hooks();
    const body = JSON.stringify(change({ ...hook, ...hookBody(wantedHook(), 's3cret') }));
    okta.handle({ method: 'PUT', path: `/api/v1/eventHooks/${hook.id}`, headers: AUTHORIZED, body });
  };
  const hooks = () =>
    JSON.parse(okta.handle({ method: 'GET', path: '/api/v1/eventHooks', headers: AUTHORIZED }).body);
  const writes = () => requests.filter(({ method }) => method !== 'GET').map((r) => `${r.method} ${r.path}`);
  return { okta, run, edit, hooks, writes, requests };
}

const FLAGS = ['--domain', DOMAIN, '--url', URL_OF_HOOK];
const AUTHORIZED = { authorization: `SSWS ${TOKEN}` };
const GENERATED = Buffer.alloc(32, 7).toString('base64url');

const makeConfig = (source: object = {}) =>
  readConfig({
    sources: {
      okta: { kind: 'okta', organization: 'acme', ...source },
      auth0: { kind: 'auth0', organization: 'acme' },
    },
  });

const wantedHook = (hook: Partial<WantedHook> = {}): WantedHook => ({
  domain: DOMAIN,
  url: URL_OF_HOOK,
  name: 'velt-directory-sync-dev-okta',
  header: 'authorization',
  eventTypes: hookEventTypes(undefined),
  ...hook,
});

/** An org whose hook is as it should be. */
async function makeOrgInOrder(options: { challenge?: Challenge } = {}) {
  const org = makeOrg(options);
  await org.run(['--apply', '--credential', 's3cret']);
  return org;
}

describe('with --apply', () => {
  test('a hook is created with every mapped type and the credential, verified, and read back', async () => {
    const org = makeOrg();

    const { result, output } = await org.run(['--apply', '--credential', 's3cret']);

    expect(result).toBe('in order');
    expect(output).toContain('Read back, it is in order.');
    expect(org.hooks()).toMatchObject([
      {
        status: 'ACTIVE',
        verificationStatus: 'VERIFIED',
        events: { items: hookEventTypes(undefined) },
        channel: { config: { uri: URL_OF_HOOK, authScheme: { type: 'HEADER', key: 'authorization' } } },
      },
    ]);
    expect(org.requests[1]?.body).toEqual(hookBody(wantedHook(), 's3cret'));
  });

  test('a second run changes nothing and says so', async () => {
    const org = await makeOrgInOrder();

    const { result, output } = await org.run(['--apply', '--credential', 's3cret']);

    expect(result).toBe('in order');
    expect(output).toContain('Nothing to change.');
    expect(org.writes()).toEqual([]);
  });

  test('the header and the types follow the configuration of the source', async () => {
    const org = makeOrg();

    await org.run(['--apply', '--credential', 's3cret'], {
      source: { header: 'x-velt-sync', users: { application: '0oa1' } },
    });

    expect(org.hooks()).toMatchObject([
      {
        events: { items: hookEventTypes('0oa1') },
        channel: { config: { authScheme: { key: 'x-velt-sync' } } },
      },
    ]);
  });

  test('a missing type is added in one update that keeps name, headers and filters, and verifies again', async () => {
    const org = await makeOrgInOrder();
    const filter = { type: 'EXPRESSION_LANGUAGE', eventFilterMap: [] };
    const headers = [{ key: 'x-team', value: 'directory' }];
    org.edit(({ events, channel }) => ({
      name: 'Ours',
      events: { ...events, items: ['user.lifecycle.create'], filter },
      channel: { ...channel, config: { ...channel.config, headers } },
    }));

    const { result, output } = await org.run(['--apply', '--credential', 's3cret']);

    expect(result).toBe('in order');
    expect(output).toContain('event types are missing: user.lifecycle.activate,');
    expect(output).toContain('Hook "Ours" has filters');
    expect(org.hooks()).toMatchObject([
      {
        name: 'Ours',
        verificationStatus: 'VERIFIED',
        events: { items: hookEventTypes(undefined), filter },
        channel: { config: { headers } },
      },
    ]);
    expect(org.writes()).toEqual([
      expect.stringMatching(/^PUT /),
      expect.stringMatching(/^POST .*\/lifecycle\/verify$/),
    ]);
  });

  test('an update without a credential is refused before anything changes', async () => {
    const org = await makeOrgInOrder();
    org.edit((hook) => ({ ...hook, events: { ...hook.events, items: ['user.lifecycle.create'] } }));

    const run = org.run(['--apply']);

    await expect(run).rejects.toThrow(BadArguments);
    await expect(run).rejects.toThrow(/--credential is missing/);
    expect(org.writes()).toEqual([]);
  });

  test.each([
    ['name', ['--name', 'Velt'], {}, 'its name is "velt-directory-sync-dev-okta", not "Velt"'],
    ['header', [], { header: 'x-key' }, 'its authentication field is authorization, not x-key'],
  ])('another %s is mended', async (_what, args, source, difference) => {
    const org = await makeOrgInOrder();

    const first = await org.run(['--apply', '--credential', 's3cret', ...args], { source });
    const second = await org.run(['--apply', ...args], { source });

    expect(first).toMatchObject({ result: 'in order', output: expect.stringContaining(difference) });
    expect(second.output).toContain('Nothing to change.');
  });

  test('types that are not mirrored are taken out', async () => {
    const org = await makeOrgInOrder();
    org.edit((hook) => ({
      ...hook,
      events: { ...hook.events, items: [...hook.events.items, 'user.session.start'] },
    }));

    const { output } = await org.run(['--apply', '--credential', 's3cret']);

    expect(output).toContain('event types have no use: user.session.start');
    expect(org.hooks()[0].events.items).toEqual(hookEventTypes(undefined));
  });

  test('an inactive hook is activated, and needs no credential for it', async () => {
    const org = await makeOrgInOrder();
    const path = `/api/v1/eventHooks/${org.hooks()[0].id}/lifecycle/deactivate`;
    org.okta.handle({ method: 'POST', path, headers: AUTHORIZED });

    const { result } = await org.run(['--apply']);

    expect(result).toBe('in order');
    expect(org.hooks()).toMatchObject([{ status: 'ACTIVE', verificationStatus: 'VERIFIED' }]);
  });

  test('a credential is made where none is given, shown once, and verified by the next run', async () => {
    const org = makeOrg();

    const first = await org.run(['--apply']);
    const unverified = org.hooks()[0].verificationStatus;
    const second = await org.run(['--apply']);

    expect(first.result).toBe('differs');
    expect(first.output.split(GENERATED)).toHaveLength(2);
    expect(first.output).toContain('put-secret-value --secret-id velt-directory-sync-dev/webhooks');
    expect(unverified).toBe('UNVERIFIED');
    expect(second.result).toBe('in order');
    expect(second.output).not.toContain(GENERATED);
    expect(org.writes()).toEqual([expect.stringMatching(/\/lifecycle\/verify$/)]);
  });

  test('--rotate sets the credential of a hook that is in order', async () => {
    const org = await makeOrgInOrder();

    const { result } = await org.run(['--apply', '--rotate', '--credential', 'n3w']);

    expect(result).toBe('in order');
    expect(org.requests[1]).toMatchObject({
      method: 'PUT',
      body: { channel: { config: { authScheme: { value: 'n3w' } } } },
    });
  });

  test('a refused verification says what to look at, and that the hook stays unverified', async () => {
    const org = makeOrg({ challenge: async () => ({ status: 401, body: '{}' }) });

    const { result, output } = await org.run(['--apply', '--credential', 's3cret']);

    expect(result).toBe('differs');
    expect(output).toContain('E0000001');
    expect(output).toContain('Hook velt-directory-sync-dev-okta execution failed');
    expect(output).toContain('the URL can be reached');
    expect(output).toContain('it is UNVERIFIED: Okta sends nothing to it');
    expect(output).not.toContain('s3cret');
  });

  test.each([
    [401, 'OKTA_API_TOKEN is not a token of example-org.okta.com'],
    [403, 'okta.eventhooks.manage'],
    [429, 'try again in a minute'],
  ])('a %i of Okta says what to mend', async (status, message) => {
    const org = makeOrg();
    org.okta.faults.add({ path: '/api/v1/eventHooks', answer: { kind: 'status', status } });

    const run = org.run(['--apply', '--credential', 's3cret']);

    await expect(run).rejects.toThrow(message);
  });

  test('a second hook of the same URL is named, and the one that delivers is kept', async () => {
    const org = makeOrg();
    const body = JSON.stringify(hookBody(wantedHook({ name: 'Older' }), 'old'));
    org.okta.handle({ method: 'POST', path: '/api/v1/eventHooks', headers: AUTHORIZED, body });
    const other = JSON.stringify(hookBody(wantedHook({ name: 'Newer' }), 's3cret'));
    const { id } = JSON.parse(
      org.okta.handle({ method: 'POST', path: '/api/v1/eventHooks', headers: AUTHORIZED, body: other }).body,
    );
    await org.okta.answer({
      method: 'POST',
      path: `/api/v1/eventHooks/${id}/lifecycle/verify`,
      headers: AUTHORIZED,
    });

    const { result, output } = await org.run(['--apply']);

    expect(result).toBe('in order');
    expect(output).toContain('Hook "Older"');
    expect(org.writes()).toEqual([]);
  });
});

describe('with a token and without --apply', () => {
  test('only compares', async () => {
    const org = makeOrg();

    const { result, output } = await org.run();

    expect(result).toBe('differs');
    expect(output).toContain('there is no hook for this URL');
    expect(output).not.toContain('CREDENTIAL=');
    expect(org.writes()).toEqual([]);
  });

  test('finds nothing to do at a hook that is in order', async () => {
    const org = await makeOrgInOrder();

    const { result, output } = await org.run();

    expect(result).toBe('in order');
    expect(output).toContain('Nothing to change.');
  });
});

describe('without a token', () => {
  test('tells three ways, asks Okta nothing, and shows the credential once', async () => {
    const org = makeOrg();

    const { result, output } = await org.run([], { token: '' });

    expect(result).toBe('told');
    expect(org.requests).toEqual([]);
    expect(output.split(GENERATED)).toHaveLength(2);
    expect(output).toContain('Authentication field   authorization');
    expect(output).toContain('resource "okta_event_hook_verification"');
    for (const type of hookEventTypes(undefined)) expect(output.split(`${type}"`)).toHaveLength(3);
  });

  test('never shows a credential that was given', async () => {
    const org = makeOrg();

    const { output } = await org.run(['--credential', 's3cret'], { token: '' });

    expect(output).not.toContain('s3cret');
  });

  test('prints a curl that sends the very hook, whatever its name', () => {
    const hook = wantedHook({ name: 'The "best" $HOME `id` \\n hook' });
    const curl =
      'curl() { printf "%s\\n" "$*" >&2; [ "$3" = POST ] && case "$*" in *verify*) ;; *) cat >&3;; esac; echo \'{"id":"who1"}\'; }';

    const sent = execFileSync('bash', ['-c', `${curl}\n{ ${curlCommands(hook)}\n} 3>&1 >/dev/null`], {
      env: { ...process.env, CREDENTIAL: 's3cret', OKTA_API_TOKEN: TOKEN },
      stdio: ['ignore', 'pipe', 'ignore'],
    });

    expect(JSON.parse(sent.toString())).toEqual(hookBody(hook, 's3cret'));
  });

  test('prints a command that puts the credential beside the other sources and keeps the old value', () => {
    const held = JSON.stringify({ auth0: { current: 'a' }, okta: { current: 'old', previous: 'older' } });
    const aws = `aws() { case "$2" in get-secret-value) echo '${held}';; *) cat;; esac; }`;

    const put = execFileSync('bash', ['-c', `${aws}\n${putCredential('okta', 'prod')}`], {
      env: { ...process.env, CREDENTIAL: 'new' },
    });

    expect(JSON.parse(put.toString())).toEqual({
      auth0: { current: 'a' },
      okta: { current: 'new', previous: 'old' },
    });
  });
});

describe('the arguments', () => {
  const read = (args: string[], token: string | undefined = TOKEN) =>
    readArguments(args, makeConfig(), token);

  test.each([
    ['https://example-org.okta.com/', 'example-org.okta.com'],
    ['example-org-admin.okta.com', 'example-org.okta.com'],
    ['Example-Org.oktapreview.com', 'example-org.oktapreview.com'],
  ])('--domain %s is taken for the org', (text, domain) => {
    const { wanted, notes } = read(['--domain', text, '--url', URL_OF_HOOK]);

    expect(wanted.domain).toBe(domain);
    expect(notes).toEqual([`--domain ${text} is taken for ${domain}.`]);
  });

  test('--url as the deployment printed it gets the name of the source', () => {
    const { wanted } = read(['--domain', DOMAIN, '--url', 'https://hooks.example.com/webhooks/']);

    expect(wanted.url).toBe(URL_OF_HOOK);
  });

  test.each([
    [['--url', URL_OF_HOOK], '--domain is missing'],
    [['--domain', 'example-org', '--url', URL_OF_HOOK], '--domain example-org is no host name'],
    [['--domain', DOMAIN], '--url is missing'],
    [['--domain', DOMAIN, '--url', 'hooks'], '--url hooks is no URL'],
    [['--domain', DOMAIN, '--url', 'http://hooks.example.com/webhooks/okta'], 'is not https'],
    [['--domain', DOMAIN, '--url', `${URL_OF_HOOK}?key=1`], 'must end with the path'],
    [['--domain', DOMAIN, '--url', 'https://hooks.example.com/webhooks/auth0'], 'does not end in /okta'],
    [
      [...FLAGS, '--source', 'auth0'],
      '--source auth0 is no Okta source of directory.config.json; there is okta.',
    ],
    [[...FLAGS, '--credential', 'two\nlines'], '--credential cannot stand in a header'],
    [[...FLAGS, '--stage', 'a b'], '--stage a b is no stage'],
    [[...FLAGS, '--rotate'], '--rotate needs --credential'],
    [[...FLAGS, '--tokn', 'x'], "Unknown option '--tokn'"],
  ])('%j are refused', (args, message) => {
    expect(() => read(args)).toThrow(BadArguments);
    expect(() => read(args)).toThrow(message);
  });

  test('--apply without a token is refused', () => {
    const apply = () => readArguments([...FLAGS, '--apply'], makeConfig(), undefined);

    expect(apply).toThrow('set OKTA_API_TOKEN in the environment');
  });

  test('a refused credential is not repeated', () => {
    expect(() => read([...FLAGS, '--credential', 'pass"word'])).toThrow(/^(?!.*pass"word)/s);
  });
});
