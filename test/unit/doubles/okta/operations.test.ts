import { describe, expect, test } from 'vitest';
import { mapBody } from '../../../../lib/sources/okta/inbound.ts';
import type { Okta } from '../../../../local/doubles/okta/okta.ts';
import { NOW, oktaDelivery } from '../../../support/factories.ts';
import { oktaUser } from '../../../support/okta-api.ts';
import { get, idsIn, makeOkta } from './two-users.ts';

describe('what an admin does', () => {
  test.each<[string, (okta: Okta) => object[], string[]]>([
    [
      'creates somebody active',
      (okta) => okta.createUser(oktaUser('grace')),
      ['user.lifecycle.create', 'user.lifecycle.activate'],
    ],
    [
      'creates somebody staged',
      (okta) => okta.createUser(oktaUser('grace', { status: 'STAGED' })),
      ['user.lifecycle.create'],
    ],
    [
      'changes a profile',
      (okta) => okta.updateProfile('ada', { firstName: 'Ada' }),
      ['user.account.update_profile'],
    ],
    ['suspends', (okta) => okta.suspend('ada'), ['user.lifecycle.suspend']],
    ['unsuspends', (okta) => okta.unsuspend('ada'), ['user.lifecycle.unsuspend']],
    ['activates', (okta) => okta.activate('ada'), ['user.lifecycle.activate']],
    [
      'deletes somebody',
      (okta) => okta.deleteUser('ada'),
      ['user.lifecycle.deactivate', 'user.lifecycle.delete.initiated', 'user.lifecycle.delete.completed'],
    ],
    [
      'creates a group',
      (okta) => okta.createGroup({ id: 'g2', profile: { name: 'Two' } }),
      ['group.lifecycle.create'],
    ],
    ['renames a group', (okta) => okta.renameGroup('g1', 'Uno'), ['group.profile.update']],
    ['deletes a group', (okta) => okta.deleteGroup('g1'), ['group.lifecycle.delete']],
    ['adds a member', (okta) => okta.addMember('g1', 'ada'), ['group.user_membership.add']],
    ['removes nobody', (okta) => okta.removeMember('g1', 'ada'), []],
    ['assigns an application', (okta) => okta.assignApp('0oa1', 'ada'), ['application.user_membership.add']],
    ['ends no assignment', (okta) => okta.unassignApp('0oa1', 'ada'), []],
  ])('%s: is in the log, and returned', (_what, act, types) => {
    const okta = makeOkta();

    const events = act(okta);

    expect(events.map((event) => 'eventType' in event && event.eventType)).toEqual(types);
    expect(okta.log.events).toEqual(events);
  });

  test('makes events that the webhook understands', () => {
    const okta = makeOkta();

    const events = [
      ...okta.createUser(oktaUser('grace')),
      ...okta.addMember('g1', 'grace'),
      ...okta.assignApp('0oa1', 'grace'),
      ...okta.renameGroup('g1', 'Uno'),
    ];
    const mapped = mapBody(oktaDelivery(...events), {
      source: 'okta',
      latest: NOW,
      config: { users: { application: '0oa1' } },
    });

    expect(mapped).toMatchObject({
      changes: [
        { kind: 'person', personId: 'grace', exists: true },
        { kind: 'person', personId: 'grace', active: true },
        { kind: 'membership', personId: 'grace', container: { kind: 'group', id: 'g1' }, member: true },
        { kind: 'membership', personId: 'grace', container: { kind: 'application', id: '0oa1' } },
        { kind: 'group', containerId: 'g1', name: 'Uno' },
      ],
      unreadable: [],
    });
  });

  test('to deactivate somebody ends their assignments, and not their memberships', () => {
    const okta = makeOkta({ members: [['g1', 'ada']], assignments: [['0oa1', 'ada']] });

    const events = okta.deactivate('ada');

    expect(events.map(({ eventType }) => eventType)).toEqual([
      'application.user_membership.remove',
      'user.lifecycle.deactivate',
    ]);
    expect(idsIn(get(okta, '/api/v1/users'))).toEqual(['alan']);
    expect(idsIn(get(okta, '/api/v1/apps/0oa1/users'))).toEqual([]);
    expect(JSON.parse(get(okta, '/api/v1/groups/g1/users').body)).toMatchObject([
      { id: 'ada', status: 'DEPROVISIONED', lastUpdated: new Date(NOW).toISOString() },
    ]);
  });

  test('to activate somebody again lists them again', () => {
    const okta = makeOkta();

    okta.deactivate('ada');
    okta.activate('ada');

    expect(idsIn(get(okta, '/api/v1/users'))).toEqual(['ada', 'alan']);
  });

  test('to nobody who is there is a fault of the test', () => {
    const okta = makeOkta();

    expect(() => okta.addMember('g1', 'ghost')).toThrow('there is no ghost');
    expect(() => okta.assignApp('0oa2', 'ada')).toThrow('there is no 0oa2');
  });
});
