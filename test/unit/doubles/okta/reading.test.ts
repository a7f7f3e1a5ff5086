import { describe, expect, test } from 'vitest';
import { get, idsIn, makeGroup, makeOkta, makeUser, nextOf, orgUrl, readAll } from './org.ts';

describe('reading', () => {
  test('serves a page with separate links to itself and the next', () => {
    const okta = makeOkta({ users: ['u1', 'u2', 'u3'].map((id) => makeUser(id)) });

    const first = get(okta, '/api/v1/users?search=status%20pr&limit=2');
    const last = get(okta, nextOf(first) ?? '');

    expect(idsIn(first.body)).toEqual(['u1', 'u2']);
    expect(first.headers.link).toEqual([
      `<${orgUrl}/api/v1/users?search=status%20pr&limit=2>; rel="self"`,
      expect.stringMatching(
        /^<https:\/\/example-org\.okta\.com\/api\/v1\/users\?after=[\w-]+&search=status\+pr&limit=2>; rel="next"$/,
      ),
    ]);
    expect(idsIn(last.body)).toEqual(['u3']);
    expect(last.headers.link).toHaveLength(1);
  });

  test('serves users in the form Okta gives them', () => {
    const okta = makeOkta({ users: [makeUser('u1', { transitioningToStatus: 'DEPROVISIONED' })] });

    const { body, headers } = get(okta, '/api/v1/users/u1');

    expect(JSON.parse(body)).toMatchObject({
      id: 'u1',
      status: 'ACTIVE',
      transitioningToStatus: 'DEPROVISIONED',
      lastUpdated: '2026-09-01T09:15:04.000Z',
      profile: { login: 'u1@example.com', mobilePhone: null },
      _links: { self: { href: `${orgUrl}/api/v1/users/u1` } },
    });
    expect(headers).toMatchObject({
      'content-type': expect.stringContaining('application/json'),
      date: 'Tue, 01 Sep 2026 10:00:00 GMT',
      'x-okta-request-id': expect.any(String),
      'x-rate-limit-limit': expect.stringMatching(/^\d+$/),
      'x-rate-limit-remaining': expect.stringMatching(/^\d+$/),
      'x-rate-limit-reset': expect.stringMatching(/^\d{10}$/),
    });
  });

  test('finds a user by its encoded login', () => {
    const okta = makeOkta({ users: [makeUser('u1')] });

    const { body } = get(okta, '/api/v1/users/u1%40example.com');

    expect(JSON.parse(body).id).toBe('u1');
  });

  test('leaves deprovisioned users out of a plain list only', () => {
    const users = [makeUser('u1'), makeUser('u2', { status: 'DEPROVISIONED' })];
    const okta = makeOkta({ users, groups: [makeGroup('g1')], members: [['g1', 'u2']] });

    expect(readAll(okta, '/api/v1/users')).toEqual(['u1']);
    expect(readAll(okta, '/api/v1/users?search=status%20pr')).toEqual(['u1', 'u2']);
    expect(readAll(okta, '/api/v1/groups/g1/users')).toEqual(['u2']);
  });

  test('lists users changed since a time', () => {
    const users = [makeUser('u1', { lastUpdated: '2026-09-02T00:00:00.000Z' }), makeUser('u2')];
    const okta = makeOkta({ users });
    const search = encodeURIComponent('lastUpdated gt "2026-09-01T12:00:00.000Z"');

    expect(readAll(okta, `/api/v1/users?search=${search}`)).toEqual(['u1']);
  });

  test('knows the groups of a user and the members of a group, Everyone included', () => {
    const okta = makeOkta({
      users: [makeUser('u1'), makeUser('u2')],
      groups: [makeGroup('g1'), makeGroup('g2'), makeGroup('g9', { type: 'BUILT_IN' })],
      members: [['g1', 'u1']],
    });

    expect(readAll(okta, '/api/v1/groups')).toEqual(['g1', 'g2', 'g9']);
    expect(readAll(okta, '/api/v1/groups/g1/users')).toEqual(['u1']);
    expect(readAll(okta, '/api/v1/groups/g9/users')).toEqual(['u1', 'u2']);
    expect(readAll(okta, '/api/v1/users/u1/groups')).toEqual(['g1', 'g9']);
    expect(JSON.parse(get(okta, '/api/v1/groups/g1').body)).toMatchObject({
      type: 'OKTA_GROUP',
      profile: { name: 'g1' },
    });
  });

  test.each(['/api/v1/users/gone', '/api/v1/groups/gone', '/api/v1/groups/gone/users'])(
    'answers E0000007 for %s',
    (path) => {
      const okta = makeOkta();

      const { status, body } = get(okta, path);

      expect([status, JSON.parse(body).errorCode]).toEqual([404, 'E0000007']);
    },
  );

  test.each(['limit=0', 'limit=many', 'after=u1'])('refuses %s', (query) => {
    const okta = makeOkta({ users: [makeUser('u1')] });

    const { status, body } = get(okta, `/api/v1/users?${query}`);

    expect([status, JSON.parse(body).errorCode]).toEqual([400, 'E0000001']);
  });

  test.each([
    ['a missing token', {}],
    ['a wrong token', { authorization: 'SSWS other' }],
    ['a bearer', { authorization: 'Bearer example-ssws-token' }],
  ])('answers E0000011 to %s', (_what, headers) => {
    const okta = makeOkta();

    const { status, body } = get(okta, '/api/v1/users', headers);

    expect([status, JSON.parse(body).errorCode]).toEqual([401, 'E0000011']);
  });
});

describe('changes between pages', () => {
  test('continues behind the last user seen although it was removed', () => {
    const okta = makeOkta({ users: ['u1', 'u2', 'u3', 'u4'].map((id) => makeUser(id)) });
    const next = nextOf(get(okta, '/api/v1/users?limit=2')) ?? '';

    okta.removeUser('u2');
    const withoutTwo = readAll(okta, next);
    okta.putUser(makeUser('u5'));

    expect(withoutTwo).toEqual(['u3', 'u4']);
    expect(readAll(okta, next)).toEqual(['u3', 'u4', 'u5']);
  });

  test('shows memberships as they change, and when the group last changed', () => {
    const okta = makeOkta({
      users: [makeUser('u1'), makeUser('u2')],
      groups: [makeGroup('g1')],
      members: [['g1', 'u1']],
    });

    okta.addMember('g1', 'u2');
    okta.removeMember('g1', 'u1');

    expect(readAll(okta, '/api/v1/groups/g1/users')).toEqual(['u2']);
    expect(readAll(okta, '/api/v1/users/u1/groups')).toEqual([]);
    expect(JSON.parse(get(okta, '/api/v1/groups/g1').body).lastMembershipUpdated).toBe(
      '2026-09-01T10:00:00.000Z',
    );
  });

  test('drops the memberships of a removed user or group, also when it comes back', () => {
    const okta = makeOkta({
      users: [makeUser('u1'), makeUser('u2')],
      groups: [makeGroup('g1'), makeGroup('g2')],
      members: [
        ['g1', 'u1'],
        ['g2', 'u1'],
        ['g2', 'u2'],
      ],
    });

    okta.removeUser('u2');
    okta.removeGroup('g1');
    okta.putUser(makeUser('u2'));
    okta.putGroup(makeGroup('g1'));

    expect(readAll(okta, '/api/v1/users/u1/groups')).toEqual(['g2']);
    expect(readAll(okta, '/api/v1/groups/g2/users')).toEqual(['u1']);
  });
});
