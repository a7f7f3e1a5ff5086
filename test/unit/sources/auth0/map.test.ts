import { describe, expect, test } from 'vitest';
import type { Change, NestingChange } from '../../../../lib/directory/change.ts';
import { EVENT_TYPES, eventTypes, mapBody } from '../../../../lib/sources/auth0/map.ts';
import {
  auth0Action,
  auth0Event,
  auth0LogRecord,
  auth0User,
  groupChange,
  membershipChange,
  NOW,
  personChange,
  recheck,
  second,
  sourceConfig,
} from '../../../support/factories.ts';

const map = (body: unknown, { api = false } = {}) => mapBody(body, { source: 'customers', latest: NOW, api });
const changesOf = (body: unknown, options = {}) => map(body, options).changes;
const mapUser = (type: string, user: object = {}) => map(auth0Event(type, auth0User({ ...user })));

const common = { source: 'customers', personId: 'auth0|ada' };
const profile = {
  name: 'Ada Example',
  email: 'ada@example.com',
  photoUrl: 'https://images.example.com/ada.png',
};

const user = { user_id: 'auth0|ada' };
const organization = { id: 'org_1', name: 'globex' };
const role = { id: 'rol_1', name: 'editor' };
const group = { id: 'grp_1', name: 'Staff', type: 'connection', connection_id: 'con_1' };
const ofOrganization = { id: 'grp_2', name: 'Board', type: 'organization', organization_id: 'org_1' };
const member = { member_type: 'user', id: 'auth0|ada' };
const connection = { id: 'con_1', name: 'globex-saml', strategy: 'samlp' };
const connected = { member_type: 'connection', id: 'con_1', type: 'connection', connection_id: 'con_1' };

const place = { kind: 'organization' as const, ...organization };
const roleIn = { kind: 'role' as const, ...role, organization: 'org_1' };
const staff = { kind: 'group' as const, id: 'grp_1', name: 'Staff' };
const person = (facts: object) => personChange({ ...common, ...facts });
const membership = (container: typeof place | typeof roleIn | typeof staff, isMember: boolean) =>
  membershipChange({ ...common, container, member: isMember });
const container = (kind: 'group' | 'organization' | 'connection', containerId: string, facts: object) =>
  groupChange({ source: 'customers', kind, containerId, ...facts });
const nesting = (
  child: NestingChange['child'],
  into: NestingChange['container'],
  isMember: boolean,
): NestingChange => {
  const told = { source: 'customers', at: second(1), id: 'event-1' };
  return { ...told, kind: 'nesting', child, container: into, member: isMember };
};

/** What an event of each type comes to: a type, the object it is about, and its changes. */
const CATALOGUE: [type: string, object: object, changes: Change[]][] = [
  ['user.created', auth0User(), [person({ exists: true, blocked: false, profile })]],
  ['user.updated', auth0User(), [person({ exists: true, profile })]],
  ['user.deleted', user, [person({ exists: false })]],
  [
    'organization.created',
    organization,
    [container('organization', 'org_1', { exists: true, name: 'globex' })],
  ],
  ['organization.updated', organization, [container('organization', 'org_1', { name: 'globex' })]],
  ['organization.deleted', organization, [container('organization', 'org_1', { exists: false })]],
  ['organization.member.added', { organization, user }, [membership(place, true)]],
  ['organization.member.deleted', { organization, user }, [membership(place, false)]],
  ['organization.member.role.assigned', { organization, user, role }, [membership(roleIn, true)]],
  ['organization.member.role.deleted', { organization, user, role }, [membership(roleIn, false)]],
  [
    'organization.group.role.assigned',
    { organization, group, role },
    [nesting({ kind: 'group', id: 'grp_1' }, roleIn, true)],
  ],
  [
    'organization.group.role.deleted',
    { organization, group, role },
    [nesting({ kind: 'group', id: 'grp_1' }, roleIn, false)],
  ],
  ['group.created', group, [container('group', 'grp_1', { exists: true, name: 'Staff' })]],
  ['group.updated', group, [container('group', 'grp_1', { name: 'Staff' })]],
  ['group.deleted', group, [container('group', 'grp_1', { exists: false })]],
  ['group.member.added', { group, member }, [membership(staff, true)]],
  ['group.member.deleted', { group, member }, [membership(staff, false)]],
  ['connection.deleted', connection, [container('connection', 'globex-saml', { exists: false })]],
];

/** Types that never change anything, and why. */
const UNMIRRORED: [type: string, object: object, reason: RegExp][] = [
  ['organization.connection.added', { organization, connection }, /organization\.member\.added/],
  ['organization.connection.updated', { organization, connection }, /organization\.member\.added/],
  ['organization.connection.removed', { organization, connection }, /organization\.member\.added/],
  ['group.role.assigned', { group, role }, /roles of the tenant/],
  ['group.role.deleted', { group, role }, /roles of the tenant/],
  ['connection.created', connection, /events of their own/],
  ['connection.updated', connection, /events of their own/],
];

describe("each type of Auth0's catalogue", () => {
  test('is either mirrored or known not to be', () => {
    const types = [...CATALOGUE, ...UNMIRRORED].map(([type]) => type);

    expect(types.toSorted()).toEqual([...EVENT_TYPES].sort());
    expect(types).toHaveLength(25);
  });

  test.each(CATALOGUE)('%s comes to just its changes, with an api and without', (type, object, changes) => {
    const event = auth0Event(type, object);

    expect([map(event), map(event, { api: true })]).toEqual(
      Array.from({ length: 2 }, () => ({ changes, ignored: [], unreadable: [] })),
    );
  });

  test.each(UNMIRRORED)('%s is ignored with its reason, whatever is in it', (type, object, reason) => {
    for (const about of [object, {}, undefined]) {
      expect(map(auth0Event(type, about), { api: true })).toEqual({
        changes: [],
        ignored: [{ type, reason: expect.stringMatching(reason) }],
        unreadable: [],
      });
    }
  });

  test.each(CATALOGUE)('%s is unreadable, and not lost, where it says nothing', (type) => {
    const { changes, ignored, unreadable } = map(auth0Event(type, {}), { api: true });

    expect([changes, ignored]).toEqual([[], []]);
    expect(unreadable[0]?.path).toMatch(/^data\.object\./);
  });

  test.each(CATALOGUE)('%s is the same by every envelope', (type, object, changes) => {
    const event = auth0Event(type, object);
    const { specversion: _, a0tenant: _tenant, a0stream: _stream, ...bare } = event;

    const envelopes = [
      { message: event },
      { data: event },
      { detail: event },
      [event],
      { ...bare, spec_version: '1.0', type: `com.auth0.${type}`, dataschema: 'https://example.com/schema' },
    ];

    expect(envelopes.map((envelope) => changesOf(envelope))).toEqual(envelopes.map(() => changes));
  });

  test.each([...CATALOGUE, ...UNMIRRORED].map(([type, object]) => [type, object] as const))(
    '%s as a test event of the dashboard is ignored',
    (type, object) => {
      const { changes, ignored } = map(auth0Event(type, object, { a0purpose: 'test' }), { api: true });

      expect([changes, ignored]).toEqual([[], [{ type, reason: expect.stringContaining('test event') }]]);
    },
  );
});

describe('a user', () => {
  test.each([
    ['user.created', true, { blocked: true }],
    ['user.created', null, { blocked: false }],
    ['user.updated', true, { blocked: true }],
    ['user.updated', false, { blocked: false }],
    ['user.updated', null, { blocked: false }],
  ])('of %s with blocked %s is what it says', (type, blocked, expected) => {
    expect(mapUser(type, { blocked }).changes).toMatchObject([expected]);
  });

  test('of an update that does not say so may be blocked or not', () => {
    expect(mapUser('user.updated').changes[0]).not.toHaveProperty('blocked');
  });

  test('keeps what an update does not carry, and loses what it says to be null', () => {
    const profiles = [{}, { email: null }, { name: 'Ada' }, { picture: null }].map((carried) => {
      const [change] = changesOf(auth0Event('user.updated', { ...user, ...carried }));
      return change?.kind === 'person' && change.profile;
    });

    expect(profiles).toEqual([{}, { email: null }, { name: 'Ada' }, { photoUrl: null }]);
  });

  test.each([
    ['the nickname where the name is null', { name: null }, 'ada'],
    ['null where there is neither', { name: null, nickname: null }, null],
    ['a name of any script', { name: 'Zoë Łukasz 山田 🚀' }, 'Zoë Łukasz 山田 🚀'],
  ])('has for a name %s', (_what, told, name) => {
    expect(mapUser('user.updated', told).changes).toMatchObject([{ profile: { name } }]);
  });

  test.each([
    ['each of their identities, once', ['github', 'saml', 'saml'], ['github', 'saml']],
    ['none of an identity that names none', [null, '', undefined], []],
    ['none where they have no identity left', [], []],
  ])('has the connections of %s', (_what, names, connections) => {
    const identities = names.map((name) => ({ connection: name, user_id: 7, provider: 'x', isSocial: true }));

    expect(mapUser('user.updated', { identities }).changes).toMatchObject([{ connections }]);
  });

  test.each([null, undefined])('whose identities are %s has the connections they had', (identities) => {
    expect(mapUser('user.updated', { identities }).changes[0]).not.toHaveProperty('connections');
  });

  test('has nothing of their metadata, logins or telephone told', () => {
    const more = { app_metadata: { plan: 'pro' }, last_ip: '203.0.113.10', phone_number: '+15555550100' };

    expect(mapUser('user.updated', { ...more, previous_object: {} })).toEqual(mapUser('user.updated'));
  });
});

describe('a container', () => {
  test('that ended has no name told, because it may be an old one', () => {
    const ends = ['organization.deleted', 'group.deleted'].flatMap((type) =>
      changesOf(auth0Event(type, { id: 'it_1', name: 'Old' })),
    );

    expect(ends.map((change) => 'name' in change)).toEqual([false, false]);
  });

  test('without a name has none told', () => {
    for (const name of [null, '', undefined]) {
      expect(changesOf(auth0Event('organization.created', { id: 'org_1', name }))).toEqual([
        container('organization', 'org_1', { exists: true }),
      ]);
    }
  });

  test('that is a group of an organization says in which it counts, also as the place of a membership', () => {
    const told = [
      ...changesOf(auth0Event('group.created', ofOrganization)),
      ...changesOf(auth0Event('group.member.added', { group: ofOrganization, member })),
    ];

    expect(told).toMatchObject([
      { organization: 'org_1' },
      { container: { id: 'grp_2', organization: 'org_1' } },
    ]);
  });

  test('that is a role without a name is known by its id', () => {
    const object = { organization: { id: 'org_1' }, user, role: { id: 'rol_1' } };

    expect(changesOf(auth0Event('organization.member.role.deleted', object))).toMatchObject([
      { container: { kind: 'role', id: 'rol_1', organization: 'org_1' }, member: false },
    ]);
  });
});

describe('a connection in a group', () => {
  test.each([
    ['group.member.added', true],
    ['group.member.deleted', false],
  ])('by %s is nested in it, by an id whose name is to be read', (type, isMember) => {
    const changes = changesOf(auth0Event(type, { group, member: connected }), { api: true });

    expect(changes).toEqual([nesting({ kind: 'connection', id: 'con_1', read: true }, staff, isMember)]);
  });

  test.each(['group.member.added', 'group.member.deleted'])('by %s is ignored without an api', (type) => {
    const { changes, ignored } = map(auth0Event(type, { group, member: connected }));

    expect([changes, ignored]).toEqual([[], [{ type, reason: expect.stringContaining('no api') }]]);
  });

  test('is known by its id where it has no other', () => {
    const bare = { member_type: 'connection', id: 'con_2' };

    expect(changesOf(auth0Event('group.member.added', { group, member: bare }), { api: true })).toMatchObject(
      [{ child: { id: 'con_2' } }],
    );
  });
});

describe('what Auth0 should send', () => {
  const auth0 = (config: object = {}) => {
    return eventTypes(sourceConfig({ kind: 'auth0', ...config }));
  };
  const people = ['user.created', 'user.updated', 'user.deleted'];
  const organizations = ['organization.created', 'organization.updated', 'organization.deleted'];
  const members = ['organization.member.added', 'organization.member.deleted'];
  const always = [...people, ...organizations, ...members];
  const memberRoles = ['organization.member.role.assigned', 'organization.member.role.deleted'];
  const groupRoles = ['organization.group.role.assigned', 'organization.group.role.deleted'];
  const groups = [
    'group.created',
    'group.updated',
    'group.deleted',
    'group.member.added',
    'group.member.deleted',
  ];
  const none = { include: [] };
  const neither = { groups: none, roles: none };
  const everything = [...always, ...memberRoles, ...groupRoles, ...groups];

  test.each([
    ['everything that is mirrored', {}, everything],
    ['the end of connections too, where there is an api', { api: {} }, [...everything, 'connection.deleted']],
    ['no groups where none is mirrored', { groups: none }, [...always, ...memberRoles]],
    ['no roles where none is mirrored', { roles: none }, [...always, ...groups]],
    ['people and organizations only', neither, always],
    ['no connections where no group is mirrored', { api: {}, groups: none }, [...always, ...memberRoles]],
    [
      'groups and roles where they decide on who is mirrored',
      { ...neither, users: { groups: ['Staff'] } },
      everything,
    ],
    [
      'groups and roles where they give access to a folder',
      { ...neither, grants: [{ group: 'Staff', folderId: 'f' }] },
      everything,
    ],
  ])('is %s', (_what, config, types) => {
    expect(auth0(config).toSorted()).toEqual(types.toSorted());
  });

  test('is nothing that is always ignored', () => {
    const unmirrored = UNMIRRORED.map(([type]) => type);

    expect(auth0({ api: {} }).filter((type) => unmirrored.includes(type))).toEqual([]);
  });
});

describe('what an Action tells', () => {
  const hint = { ...common, at: second(1), id: 'action', exists: true, profile };

  test('is that its user is there, as of their last update', () => {
    expect(map(auth0Action())).toEqual({ changes: [personChange(hint)], ignored: [], unreadable: [] });
  });

  test.each([
    ['their creation, without an update', { updated_at: undefined }, second(0)],
    ['the dawn of time, without either', { updated_at: null, created_at: null }, '1970-01-01T00:00:00.000Z'],
    ['the dawn of time, where it is no date', { updated_at: 'soon' }, '1970-01-01T00:00:00.000Z'],
    ['now, where it is ahead of it', { updated_at: '2099-01-01T00:00:00Z' }, new Date(NOW).toISOString()],
  ])('is as of %s', (_what, told, at) => {
    expect(changesOf(auth0Action(told))).toMatchObject([{ at }]);
  });

  test.each([
    ['a registration', undefined, 'memberships'],
    ['a first login', { logins_count: 1 }, 'memberships'],
    ['a login whose number is unknown', { logins_count: null }, 'memberships'],
    ['a login with odd statistics', 'none', 'memberships'],
    ['a later login', { logins_count: 2 }, undefined],
  ])('asks for a read after %s where there is an api, and never without', (_what, stats, read) => {
    const event = auth0Action({}, { stats });

    const of = { kind: 'person', id: 'auth0|ada' } as const;
    const question = recheck({ source: 'customers', of, at: second(1), read: 'memberships' });
    expect(changesOf(event, { api: true })).toEqual([personChange(hint), ...(read ? [question] : [])]);
    expect(changesOf(event)).toEqual([personChange(hint)]);
  });

  test('says nothing of who is blocked', () => {
    const [change] = changesOf(auth0Action({ blocked: true }));

    expect(change).toEqual(personChange(hint));
  });

  test('is neither that somebody is gone who was deleted, nor that they are there', () => {
    const forwarded = { object: { ...auth0User({ updated_at: second(0) }), deleted_at: second(1) } };

    const asked = changesOf(forwarded, { api: true });
    const { changes, ignored } = map(forwarded);

    const of = { kind: 'person', id: 'auth0|ada' };
    expect(asked).toMatchObject([
      { kind: 'recheck', of, at: second(1), reason: 'event', read: 'memberships' },
    ]);
    expect([changes, ignored]).toEqual([
      [],
      [{ type: 'action', reason: expect.stringContaining('deletion') }],
    ]);
  });

  test.each([
    ['no more than the user', { user: auth0User({ updated_at: second(1) }) }],
    ["no more than a message's data", { object: auth0User({ updated_at: second(1) }), previous_object: {} }],
    ['a list of one', [auth0Action()]],
  ])('is the same where it posts %s', (_what, body) => {
    expect(changesOf(body)).toEqual([personChange(hint)]);
  });

  test('is nothing before a registration, where the user has no id', () => {
    expect(map(auth0Action({ user_id: undefined }), { api: true })).toEqual({
      changes: [],
      ignored: [{ type: 'action', reason: expect.stringContaining('no id') }],
      unreadable: [],
    });
  });

  test.each([7, null, '', {}])('cannot be read where the user id is %j', (user_id) => {
    const { changes, ignored, unreadable } = map(auth0Action({ user_id }));

    expect([changes, ignored]).toEqual([[], []]);
    expect(unreadable).not.toEqual([]);
  });
});

describe('a list', () => {
  test('is read item by item, whatever the kind of each', () => {
    const items = [
      auth0Event('user.created', auth0User(), { id: 'first' }),
      null,
      auth0Event('connection.created', connection),
      auth0Event('user.created', {}),
      auth0Action(),
    ];

    const { changes, ignored, unreadable } = map(items);

    expect(changes.map((change) => 'id' in change && change.id)).toEqual(['first', 'action']);
    expect(ignored.map(({ type }) => type)).toEqual(['connection.created']);
    expect(unreadable.map(({ path }) => path)).toEqual(['1.(whole)', '3.data.object.user_id']);
  });

  test('of nothing comes to nothing', () => {
    expect(map([])).toEqual({ changes: [], ignored: [], unreadable: [] });
  });
});

test.each(['user.registered', 'constructor', '__proto__', 'com.auth0.toString'])(
  'a type that is not known is ignored: %s',
  (type) => {
    expect(map(auth0Event(type, auth0User()))).toMatchObject({
      changes: [],
      ignored: [{ reason: 'this event type is not mirrored' }],
      unreadable: [],
    });
  },
);

test('an event that is ahead of the clock counts as of now', () => {
  const event = auth0Event('user.updated', auth0User(), { time: '2099-01-01T00:00:00.000Z' });

  expect(changesOf(event)).toMatchObject([{ at: new Date(NOW).toISOString() }]);
});

const unreadable: [what: string, body: unknown, path: string][] = [
  ['null', null, '(whole)'],
  ['a text', 'user.created', '(whole)'],
  ['a list in a list', [[auth0Event('user.created', auth0User())]], '0.(whole)'],
  ['no type', auth0Event('', auth0User()), 'type'],
  ['no id', auth0Event('user.created', auth0User(), { id: '' }), 'id'],
  ['no time', auth0Event('user.created', auth0User(), { time: undefined }), 'time'],
  ['a time that is no date', auth0Event('user.created', auth0User(), { time: 'soon' }), 'time'],
  ['no data', auth0Event('user.created', {}, { data: undefined }), 'data'],
  ['no object', auth0Event('user.created', undefined, { data: {} }), 'data.object.(whole)'],
  ['no time, in a message', { message: auth0Event('user.created', {}, { time: 7 }) }, 'message.time'],
  ['no user id, in a message', { message: auth0Event('user.created', {}) }, 'message.data.object.user_id'],
  ['no user id', auth0Event('user.created', {}), 'data.object.user_id'],
  [
    'a blocked that is no flag',
    auth0Event('user.updated', auth0User({ blocked: 'yes' })),
    'data.object.blocked',
  ],
  [
    'no organization',
    auth0Event('organization.member.added', { organization: null, user }),
    'data.object.organization',
  ],
  [
    'a role without an id',
    auth0Event('organization.member.role.assigned', { organization, user, role: { name: 'editor' } }),
    'data.object.role.id',
  ],
  [
    'a group that is a text',
    auth0Event('group.member.added', { group: 'grp_1', member }),
    'data.object.group',
  ],
  [
    'a member of no known type',
    auth0Event('group.member.added', { group, member: { member_type: 'device', id: 'd' } }),
    'data.object.member.member_type',
  ],
  [
    'a connection without an id in a group',
    auth0Event('group.member.added', { group, member: { member_type: 'connection', type: 'connection' } }),
    'data.object.member.connection_id',
  ],
];

test.each(unreadable)('is unreadable by its path: %s', (_what, body, path) => {
  const { changes, ignored, unreadable: faults } = map(body, { api: true });

  expect([changes, ignored]).toEqual([[], []]);
  expect(faults.map((issue) => issue.path)).toContain(path);
});

describe('what cannot be read is named by what it was meant to be', () => {
  const { date: _, ...undated } = auth0LogRecord('ss').data as Record<string, unknown>;

  test.each([
    ['an Action with a number for an id', { user: { user_id: 7 } }, 'user.user_id'],
    ['a log record without a date', { log_id: '1', data: undated }, 'data.date'],
    ['a list that no log stream sends', Array.from({ length: 10_001 }, () => ({})), '(whole)'],
  ])('%s', (_what, body, path) => {
    expect(map(body).unreadable.map((issue) => issue.path)).toEqual([path]);
  });
});
