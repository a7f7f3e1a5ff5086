import { ManagementClient } from 'auth0';
import { createAuth0Api } from '../../lib/sources/auth0/api.ts';
import { type Auth0Options, startAuth0 } from '../../local/doubles/auth0/auth0.ts';
import type { WantedStream } from '../../scripts/auth0-recipe.ts';
import { streamBody } from '../../scripts/auth0-recipe.ts';
import { createStreamsApi } from '../../scripts/auth0-streams.ts';
import { makeNetwork } from './network.ts';

export const DOMAIN = 'example-tenant.us.auth0.com';
const ACCESS = { clientId: 'example-client-id', clientSecret: 'example-client-secret' };

export const [ADA, GRACE, LINUS] = ['auth0|ada', 'auth0|grace', 'auth0|linus'] as const;
const [DATABASE, SAML] = ['con_database00000001', 'con_acmeSaml00000001'];

const DIRECTORY: NonNullable<Auth0Options['directory']> = {
  users: [
    { user_id: ADA, email: 'ada@example.com', name: 'Ada Example' },
    { user_id: GRACE, email: 'grace@example.com', blocked: true },
    { user_id: LINUS, email: 'linus@example.com' },
  ],
  organizations: [
    { id: 'org_acme', name: 'acme', display_name: 'Acme' },
    { id: 'org_bolt', name: 'bolt' },
  ],
  roles: [
    { id: 'rol_admin', name: 'admin', description: 'May do everything' },
    { id: 'rol_editor', name: 'editor' },
  ],
  connections: [
    { id: DATABASE, name: 'Username-Password-Authentication', strategy: 'auth0' },
    { id: SAML, name: 'acme-saml', strategy: 'samlp' },
  ],
  groups: [
    { id: 'grp_design', name: 'Design', type: 'tenant' },
    { id: 'grp_sales', name: 'Sales', type: 'organization', organization_id: 'org_acme' },
    { id: 'grp_saml', name: 'SAML', type: 'connection', connection_id: SAML, external_id: 'saml' },
  ],
  members: [
    ['org_acme', ADA],
    ['org_acme', GRACE],
    ['org_bolt', ADA],
  ],
  memberRoles: [
    ['org_acme', ADA, 'rol_admin'],
    ['org_acme', ADA, 'rol_editor'],
  ],
  groupMembers: [
    ['grp_design', { member_type: 'user', id: ADA }],
    ['grp_design', { member_type: 'group', id: 'grp_sales' }],
    ['grp_sales', { member_type: 'user', id: ADA }],
  ],
  organizationGroupRoles: [
    ['org_acme', 'grp_design', 'rol_admin'],
    ['org_acme', 'grp_design', 'rol_editor'],
  ],
};

export const WANTED: WantedStream = {
  domain: DOMAIN,
  url: 'https://hooks.example.com/webhooks/auth0',
  name: 'mirror',
  scheme: 'bearer',
  header: 'authorization',
  eventTypes: ['user.created', 'user.updated'],
};
export const CREDENTIAL = { whole: 's3cret', username: '', password: '' };

/** A tenant served on loopback whose webhook refuses everything, and who asks it: the client, and the product's two APIs. */
export async function makeAuth0World(options: Partial<Auth0Options> = {}) {
  const { auth0, url, close } = await startAuth0({
    ...{ tenantUrl: `https://${DOMAIN}`, directory: DIRECTORY, deliver: async () => ({ status: 400 }) },
    ...{ deliveriesAs: 'page', ...options },
  });
  const network = makeNetwork({ [DOMAIN]: url });
  const makeClient = (over: Partial<typeof ACCESS> = {}) =>
    new ManagementClient({
      ...{ domain: DOMAIN, ...ACCESS, ...over },
      ...{ fetch: network.send as typeof fetch, maxRetries: 0 },
    });
  const client = makeClient();
  const { id: stream = '' } = await client.eventStreams.create(
    streamBody({ ...WANTED, name: 'first' }, CREDENTIAL) as never,
  );
  for (const id of ['katherine', 'mary', 'dorothy']) {
    auth0.createUser({ user_id: `auth0|${id}`, email: `${id}@example.com` });
  }
  await auth0.settled();
  const token = auth0.handle({
    ...{ method: 'POST', path: '/oauth/token', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({
      ...{ grant_type: 'client_credentials', audience: `https://${DOMAIN}/api/v2/` },
      ...{ client_id: ACCESS.clientId, client_secret: ACCESS.clientSecret },
    }),
  });
  const { access_token } = JSON.parse(token.body);
  return {
    ...{ auth0, network, client, makeClient, close },
    api: createAuth0Api({
      http: network.http,
      clock: Date.now,
      random: Math.random,
      credentials: async () => ({ url: `https://${DOMAIN}`, ...ACCESS }),
      headroom: 0,
    }),
    streamsApi: createStreamsApi(
      WANTED,
      { tenant: `https://${DOMAIN}`, authorization: `Bearer ${access_token}` },
      network.http,
    ),
    ids: { stream },
    access: ACCESS,
  };
}

export type Auth0World = Awaited<ReturnType<typeof makeAuth0World>>;
