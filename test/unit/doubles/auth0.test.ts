import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../lib/config.ts';
import type { Change } from '../../../lib/directory/change.ts';
import { createHttp } from '../../../lib/http/client.ts';
import { createAuth0Api } from '../../../lib/sources/auth0/api.ts';
import type { Auth0Config } from '../../../lib/sources/auth0/config.ts';
import { createAuth0Directory } from '../../../lib/sources/auth0/directory.ts';
import { mapBody } from '../../../lib/sources/auth0/map.ts';
import {
  type Auth0,
  type Auth0Event,
  type Auth0Options,
  createAuth0,
  startAuth0,
} from '../../../local/doubles/auth0/auth0.ts';
import { makeTenant } from '../../../local/doubles/auth0/made.ts';
import { makeClock, NOW } from '../../support/factories.ts';

const tenantUrl = 'https://example-tenant.us.auth0.com';
const grant = {
  grant_type: 'client_credentials',
  client_id: 'example-client-id',
  client_secret: 'example-client-secret',
  audience: `${tenantUrl}/api/v2/`,
};
const ada = { user_id: 'auth0|ada', email: 'ada@example.com', name: 'Ada' };
const alan = { user_id: 'google-oauth2|alan', email: 'alan@example.com', app_metadata: { plan: 'pro' } };
const acme = { id: 'org_acme', name: 'acme', display_name: 'Acme' };
const admin = { id: 'rol_admin', name: 'admin' };
const team = { id: 'grp_team', name: 'Team', type: 'connection' as const, connection_id: 'con_saml' };
const saml = { id: 'con_saml', name: 'acme-saml', strategy: 'samlp' };
const userMember = (id: string) => ({ member_type: 'user' as const, id });

/** Auth0 with two people, an organization, a role, a group and a connection, and somebody who calls it. */
function makeAuth0(options: Partial<Auth0Options> = {}) {
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

function askForToken(auth0: Auth0, changes: object = {}) {
  return auth0.handle({
    method: 'POST',
    path: '/oauth/token',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...grant, ...changes }),
  });
}

const tokenOf = (auth0: Auth0): string => JSON.parse(askForToken(auth0).body).access_token;

/** Auth0 with an event stream to a webhook that answers with these statuses in turn, the last of them for ever. */
function makeStream({ statuses = [200], ...options }: Partial<Auth0Options> & { statuses?: number[] } = {}) {
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

const streamBody = (
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

const typesOf = (events: Auth0Event[]) => events.map(({ type }) => type);
const idsOf = (things: { user_id: string }[]) => things.map(({ user_id }) => user_id);
const people = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    user_id: `auth0|${String(n).padStart(5, '0')}`,
    created_at: new Date(NOW - 10_000_000 + n * 1000).toISOString(),
  }));

describe('a token', () => {
  test('is given for a day, with its scopes', () => {
    const { auth0 } = makeAuth0({ scopes: ['read:users', 'read:groups'] });

    const answer = askForToken(auth0);

    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({
      expires_in: 86_400,
      token_type: 'Bearer',
      scope: 'read:users read:groups',
    });
  });

  test.each([
    ['a wrong secret', { client_secret: 'old' }, 401, 'access_denied'],
    ['a wrong client', { client_id: 'other' }, 401, 'access_denied'],
    ['another audience', { audience: 'https://api.example.com' }, 403, 'access_denied'],
    ['another grant', { grant_type: 'password' }, 403, 'unsupported_grant_type'],
    ['no secret', { client_secret: undefined }, 400, 'invalid_request'],
  ])('is refused for %s', (_what, changes, status, error) => {
    const { auth0 } = makeAuth0();

    const answer = askForToken(auth0, changes);

    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ error });
  });

  test('ends after a day, and is needed', () => {
    const { auth0, get, time } = makeAuth0();

    const before = get('users');
    time.now += 86_400_000;
    const after = get('users');
    const without = auth0.handle({ method: 'GET', path: '/api/v2/users', headers: {} });

    expect([before.status, after.status, without.status]).toEqual([200, 401, 401]);
  });

  test('without the scope of an endpoint gets 403 and its name; a scope that is granted is in the next token', () => {
    const { auth0, get } = makeAuth0({ scopes: ['read:organization_members'] });

    const [users, members, roles] = [
      get('users'),
      get('organizations/org_acme/members'),
      get('organizations/org_acme/members?fields=user_id,roles'),
    ];
    auth0.grantScopes(['read:users']);
    const still = get('users');
    const renewed = auth0.handle({
      method: 'GET',
      path: '/api/v2/users',
      headers: { authorization: `Bearer ${tokenOf(auth0)}` },
    });

    expect([users.status, members.status, roles.status, still.status, renewed.status]).toEqual([
      403, 200, 403, 403, 200,
    ]);
    expect(users.json).toEqual({
      statusCode: 403,
      error: 'Forbidden',
      message: 'Insufficient scope, expected any of: read:users',
      errorCode: 'insufficient_scope',
    });
  });
});

describe('users', () => {
  test('are paged by number up to the 1,000th, and counted beyond', () => {
    const { get } = makeAuth0({ directory: { users: people(1_100) } });

    const last = get('users?per_page=100&page=9&include_totals=true');
    const beyond = get('users?per_page=100&page=10&include_totals=true');

    expect(last.json).toMatchObject({ start: 900, limit: 100, length: 100, total: 1_100 });
    expect(beyond.status).toBe(400);
    expect(beyond.json).toMatchObject({ errorCode: 'invalid_paging' });
  });

  test.each([
    ['[2026-09-01T09:00:01.000Z TO 2026-09-01T09:00:03.000Z]', ['1', '2', '3']],
    ['{2026-09-01T09:00:01.000Z TO 2026-09-01T09:00:03.000Z}', ['2']],
    ['[2026-09-01T09:00:03Z TO *]', ['3', '4']],
    ['[* TO 2026-09-01T09:00:01.000Z}', ['0']],
  ])('are found by creation in %s', (range, expected) => {
    const users = [4, 2, 0, 1, 3].map((n) => ({
      user_id: `auth0|${n}`,
      created_at: `2026-09-01T09:00:0${n}.000Z`,
    }));
    const { get } = makeAuth0({ directory: { users } });

    const { json } = get(`users?q=${encodeURIComponent(`created_at:${range}`)}&sort=created_at:1`);

    expect(idsOf(json)).toEqual(expected.map((n) => `auth0|${n}`));
  });

  test('are found by their last update and by connection, also after they changed', () => {
    const { auth0, get } = makeAuth0();
    const since = `updated_at:[${new Date(NOW).toISOString()} TO *]`;
    const google = 'identities.connection:"google-oauth2"';

    const before = get(`users?q=${encodeURIComponent(since)}`).json;
    auth0.login(ada.user_id);
    auth0.login(alan.user_id);
    const [updated, both] = [since, `${since} AND ${google}`].map(
      (q) => get(`users?q=${encodeURIComponent(q)}`).json,
    );

    expect(before).toEqual([]);
    expect(idsOf(updated)).toEqual([ada.user_id, alan.user_id]);
    expect(idsOf(both)).toEqual([alan.user_id]);
  });

  test('who were created just now are known by id and not yet to a search that lags', () => {
    const { auth0, get, time } = makeAuth0({ searchLagMs: 5_000 });

    auth0.createUser({ user_id: 'auth0|grace' });
    const [early, byId] = [get('users'), get('users/auth0%7Cgrace')];
    time.now += 5_000;
    const late = get('users');

    expect(idsOf(early.json)).not.toContain('auth0|grace');
    expect(byId.json).toMatchObject({ user_id: 'auth0|grace' });
    expect(idsOf(late.json)).toContain('auth0|grace');
  });

  test.each([
    ['users?per_page=101', 400, 'invalid_query_string'],
    ['users?page=-1', 400, 'invalid_query_string'],
    ['users?q=name:ada', 400, 'invalid_query_string'],
    ['users?sort=name:1', 400, 'invalid_query_string'],
    ['users?from=abc', 400, 'invalid_query_string'],
    ['users/ada', 400, 'invalid_uri'],
    ['users/auth0|ada', 400, 'invalid_uri'],
    ['users/auth0%7Cnobody', 404, 'inexistent_user'],
  ])('GET %s is refused', (path, status, errorCode) => {
    const { get } = makeAuth0();

    const answer = get(path);

    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ statusCode: status, errorCode });
  });

  test('show the fields that are asked for', () => {
    const { get } = makeAuth0();

    const { json } = get('users/auth0%7Cada?fields=user_id,email&include_fields=true');

    expect(json).toEqual({ user_id: 'auth0|ada', email: 'ada@example.com' });
  });
});

describe('a list by checkpoint', () => {
  const members = people(4).map(({ user_id }) => [acme.id, user_id] as const);
  const directory = { users: people(4), organizations: [acme], members };

  test('names a next page after every full one, and ends with one that names none', () => {
    const { get } = makeAuth0({ directory });

    const first = get('organizations/org_acme/members?take=2').json;
    const second = get(`organizations/org_acme/members?take=2&from=${encodeURIComponent(first.next)}`).json;
    const third = get(`organizations/org_acme/members?take=2&from=${encodeURIComponent(second.next)}`).json;

    expect([...idsOf(first.members), ...idsOf(second.members)]).toEqual(members.map(([, id]) => id));
    expect(third).toEqual({ members: [] });
  });

  test('goes on where it was when the last who was shown is removed meanwhile', () => {
    const { auth0, get } = makeAuth0({ directory });

    const first = get('organizations/org_acme/members?take=2').json;
    auth0.removeMember(acme.id, members[1]?.[1] ?? '');
    const second = get(`organizations/org_acme/members?from=${encodeURIComponent(first.next)}`).json;

    expect(idsOf(second.members)).toEqual(members.slice(2).map(([, id]) => id));
  });

  test.each(['take=101', 'from=bm9uc2Vuc2U=', 'take=2&page=0', 'page=10&per_page=100'])(
    'refuses %s',
    (query) => {
      const { get } = makeAuth0({ directory });

      const answer = get(`organizations/org_acme/members?${query}`);

      expect(answer.status).toBe(400);
    },
  );

  test('shows roles of members only where they are asked for', () => {
    const { auth0, get } = makeAuth0();

    auth0.addMember(acme.id, ada.user_id);
    auth0.assignRole(acme.id, ada.user_id, admin.id);
    const [plain, withRoles] = [
      get('organizations/org_acme/members').json,
      get('organizations/org_acme/members?fields=user_id,roles&include_fields=true').json,
    ];

    expect(Object.keys(plain[0])).toEqual(['user_id', 'email', 'name', 'picture']);
    expect(withRoles).toEqual([{ user_id: ada.user_id, roles: [admin] }]);
  });
});

describe('a rate limit', () => {
  test('lets a burst through, then answers 429 until there are tokens again, for its own endpoints only', () => {
    const { get, time } = makeAuth0({ rateLimits: { users: { burst: 2, perMinute: 60 } }, retryAfter: true });

    const burst = [get('users'), get('users'), get('users')];
    const other = get('groups');
    time.now += 1_000;
    const later = get('users');

    expect(burst.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(burst[0]?.headers).toMatchObject({
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '1',
      'x-ratelimit-reset': String(NOW / 1000 + 1),
    });
    expect(burst[2]?.headers).toMatchObject({ 'x-ratelimit-remaining': '0', 'retry-after': '2' });
    expect(burst[2]?.json).toMatchObject({ statusCode: 429, errorCode: 'too_many_requests' });
    expect([other.status, later.status]).toEqual([200, 200]);
  });
});

describe('a fault', () => {
  const directory = { users: people(4), groups: [0, 1, 2].map((n) => ({ ...team, id: `grp_${n}` })) };

  test.each<[string, Parameters<Auth0['faults']['add']>[0]['answer'], object]>([
    ['a status', { kind: 'status', status: 503 }, { status: 503 }],
    ['a late answer', { kind: 'slow', delayMs: 9 }, { status: 200, delayMs: 9 }],
    ['an empty page', { kind: 'short-page', items: 0 }, { json: { groups: [], next: expect.any(String) } }],
    ['a lost next page', { kind: 'lost-next', items: 1 }, { json: { groups: [{ id: 'grp_0' }] } }],
  ])('can be %s, for as often as is said', (_what, answer, expected) => {
    const { auth0, get } = makeAuth0({ directory });

    auth0.faults.add({ path: '/api/v2/groups', times: 1, answer });
    const [spoiled, next] = [get('groups'), get('groups')];

    expect(spoiled).toMatchObject(expected);
    expect(next).toMatchObject({ status: 200, json: { groups: [{}, {}, {}] } });
  });

  test('can be an empty page in the middle, after which the list goes on where it was', () => {
    const { auth0, get } = makeAuth0({ directory });

    auth0.faults.add({ path: '/api/v2/groups', nth: 2, times: 1, answer: { kind: 'short-page', items: 0 } });
    const first = get('groups?take=1').json;
    const empty = get(`groups?from=${encodeURIComponent(first.next)}`).json;
    const rest = get(`groups?from=${encodeURIComponent(empty.next)}`).json;

    expect(empty.next).not.toBe(first.next);
    expect(rest.groups).toMatchObject([{ id: 'grp_1' }, { id: 'grp_2' }]);
  });

  test('can be a cursor that leads to itself', () => {
    const { auth0, get } = makeAuth0({ directory });

    auth0.faults.add({ path: /from=/, answer: { kind: 'repeated-cursor' } });
    const first = get('groups?take=1').json;
    const second = get(`groups?take=1&from=${encodeURIComponent(first.next)}`).json;

    expect(second.next).toBe(first.next);
  });

  test('can be a body that is cut, or a search that lags', () => {
    const { auth0, get } = makeAuth0();

    auth0.faults.add({ path: '/api/v2/users?', times: 1, answer: { kind: 'lagging', lagMs: 1_000 } });
    auth0.createUser({ user_id: 'auth0|grace' });
    const lagging = get('users?per_page=3').json;
    auth0.faults.add({ answer: { kind: 'cut-body' } });

    expect(idsOf(lagging)).toEqual([ada.user_id, alan.user_id]);
    expect(() => get('users')).toThrow(SyntaxError);
  });
});

describe('what an admin does', () => {
  test.each<[string, (auth0: Auth0) => Auth0Event[], string[]]>([
    ['creates a user', (auth0) => auth0.createUser({ user_id: 'auth0|grace' }), ['user.created']],
    ['changes a user', (auth0) => auth0.updateUser(ada.user_id, { name: 'Ada L.' }), ['user.updated']],
    ['blocks a user', (auth0) => auth0.blockUser(ada.user_id), ['user.updated']],
    ['sees a login', (auth0) => auth0.login(ada.user_id), ['user.updated']],
    ['deletes a user', (auth0) => auth0.deleteUser(ada.user_id), ['user.deleted']],
    ['links two users', (auth0) => auth0.link(ada.user_id, alan.user_id), ['user.deleted', 'user.updated']],
    [
      'creates an organization',
      (auth0) => auth0.createOrganization({ id: 'org_2', name: 'two' }),
      ['organization.created'],
    ],
    [
      'renames an organization',
      (auth0) => auth0.updateOrganization(acme.id, { name: 'acme2' }),
      ['organization.updated'],
    ],
    ['deletes an organization', (auth0) => auth0.deleteOrganization(acme.id), ['organization.deleted']],
    ['adds a member', (auth0) => auth0.addMember(acme.id, ada.user_id), ['organization.member.added']],
    ['removes nobody', (auth0) => auth0.removeMember(acme.id, ada.user_id), []],
    ['ends no role', (auth0) => auth0.unassignRole(acme.id, ada.user_id, admin.id), []],
    [
      'creates a group',
      (auth0) =>
        auth0.createGroup({ id: 'grp_2', name: 'Two', type: 'organization', organization_id: acme.id }),
      ['group.created'],
    ],
    ['renames a group', (auth0) => auth0.updateGroup(team.id, { name: 'Crew' }), ['group.updated']],
    ['deletes a group', (auth0) => auth0.deleteGroup(team.id), ['group.deleted']],
    [
      'adds a member to a group',
      (auth0) => auth0.addGroupMember(team.id, userMember(ada.user_id)),
      ['group.member.added'],
    ],
    [
      'adds a connection to a group and takes it out',
      (auth0) => {
        const member = { member_type: 'connection' as const, id: saml.id };
        return [...auth0.addGroupMember(team.id, member), ...auth0.removeGroupMember(team.id, member)];
      },
      ['group.member.added', 'group.member.deleted'],
    ],
    [
      'gives a group a role in an organization and takes it away',
      (auth0) => [
        ...auth0.assignOrganizationGroupRole(acme.id, team.id, admin.id),
        ...auth0.removeOrganizationGroupRole(acme.id, team.id, admin.id),
      ],
      ['organization.group.role.assigned', 'organization.group.role.deleted'],
    ],
  ])('%s: the mirror understands every event', (_what, act, types) => {
    const { auth0 } = makeAuth0();

    const events = act(auth0);
    const mapped = events.map((event) => mapBody(event, { source: 'auth0', latest: NOW, api: true }));

    expect(typesOf(events)).toEqual(types);
    expect(mapped.flatMap(({ ignored, unreadable }) => [...ignored, ...unreadable])).toEqual([]);
    expect(mapped.every(({ changes }) => changes.length > 0)).toBe(true);
  });

  test('gets events in the envelope and with the objects that Auth0 documents', () => {
    const { auth0 } = makeAuth0();

    const [event] = auth0.addMember(acme.id, ada.user_id);

    expect(event).toEqual({
      specversion: '1.0',
      type: 'organization.member.added',
      source: 'urn:auth0:example-tenant.us.auth0.com',
      id: expect.stringMatching(/^evt_[A-Za-z0-9]{22}$/),
      time: new Date(NOW).toISOString(),
      data: {
        object: { organization: { id: 'org_acme', name: 'acme' }, user: { user_id: 'auth0|ada' } },
        context: { tenant: { id: 'example-tenant' } },
      },
      a0tenant: 'example-tenant',
      a0stream: expect.stringMatching(/^est_[A-Za-z0-9]{22}$/),
    });
  });

  test('ends what belongs to a user, an organization or a group without a word of it', () => {
    const { auth0 } = makeAuth0();

    auth0.createGroup({ id: 'grp_own', name: 'Own', type: 'organization', organization_id: acme.id });
    auth0.addMember(acme.id, ada.user_id);
    auth0.addMember(acme.id, alan.user_id);
    auth0.assignRole(acme.id, ada.user_id, admin.id);
    auth0.addGroupMember(team.id, userMember(ada.user_id));
    auth0.deleteUser(ada.user_id);
    auth0.createUser(ada);
    auth0.addMember(acme.id, ada.user_id);
    const again = auth0.state();
    auth0.deleteOrganization(acme.id);
    const withoutAcme = auth0.state();

    expect(again.organizations[acme.id]?.members).toEqual({ [ada.user_id]: [], [alan.user_id]: [] });
    expect(again.groups[team.id]?.users).toEqual([]);
    expect(withoutAcme.organizations).toEqual({});
    expect(Object.keys(withoutAcme.groups)).toEqual([team.id]);
  });

  test('can be told of all that ends with it', () => {
    const { auth0 } = makeAuth0({ cascades: true });

    auth0.addMember(acme.id, ada.user_id);
    auth0.assignRole(acme.id, ada.user_id, admin.id);
    auth0.addGroupMember(team.id, userMember(ada.user_id));
    const events = auth0.deleteUser(ada.user_id);

    expect(typesOf(events)).toEqual([
      'organization.member.role.deleted',
      'organization.member.deleted',
      'group.member.deleted',
      'user.deleted',
    ]);
  });

  test('links an account to another, which then is found by both connections; unlinked it comes back without metadata', () => {
    const { auth0, get } = makeAuth0();
    const google = `users?q=${encodeURIComponent('identities.connection:"google-oauth2"')}`;

    auth0.link(ada.user_id, alan.user_id);
    const [linked, gone] = [get(google).json, get('users/google-oauth2%7Calan').status];
    const events = auth0.unlink(ada.user_id, alan.user_id);
    const restored = get('users/google-oauth2%7Calan').json;

    expect(linked).toMatchObject([
      { user_id: ada.user_id, identities: [{ provider: 'auth0' }, { provider: 'google-oauth2' }] },
    ]);
    expect(gone).toBe(404);
    expect(typesOf(events)).toEqual(['user.updated', 'user.created']);
    expect(restored).toMatchObject({
      email: 'alan@example.com',
      identities: [{ connection: 'google-oauth2' }],
    });
    expect(restored).not.toHaveProperty('app_metadata');
  });
});

describe('an event stream', () => {
  test('is shown without its secret, listed, changed and deleted', () => {
    const { call, get, id, created } = makeStream();

    const listed = get('event-streams?take=100').json;
    const changed = call('PATCH', `event-streams/${id}`, { status: 'disabled', subscriptions: [] }).json;
    const deleted = call('DELETE', `event-streams/${id}`);
    const gone = get(`event-streams/${id}`);

    expect(created.status).toBe(201);
    expect(created.json.destination.configuration.webhook_authorization).toEqual({ method: 'bearer' });
    expect(listed).toEqual({ eventStreams: [created.json] });
    expect(changed).toMatchObject({ id, name: 'mirror', status: 'disabled', subscriptions: [] });
    expect([deleted.status, gone.status]).toEqual([204, 404]);
  });

  test.each([
    ['http', streamBody(undefined, 'http://hooks.example.com')],
    ['no credential', streamBody({ method: 'bearer' })],
    ['an unknown way to authorize', streamBody({ method: 'hmac', token: 's3cret' })],
    ['an unknown type of event', { ...streamBody(), subscriptions: [{ event_type: 'user.blocked' }] }],
    ['an unknown destination', { destination: { type: 'sqs', configuration: {} } }],
  ])('is refused with %s', (_what, body) => {
    const { call } = makeAuth0();

    const answer = call('POST', 'event-streams', body);

    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ errorCode: 'invalid_body' });
  });

  test('can lead to EventBridge, whose partner event source it names', () => {
    const { call } = makeAuth0();
    const configuration = { aws_account_id: '111122223333', aws_region: 'eu-west-1' };

    const { json } = call('POST', 'event-streams', { destination: { type: 'eventbridge', configuration } });

    expect(json.destination.configuration.aws_partner_event_source).toMatch(
      /^aws\.partner\/auth0\.com\/example-tenant-.{36}\/auth0\.events$/,
    );
  });

  test.each([
    [{ method: 'bearer', token: 's3cret' }, { authorization: 'Bearer s3cret' }],
    [{ method: 'basic', username: 'ada', password: 's3cret' }, { authorization: 'Basic YWRhOnMzY3JldA==' }],
    [{ method: 'custom_header', header_key: 'x-key', header_value: 's3cret' }, { 'x-key': 's3cret' }],
  ])('delivers what it asks for, with its credential: %j', async (authorization, headers) => {
    const { auth0, call, sent, id } = makeStream();

    call('PATCH', `event-streams/${id}`, { destination: streamBody(authorization).destination });
    const [event] = auth0.blockUser(ada.user_id);
    auth0.addMember(acme.id, ada.user_id);
    await auth0.settled();

    expect(sent).toEqual([
      {
        url: 'https://hooks.example.com/auth0',
        headers: { 'content-type': 'application/json', ...headers },
        event: { ...event, a0stream: id },
      },
    ]);
  });

  test('tries a server error three times more, after 1, 2 and 4 seconds, and then has it among the failed', async () => {
    const { auth0, get, id, sent, waits } = makeStream({ statuses: [503, 0, 503] });

    const [event] = auth0.login(ada.user_id);
    await auth0.settled();
    const { json } = get(`event-streams/${id}/deliveries?statuses=failed`);

    expect(sent).toHaveLength(4);
    expect(waits).toEqual([1_000, 2_000, 4_000]);
    expect(json).toMatchObject([
      {
        id: event?.id,
        event_stream_id: id,
        status: 'failed',
        event_type: 'user.updated',
        event: { ...event, a0stream: id },
      },
    ]);
    expect(json[0].attempts.map((one: { error_message: string }) => one.error_message)).toEqual([
      'Webhook endpoint responded with status 503',
      'Webhook endpoint did not respond',
      'Webhook endpoint responded with status 503',
      'Webhook endpoint responded with status 503',
    ]);
  });

  test('does not try again what was refused, and keeps nothing of what was delivered at last', async () => {
    const refusing = makeStream({ statuses: [400] });
    const recovering = makeStream({ statuses: [500, 202] });

    for (const { auth0 } of [refusing, recovering]) {
      auth0.login(ada.user_id);
      await auth0.settled();
    }
    const failed = [refusing, recovering].map(
      ({ get, id }) => get(`event-streams/${id}/deliveries`).json.length,
    );

    expect([refusing.sent.length, recovering.sent.length]).toEqual([1, 2]);
    expect(failed).toEqual([1, 0]);
  });

  test('lists failures by time and type, page by page, also while they are redelivered', async () => {
    const { auth0, call, get, id, time } = makeStream({ statuses: [400, 400, 400, 200] });
    const path = `event-streams/${id}/deliveries`;

    const events: Auth0Event[] = [];
    for (const act of [auth0.login, auth0.blockUser, auth0.login]) {
      events.push(...act(ada.user_id));
      await auth0.settled();
      time.now += 1_000;
    }
    const second = new Date(NOW + 1_000).toISOString().replace('.000', '');
    const [since, until, created] = [
      `date_from=${second}`,
      `date_to=${second}`,
      'event_types=user.created',
    ].map((query) => get(`${path}?${query}`).json.length);
    const first = get(`${path}?take=1`).json;
    const redelivered = call('POST', `event-streams/${id}/redeliver/${first[0].id}`).status;
    await auth0.settled();
    const next = get(`${path}?take=2&from=${first[0].id}`).json;

    expect([since, until, created]).toEqual([2, 1, 0]);
    expect(redelivered).toBe(202);
    expect(next.map((one: { id: string }) => one.id)).toEqual(events.slice(1).map((one) => one.id));
    expect(get(`${path}?date_from=2026-09-01T09:00:00.000Z`).status).toBe(400);
  });

  test('redelivers what failed and nothing else', async () => {
    const { auth0, call, get, id, sent } = makeStream({ statuses: [400, 400, 200] });

    const [first, second] = [...auth0.login(ada.user_id), ...auth0.login(alan.user_id)];
    await auth0.settled();
    const one = call('POST', `event-streams/${id}/redeliver/${first?.id}`).status;
    const atOnce = call('POST', `event-streams/${id}/redeliver/${first?.id}`).status;
    await auth0.settled();
    const again = call('POST', `event-streams/${id}/redeliver/${first?.id}`).status;
    const unknown = call('POST', `event-streams/${id}/redeliver/evt_unknown`).status;
    const many = call('POST', `event-streams/${id}/redeliver`, { event_types: ['user.updated'] }).status;
    await auth0.settled();

    expect([one, atOnce, again, unknown, many]).toEqual([202, 409, 409, 404, 202]);
    expect(sent.map(({ event }) => event.id)).toEqual(
      [first, second, first, second].map((event) => event?.id),
    );
    expect(get(`event-streams/${id}/deliveries`).json).toEqual([]);
  });

  test('is disabled after 500 failures in a row, and then gets nothing', async () => {
    const { auth0, get, id, sent } = makeStream({ statuses: [401] });

    for (let n = 0; n < 500; n += 1) auth0.login(ada.user_id);
    await auth0.settled();
    auth0.login(ada.user_id);
    await auth0.settled();

    expect(get(`event-streams/${id}`).json).toMatchObject({ status: 'disabled' });
    expect(sent).toHaveLength(500);
  });

  test('is tested with an event that says so', async () => {
    const { auth0, call, id, sent } = makeStream();

    const answer = call('POST', `event-streams/${id}/test`, { event_type: 'user.deleted' });
    await auth0.settled();

    expect(answer.status).toBe(202);
    expect(sent).toMatchObject([{ event: { type: 'user.deleted', a0stream: id, a0purpose: 'test' } }]);
    expect(mapBody(sent[0]?.event, { source: 'auth0', latest: NOW }).changes).toEqual([]);
  });
});

describe('an export of all users', () => {
  test('is a job whose file can be fetched for a minute, time and again', () => {
    const { auth0, call, get, time } = makeAuth0();

    const job = call('POST', 'jobs/users-exports', { format: 'json', fields: [{ name: 'user_id' }] }).json;
    const pending = get(`jobs/${job.id}`).json;
    time.now += 1_000;
    const done = get(`jobs/${job.id}`).json;
    const file = auth0.download(done.location);
    time.now += 60_000;
    const late = auth0.download(done.location);
    const again = auth0.download(get(`jobs/${job.id}`).json.location);

    expect([job.status, pending.status, done.status]).toEqual(['pending', 'pending', 'completed']);
    expect(gunzipSync(file.body).toString()).toBe(
      '{"user_id":"auth0|ada"}\n{"user_id":"google-oauth2|alan"}\n',
    );
    expect([late.status, again.status]).toEqual([403, 200]);
  });

  test('is forgotten after a day, and can be of one connection', () => {
    const { auth0, call, get, time } = makeAuth0({ exportMs: 0, expiresIn: 172_800 });
    auth0.createUser({ user_id: 'samlp|acme-saml|grace@example.com' });

    const job = call('POST', 'jobs/users-exports', { connection_id: saml.id }).json;
    const file = gunzipSync(auth0.download(job.location).body).toString();
    time.now += 86_400_000;

    expect(JSON.parse(file)).toMatchObject({ user_id: 'samlp|acme-saml|grace@example.com' });
    expect(call('POST', 'jobs/users-exports', { connection_id: 'con_none' }).status).toBe(404);
    expect(get(`jobs/${job.id}`).status).toBe(404);
  });
});

/** Reads all of a tenant as the mirror does; what its changes tell of people and memberships. */
async function readAll(auth0: Auth0) {
  const config = readConfig({
    sources: {
      auth0: { kind: 'auth0', organization: 'velt', groups: { include: ['*'] }, roles: { include: ['*'] } },
    },
  });
  const api = createAuth0Api({
    http: async ({ method, url, headers, body }) => {
      const { pathname, search } = new URL(url);
      return auth0.handle({ method, path: pathname + search, headers, ...(body !== undefined && { body }) });
    },
    clock: () => NOW,
    random: () => 0,
    credentials: async () => ({
      url: tenantUrl,
      clientId: grant.client_id,
      clientSecret: grant.client_secret,
    }),
    headroom: 0,
  });
  const directory = createAuth0Directory('auth0', config.sources.auth0 as Auth0Config, api);
  const changes: Change[] = [];
  let cursor: string | undefined;
  do {
    const page = await directory.readPage(cursor);
    changes.push(...page.changes);
    cursor = page.next;
  } while (cursor !== undefined);
  return changes;
}

describe('a made tenant', () => {
  test('is the same for a seed', () => {
    const size = { users: 50, organizations: 3, groups: 4, memberships: 120, seed: 7 };

    const [one, same, other] = [size, size, { ...size, seed: 8 }].map((made) =>
      createAuth0({ directory: makeTenant(made) }).state(),
    );

    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
    expect(Object.keys(one?.users ?? {})).toHaveLength(50);
  });

  test('is read whole by the mirror, beyond the wall of 1,000', async () => {
    const auth0 = createAuth0({
      tenantUrl,
      clock: () => NOW,
      directory: makeTenant({ users: 2_500, organizations: 3, groups: 4, memberships: 4_000, seed: 7 }),
    });

    const changes = await readAll(auth0);
    const state = auth0.state();

    const told = (kind: string) =>
      new Set(
        changes.flatMap((change) =>
          change.kind === 'membership' && change.container.kind === kind
            ? [`${change.container.id} ${change.personId}`]
            : [],
        ),
      );
    const held = Object.entries(state.organizations).flatMap(([id, { members }]) =>
      Object.keys(members).map((userId) => `${id} ${userId}`),
    );
    const grouped = Object.entries(state.groups).flatMap(([id, { users }]) =>
      users.map((userId) => `${id} ${userId}`),
    );
    const read = new Set(changes.flatMap((change) => (change.kind === 'person' ? [change.personId] : [])));
    expect(read).toEqual(new Set(Object.keys(state.users)));
    expect(told('organization')).toEqual(new Set(held));
    expect([...told('group')]).toEqual(expect.arrayContaining(grouped));
    expect(held.length + grouped.length).toBe(4_000);
  });
});

describe('behind HTTP', () => {
  test('answers, delivers to a loopback webhook and serves its exports', async () => {
    const { url, auth0, close } = await startAuth0({ directory: { users: [ada] }, exportMs: 0 });
    const http = createHttp();
    const send = async (method: 'GET' | 'POST', path: string, token?: string, body?: object) => {
      const headers = {
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      };
      const request = { method, url: url + path, headers, timeoutMs: 5_000 };
      return JSON.parse((await http({ ...request, ...(body && { body: JSON.stringify(body) }) })).body);
    };

    const token = (await send('POST', '/oauth/token', undefined, { ...grant, audience: `${url}/api/v2/` }))
      .access_token;
    const users = await send('GET', '/api/v2/users', token);
    const job = await send('POST', '/api/v2/jobs/users-exports', token, {});
    const file = Buffer.from(await (await fetch(job.location)).arrayBuffer());
    await send('POST', '/api/v2/event-streams', token, streamBody(undefined, `${url}/oauth/token`));
    auth0.login(ada.user_id);
    await auth0.settled();
    await close();

    expect(idsOf(users)).toEqual([ada.user_id]);
    expect(JSON.parse(gunzipSync(file).toString())).toMatchObject({ user_id: ada.user_id });
    expect(auth0.calls.at(-1)).toMatchObject({ method: 'POST', path: '/oauth/token', status: 400 });
  });
});
