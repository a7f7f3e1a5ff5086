import { describe, expect, test } from 'vitest';
import { auth0EventTypes, mapAuth0 } from '../../lib/sources/auth0/map.ts';
import { auth0Event, auth0User, membershipChange, NOW, personChange } from '../factories.ts';

const map = (body: unknown) => mapAuth0(body, { source: 'customers', latest: NOW });
const mapUser = (type: string, user: object = {}) => map(auth0Event(type, auth0User({ ...user })));
const common = { source: 'customers', personId: 'auth0|ada' };
const profile = {
  name: 'Ada Example',
  email: 'ada@example.com',
  photoUrl: 'https://images.example.com/ada.png',
};

describe('a user event', () => {
  test.each([
    ['user.created', { exists: true, blocked: false, profile }],
    ['user.updated', { exists: true, profile }],
    ['user.deleted', { exists: false }],
  ])('%s tells just its facts of a person', (type, facts) => {
    expect(mapUser(type)).toEqual({
      changes: [personChange({ ...common, ...facts })],
      ignored: [],
      unreadable: [],
    });
  });

  test.each([
    ['user.created', true, { blocked: true }],
    ['user.created', null, { blocked: false }],
    ['user.updated', true, { blocked: true }],
    ['user.updated', false, { blocked: false }],
    ['user.updated', null, { blocked: false }],
  ])('%s with blocked %s says so', (type, blocked, expected) => {
    expect(mapUser(type, { blocked }).changes).toMatchObject([expected]);
  });

  test('says nothing of attributes that it does not carry, and clears those that are null', () => {
    const profiles = [{}, { email: null }, { name: 'Ada' }, { picture: null }].map((carried) => {
      const [change] = map(auth0Event('user.updated', { user_id: 'auth0|ada', ...carried })).changes;
      return change?.kind === 'person' && change.profile;
    });

    expect(profiles).toEqual([{}, { email: null }, { name: 'Ada' }, { photoUrl: null }]);
  });

  test.each([
    ['the nickname where the name is null', { name: null }, 'ada'],
    ['null where there is neither', { name: null, nickname: null }, null],
    ['a name of any script', { name: 'Zoë Łukasz 山田 🚀' }, 'Zoë Łukasz 山田 🚀'],
  ])('has for a name %s', (_what, user, name) => {
    expect(mapUser('user.updated', user).changes).toMatchObject([{ profile: { name } }]);
  });
});

test.each([
  ['organization.member.added', true],
  ['organization.member.deleted', false],
])('%s tells a membership in an organization', (type, member) => {
  const object = { organization: { id: 'org_1', name: 'globex' }, user: { user_id: 'auth0|ada' } };

  const { changes } = map(auth0Event(type, object));

  const container = { kind: 'organization' as const, id: 'org_1', name: 'globex' };
  expect(changes).toEqual([membershipChange({ ...common, container, member })]);
});

test('every handled type is one that a stream can subscribe to', () => {
  expect(auth0EventTypes).toHaveLength(5);
  for (const type of auth0EventTypes) expect(map(auth0Event(type, {})).ignored).toEqual([]);
});

test.each([
  ['another type', auth0Event('organization.connection.added', {})],
  ['another type without an object', auth0Event('organization.created', null, { data: {} })],
  ['a type that every object has', auth0Event('constructor', auth0User())],
  ['a test event of the dashboard', auth0Event('user.created', auth0User(), { a0purpose: 'test' })],
])('is counted as ignored: %s', (_what, body) => {
  expect(map(body)).toEqual({
    changes: [],
    ignored: [{ type: body.type, reason: expect.any(String) }],
    unreadable: [],
  });
});

test.each([
  ['null', null, '(whole)'],
  ['an array of events', [auth0Event('user.created', auth0User())], '(whole)'],
  ['no type', auth0Event('', auth0User()), 'type'],
  ['no time', auth0Event('user.created', auth0User(), { time: undefined }), 'time'],
  ['a time that is no date', auth0Event('user.created', auth0User(), { time: 'soon' }), 'time'],
  ['no data', auth0Event('user.created', {}, { data: undefined }), 'data'],
  ['no user id', auth0Event('user.created', {}), 'data.object.user_id'],
  [
    'a blocked that is no flag',
    auth0Event('user.updated', auth0User({ blocked: 'yes' })),
    'data.object.blocked',
  ],
  ['no organization', auth0Event('organization.member.added', { user: {} }), 'data.object.organization'],
])('is unreadable by its path: %s', (_what, body, path) => {
  const { changes, unreadable } = map(body);

  expect(changes).toEqual([]);
  expect(unreadable.map((issue) => issue.path)).toContain(path);
});
