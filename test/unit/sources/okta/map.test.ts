import { describe, expect, test } from 'vitest';
import { EVENT_TYPES, hookEventTypes, mapBody } from '../../../../lib/sources/okta/inbound.ts';
import {
  groupChange,
  membershipChange,
  NOW,
  oktaDelivery,
  oktaEvent,
  oktaTarget,
  personChange,
} from '../../../support/factories.ts';

const map = (...events: unknown[]) =>
  mapBody(oktaDelivery(...events), { source: 'okta', latest: NOW, config: { users: 'all' } });
const engineers = { kind: 'group' as const, id: 'engineers', name: 'Engineers' };
const velt = { kind: 'application' as const, id: '0oaAPP', name: 'Velt' };
const profile = { name: 'Ada Example', email: 'ada@example.com' };

const user = (facts: object) => [personChange(facts)];
const application = '0oaAPP';
const appTarget = {
  id: application,
  type: 'AppInstance',
  alternateId: 'Velt',
  displayName: 'Velt',
  detailEntry: null,
};
const switched = { kind: 'application' as const, containerId: application, name: 'Velt' };
const groupFacts = (facts: object) => [groupChange({ name: 'Engineers', ...facts })];
const { name: _, ...gone } = groupChange({ exists: false });

/** Every type that is mirrored, with just what it tells. */
const told: [type: string, changes: object[]][] = [
  ['user.lifecycle.create', user({ exists: true, profile })],
  ['user.lifecycle.activate', user({ exists: true, active: true, blocked: false, profile })],
  ['user.lifecycle.reactivate', user({ profile })],
  ['user.lifecycle.deactivate', user({ active: false })],
  ['user.lifecycle.suspend', user({ blocked: true })],
  ['user.lifecycle.unsuspend', user({ blocked: false, profile })],
  ['user.lifecycle.delete.initiated', user({ exists: false })],
  ['user.account.update_profile', user({ profile })],
  ['group.user_membership.add', [membershipChange({ container: engineers, member: true })]],
  ['group.user_membership.remove', [membershipChange({ container: engineers, member: false })]],
  ['group.lifecycle.create', groupFacts({ exists: true })],
  ['group.lifecycle.delete', [gone]],
  ['group.profile.update', groupFacts({})],
  ['system.import.group.create', groupFacts({ exists: true })],
  ['system.import.group.delete', [gone]],
  ['application.user_membership.add', [membershipChange({ container: velt, member: true })]],
  ['application.user_membership.remove', [membershipChange({ container: velt, member: false })]],
  ['application.lifecycle.activate', [groupChange({ ...switched, active: true })]],
  ['application.lifecycle.deactivate', [groupChange({ ...switched, active: false })]],
  [
    'application.lifecycle.delete',
    [groupChange({ kind: 'application', containerId: application, exists: false })],
  ],
  ['user.lifecycle.delete.completed', user({ exists: false })],
  ['user.account.update_primary_email', user({ profile })],
  ['system.import.group.update', groupFacts({})],
];
/** Of those, the types that Okta gives to no hook. */
const STREAM_ONLY = 3;

describe('an event', () => {
  const target = [oktaTarget('User'), oktaTarget('UserGroup'), appTarget];

  test.each(told)('%s tells just its facts, in whatever order its targets stand', (type, changes) => {
    const mapped = [target, target.toReversed()].map((targets) =>
      mapBody(oktaDelivery(oktaEvent(type, { target: targets })), {
        source: 'okta',
        latest: NOW,
        config: { users: { application } },
      }),
    );

    const events = [{ type, id: 'event-1' }];
    const expected = { changes, events, ignored: [], unreadable: [] };
    expect(mapped).toEqual([expected, expected]);
  });

  test('is mirrored for each type that a hook or the log stream brings, and for no other', () => {
    const types = told.map(([type]) => type);

    expect(EVENT_TYPES).toEqual(types);
    expect(hookEventTypes(application)).toEqual(types.slice(0, -STREAM_ONLY));
  });

  test('of an application is not subscribed to where none decides on who is mirrored', () => {
    expect(hookEventTypes(undefined)).toEqual(hookEventTypes(application).slice(0, 15));
  });

  test.each(['application.user_membership.add', 'application.lifecycle.delete'])(
    '%s of another application is ignored',
    (type) => {
      const { changes, ignored } = mapBody(oktaDelivery(oktaEvent(type, { target })), {
        ...{ source: 'okta', latest: NOW, config: { users: { application: '0oaOTHER' } } },
      });

      expect([changes, ignored.length]).toEqual([[], 1]);
    },
  );

  test.each([
    ['another type', oktaEvent('user.session.start')],
    ['a type that every object has', oktaEvent('constructor')],
    ['another type of whatever shape', { eventType: 'user.session.start', target: [{ type: 'Device' }] }],
    ['a failure', oktaEvent('user.lifecycle.create', { outcome: { result: 'FAILURE' } })],
    ['a preview without a target', oktaEvent('user.lifecycle.create', { target: null, actor: null })],
    ['no user among the targets', oktaEvent('user.lifecycle.create', { target: [oktaTarget('UserGroup')] })],
    ['a membership without its group', oktaEvent('group.user_membership.add')],
  ])('is counted as ignored: %s', (_what, event) => {
    expect(map(event)).toEqual({
      changes: [],
      events: [{ type: event.eventType, id: 'uuid' in event ? event.uuid : undefined }],
      ignored: [{ type: event.eventType, reason: expect.any(String) }],
      unreadable: [],
    });
  });

  test.each([
    ['as previews write it', { result: 'Success' }],
    ['absent', undefined],
    ['null', null],
    ['without a result', { result: null }],
  ])('counts with its outcome %s', (_what, outcome) => {
    expect(map(oktaEvent('user.lifecycle.deactivate', { outcome })).changes).toHaveLength(1);
  });

  test.each([
    ['no id', { uuid: undefined }, 'data.events.1.uuid'],
    ['no time', { published: undefined }, 'data.events.1.published'],
    ['a time that is no date', { published: 'soon' }, 'data.events.1.published'],
    ['a target without an id', { target: [{ type: 'User' }] }, 'data.events.1.target.0.id'],
  ])('with %s is unreadable by its path and costs its neighbours nothing', (_what, fault, path) => {
    const mapped = map(
      oktaEvent('user.lifecycle.create'),
      oktaEvent('user.lifecycle.create', fault),
      oktaEvent('user.lifecycle.deactivate'),
    );

    expect(mapped.changes).toHaveLength(2);
    expect(mapped.unreadable).toMatchObject([{ path }]);
  });

  test.each([null, 'text', 1, [], {}, { data: {} }, { data: { events: {} } }])(
    'is unreadable as %j',
    (body) => {
      const mapped = mapBody(body, { source: 'okta', latest: NOW, config: { users: 'all' } });

      expect(mapped).toMatchObject({ changes: [], ignored: [] });
      expect(mapped.unreadable).not.toEqual([]);
    },
  );

  test('far in the future counts as of now', () => {
    const [change] = map(oktaEvent('user.lifecycle.create', { published: '2999-01-01T00:00:00Z' })).changes;

    expect(change?.at).toBe(new Date(NOW).toISOString());
  });
});

describe('a profile out of an event', () => {
  const profileOf = (target: object) =>
    map(oktaEvent('user.account.update_profile', { target: [oktaTarget('User', { ...target })] })).changes;

  test('keeps names of any script', () => {
    expect(profileOf({ displayName: 'Zoë Łukasz 山田 🚀' })).toMatchObject([
      { profile: { name: 'Zoë Łukasz 山田 🚀' } },
    ]);
  });

  test.each([
    ['a login that is no address', { alternateId: 'ada' }, { name: 'Ada Example' }],
    ['the word unknown', { displayName: 'unknown' }, { email: 'ada@example.com' }],
    ['nulls', { displayName: null, alternateId: null }, {}],
  ])('says nothing where Okta writes %s', (_what, target, expected) => {
    expect(profileOf(target)).toEqual([personChange({ profile: expected })]);
  });
});
