import { generateKeyPairSync } from 'node:crypto';
import okta from '@okta/okta-sdk-nodejs';
import { createOktaApi } from '../../lib/sources/okta/api.ts';
import type { OktaCredentials } from '../../lib/sources/okta/credentials.ts';
import { type OktaOptions, startOkta } from '../../local/doubles/okta/okta.ts';
import { createHooksApi } from '../../scripts/okta-hooks.ts';
import { hookBody, type WantedHook } from '../../scripts/okta-recipe.ts';
import { makeNetwork, type Network } from './network.ts';

export const DOMAIN = 'example-org.okta.com';
const ORG = `https://${DOMAIN}`;
const SSWS = 'example-ssws-token';
const CLIENT_ID = '0oaServiceApp0000001';

export const [ADA, GRACE, LINUS] = ['00uAda', '00uGrace', '00uLinus'] as const;

const person = (id: string, firstName: string) => ({
  ...{ id, lastUpdated: '2026-09-01T09:00:00.000Z' },
  profile: { login: `${id}@example.com`, email: `${id}@example.com`, firstName, lastName: 'Example' },
});

const ORGANIZATION: Partial<OktaOptions> = {
  users: [
    { ...person(ADA, 'Ada'), transitioningToStatus: null },
    person(GRACE, 'Grace'),
    { ...person(LINUS, 'Linus'), status: 'DEPROVISIONED' },
  ],
  groups: [
    { id: '00gAll', type: 'BUILT_IN', profile: { name: 'Everyone', description: 'All users' } },
    { id: '00gDesign', profile: { name: 'Design', description: 'Those who draw' } },
    { id: '00gSales', type: 'APP_GROUP', profile: { name: 'Sales', description: 'Those who sell' } },
  ],
  members: [
    ['00gDesign', ADA],
    ['00gDesign', GRACE],
  ],
  apps: [{ id: '0oaVelt', label: 'Velt' }],
  assignments: [
    ['0oaVelt', ADA],
    ['0oaVelt', GRACE],
  ],
};

export const WANTED: WantedHook = {
  domain: DOMAIN,
  url: 'https://hooks.example.com/webhooks/okta',
  name: 'mirror',
  header: 'authorization',
  eventTypes: ['user.lifecycle.create', 'user.lifecycle.deactivate'],
};
export const CREDENTIAL = 's3cret';

/** An org served on loopback whose hooks' URL answers, and who asks it: the client, and the product's two APIs. */
export async function makeOktaWorld(options: Partial<OktaOptions> = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const served = await startOkta({
    ...ORGANIZATION,
    ...{ orgUrl: ORG, ssws: SSWS },
    serviceApp: { clientId: CLIENT_ID, publicKey: publicKey.export({ format: 'jwk' }) },
    challenge: async (_url, headers) => ({
      status: 200,
      body: JSON.stringify({ verification: headers['x-okta-verification-challenge'] }),
    }),
    ...options,
  });
  const network = makeNetwork({ [DOMAIN]: served.url });
  const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const makeClient = (over: ClientConfiguration = { token: SSWS }) =>
    new okta.Client({ orgUrl: ORG, ...over, requestExecutor: executor(network), ...NO_CACHE });
  const client = makeClient();
  const { id: hook = '' } = await client.eventHookApi.createEventHook({
    eventHook: hookBody({ ...WANTED, name: 'first' }, CREDENTIAL) as never,
  });
  for (const type of WANTED.eventTypes) served.okta.log.append(type);
  const makeApi = (credentials: OktaCredentials = { url: ORG, ssws: SSWS }) =>
    createOktaApi({
      ...{ http: network.http, clock: Date.now, random: Math.random, headroom: 0 },
      credentials: async () => credentials,
    });
  return {
    ...{ network, client, makeClient, makeApi, ids: { hook } },
    ...{ okta: served.okta, close: served.close },
    api: makeApi(),
    hooksApi: createHooksApi(ORG, `SSWS ${SSWS}`, network.http),
    /** How a service app is set up, in the client and in the product. */
    serviceApp: {
      client: {
        ...{ authorizationMode: 'PrivateKey', clientId: CLIENT_ID, privateKey: key },
        scopes: ['okta.users.read'],
      },
      credentials: { url: ORG, clientId: CLIENT_ID, privateKey: key },
    },
    token: SSWS,
  };
}

export type OktaWorld = Awaited<ReturnType<typeof makeOktaWorld>>;

type ClientConfiguration = NonNullable<ConstructorParameters<typeof okta.Client>[0]>;
type Sent = { url: string; method: string; headers: Record<string, string>; body?: string };

/** The client keeps answers to a GET otherwise, and would not ask again. */
const NO_CACHE = { cacheMiddleware: null } as unknown as ClientConfiguration;

/** The client's own way of sending, over the network. */
function executor({ send }: Network) {
  return new (class extends okta.RequestExecutor {
    override fetch(request: object) {
      const { url, method, headers, body } = request as Sent;
      return send(url, { method: method.toUpperCase(), headers, ...(body != null && { body }) }) as never;
    }
  })();
}
