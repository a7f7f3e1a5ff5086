import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../lib/config.ts';
import type { HttpRequest } from '../../../lib/http/client.ts';
import { createDirectories } from '../../../lib/sources/directories.ts';
import { connection, url } from '../../support/auth0-directory.ts';
import { NOW } from '../../support/factories.ts';

describe('the directories of a configuration', () => {
  const sources = {
    okta: { kind: 'okta', organization: 'velt' },
    auth0: { kind: 'auth0', organization: 'velt', api: {} },
  };
  const config = readConfig({ sources });

  test('are those of every source, with an api of its own or without', () => {
    const deps = {
      http: async () => ({ status: 500, headers: {}, body: '' }),
      clock: () => NOW,
      random: () => 0,
    };
    const secret = async () => ({});

    const directories = createDirectories(config, { ...deps, secret });

    expect([...directories.keys()]).toEqual(['okta', 'auth0']);
  });

  test.each([
    ['nothing', {}, 'no-credentials'],
    ['other credentials', { auth0: { url, ssws: 'leak-me' } }, 'secret'],
  ])(
    'are out of reach while the secret holds %s for them, and show nothing of it',
    async (_what, value, code) => {
      const http = async () => ({ status: 200, headers: {}, body: '' });
      const secret = async () => value;
      const directory = createDirectories(config, { http, secret, clock: () => NOW, random: () => 0 }).get(
        'auth0',
      );

      const fault = await directory?.readGroup('grp_1').catch((error: unknown) => error);

      expect(fault).toMatchObject({ name: 'WorldFault', code });
      expect(String(fault)).not.toContain('leak-me');
    },
  );

  test('ask for a token once for as long as the secret is the same', async () => {
    const tokens: string[] = [];
    let held = { auth0: { ...connection } };
    const http = async ({ url: address, body }: HttpRequest) => {
      if (address.endsWith('/oauth/token')) tokens.push(JSON.parse(body ?? '').client_secret);
      return { status: 200, headers: {}, body: '{"access_token":"t","expires_in":86400,"id":"grp_1"}' };
    };
    const deps = { http, secret: async () => held, clock: () => NOW, random: () => 0 };
    const directory = createDirectories(config, deps).get('auth0');

    await directory?.readGroup('grp_1');
    await directory?.readGroup('grp_1');
    held = { auth0: { ...connection, clientSecret: 'rotated' } };
    await directory?.readGroup('grp_1');

    expect(tokens).toEqual(['s3cret', 'rotated']);
  });

  test('count what they leave out of a list and of a read, for each source, as events do', async () => {
    const odd = { user_id: 'auth0|1', name: 'One', email: 7, picture: 'data:image/png;base64,AA==' };
    const answers: Record<string, unknown> = {
      '/oauth/token': { access_token: 't', expires_in: 86_400 },
      '/api/v2/users': { users: [odd, { user_id: 'auth0|2', name: 'Two' }, odd], total: 3 },
      '/api/v2/users/auth0%7C1': odd,
      '/api/v2/groups/grp_1': { id: 'grp_1', name: ['Group'] },
    };
    const http = async ({ url: address }: HttpRequest) => {
      const { pathname } = new URL(address);
      return { status: 200, headers: {}, body: JSON.stringify(answers[pathname]) };
    };
    const counted: unknown[] = [];
    const meter = { record: (...values: unknown[]) => void counted.push(values), gauge: () => {} };
    const secret = async () => ({ auth0: connection });
    const deps = { http, secret, clock: () => NOW, random: () => 0, meter };
    const directory = createDirectories(config, deps).get('auth0');

    await directory?.readPage(undefined);
    await directory?.readPerson('auth0|1', { memberships: false });
    await directory?.readGroup('grp_1');

    expect(counted).toEqual(
      [4, 2, 1].map((AttributesLeftOut) => [{ AttributesLeftOut }, { source: 'auth0' }]),
    );
  });
});
