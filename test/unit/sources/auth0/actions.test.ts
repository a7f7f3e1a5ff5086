import { describe, expect, test } from 'vitest';
import { changesOf, common, map, profile } from '../../../support/auth0-mapping.ts';
import { auth0Action, auth0User, NOW, personChange, recheck, second } from '../../../support/factories.ts';

describe('what an Action tells', () => {
  const hint = { ...common, at: second(1), id: 'action', exists: true, emailVerified: true, profile };

  test('is that its user is there, as of their last update', () => {
    const events = [{ type: 'action' }];

    expect(map(auth0Action())).toEqual({
      ...{ changes: [personChange(hint)], events },
      ...{ ignored: [], unreadable: [] },
    });
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
      events: [{ type: 'action' }],
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
