import type { Client, Collection } from '@okta/okta-sdk-nodejs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../lib/config.ts';
import type { OktaApi } from '../../lib/sources/okta/api.ts';
import type { HooksApi } from '../../scripts/okta-hooks.ts';
import { hookBody } from '../../scripts/okta-recipe.ts';
import { runOktaSetup } from '../../scripts/setup-okta.ts';
import { makeOktaRuns, person } from '../support/okta-runs.ts';
import { setupGiven } from '../support/setup-given.ts';
import { type Claim, claimsOf, typeFaults } from './answers.ts';
import type { Exchange } from './network.ts';
import { reading, settingUp } from './okta-calls.ts';
import {
  ADA,
  CREDENTIAL,
  DOMAIN,
  GRACE,
  LINUS,
  makeOktaWorld,
  type OktaWorld,
  WANTED,
} from './okta-world.ts';
import { drive, endpointsOf, type Pair, succeeded, unmatched } from './pairs.ts';

let world: OktaWorld;
beforeAll(async () => {
  world = await makeOktaWorld();
});
afterAll(() => world.close());

const claims: Claim[] = [];
const ofMirror: Exchange[] = [];
const ofSetUp: Exchange[] = [];

test.each<[string, Pair<OktaApi, Client, OktaWorld['ids']>]>(Object.entries(reading))(
  'the client makes the call %s of the mirror',
  async (name, pair) => {
    const { client, api, network, ids } = world;

    const driven = await drive(pair, { api, client, world: ids, network });

    expect(succeeded(driven.ours)).toBe(true);
    expect(unmatched(driven, pair.unknownToClient)).toEqual([]);
    claims.push(...claimsOf(driven, `Answer<(typeof reading)['${name}'], null>`, pair));
    ofMirror.push(...driven.ours);
  },
);

test.each<[string, Pair<HooksApi, Client, OktaWorld['ids']>]>(Object.entries(settingUp))(
  'the client makes the call %s of the set-up',
  async (name, pair) => {
    const { client, hooksApi: api, network, ids } = world;

    const driven = await drive(pair, { api, client, world: ids, network });

    expect(succeeded(driven.ours)).toBe(true);
    expect(unmatched(driven)).toEqual([]);
    claims.push(...claimsOf(driven, `Answer<(typeof settingUp)['${name}'], null>`, pair));
    ofSetUp.push(...driven.ours);
  },
);

test('a run, its deliveries and a catch-up make no call but these', async () => {
  const company = makeOktaRuns({
    source: { users: { application: '0oaVelt' }, api: {} },
    org: {
      apps: [{ id: '0oaVelt', label: 'Velt' }],
      assignments: [1, 2, 3].map((n) => ['0oaVelt', person(n).id]),
    },
  });
  await company.read();
  const { okta } = company;
  await company.webhook(...okta.assignApp('0oaVelt', person(4).id), ...okta.deactivate(person(1).id));
  await company.read();
  await company.catchUpOnce();

  const made = endpointsOf(okta.calls.map(({ path }) => ({ method: 'GET', path })));

  expect(made.length).toBeGreaterThan(4);
  expect(made.filter((endpoint) => !endpointsOf(ofMirror).includes(endpoint))).toEqual([]);
});

test('the set-up command makes these calls', async () => {
  const fresh = await makeOktaWorld();
  const config = readConfig({ sources: { okta: { kind: 'okta', organization: 'acme' } } });
  const args = ['--domain', DOMAIN, '--url', `${WANTED.url}/okta`, '--apply', '--credential', 's3cret'];
  const run = (more: string[] = []) =>
    runOktaSetup(setupGiven([...args, ...more]), config, {
      ...{ http: fresh.network.http, random: (bytes) => Buffer.alloc(bytes, 7), print: () => undefined },
      ...{ clock: Date.now, env: { OKTA_API_TOKEN: fresh.token } },
    });

  const made = await fresh.network.during(async () => {
    await run();
    const hooks = await fresh.hooksApi.list();
    const mirror = hooks.find(({ channel }) => channel.config.uri === `${WANTED.url}/okta`);
    await fresh.client.eventHookApi.deactivateEventHook({ eventHookId: mirror?.id ?? '' });
    await run(['--name', 'another']);
  });
  await fresh.close();

  const asAdmin = 'POST /api/v1/eventHooks/*/lifecycle/deactivate';
  expect(endpointsOf(made).filter((endpoint) => endpoint !== asAdmin)).toEqual(endpointsOf(ofSetUp));
});

describe('a service app of the client', () => {
  test('gets its token by a private key and reads with it', async () => {
    const { makeClient, network, serviceApp } = world;
    const client = makeClient(serviceApp.client);

    const asked = await network.during(() => client.userApi.getUser({ userId: ADA }));

    expect(asked).toMatchObject([
      { method: 'POST', path: '/oauth2/v1/token', status: 200, answered: { token_type: 'Bearer' } },
      { method: 'GET', path: `/api/v1/users/${ADA}`, status: 200 },
    ]);
  });

  test('asks for its token as the mirror does, but for its proof', async () => {
    const { makeClient, makeApi, network, serviceApp } = world;
    const form = ([asked]: Exchange[]) => {
      const fields = new URLSearchParams(String(asked?.sent));
      for (const own of ['client_assertion', 'scope']) fields.delete(own);
      return { method: asked?.method, path: asked?.path, fields: Object.fromEntries(fields) };
    };

    const theirs = await network.during(() => makeClient(serviceApp.client).userApi.getUser({ userId: ADA }));
    const ours = await network.during(() => makeApi(serviceApp.credentials).readUser(ADA));

    expect(form(ours)).toEqual(form(theirs));
  });
});

/** Each page of one or two items. */
test.each<[string, string[], (okta: Client) => Promise<Collection<{ id?: string }>>]>([
  ['users', [ADA, GRACE], (okta) => okta.userApi.listUsers({ limit: 1 })],
  [
    'users by a filter',
    [LINUS],
    (okta) => okta.userApi.listUsers({ filter: 'status eq "DEPROVISIONED"', limit: 1 }),
  ],
  ['groups', ['00gAll', '00gDesign', '00gSales'], (okta) => okta.groupApi.listGroups({ limit: 2 })],
  [
    "a group's users",
    [ADA, GRACE],
    (okta) => okta.groupApi.listGroupUsers({ groupId: '00gDesign', limit: 1 }),
  ],
  ["a user's groups", ['00gAll', '00gDesign'], (okta) => okta.userApi.listUserGroups({ userId: ADA })],
  [
    "an application's users",
    [ADA, GRACE],
    (okta) => okta.applicationApi.listApplicationUsers({ appId: '0oaVelt', expand: 'user', limit: 1 }),
  ],
])('the client pages through %s to the end', async (_, ids, list) => {
  const found: unknown[] = [];
  await (await list(world.client)).each((item) => void found.push(item.id));

  expect(found).toEqual(ids);
});

test.each([
  [{ q: 'des' }, ['00gDesign']],
  [{ filter: 'type eq "APP_GROUP"' }, ['00gSales']],
  [{ search: 'profile.name sw "Ev"' }, ['00gAll']],
])('the client narrows the list of groups by %o', async (query, ids) => {
  const found: unknown[] = [];
  await (await world.client.groupApi.listGroups(query)).each(({ id }) => void found.push(id));

  expect(found).toEqual(ids);
});

test('the client asks for a log of no event', async () => {
  const log = await world.client.systemLogApi.listLogEvents({ limit: 0 });

  expect(await log.getNextPage()).toEqual([]);
});

describe('an event hook of the client', () => {
  async function makeHook() {
    const eventHook = hookBody({ ...WANTED, name: 'another' }, CREDENTIAL) as never;
    const { id = '' } = await world.client.eventHookApi.createEventHook({ eventHook });
    return { eventHookId: id };
  }

  test('is verified by the double that is served alone', async () => {
    const hook = await makeHook();

    const { verificationStatus } = await world.client.eventHookApi.verifyEventHook(hook);

    expect(verificationStatus).toBe('VERIFIED');
  });

  test('is deleted once it is deactivated', async () => {
    const { eventHookApi } = world.client;
    const hook = await makeHook();

    await expect(eventHookApi.deleteEventHook(hook)).rejects.toMatchObject({ errorCode: 'E0000001' });
    await eventHookApi.deactivateEventHook(hook);
    await eventHookApi.deleteEventHook(hook);

    await expect(eventHookApi.getEventHook(hook)).rejects.toMatchObject({ errorCode: 'E0000007' });
  });
});

test.each<[string, object, (okta: Client) => Promise<unknown>]>([
  [
    'a user whom Okta does not know',
    { status: 404, errorCode: 'E0000007' },
    (okta) => okta.userApi.getUser({ userId: '00uNobody' }),
  ],
  [
    'a search that is none',
    { status: 400, errorCode: 'E0000031' },
    async (okta) => (await okta.groupApi.listGroups({ search: 'name is Design' })).getNextPage(),
  ],
  [
    'a path that Okta does not know',
    { status: 404, errorCode: 'E0000008' },
    (okta) => okta.userTypeApi.getUserType({ typeId: 'otyNone' }),
  ],
  [
    'a method that the path does not know',
    { status: 405, errorCode: 'E0000022' },
    (okta) => okta.userApi.deleteUser({ id: ADA, userId: ADA } as never),
  ],
])('the client knows the error of %s', async (_, error, ask) => {
  await expect(ask(world.client)).rejects.toMatchObject({ name: 'OktaApiError', ...error });
});

test('the client knows the error of a token that was revoked', async () => {
  const client = world.makeClient({ token: 'revoked' });

  await expect(client.userApi.getUser({ userId: ADA })).rejects.toMatchObject({
    ...{ status: 401, errorCode: 'E0000011' },
  });
});

test('the client knows the error of a rate limit', async () => {
  const busy = await makeOktaWorld({ rateLimit: { limit: 1, windowMs: 60_000 } });

  const error = await busy.client.userApi.getUser({ userId: ADA }).catch((thrown) => thrown);
  await busy.close();

  expect(error).toMatchObject({ status: 429, errorCode: 'E0000047' });
});

/** Okta writes null for what it has not, of which the client's types say only that it may be absent (recorded answers). */
test('every answer is of the type that the client declares', async () => {
  const imports = [
    "import type { EventHook } from '@okta/okta-sdk-nodejs';",
    "import type { reading, settingUp } from '../okta-calls.ts';",
    "import type { Answer, Beside, Json } from '../types.ts';",
  ];

  expect(claims.length).toBeGreaterThanOrEqual(17);
  expect(await typeFaults('okta', imports, claims)).toBe('');
});
