import { describe, expect, test } from 'vitest';
import { BadArguments } from '../../../scripts/command.ts';
import { accessOf, readArguments } from '../../../scripts/setup-auth0.ts';
import { DOMAIN, ENDPOINT, FLAGS, makeConfig, TOKEN } from '../../support/setup-auth0.ts';
import { setupGiven } from '../../support/setup-given.ts';

describe('the arguments', () => {
  const read = (args: string[], source: object = {}) =>
    readArguments(setupGiven(args), makeConfig(source), { token: TOKEN });

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
  ])('%j under %j are refused', (args, source, message) => {
    expect(() => read(args, source)).toThrow(BadArguments);
    expect(() => read(args, source)).toThrow(message);
  });

  test('--apply without access is refused', () => {
    const apply = () => readArguments(setupGiven([...FLAGS, '--apply']), makeConfig(), undefined);

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
