import { describe, expect, test } from 'vitest';
import { DAWN } from '../../../../lib/directory/version.ts';
import { personFact } from '../../../../lib/sources/auth0/facts.ts';
import { EVENT_TYPES } from '../../../../lib/sources/auth0/inbound.ts';
import { User } from '../../../../lib/sources/auth0/schema.ts';
import {
  CATALOGUE,
  changesOf,
  connected,
  container,
  group,
  map,
  mapUser,
  member,
  nesting,
  ofOrganization,
  person,
  staff,
  UNMIRRORED,
  user,
} from '../../../support/auth0-mapping.ts';
import { auth0Event, auth0User, NOW } from '../../../support/factories.ts';

describe("each type of Auth0's catalogue", () => {
  test('is either mirrored or known not to be', () => {
    const types = [...CATALOGUE, ...UNMIRRORED].map(([type]) => type);

    expect(types.toSorted()).toEqual([...EVENT_TYPES].sort());
    expect(types).toHaveLength(25);
  });

  test.each(CATALOGUE)('%s comes to just its changes, with an api and without', (type, object, changes) => {
    const event = auth0Event(type, object);

    expect([map(event), map(event, { api: true })]).toEqual(
      Array.from({ length: 2 }, () => ({
        changes,
        events: [{ type, id: 'event-1' }],
        ignored: [],
        unreadable: [],
      })),
    );
  });

  test.each(UNMIRRORED)('%s is ignored with its reason, whatever is in it', (type, object, reason) => {
    for (const about of [object, {}, undefined]) {
      expect(map(auth0Event(type, about), { api: true })).toEqual({
        changes: [],
        events: [{ type, id: 'event-1' }],
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

  test.each(['user.created', 'user.updated'])(
    'of %s with a blocked that is no flag is said to be so as of the dawn, and the rest of them as of the event',
    (type) => {
      const { changes, unreadable, leftOut } = mapUser(type, { blocked: 'yes' });

      expect(changes).toMatchObject([
        { exists: true, profile: { name: expect.any(String) } },
        { at: DAWN, blocked: true },
      ]);
      expect(changes[0]).not.toHaveProperty('blocked');
      expect(changes[1]).not.toHaveProperty('exists');
      expect([unreadable, leftOut]).toEqual([[], 1]);
    },
  );

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
    ['that Auth0 says is verified', { email_verified: true }, true],
    ['that a SAML connection vouches for with a text', { email_verified: 'ada@example.com' }, true],
    ['that is not verified', { email_verified: false }, false],
    ['of which Auth0 does not say so', { email_verified: undefined }, false],
    ['of which Auth0 says null', { email_verified: null }, false],
    ['of which Auth0 says a blank text', { email_verified: ' ' }, false],
    ['of which Auth0 says "False"', { email_verified: 'False' }, false],
  ])('has an address %s, by an event and by a read', (_what, said, emailVerified) => {
    const read = personFact(User.parse(auth0User(said)), { source: 'customers', askedAt: NOW });

    expect([...mapUser('user.updated', said).changes, ...read]).toMatchObject([
      { emailVerified },
      { emailVerified },
    ]);
  });

  test('has an address of which nobody can read whether it is verified: that it is not, as of the dawn', () => {
    const said = { email_verified: 1 };
    const read = personFact(User.parse(auth0User(said)), { source: 'customers', askedAt: NOW });

    for (const [told, doubt] of [mapUser('user.updated', said).changes, read]) {
      expect(told).not.toHaveProperty('emailVerified');
      expect(doubt).toMatchObject({ at: DAWN, emailVerified: false });
    }
  });

  test.each([
    ['is not verified any more by a no', { email_verified: false }, { emailVerified: false }],
    ['is as verified as it was by a yes', { email_verified: true }, {}],
    [
      'is as verified as it was by a yes of what is no address',
      { email: '"a b"@x', email_verified: true },
      {},
    ],
  ])('whose address an update does not tell %s', (_what, said, told) => {
    const [change] = changesOf(auth0Event('user.updated', { ...user, ...said }));

    expect(change).toEqual(person({ exists: true, profile: {}, ...told }));
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

test.each(['group.member.added', 'group.member.deleted'])('a group in a group by %s is ignored', (type) => {
  const { changes, ignored } = map(
    auth0Event(type, { group, member: { member_type: 'group', id: 'grp_9' } }),
  );

  expect([changes, ignored]).toEqual([[], [{ type, reason: 'a group in a group is not mirrored' }]]);
});

test('an event whose data is text, as in the record of deliveries, is the same', () => {
  const event = auth0Event('user.updated', auth0User());

  expect(changesOf({ ...event, data: JSON.stringify(event.data) })).toEqual(changesOf(event));
  expect(map({ ...event, data: 'no JSON' })).toMatchObject({ changes: [], unreadable: [{ path: 'data' }] });
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
