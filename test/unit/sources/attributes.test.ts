import { describe, expect, test } from 'vitest';
import { QueueItem } from '../../../lib/directory/change.ts';
import * as attributes from '../../../lib/sources/attributes.ts';
import { personFact as auth0Fact, personFacts } from '../../../lib/sources/auth0/facts.ts';
import { Member, User, UserObject } from '../../../lib/sources/auth0/schema.ts';
import { updatedAt } from '../../../lib/sources/facts.ts';
import { groupFact, personFact as oktaFact } from '../../../lib/sources/okta/facts.ts';
import { mapBody } from '../../../lib/sources/okta/inbound.ts';
import { LogEvent, OktaGroup, OktaUser } from '../../../lib/sources/okta/schema.ts';
import { map } from '../../support/auth0-mapping.ts';
import { auth0Event, NOW, oktaEvent, oktaTarget } from '../../support/factories.ts';

const LONG = 'x'.repeat(16_385);
const now = new Date(NOW).toISOString();
const reading = { source: 'idp', askedAt: NOW };

describe('an attribute', () => {
  test.each([7, true, {}, ['Ada'], LONG])('that is no text the mirror stores is left out: %#', (odd) => {
    expect(attributes.text.parse(odd)).toBeUndefined();
  });

  test.each(['Ada', '', null, undefined, LONG.slice(1)])(
    'that is text, null or absent stays: %#',
    (value) => {
      expect(attributes.text.parse(value)).toBe(value);
    },
  );

  test.each([
    ...[7, 'ada', 'ada@', 'ada lovelace@example.com', 'a\u0000da@example.com', 'a\uD83Dda@example.com'],
    ...[`${'a'.repeat(300)}@example.com`, `${LONG}@example.com`],
  ])('that is no e-mail address says nothing: %#', (odd) => {
    expect(attributes.email.parse(odd)).toBe(attributes.UNREADABLE);
  });

  test.each([
    7,
    '/ada.png',
    'ada.png',
    'data:image/png;base64,AA==',
    'javascript:1',
    'https://',
    `https://x.example/${LONG}`,
  ])('that is no address of a picture on the web is left out: %#', (odd) => {
    expect(attributes.picture.parse(odd)).toBeUndefined();
  });

  test.each(['', ' ', null])('that is a blank address is cleared: %j', (blank) => {
    expect([attributes.email.parse(blank), attributes.picture.parse(blank)]).toEqual([null, null]);
  });

  test('that is an address stays', () => {
    expect(attributes.email.parse('O\u2019Neill+x@sub.example.com')).toBe('O\u2019Neill+x@sub.example.com');
    expect(attributes.picture.parse('https://images.example.com/a.png?s=1')).toBe(
      'https://images.example.com/a.png?s=1',
    );
    expect(attributes.picture.parse('http://images.example.com/a.png')).toBe(
      'http://images.example.com/a.png',
    );
  });
});

describe('a time of what was read', () => {
  test.each(['soon', '', null, undefined, '+012000-01-01T00:00:00.000Z'])(
    'that is none says nothing: %j',
    (time) => {
      expect(updatedAt([time])).toEqual({});
    },
  );

  test('is the newest of those that are one', () => {
    expect(updatedAt(['soon', now, '2020-01-01T00:00:00.000Z'])).toEqual({ at: now });
  });
});

describe('a user of Okta of whom only the id is right', () => {
  const odd = { status: 7, transitioningToStatus: [], lastUpdated: 'soon', statusChanged: 7 };

  test('is there as of the read, and nothing else is said of them', () => {
    const user = OktaUser.parse({ id: 'ada', ...odd, profile: 7 });

    expect(oktaFact(user, reading)[0]).toEqual({
      ...{ kind: 'person', source: 'idp', personId: 'ada', exists: true },
      ...{ at: now, askedAt: now },
    });
  });

  test.each([
    [{ displayName: 7, firstName: 'Ada', lastName: 'Example' }, 'Ada Example'],
    [{ displayName: LONG, firstName: 'Ada', lastName: {} }, 'Ada'],
    [{ displayName: 7, firstName: 7, lastName: 7 }, null],
    [{ firstName: LONG.slice(1), lastName: LONG.slice(1) }, null],
  ])(
    'has the first usable name of %#, and keeps the address they have for one that is none',
    (names, name) => {
      const user = OktaUser.parse({ id: 'ada', status: 'ACTIVE', profile: { ...names, email: 'nobody' } });
      const [fact] = oktaFact(user, reading);

      expect(fact).toMatchObject({ active: true, profile: { name } });
      expect(fact).not.toHaveProperty('profile.email');
      expect(QueueItem.safeParse(fact).success).toBe(true);
    },
  );
});

test.each([{ name: 7 }, { name: LONG }, 7])(
  'a group of Okta without a usable name keeps the one it has: %#',
  (profile) => {
    const group = OktaGroup.parse({ id: 'g1', lastUpdated: 'soon', profile });

    expect(groupFact('g1', group, reading)).toEqual({
      ...{ kind: 'group', source: 'idp', containerId: 'g1', exists: true },
      ...{ at: now, askedAt: now },
    });
  },
);

test('an event of Okta costs an odd display name no more than the name', () => {
  const target = [{ id: 'ada', type: 'User', displayName: 7, alternateId: {} }];
  const event = LogEvent.parse({ uuid: 'e1', eventType: 'user.lifecycle.create', published: now, target });

  expect(event.target).toEqual([{ id: 'ada', type: 'User' }]);
});

test.each([[[{ id: 'rol_1' }, { id: 7 }]], ['admin'], [7]])(
  'a member of an organization is one by their id, whatever their roles: %j',
  (roles) => {
    expect(Member.parse({ user_id: 'auth0|ada', roles })).toEqual({
      user_id: 'auth0|ada',
      roles: attributes.UNREADABLE,
    });
  },
);

describe('a user of Auth0 of whom only the id is right', () => {
  const odd = { name: 7, email: 'nobody', picture: 'data:image/png;base64,AA==', nickname: [] };

  test('has nothing said of the rest by an event: it is unchanged', () => {
    const user = UserObject.parse({ user_id: 'auth0|ada', ...odd, identities: [{ connection: 7 }] });

    expect(personFacts(user)).toEqual({ exists: true, profile: {} });
  });

  test('has none of it by a read, as of the read: it is cleared, but not the address', () => {
    const user = User.parse({ user_id: 'auth0|ada', ...odd, updated_at: 'soon', created_at: 7 });

    expect(auth0Fact(user, reading)[0]).toMatchObject({ at: now, profile: { name: null, photoUrl: null } });
    expect(auth0Fact(user, reading)[0]).not.toHaveProperty('profile.email');
    expect(auth0Fact(user, reading)[0]).not.toHaveProperty('emailVerified');
  });

  test('is called by the nickname where a read has no usable name', () => {
    const user = User.parse({ user_id: 'auth0|ada', name: LONG, nickname: 'ada' });

    expect(auth0Fact(user, reading)[0]).toMatchObject({ profile: { name: 'ada' } });
  });
});

test('what is left out of events is counted, and nothing where nothing is', () => {
  const created = (user: object) => map(auth0Event('user.created', { user_id: 'auth0|ada', ...user }));
  const events = [
    oktaEvent('user.lifecycle.create', { target: [oktaTarget('User', { displayName: 7 as never })] }),
    oktaEvent('user.lifecycle.create'),
  ];

  expect(created({ name: 7, email: 'nobody', picture: null }).leftOut).toBe(2);
  expect(created({ name: 'Ada' }).leftOut).toBeUndefined();
  expect(
    mapBody({ data: { events } }, { source: 'okta', latest: NOW, config: { users: 'all' } }).leftOut,
  ).toBe(1);
});

describe('access expires', () => {
  test.each([
    ['at the end of a day, in UTC', '2026-12-31', '2027-01-01T00:00:00.000Z'],
    ['at a moment', '2026-12-31T17:00:00Z', '2026-12-31T17:00:00.000Z'],
    ['at a moment of another zone', '2026-12-31T17:00:00.5+02:00', '2026-12-31T15:00:00.500Z'],
    ['at a minute, in lower case', '2026-12-31t17:00z', '2026-12-31T17:00:00.000Z'],
    ['where blanks are around it', ' 2026-12-31 ', '2027-01-01T00:00:00.000Z'],
    [
      'at the last moment that can be written, where never was meant',
      '9999-12-31',
      '9999-12-31T23:59:59.999Z',
    ],
  ])('%s', (_when, text, expected) => {
    expect(attributes.endOf(text)).toBe(expected);
  });

  test.each(['2026-02-30', '31.12.2026', '12/31/2026', '2026-12-31T17:00:00', 'never', '1798675200', ''])(
    'at no time that %j would be',
    (text) => {
      expect(attributes.endOf(text)).toBeUndefined();
    },
  );
});
