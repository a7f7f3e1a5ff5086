import { describe, expect, test } from 'vitest';
import { type PersonChange, type Profile, type QueueItem, takeIn } from '../../../lib/directory/change.ts';
import { desired, type User } from '../../../lib/directory/desired.ts';
import { newPerson } from '../../../lib/directory/entry.ts';
import { foldPerson } from '../../../lib/directory/fold.ts';
import { leftOut } from '../../../lib/sources/attributes.ts';
import { mappingOf as mappingOfAuth0 } from '../../../lib/sources/auth0/config.ts';
import { personFact as auth0Fact } from '../../../lib/sources/auth0/facts.ts';
import { mapBody as mapAuth0 } from '../../../lib/sources/auth0/inbound.ts';
import { usersBy as auth0UsersBy } from '../../../lib/sources/auth0/schema.ts';
import { mappingOf as mappingOfOkta } from '../../../lib/sources/okta/config.ts';
import { personFact as oktaFact } from '../../../lib/sources/okta/facts.ts';
import { mapBody as mapOkta } from '../../../lib/sources/okta/inbound.ts';
import { usersBy as oktaUsersBy } from '../../../lib/sources/okta/schema.ts';
import {
  auth0Action,
  auth0Event,
  makePolicy,
  NOW,
  oktaDelivery,
  oktaEvent,
  oktaTarget,
  sourceConfig,
} from '../../support/factories.ts';

const reading = { source: 'idp', askedAt: NOW };
const LONG = 'x'.repeat(20_000);

interface Came {
  profile: object | undefined;
  leftOut: number;
  /** As Velt would be told of them. */
  user: User | undefined;
}

function came(items: QueueItem[], leftOut: number, source: object): Came {
  const facts = takeIn(items).taken.filter((item): item is PersonChange => item.kind === 'person');
  const [first] = facts;
  const entry = facts.reduce(foldPerson, newPerson('idp', first?.personId ?? ''));
  return {
    profile: first?.profile,
    leftOut,
    user: desired(entry, new Map(), makePolicy({ ...source }), NOW)?.user,
  };
}

const okta = (source: object) => ({ kind: 'okta', api: {}, ...source });
const auth0 = (source: object) => ({ kind: 'auth0', ...source });

function readOkta(source: object, profile: object): Came {
  const config = sourceConfig(okta(source));
  const said = { id: '00u1', status: 'ACTIVE', profile: { email: 'ada@example.com', ...profile } };
  const read = oktaUsersBy(mappingOfOkta(config)).OktaUser.parse(said);
  return came(oktaFact(read, reading), leftOut(said, read), okta(source));
}

function hearOkta(source: object, target: object): Came {
  const config = sourceConfig({ kind: 'okta', ...source });
  const event = oktaEvent('user.lifecycle.create', { target: [oktaTarget('User', { ...target })] });
  const { changes, leftOut = 0 } = mapOkta(oktaDelivery(event), {
    ...{ source: 'idp', latest: NOW, config: config as never },
  });
  return came(changes, leftOut, { kind: 'okta', ...source });
}

function readAuth0(source: object, user: object): Came {
  const config = sourceConfig(auth0(source));
  const said = { user_id: 'auth0|1', email: 'ada@example.com', email_verified: true, ...user };
  const read = auth0UsersBy(mappingOfAuth0(config)).User.parse(said);
  return came(auth0Fact(read, reading), leftOut(said, read), auth0(source));
}

function hearAuth0(
  source: object,
  user: object,
  how: (user: object) => object = (object) => auth0Event('user.updated', object),
) {
  const config = sourceConfig(auth0(source));
  const { changes, leftOut = 0 } = mapAuth0(how({ user_id: 'auth0|1', ...user }), {
    ...{ source: 'idp', latest: NOW, config: config as never },
  });
  return came(changes, leftOut, auth0(source));
}

/** What an attribute may be, what a rule makes of it, and how often it is left out. */
const TEXTS: [what: string, value: unknown, text: string | null, leftOut: number][] = [
  ['a text', 'Seven', 'Seven', 0],
  ['a whole number', 7, '7', 0],
  ['missing', undefined, null, 0],
  ['null', null, null, 0],
  ['empty', '', null, 0],
  ['blank', ' \u200b', null, 0],
  ['a number with a fraction', 7.5, null, 1],
  ['a yes', true, null, 1],
  ['a list', ['Seven'], null, 1],
  ['an object', {}, null, 1],
  ['too long', LONG, null, 1],
];
const RULES: [rule: string, of: (path: string) => object | string, as: (text: string) => string][] = [
  ['a path', (path) => path, (text) => text],
  ['a path as keys', (path) => ({ path: path.split('.') }), (text) => text],
  ['a path in lower case', (path) => ({ path, lower: true }), (text) => text.toLowerCase()],
  ['a template', (path) => ({ template: `No. {${path}}!` }), (text) => `No. ${text}!`],
  [
    'a template in lower case',
    (path) => ({ template: `No. {${path}}!`, lower: true }),
    (text) => `no. ${text.toLowerCase()}!`,
  ],
];
/** How each vendor is read whole, where the attribute stands. */
const READS: [vendor: string, path: string, read: (source: object, value: unknown) => Came][] = [
  ['Okta', 'profile.x', (source, x) => readOkta(source, { x })],
  ['Auth0, in metadata', 'app_metadata.x', (source, x) => readAuth0(source, { app_metadata: { x } })],
  ['Auth0, at the root', 'x', (source, x) => readAuth0(source, { x })],
  [
    'Auth0, of an identity',
    'identities.corp.user_id',
    (source, user_id) =>
      readAuth0(source, { identities: [{ connection: 'web' }, { connection: 'corp', user_id }] }),
  ],
];

describe.each(READS)('what was read of %s', (_vendor, path, read) => {
  describe.each(RULES)('by %s', (_rule, of, as) => {
    test.each(TEXTS)('has a plan that is %s, or none', (_what, value, text, count) => {
      const { profile, leftOut, user } = read({ attributes: { plan: of(path) } }, value);

      const plan = text === null ? null : as(text);
      expect(profile).toMatchObject({ plan, email: 'ada@example.com' });
      expect(leftOut).toBe(count);
      expect(user?.plan).toBe(plan ?? undefined);
    });

    test.each(TEXTS)('is a user whose id is %s, or nobody', (_what, value, text, count) => {
      const { profile = {}, leftOut, user } = read({ userId: of(path) }, value);

      // Of one that cannot be read, nothing is said: whoever is at Velt stays.
      expect('userId' in profile).toBe(count === 0);
      if (count === 0) expect(profile).toMatchObject({ userId: text === null ? null : as(text) });
      expect(leftOut).toBe(count);
      expect(user?.userId).toBe(text === null ? undefined : as(text));
    });
  });

  test('says nothing of a user id with more characters than a key can hold', () => {
    expect(read({ userId: path }, 'x'.repeat(301))).toMatchObject({ leftOut: 1, user: undefined });
    expect(read({ userId: path }, 'x'.repeat(300)).user?.userId).toHaveLength(300);
    expect(read({ userId: path }, 'half \ud800').leftOut).toBe(1);
  });

  test('has the first text of a list, past what is of no use', () => {
    const source = { attributes: { type: [path, { constant: 'guest' }] } };

    expect(read(source, 'staff').user?.type).toBe('staff');
    expect(read(source, null).user?.type).toBe('guest');
    expect(read(source, {}).user?.type).toBe('guest');
  });

  test('does not become another user because one attribute cannot be read', () => {
    const other = path.startsWith('profile') ? 'id' : 'user_id';

    expect(read({ userId: [path, other] }, {}).user).toBeUndefined();
    expect(read({ userId: [path, other] }, null).user?.userId).toMatch(/1$/);
  });

  test.each([
    ['color', '#ff0099', 'red'],
    ['textColor', '#FFF', 'white'],
    ['photoUrl', 'https://images.example.com/1.png', 'data:image/png;base64,AA'],
    ['email', 'work@example.com', 'nobody'],
  ])('has a %s only where Velt takes it', (attribute, good, odd) => {
    const source = { attributes: { [attribute]: path } };

    expect(read(source, good).user).toHaveProperty(attribute, good);
    expect(read(source, odd)).toMatchObject({ leftOut: 1 });
    expect(read(source, odd).user).not.toHaveProperty(attribute);
  });

  test.each(['constructor', '__proto__', 'toString'])('has nothing of what every object has: %s', (key) => {
    const inside = [...path.split('.').slice(0, -1), key];

    expect(read({ attributes: { plan: { path: inside } } }, 'Seven').user?.plan).toBeUndefined();
  });
});

describe('an attribute that is configured', () => {
  test('as null is told nobody, and not kept either', () => {
    const { profile, user } = readOkta({ attributes: { email: null } }, { displayName: 'Ada' });

    expect([profile, user]).toEqual([{ name: 'Ada' }, { userId: '00u1', name: 'Ada' }]);
  });

  test('takes the place of the usual one, and leaves the others as they are', () => {
    const { user } = readAuth0(
      { attributes: { name: { template: '{given_name} {family_name}' }, initial: 'nickname' } },
      { name: 'ada@example.com', given_name: 'Ada', family_name: 'Example', nickname: 'AE' },
    );

    expect(user).toEqual({
      ...{ userId: 'auth0|1', name: 'Ada Example', email: 'ada@example.com', initial: 'AE' },
    });
  });

  test('as a template of several is none while one of them is missing', () => {
    const source = { attributes: { name: { template: '{profile.a} {profile.b}' } } };

    expect(readOkta(source, { a: 'Ada', b: 'Example' }).profile).toMatchObject({ name: 'Ada Example' });
    expect(readOkta(source, { a: 'Ada' }).profile).toMatchObject({ name: null });
    expect(readOkta(source, { a: 'Ada', b: {} })).toMatchObject({ leftOut: 1, profile: { name: null } });
  });
});

describe('an event of Auth0', () => {
  const source = { userId: 'app_metadata.no', attributes: { plan: ['app_metadata.plan', 'tier'] } };
  const action = (user: object): object => auth0Action({ user_id: 'auth0|1', ...user });

  test.each([
    ['that has them all', { app_metadata: { no: 'n1', plan: 'Pro' } }, { userId: 'n1', plan: 'Pro' }],
    ['without them says nothing', {}, {}],
    ['that only has what comes second says nothing of it', { tier: 'Gold' }, {}],
    ['that has metadata without them says that they are none', { app_metadata: {} }, { userId: null }],
    [
      'that says of the first that it is none has the second',
      { app_metadata: { plan: null }, tier: 'Gold' },
      { userId: null, plan: 'Gold' },
    ],
    ['that has metadata of null says that they are none', { app_metadata: null }, { userId: null }],
    ['whose metadata cannot be read says nothing of who they are', { app_metadata: 7 }, {}],
  ])('%s', (_what, user, told) => {
    const { userId, plan } = hearAuth0(source, user).profile as Profile;

    expect({ userId, plan }).toEqual(told);
  });

  test('of somebody new says of what it lacks that they do not have it, whoever had their id before', () => {
    const created = (user: object) => auth0Event('user.created', user);

    expect(hearAuth0(source, { tier: 'Gold' }, created).profile).toEqual({ userId: null, plan: 'Gold' });
    expect(hearAuth0(source, { app_metadata: 7 }, created).profile).toEqual({});
  });

  test('by an Action is read in the same way', () => {
    expect(hearAuth0(source, { app_metadata: { no: 'n1' }, tier: 'Gold' }, action).profile).toMatchObject({
      userId: 'n1',
      plan: 'Gold',
    });
  });

  test('with a key that only we use cannot say who somebody is', () => {
    const mapped = { values: { userId: 'admin' }, asUsual: [] };

    expect(hearAuth0({}, { mapped }).profile).not.toHaveProperty('userId');
    expect(hearAuth0(source, { mapped, app_metadata: { no: 'n1' } }).profile).toMatchObject({ userId: 'n1' });
  });

  test('of which one identity cannot be read says nothing of any', () => {
    const identities = [{ connection: 'corp', user_id: 7 }];
    const by = { userId: 'identities.corp.user_id' };

    expect(hearAuth0(by, { identities }).profile).toMatchObject({ userId: '7' });
    expect(hearAuth0(by, { identities: [7] }).profile).not.toHaveProperty('userId');
    expect(hearAuth0(by, { identities: [] }).profile).toMatchObject({ userId: null });
  });
});

describe('an event of Okta', () => {
  const source = {
    userId: { path: 'profile.login', lower: true },
    attributes: { type: { constant: 'staff' } },
  };

  test.each([
    ['has the login', { alternateId: 'Ada@Example.com' }, { userId: 'ada@example.com', type: 'staff' }],
    ['has one that is no address too', { alternateId: 'ada' }, { userId: 'ada' }],
    ['says nothing of one that it does not know', { alternateId: 'unknown' }, { type: 'staff' }],
    ['says nothing of one that is not there', { alternateId: null }, { type: 'staff' }],
  ])('%s', (_what, target, told) => {
    const { profile } = hearOkta(source, target);

    expect(profile).toMatchObject({ name: 'Ada Example', ...told });
    expect(Object.hasOwn(profile as Profile, 'userId')).toBe('userId' in told);
  });
});

describe('nothing but ids', () => {
  test.each([
    [{ profile: 'ids' }, '00u1', { userId: '00u1' }],
    [{ profile: 'ids', userId: 'profile.no' }, 'n1', { userId: 'n1' }],
  ])('is what comes of people: %j', (source, userId, profile) => {
    const told = readOkta(source, { no: 'n1', displayName: 'Ada', plan: 'Pro' });

    expect(told).toEqual({ profile, leftOut: 0, user: { userId, name: userId } });
  });
});
