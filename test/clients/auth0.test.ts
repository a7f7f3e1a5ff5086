import { Management, type ManagementClient } from 'auth0';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import type { Auth0Api } from '../../lib/sources/auth0/api.ts';
import { streamBody } from '../../scripts/auth0-recipe.ts';
import type { StreamsApi } from '../../scripts/auth0-streams.ts';
import { runAuth0Setup } from '../../scripts/setup-auth0.ts';
import { makeTenant, mapped } from '../support/auth0-runs.ts';
import { setupGiven } from '../support/setup-given.ts';
import { type Claim, claimsOf, typeFaults } from './answers.ts';
import { reading, settingUp } from './auth0-calls.ts';
import { ADA, type Auth0World, CREDENTIAL, DOMAIN, makeAuth0World, WANTED } from './auth0-world.ts';
import type { Exchange } from './network.ts';
import { drive, endpointsOf, type Pair, succeeded, unmatched } from './pairs.ts';

let world: Auth0World;
beforeAll(async () => {
  world = await makeAuth0World();
});
afterAll(() => world.close());

const claims: Claim[] = [];
const ofMirror: Exchange[] = [];
const ofSetUp: Exchange[] = [];

test.each<[string, Pair<Auth0Api, ManagementClient, Auth0World['ids']>]>(Object.entries(reading))(
  'the client makes the call %s of the mirror',
  async (name, pair) => {
    const { client, api, network, ids } = world;

    const driven = await drive(pair, { api, client, world: ids, network });

    expect(succeeded(driven.ours)).toBe(true);
    expect(unmatched(driven)).toEqual([]);
    claims.push(...claimsOf(driven, `Answer<(typeof reading)['${name}']>`, pair));
    ofMirror.push(...driven.ours);
  },
);

test.each<[string, Pair<StreamsApi, ManagementClient, Auth0World['ids']>]>(Object.entries(settingUp))(
  'the client makes the call %s of the set-up',
  async (name, pair) => {
    const { client, streamsApi: api, network, ids } = world;

    const driven = await drive(pair, { api, client, world: ids, network });

    expect(succeeded(driven.ours)).toBe(true);
    expect(unmatched(driven)).toEqual([]);
    claims.push(...claimsOf(driven, `Answer<(typeof settingUp)['${name}']>`, pair));
    ofSetUp.push(...driven.ours);
  },
);

test('a run, its deliveries and a catch-up make no call but these, and otherwise ask for a token', async () => {
  const company = makeTenant({ ...mapped, api: {} });
  await company.read();
  const { auth0, directory } = company;
  await company.webhook(...auth0.createUser({ user_id: 'auth0|new' }), ...auth0.deleteUser('auth0|00001'));
  // Nobody told of this one: the run asks.
  auth0.deleteUser('auth0|00002');
  await company.read();
  await directory.readEvents(undefined, 0);

  const made = endpointsOf(auth0.calls);

  expect(made.length).toBeGreaterThan(8);
  expect(made.filter((endpoint) => !endpointsOf(ofMirror).includes(endpoint))).toEqual(['POST /oauth/token']);
});

test('the set-up command makes these calls, and otherwise asks for a token', async () => {
  const fresh = await makeAuth0World();
  const config = readConfig({ sources: { auth0: { kind: 'auth0', organization: 'acme' } } });
  const env = { AUTH0_CLIENT_ID: fresh.access.clientId, AUTH0_CLIENT_SECRET: fresh.access.clientSecret };
  const args = ['--domain', DOMAIN, '--url', `${WANTED.url}/auth0`, '--apply', '--credential', 's3cret'];
  const run = (more: string[] = []) =>
    runAuth0Setup(setupGiven([...args, ...more]), config, {
      ...{ http: fresh.network.http, random: (bytes) => Buffer.alloc(bytes, 7), print: () => undefined },
      ...{ clock: Date.now, env },
    });

  const made = await fresh.network.during(async () => {
    await run();
    await run(['--name', 'another']);
  });
  await fresh.close();

  expect(endpointsOf(made)).toEqual([...endpointsOf(ofSetUp), 'POST /oauth/token']);
});

describe('what the client does of its own accord', () => {
  test('it asks for a token by a form', async () => {
    const { makeClient, network } = world;

    const [asked] = await network.during(() => makeClient().users.get(ADA));

    expect(asked).toMatchObject({ path: '/oauth/token', status: 200 });
    expect(asked?.sent).toMatch(/^grant_type=client_credentials&/);
  });

  test.each<[string, (auth0: ManagementClient) => Promise<AsyncIterable<unknown>>]>([
    ['groups', (auth0) => auth0.groups.list({ take: 1 })],
    ["a user's groups", (auth0) => auth0.users.groups.get(ADA, { take: 1 })],
  ])('it asks for the totals of %s beside a checkpoint', async (_, list) => {
    const asked = await world.network.during(() => list(world.client));

    expect(asked).toMatchObject([{ query: { include_totals: 'true', take: '1' }, status: 200 }]);
  });
});

/** Each page of one or two items. */
test.each<[string, number, (auth0: ManagementClient, stream: string) => Promise<AsyncIterable<unknown>>]>([
  ['users', 6, (auth0) => auth0.users.list({ per_page: 2 })],
  ["a user's organizations", 2, (auth0) => auth0.users.organizations.list(ADA, { per_page: 1 })],
  ["a user's groups", 2, (auth0) => auth0.users.groups.get(ADA, { take: 1 })],
  ['organizations', 2, (auth0) => auth0.organizations.list({ take: 1 })],
  ['members', 2, (auth0) => auth0.organizations.members.list('org_acme', { take: 1 })],
  [
    "a member's roles",
    2,
    (auth0) => auth0.organizations.members.roles.list('org_acme', ADA, { per_page: 1 }),
  ],
  ["an organization's groups", 2, (auth0) => auth0.organizations.groups.list('org_acme', { take: 1 })],
  [
    "a group's roles",
    2,
    (auth0) => auth0.organizations.groups.roles.list('org_acme', 'grp_design', { take: 1 }),
  ],
  ['groups', 3, (auth0) => auth0.groups.list({ take: 1 })],
  ["a group's members", 2, (auth0) => auth0.groups.members.get('grp_design', { take: 1 })],
  ['event streams', 2, (auth0) => auth0.eventStreams.list({ take: 1 })],
  ['failed deliveries', 3, (auth0, stream) => auth0.eventStreams.deliveries.list(stream, { take: 1 })],
])('the client pages through %s to the end', async (_, count, list) => {
  const fresh = await makeAuth0World();
  const { client, ids } = fresh;
  await client.eventStreams.create(streamBody({ ...WANTED, name: 'second' }, CREDENTIAL) as never);

  const items = new Set<string>();
  for await (const item of await list(client, ids.stream)) items.add(JSON.stringify(item));
  await fresh.close();

  expect(items.size).toBe(count);
});

test('the client sees the groups that are members of a group', async () => {
  const { data } = await world.client.groups.members.get('grp_design');

  expect(data).toMatchObject([
    { id: 'grp_sales', member_type: 'group' },
    { id: ADA, member_type: 'user' },
  ]);
});

test('the client sees a status of the test event', async () => {
  const { client, ids } = world;

  const { status } = await client.eventStreams.test(ids.stream, { event_type: 'user.created' });

  expect(status).toBe('failed');
});

test('the client deletes an event stream', async () => {
  const { client } = world;
  const body = streamBody({ ...WANTED, name: 'third' }, CREDENTIAL);
  const { id = '' } = await client.eventStreams.create(body as never);

  await client.eventStreams.delete(id);

  await expect(client.eventStreams.get(id)).rejects.toMatchObject({ statusCode: 404 });
});

describe('an error that the client knows', () => {
  test.each([
    {
      of: 'a user whom Auth0 does not know',
      ask: (auth0: ManagementClient): Promise<unknown> => auth0.users.get('auth0|nobody'),
      kind: Management.NotFoundError,
      facts: { statusCode: 404, body: { errorCode: 'inexistent_user' } },
    },
    {
      of: 'a page beyond the first 1,000',
      ask: (auth0: ManagementClient): Promise<unknown> => auth0.users.list({ page: 10, per_page: 100 }),
      kind: Management.BadRequestError,
      facts: { statusCode: 400, body: { errorCode: 'invalid_paging' } },
    },
  ])('is that of $of', async ({ ask, kind, facts }) => {
    const error = await ask(world.client).catch((thrown) => thrown);

    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject(facts);
  });

  test('is that of a secret that was rotated', async () => {
    const client = world.makeClient({ clientSecret: 'another' });

    await expect(client.users.get(ADA)).rejects.toMatchObject({
      ...{ statusCode: 401, body: { error: 'access_denied' } },
    });
  });

  test('is that of a scope that is missing', async () => {
    const poor = await makeAuth0World({ scopes: ['create:event_streams'] });

    const error = await poor.client.users.get(ADA).catch((thrown) => thrown);
    await poor.close();

    expect(error).toBeInstanceOf(Management.ForbiddenError);
    expect(error).toMatchObject({ statusCode: 403, body: { errorCode: 'insufficient_scope' } });
  });

  test('is that of a rate limit', async () => {
    const busy = await makeAuth0World({ rateLimits: { users: { burst: 0, perMinute: 1 } } });

    const error = await busy.client.users.get(ADA).catch((thrown) => thrown);
    await busy.close();

    expect(error).toBeInstanceOf(Management.TooManyRequestsError);
  });
});

test('every answer is of the type that the client declares', async () => {
  const imports = [
    "import type { Management } from 'auth0';",
    "import type { reading, settingUp, WithToken } from '../auth0-calls.ts';",
    "import type { Answer } from '../types.ts';",
  ];

  expect(claims.length).toBeGreaterThanOrEqual(21);
  expect(await typeFaults('auth0', imports, claims)).toBe('');
});
