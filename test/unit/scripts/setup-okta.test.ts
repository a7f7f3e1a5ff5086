import { describe, expect, test } from 'vitest';
import { hookEventTypes } from '../../../lib/sources/okta/inbound.ts';
import { BadArguments } from '../../../scripts/command.ts';
import { hookBody } from '../../../scripts/okta-recipe.ts';
import {
  AUTHORIZED,
  GENERATED,
  makeOrg,
  makeOrgInOrder,
  URL_OF_HOOK,
  wantedHook,
} from '../../support/setup-okta.ts';

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
