import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../../lib/config.ts';
import { factsOf } from '../../../../lib/delivery/refresh.ts';
import { Change } from '../../../../lib/directory/change.ts';
import { newPerson } from '../../../../lib/directory/entry.ts';
import { foldPerson } from '../../../../lib/directory/fold.ts';
import type { WorldFault } from '../../../../lib/errors.ts';
import type { HttpRequest } from '../../../../lib/http/client.ts';
import { createDirectories } from '../../../../lib/sources/directories.ts';
import { createAuth0Rates } from '../../../../local/doubles/auth0/rates.ts';
import { membershipChange, NOW } from '../../../support/factories.ts';

const url = 'https://acme.us.auth0.com';
const connection = { url, clientId: 'cl1ent', clientSecret: 's3cret' };
const now = new Date(NOW).toISOString();
const updated_at = '2026-08-21T08:00:00.512Z';

type Routes = Record<string, object | number>;

const ada = {
  user_id: 'auth0|ada',
  created_at: '2026-08-20T09:15:30.120Z',
  updated_at,
  email: 'ada@example.com',
  name: 'Ada Example',
  identities: [
    { connection: 'acme-saml', user_id: 1 },
    { connection: 'acme-saml', user_id: 2 },
  ],
};
const acme = { id: 'org_1', name: 'acme', display_name: 'Acme Inc.' };
const admin = { id: 'rol_1', name: 'org-admin' };
const engineers = { id: 'grp_1', name: 'Engineers', connection_id: 'con_1', updated_at };

/** Auth0 by route, the path below /api/v2/ with its cursor (`groups?from=b`): an answer, or a status. */
function makeDirectory(routes: Routes, config: Record<string, unknown> = {}) {
  const source = { kind: 'auth0', organization: 'velt-acme', api: { headroom: 0 }, ...config };
  const requests: string[] = [];
  const http = async ({ url: address }: HttpRequest) => {
    if (address.endsWith('/oauth/token'))
      return { status: 200, headers: {}, body: '{"access_token":"t","expires_in":86400}' };
    const { pathname, searchParams } = new URL(address);
    const from = searchParams.get('from');
    const route = decodeURIComponent(pathname.replace('/api/v2/', '')) + (from ? `?from=${from}` : '');
    requests.push(route);
    const answer = routes[route] ?? 404;
    if (typeof answer === 'number') return { status: answer, headers: {}, body: '{}' };
    return { status: 200, headers: {}, body: JSON.stringify(answer) };
  };
  const directory = createDirectories(readConfig({ sources: { auth0: source } }), {
    ...{ http, clock: () => NOW, random: () => 0 },
    secret: async () => ({ auth0: connection }),
  }).get('auth0');
  if (!directory) throw new Error('no directory');
  return { directory, requests };
}

/** A person in so many organizations of a tenant with this limit for the roles of members: read until it is done. */
async function readPatiently(organizations: number, limit: { burst: number; perMinute: number }) {
  let at = NOW;
  const rates = createAuth0Rates({ 'member-roles': limit }, () => at);
  const answers: [RegExp, object][] = [
    [/token$/, { access_token: 't', expires_in: 86_400 }],
    [
      /\/organizations\?/,
      { organizations: Array.from({ length: organizations }, (_, n) => ({ id: `org_${n}` })) },
    ],
    [/\/groups\?/, { groups: [] }],
    [/\/roles\?/, { roles: [admin] }],
    [/./, ada],
  ];
  const http = async ({ url: address }: HttpRequest) => {
    const [, answer] = answers.find(([route]) => route.test(address)) ?? [];
    const rate = address.includes('/roles?') ? rates('member-roles') : { exhausted: false, headers: {} };
    const headers = { date: new Date(at).toUTCString(), ...rate.headers };
    return { status: rate.exhausted ? 429 : 200, headers, body: JSON.stringify(answer) };
  };
  const source = { kind: 'auth0', organization: 'velt-acme', api: {} };
  const directory = createDirectories(readConfig({ sources: { auth0: source } }), {
    ...{ http, clock: () => at, random: () => 0 },
    secret: async () => ({ auth0: connection }),
  }).get('auth0');
  for (let tries = 1; tries <= 10; tries += 1) {
    try {
      return await directory?.readPerson('auth0|ada', { memberships: true });
    } catch (error) {
      at += (error as WorldFault).retryAfterMs ?? 0;
    }
  }
  return undefined;
}

/** Every page of a listing, each by a directory of its own, as if by another process. */
async function list(routes: Routes, config: Record<string, unknown> = {}) {
  const requests: string[] = [];
  const pages: Awaited<ReturnType<ReturnType<typeof makeDirectory>['directory']['readPage']>>[] = [];
  let cursor: string | undefined;
  do {
    const made = makeDirectory(routes, config);
    const page = await made.directory.readPage(cursor);
    requests.push(...made.requests);
    pages.push(page);
    cursor = page.next;
  } while (cursor !== undefined);
  return {
    requests,
    pages,
    changes: pages.flatMap(({ changes }) => changes),
    whole: pages.flatMap(({ whole }) => whole),
  };
}

const users = { users: { users: [ada], total: 1 } };
const organizations = { organizations: { organizations: [acme] } };
const read = { source: 'auth0', askedAt: now };

test('a group is not read for an event, which tells all there is of it', () => {
  expect(makeDirectory({}).directory.eventsTellGroups).toBe(true);
});

describe('a person', () => {
  const routes = {
    'users/auth0|ada': ada,
    'users/auth0|ada/organizations': { organizations: [acme], total: 1 },
    'organizations/org_1/members/auth0|ada/roles': { roles: [admin], total: 1 },
    'users/auth0|ada/groups': { groups: [{ ...engineers, organization_id: 'org_1' }] },
  };

  test('is told as of their last update: what is absent was cleared, or never was', async () => {
    const { directory, requests } = makeDirectory(routes);

    const person = await directory.readPerson('auth0|ada', { memberships: false });

    expect(person).toEqual({
      readAt: now,
      whole: [],
      changes: [
        {
          ...{ ...read, kind: 'person', personId: 'auth0|ada', at: updated_at },
          ...{ exists: true, blocked: false, connections: ['acme-saml'] },
          profile: { name: 'Ada Example', email: 'ada@example.com', photoUrl: null },
        },
        // Known to be there as of now, also by whoever was told a moment ago that they are not.
        { ...read, kind: 'person', personId: 'auth0|ada', at: now, exists: true, connections: ['acme-saml'] },
      ],
    });
    expect(requests).toEqual(['users/auth0|ada']);
  });

  test('without a time of their own is told as of the read, and blocked by nothing but true', async () => {
    const { directory } = makeDirectory({ 'users/x': { user_id: 'x', blocked: true, updated_at: 'soon' } });

    const { changes } = await directory.readPerson('x', { memberships: false });

    expect(changes[0]).toMatchObject({ at: now, blocked: true, profile: { email: null } });
  });

  test('whom Auth0 does not know is gone, and nothing else is asked', async () => {
    const { directory, requests } = makeDirectory({});

    const person = await directory.readPerson('auth0|gone', { memberships: true });

    expect(person.changes).toEqual([
      { ...read, kind: 'person', personId: 'auth0|gone', at: now, exists: false },
    ]);
    expect([person.whole, requests]).toEqual([[], ['users/auth0|gone']]);
  });

  test('has all they are a member of: organizations, roles in each, groups', async () => {
    const { directory } = makeDirectory(routes);

    const person = await directory.readPerson('auth0|ada', { memberships: true });

    const membership = { ...read, kind: 'membership', personId: 'auth0|ada', at: now, member: true };
    expect(person.changes.slice(2)).toEqual([
      { ...membership, container: { kind: 'organization', id: 'org_1', name: 'acme' } },
      {
        ...membership,
        container: { kind: 'role', id: 'rol_1', name: 'org-admin', organization: 'org_1' },
      },
      {
        ...membership,
        container: { kind: 'group', id: 'grp_1', name: 'Engineers', organization: 'org_1' },
      },
    ]);
    expect(person).toMatchObject({ whole: ['organization', 'group'], rolesIn: ['org_1'] });
    expect(person.changes.every((change) => Change.safeParse(change).success)).toBe(true);
  });

  test('is not asked for the roles and groups that the configuration has no use for', async () => {
    const { directory, requests } = makeDirectory(routes, {
      roles: { include: [] },
      groups: { include: [] },
    });

    const person = await directory.readPerson('auth0|ada', { memberships: true });

    expect(person.whole).toEqual(['organization']);
    expect(requests).toEqual(['users/auth0|ada', 'users/auth0|ada/organizations']);
  });

  test.each([
    ['users by group', { users: { groups: ['org-admin'] } }],
    ['a grant by group', { grants: [{ group: 'org-admin', folderId: 'f' }] }],
  ])(
    'is asked for roles and groups that decide by %s, though none becomes a group',
    async (_what, config) => {
      const { directory } = makeDirectory(routes, {
        roles: { include: [] },
        groups: { include: [] },
        ...config,
      });

      const person = await directory.readPerson('auth0|ada', { memberships: true });

      expect(person).toMatchObject({ whole: ['organization', 'group'], rolesIn: ['org_1'] });
    },
  );

  test('is not taken for somebody else, as a linked identity may be answered with', async () => {
    const { directory } = makeDirectory({ 'users/google-oauth2|ada': ada });

    const read = directory.readPerson('google-oauth2|ada', { memberships: true });

    await expect(read).rejects.toMatchObject({ name: 'WorldFault', code: 'unreadable-answer' });
  });

  test('is asked for roles in organizations that are mirrored only', async () => {
    const other = { id: 'org_2', name: 'globex' };
    const { directory, requests } = makeDirectory(
      {
        ...routes,
        'users/auth0|ada/organizations': { organizations: [acme, other], total: 2 },
        'organizations/org_2/members/auth0|ada/roles': { roles: [], total: 0 },
      },
      { organization: { globex: 'velt-globex' } },
    );

    const { rolesIn } = await directory.readPerson('auth0|ada', { memberships: true });

    expect(requests.filter((route) => route.endsWith('/roles'))).toEqual([
      'organizations/org_2/members/auth0|ada/roles',
    ]);
    expect(rolesIn).toEqual(['org_2']);
  });

  test('keeps the roles that nobody asked for, in an organization that may be mapped tomorrow', async () => {
    const { directory } = makeDirectory(routes, { organization: { globex: 'velt-globex' } });
    const roleIn = (organization: string) =>
      membershipChange({
        ...{ source: 'auth0', personId: 'auth0|ada', at: '2026-08-01T08:00:00.000Z' },
        container: { kind: 'role', id: 'rol_1', organization },
      });
    const entry = ['org_1', 'org_left'].map(roleIn).reduce(foldPerson, newPerson('auth0', 'auth0|ada'));

    const person = await directory.readPerson('auth0|ada', { memberships: true });

    const ended = factsOf(person, entry).filter((change) => change.kind === 'membership' && !change.member);
    expect(ended).toMatchObject([{ container: { id: 'rol_1', organization: 'org_left' } }]);
  });

  test('in more organizations than calls are made for tells the roles in some of them, those asked for first', async () => {
    const many = Array.from({ length: 11 }, (_, n) => ({ id: `org_${n}`, name: `o${n}` }));
    const none = many.map(({ id }) => [
      `organizations/${id}/members/auth0|ada/roles`,
      { roles: [], total: 0 },
    ]);
    const { directory, requests } = makeDirectory({
      ...routes,
      ...Object.fromEntries(none),
      'users/auth0|ada/organizations': { organizations: many, total: 11 },
    });

    const { rolesIn } = await directory.readPerson('auth0|ada', { memberships: true, rolesIn: ['org_10'] });

    expect(requests.filter((route) => route.endsWith('/roles'))).toHaveLength(10);
    expect(rolesIn).toEqual(['org_10', ...many.slice(0, 9).map(({ id }) => id)]);
  });

  test.each([
    ['of a free tenant', 3, { burst: 2, perMinute: 120 }, 1],
    ['of a small tenant', 10, { burst: 10, perMinute: 120 }, 7],
  ])(
    '%s in more organizations than its limit ever allows calls for is read all the same',
    async (_what, organizations, limit, told) => {
      const person = await readPatiently(organizations, limit);

      const roles = person?.changes.filter(
        (change) => change.kind === 'membership' && change.container.kind === 'role',
      );
      expect(roles).toHaveLength(told);
      expect(person?.whole).toEqual(['organization', 'group']);
    },
  );

  test.each([
    [
      'groups that cannot be read',
      'users/auth0|ada/groups',
      { groups: [engineers, 7] },
      ['organization'],
      ['org_1'],
    ],
    ['groups that the tenant does not have', 'users/auth0|ada/groups', 404, ['organization'], ['org_1']],
    [
      'organizations that cannot be read',
      'users/auth0|ada/organizations',
      { organizations: [acme, 7], total: 2 },
      ['group'],
      ['org_1'],
    ],
    ['a missing list of organizations', 'users/auth0|ada/organizations', 404, ['group'], []],
    [
      'roles that cannot be read',
      'organizations/org_1/members/auth0|ada/roles',
      { roles: [admin, 7], total: 2 },
      ['organization', 'group'],
      [],
    ],
  ])('with %s has no whole list of what depends on them', async (_what, route, answer, whole, rolesIn) => {
    const { directory } = makeDirectory({ ...routes, [route]: answer });

    const person = await directory.readPerson('auth0|ada', { memberships: true });

    expect(person).toMatchObject({ whole, rolesIn });
  });
});

describe('a group', () => {
  test('is told with its name and organization, as of its last update', async () => {
    const { directory } = makeDirectory({ 'groups/grp_1': { ...engineers, organization_id: 'org_1' } });

    expect(await directory.readGroup('grp_1')).toEqual([
      {
        ...{ ...read, kind: 'group', containerId: 'grp_1', at: updated_at },
        ...{ exists: true, name: 'Engineers', organization: 'org_1' },
      },
    ]);
  });

  test('that Auth0 does not know is gone', async () => {
    const { directory } = makeDirectory({});

    expect(await directory.readGroup('grp_1')).toEqual([
      { ...read, kind: 'group', containerId: 'grp_1', at: now, exists: false },
    ]);
  });
});

describe('a connection', () => {
  test('is known by its name, or not at all', async () => {
    const { directory } = makeDirectory({ 'connections/con_1': { id: 'con_1', name: 'acme-saml' } });

    const names = [await directory.readConnection?.('con_1'), await directory.readConnection?.('con_2')];

    expect(names).toEqual(['acme-saml', undefined]);
  });
});

describe('a listing', () => {
  const routes: Routes = {
    ...users,
    organizations: { organizations: [acme], next: 'b' },
    'organizations?from=b': { organizations: [] },
    'organizations/org_1/members': { members: [{ user_id: 'auth0|ada', roles: [admin] }], next: 'c' },
    'organizations/org_1/members?from=c': { members: [{ user_id: 'auth0|bob' }] },
    'organizations/org_1/groups': { groups: [engineers] },
    'organizations/org_1/groups/grp_1/roles': { roles: [admin] },
    groups: { groups: [engineers] },
    'groups/grp_1/members': {
      members: [
        { id: 'auth0|ada', member_type: 'user' },
        { id: 'con_1', member_type: 'connection', connection_id: 'con_1' },
      ],
    },
    'connections/con_1': { id: 'con_1', name: 'acme-saml' },
  };
  const engineersRef = { kind: 'group', id: 'grp_1', name: 'Engineers' };
  const adminRef = { kind: 'role', id: 'rol_1', name: 'org-admin', organization: 'org_1' };
  const acmeRef = { kind: 'organization', id: 'org_1', name: 'acme' };

  test('tells users, then organizations with members, roles and roles of groups, then groups with members', async () => {
    const { changes, whole, requests } = await list(routes);

    const fact = { ...read, at: now };
    const member = { ...fact, kind: 'membership', member: true };
    const nesting = { ...fact, kind: 'nesting', member: true };
    expect(changes.slice(1)).toEqual([
      { ...fact, kind: 'organization', containerId: 'org_1', exists: true, name: 'acme' },
      { ...member, personId: 'auth0|ada', container: acmeRef },
      { ...member, personId: 'auth0|ada', container: adminRef },
      { ...member, personId: 'auth0|bob', container: acmeRef },
      { ...nesting, child: { kind: 'group', id: 'grp_1' }, container: adminRef },
      { ...fact, at: updated_at, kind: 'group', containerId: 'grp_1', exists: true, name: 'Engineers' },
      { ...member, personId: 'auth0|ada', container: engineersRef },
      { ...nesting, child: { kind: 'connection', id: 'acme-saml' }, container: engineersRef },
    ]);
    expect(changes[0]).toMatchObject({ kind: 'person', personId: 'auth0|ada', at: updated_at });
    const groupRoles = { kind: 'role', id: '*', organization: 'org_1' };
    expect(whole).toEqual([acmeRef, groupRoles, engineersRef]);
    expect(new Set(requests)).toEqual(new Set(Object.keys(routes)));
    expect(changes.every((change) => Change.safeParse(change).success)).toBe(true);
  });

  test('makes one call a page, so that no limit is too small for it', async () => {
    const { pages, requests } = await list(routes);

    expect(requests).toHaveLength(pages.length);
  });

  test('passes over members of a group that are neither people nor connections, and is whole', async () => {
    const members = [{ id: 'svc_1', member_type: 'service' }];

    const { changes, whole, pages } = await list({ ...routes, 'groups/grp_1/members': { members } });

    expect(whole).toContainEqual(engineersRef);
    expect(changes.filter((change) => 'container' in change && change.container.kind === 'group')).toEqual(
      [],
    );
    expect(pages.reduce((sum, { unreadable }) => sum + unreadable, 0)).toBe(0);
  });

  test('does not pass for whole in the roles of groups where those of one cannot be told', async () => {
    const { whole } = await list({ ...routes, 'organizations/org_1/groups/grp_1/roles': 403 });

    expect(whole.filter(({ kind }) => kind === 'role').map(({ id }) => id)).toEqual(['*', '?']);
  });

  test('marks an organization as whole with the last page of its members, no sooner', async () => {
    const { pages } = await list(routes);

    const pagesOfMembers = pages.filter(({ changes }) =>
      changes.some((change) => change.kind === 'membership' && change.container.kind === 'organization'),
    );
    expect(pagesOfMembers.map(({ whole }) => whole)).toEqual([[], [acmeRef]]);
  });

  test('goes without roles of groups where Early Access is not granted', async () => {
    const { changes, whole } = await list({ ...routes, 'organizations/org_1/groups': 403 });

    const nested = changes.flatMap((change) => (change.kind === 'nesting' ? change.child.kind : []));
    expect(nested).toEqual(['connection']);
    expect(whole).toEqual([acmeRef, engineersRef]);
  });

  test('asks for nothing but users where only they matter', async () => {
    const { directory } = makeDirectory(routes, { roles: { include: [] }, groups: { include: [] } });
    const { requests } = await list(routes, { roles: { include: [] }, groups: { include: [] } });

    expect([directory.covers, requests]).toEqual([[], ['users']]);
  });

  test('asks for members only of organizations and groups that matter, and tells of the others that they are there', async () => {
    const globex = { id: 'org_2', name: 'globex' };
    const sales = { id: 'grp_2', name: 'Sales' };
    const { changes, requests } = await list(
      { ...routes, organizations: { organizations: [acme, globex] }, groups: { groups: [engineers, sales] } },
      { organization: { acme: 'velt-acme' }, groups: { include: ['eng*'] }, roles: { include: ['nobody'] } },
    );

    expect(requests.filter((route) => route.endsWith('/members'))).toEqual([
      'organizations/org_1/members',
      'groups/grp_1/members',
    ]);
    expect(changes.flatMap((change) => ('containerId' in change ? change.containerId : []))).toEqual([
      ...['org_1', 'org_2', 'grp_1', 'grp_2'],
    ]);
    expect(changes.some((change) => change.kind === 'membership' && change.container.kind === 'role')).toBe(
      false,
    );
  });

  test('tells nothing of the members of what went since it was listed', async () => {
    const gone = {
      'organizations/org_1/members': 404,
      'groups/grp_1/members': 404,
      'connections/con_1': 404,
    };

    const { changes, whole } = await list({ ...routes, ...gone });

    expect(changes.map(({ kind }) => kind)).toEqual(['person', 'organization', 'group']);
    expect(whole).toEqual([]);
  });

  test('leaves a connection out of a group that is gone', async () => {
    const { changes } = await list({ ...routes, 'connections/con_1': 404 });

    expect(changes.flatMap((change) => (change.kind === 'nesting' ? change.child.kind : []))).toEqual([
      'group',
    ]);
  });

  test('is told as of the read of the members, however late the name of a connection is read', async () => {
    const { directory } = makeDirectory(routes);
    const step = { read: 'connection', id: 'con_1', group: { id: 'grp_1' }, askedAt: NOW - 5_000 };

    const { changes } = await directory.readPage(JSON.stringify({ v: 1, steps: [step] }));

    expect(changes).toMatchObject([{ kind: 'nesting', at: new Date(NOW - 5_000).toISOString() }]);
  });

  test('counts what cannot be read', async () => {
    const { pages } = await list({ ...routes, ...organizations, groups: { groups: [engineers, 7] } });

    expect(pages.reduce((sum, { unreadable }) => sum + unreadable, 0)).toBe(1);
  });

  test('does not begin anew by a cursor that is none', async () => {
    const { directory } = makeDirectory(routes);

    for (const cursor of ['', '{}', '{"v":2,"steps":[]}', '{"v":1,"steps":[]}'])
      await expect(directory.readPage(cursor)).rejects.toMatchObject({ code: 'unreadable-message' });
  });
});

describe('what Auth0 could not deliver', () => {
  const event = { type: 'user.deleted', id: 'evt_1', time: now, data: { object: { user_id: 'auth0|ada' } } };
  const failed = (id: string, facts: object = {}) => ({ id, event_type: 'user.deleted', ...facts });
  const webhook = (id: string, path = '/webhooks/auth0') => ({
    id,
    destination: { type: 'webhook', configuration: { webhook_endpoint: `https://hooks.example.com${path}` } },
  });
  const streams = { eventStreams: [webhook('est_1'), webhook('est_2')] };

  async function readAll(routes: Routes) {
    const pages: Awaited<ReturnType<ReturnType<typeof makeDirectory>['directory']['readEvents']>>[] = [];
    let cursor: string | undefined;
    do {
      const page = await makeDirectory(routes).directory.readEvents(cursor, NOW - 3_600_000);
      pages.push(page);
      cursor = page.next;
    } while (pages.at(-1)?.more);
    return { pages, cursor: JSON.parse(cursor) };
  }

  test('is told of every event stream, page by page, as the stream carries it', async () => {
    const full = Array.from({ length: 100 }, (_, n) => failed(`evt_${n}`, { event }));

    const { pages, cursor } = await readAll({
      'event-streams': streams,
      'event-streams/est_1/deliveries': full,
      'event-streams/est_1/deliveries?from=evt_99': [failed('evt_100', { event }), failed('no content'), 7],
      'event-streams/est_2/deliveries': [],
    });

    const events = pages.flatMap((page) => page.events);
    expect([events.length, events[0]]).toEqual([101, event]);
    expect(pages.map(({ failedDeliveries }) => failedDeliveries)).toEqual([0, 100, 3, 0]);
    expect(cursor).toEqual({ v: 1, since: NOW - 120_000 });
  });

  test('is delivered again by Auth0 itself, of each stream that had some', async () => {
    const made = makeDirectory({
      'event-streams': streams,
      'event-streams/est_1/deliveries': [failed('evt_1', { event })],
      'event-streams/est_2/deliveries': [],
    });

    let page = await made.directory.readEvents(undefined, NOW - 3_600_000);
    while (page.more) page = await made.directory.readEvents(page.next, NOW);

    expect(made.requests.filter((route) => route.includes('redeliver'))).toEqual([
      'event-streams/est_1/redeliver',
    ]);
  });

  test('is read of streams that lead here or that an Action takes, and never delivered again for others', async () => {
    const busName = 'aws.partner/auth0.com/acme-1/auth0.events';
    const bus = (id: string, aws_partner_event_source: string) => ({
      id,
      destination: { type: 'eventbridge', configuration: { aws_partner_event_source } },
    });
    const eventStreams = [
      webhook('est_1'),
      webhook('est_other', '/elsewhere'),
      bus('est_bus', busName),
      bus('est_other_bus', 'aws.partner/auth0.com/acme-2/auth0.events'),
      { id: 'est_action', destination: { type: 'action', configuration: { action_id: 'act_1' } } },
    ];
    const deliveries = Object.fromEntries(
      eventStreams.map(({ id }) => [`event-streams/${id}/deliveries`, [failed('evt_1', { event })]]),
    );
    const made = makeDirectory(
      { 'event-streams': { eventStreams }, ...deliveries },
      { partnerEventSource: busName },
    );

    let page = await made.directory.readEvents(undefined, NOW - 3_600_000);
    while (page.more) page = await made.directory.readEvents(page.next, NOW);

    const of = (what: string) =>
      made.requests.filter((route) => route.endsWith(what)).map((route) => route.split('/')[1]);
    expect(of('deliveries')).toEqual(['est_1', 'est_bus', 'est_action']);
    expect(of('redeliver')).toEqual(['est_1', 'est_bus']);
  });

  test('is nothing where there is no event stream, or no longer', async () => {
    const without = await readAll({});
    const gone = await readAll({ 'event-streams': { eventStreams: [webhook('est_1')] } });

    expect([without, gone].map(({ pages }) => pages.flatMap((page) => page.events))).toEqual([[], []]);
    expect(without.cursor).toEqual({ v: 1, since: NOW - 3_600_000 });
    expect(gone.cursor).toEqual({ v: 1, since: NOW - 120_000 });
  });
});

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
});
