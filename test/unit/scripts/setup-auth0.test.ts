import { describe, expect, test } from 'vitest';
import { readCredential } from '../../../lib/http/bearer.ts';
import { auth0Error } from '../../../local/doubles/auth0/error.ts';
import { credentialOf, streamBody } from '../../../scripts/auth0-recipe.ts';
import { BadArguments } from '../../../scripts/command.ts';
import {
  ENDPOINT,
  GENERATED,
  makeTenant,
  makeTenantInOrder,
  typesOf,
  wantedStream,
} from '../../support/setup-auth0.ts';

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
        event: { type: 'user.deleted', a0purpose: 'test' },
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
