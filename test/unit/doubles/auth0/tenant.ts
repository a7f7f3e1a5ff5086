import {
  type Auth0,
  type Auth0Event,
  type Auth0Options,
  createAuth0,
} from '../../../../local/doubles/auth0/auth0.ts';
import { makeClock, NOW } from '../../../support/factories.ts';

export const tenantUrl = 'https://example-tenant.us.auth0.com';

export const grant = {
  grant_type: 'client_credentials',
  client_id: 'example-client-id',
  client_secret: 'example-client-secret',
  audience: `${tenantUrl}/api/v2/`,
};

export const ada = { user_id: 'auth0|ada', email: 'ada@example.com', name: 'Ada' };
export const alan = {
  user_id: 'google-oauth2|alan',
  email: 'alan@example.com',
  app_metadata: { plan: 'pro' },
};
export const acme = { id: 'org_acme', name: 'acme', display_name: 'Acme' };
export const admin = { id: 'rol_admin', name: 'admin' };
export const team = { id: 'grp_team', name: 'Team', type: 'connection' as const, connection_id: 'con_saml' };
export const saml = { id: 'con_saml', name: 'acme-saml', strategy: 'samlp' };
export const userMember = (id: string) => ({ member_type: 'user' as const, id });

/** Auth0 with two people, an organization, a role, a group and a connection, and somebody who calls it. */
export function makeAuth0(options: Partial<Auth0Options> = {}) {
  const time = makeClock();
  const waits: number[] = [];
  const auth0 = createAuth0({
    ...{ tenantUrl, clock: time.clock, random: () => 0.5 },
    sleep: async (ms) => waits.push(ms),
    directory: {
      users: [ada, alan],
      organizations: [acme],
      roles: [admin],
      groups: [team],
      connections: [saml],
    },
    ...options,
  });
  const authorization = `Bearer ${tokenOf(auth0)}`;
  const call = (method: string, path: string, body?: unknown) => {
    const answer = auth0.handle({
      method,
      path: `/api/v2/${path}`,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { ...answer, json: answer.body === '' ? undefined : JSON.parse(answer.body) };
  };
  return { auth0, call, get: (path: string) => call('GET', path), time, waits };
}

export function askForToken(auth0: Auth0, changes: object = {}) {
  return auth0.handle({
    method: 'POST',
    path: '/oauth/token',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...grant, ...changes }),
  });
}

export const tokenOf = (auth0: Auth0): string => JSON.parse(askForToken(auth0).body).access_token;

/** Auth0 with an event stream to a webhook that answers with these statuses in turn, the last of them for ever. */
export function makeStream({
  statuses = [200],
  ...options
}: Partial<Auth0Options> & { statuses?: number[] } = {}) {
  const sent: { url: string; headers: Record<string, string>; event: Auth0Event }[] = [];
  const tenant = makeAuth0({
    deliver: async (url, headers, body) => {
      const status = statuses[Math.min(sent.length, statuses.length - 1)] ?? 0;
      sent.push({ url, headers, event: JSON.parse(body) });
      if (status === 0) throw new Error('nobody answers');
      return { status };
    },
    ...options,
  });
  const created = tenant.call('POST', 'event-streams', streamBody());
  return { ...tenant, sent, id: created.json.id as string, created };
}

export const streamBody = (
  authorization: object = { method: 'bearer', token: 's3cret' },
  endpoint = 'https://hooks.example.com/auth0',
) => ({
  name: 'mirror',
  subscriptions: [{ event_type: 'user.created' }, { event_type: 'user.updated' }],
  destination: {
    type: 'webhook',
    configuration: { webhook_endpoint: endpoint, webhook_authorization: authorization },
  },
});

export const typesOf = (events: Auth0Event[]) => events.map(({ type }) => type);
export const idsOf = (things: { user_id: string }[]) => things.map(({ user_id }) => user_id);

export const people = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    user_id: `auth0|${String(n).padStart(5, '0')}`,
    created_at: new Date(NOW - 10_000_000 + n * 1000).toISOString(),
  }));
