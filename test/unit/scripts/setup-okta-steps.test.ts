import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { hookEventTypes } from '../../../lib/sources/okta/inbound.ts';
import { BadArguments } from '../../../scripts/command.ts';
import { curlCommands, hookBody } from '../../../scripts/okta-recipe.ts';
import { putCredential } from '../../../scripts/recipe.ts';
import { readArguments } from '../../../scripts/setup-okta.ts';
import { setupGiven } from '../../support/setup-given.ts';
import {
  DOMAIN,
  FLAGS,
  GENERATED,
  makeConfig,
  makeOrg,
  makeOrgInOrder,
  TOKEN,
  URL_OF_HOOK,
  wantedHook,
} from '../../support/setup-okta.ts';

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
    readArguments(setupGiven(args), makeConfig(), token);

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
    const apply = () => readArguments(setupGiven([...FLAGS, '--apply']), makeConfig(), undefined);

    expect(apply).toThrow('set OKTA_API_TOKEN in the environment');
  });

  test('a refused credential is not repeated', () => {
    expect(() => read([...FLAGS, '--credential', 'pass"word'])).toThrow(/^(?!.*pass"word)/s);
  });
});
