import { describe, expect, test } from 'vitest';
import { mapBody } from '../../../lib/sources/okta/map.ts';
import { makeDirectory } from '../../../local/doubles/okta/made.ts';
import { createOkta, type Okta, type OktaOptions } from '../../../local/doubles/okta/okta.ts';
import { NOW, oktaDelivery } from '../../support/factories.ts';
import { oktaUser } from '../../support/okta-api.ts';

const authorization = 'SSWS example-ssws-token';
const host = 'https://example-org.okta.com';

const makeOkta = (options: Partial<OktaOptions> = {}) =>
  createOkta({
    ...{ orgUrl: host, clock: () => NOW },
    users: [oktaUser('ada'), oktaUser('alan')],
    groups: [{ id: 'g1', profile: { name: 'One' } }],
    apps: [{ id: '0oa1', label: 'Velt' }],
    ...options,
  });

function get(okta: Okta, path: string) {
  const { status, headers, body } = okta.handle({ method: 'GET', path, headers: { authorization } });
  const next = [headers.link ?? []].flat().find((link) => link.endsWith('rel="next"'));
  return { status, body, next: next?.slice(1 + host.length, next.indexOf('>')) };
}

const idsIn = ({ body }: { body: string }) => JSON.parse(body).map(({ id }: { id: string }) => id);

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
    const mapped = mapBody(oktaDelivery(...events), { source: 'okta', latest: NOW, application: '0oa1' });

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

describe('the users of an application', () => {
  test('are listed as the application knows them, or with the user beside it', () => {
    const okta = makeOkta({ assignments: [['0oa1', 'ada']] });

    const plain = JSON.parse(get(okta, '/api/v1/apps/0oa1/users').body);
    const expanded = JSON.parse(get(okta, '/api/v1/apps/0oa1/users?expand=user').body);
    const one = JSON.parse(get(okta, '/api/v1/apps/0oa1/users/ada').body);

    expect(plain).toMatchObject([{ id: 'ada', scope: 'USER', profile: { email: 'ada@example.com' } }]);
    expect(plain[0]).toEqual(one);
    expect(expanded[0]._embedded.user).toMatchObject({ id: 'ada', profile: { firstName: 'ada' } });
  });

  test.each([
    ['0oa1', 'alan', 'alan (AppUser)'],
    ['0oa2', 'ada', '0oa2 (AppInstance)'],
  ])('that are none: what was not found of %s and %s is named', (appId, userId, named) => {
    const okta = makeOkta();

    const { status, body } = get(okta, `/api/v1/apps/${appId}/users/${userId}`);

    expect(status).toBe(404);
    expect(JSON.parse(body).errorSummary).toBe(`Not found: Resource not found: ${named}`);
  });
});

describe('the System Log', () => {
  const uuidsIn = ({ body }: { body: string }) => JSON.parse(body).map(({ uuid }: { uuid: string }) => uuid);

  test('is served in pages that never end', () => {
    const okta = makeOkta();
    const uuids = [1, 2, 3].map(() => okta.log.append('user.session.start').uuid);

    const first = get(okta, '/api/v1/logs?since=2026-09-30T00%3A00%3A00Z&limit=2&sortOrder=ASCENDING');
    const second = get(okta, first.next ?? '');
    const empty = get(okta, second.next ?? '');

    expect([first, second, empty].map(uuidsIn)).toEqual([uuids.slice(0, 2), uuids.slice(2), []]);
    expect(empty.next).toBe(second.next);
    expect(first.next).not.toContain('since');
  });

  test('filters by type, and knows the deliveries that failed', () => {
    const okta = makeOkta();
    okta.log.append('user.session.start');

    const [failure] = okta.failDelivery('who1');
    const page = get(okta, '/api/v1/logs?filter=eventType%20eq%20%22event_hook.delivery%22');

    expect(uuidsIn(page)).toEqual([failure?.uuid]);
    expect(failure?.outcome.result).toBe('FAILURE');
  });

  test.each([
    ['since=yesterday', 'E0000001'],
    ['since=2026-09-30T00%3A00%3A00Z&after=1_0', 'E0000001'],
    ['after=x', 'E0000001'],
    ['limit=1001', 'E0000001'],
    ['until=2026-09-30T00%3A00%3A00Z', 'E0000001'],
    ['filter=published%20gt%20%222026%22', 'E0000053'],
  ])('refuses %s with %s', (query, errorCode) => {
    const { status, body } = get(makeOkta(), `/api/v1/logs?${query}`);

    expect([status, JSON.parse(body).errorCode]).toEqual([400, errorCode]);
  });
});

describe('faults', () => {
  test('strike the n-th request that matches an expression, and no other', () => {
    const okta = makeOkta();
    okta.faults.add({
      path: /^\/api\/v1\/users\?/,
      nth: 2,
      times: 1,
      answer: { kind: 'status', status: 500 },
    });

    const paths = [
      '/api/v1/users?limit=1',
      '/api/v1/groups',
      '/api/v1/users?limit=1',
      '/api/v1/users?limit=1',
    ];

    expect(paths.map((path) => get(okta, path).status)).toEqual([200, 200, 500, 200]);
  });

  test.each([
    ['a short page without a way on', { kind: 'lost-next', items: 1 } as const, ['ada']],
    ['an empty first page', { kind: 'lost-next', items: 0 } as const, []],
  ])('serve %s', (_what, answer, ids) => {
    const okta = makeOkta();
    okta.faults.add({ answer });

    const page = get(okta, '/api/v1/users?limit=2');

    expect(idsIn(page)).toEqual(ids);
    expect(page.next).toBeUndefined();
  });

  test('serve a page that leads to itself', () => {
    const okta = makeOkta();
    okta.faults.add({ answer: { kind: 'repeated-cursor' } });

    expect(get(okta, '/api/v1/users?limit=1').next).toBe('/api/v1/users?limit=1');
  });
});

describe('an org of 100,000 users', () => {
  test('is read to its end while it changes, each person who stays exactly once', () => {
    const made = makeDirectory({ users: 100_000, groups: 200, membershipsPerUser: 1, seed: 5 });
    const okta = createOkta({ orgUrl: host, clock: () => NOW, ...made });
    const [everyone] = [[...made.users].filter(({ status }) => status !== 'DEPROVISIONED')];
    const leavers = everyone.filter((_, index) => index % 1_000 === 999).map(({ id }) => id);

    const seen: string[] = [];
    for (let path: string | undefined = '/api/v1/users?limit=200'; path; ) {
      const page = get(okta, path);
      seen.push(...idsIn(page));
      const leaver = leavers.pop();
      if (leaver) okta.deleteUser(leaver);
      path = page.next;
    }
    const members = idsIn(get(okta, `/api/v1/groups/${made.groups[199]?.id}/users?limit=1000`));

    expect(seen.length).toBe(new Set(seen).size);
    expect(seen.length).toBeGreaterThanOrEqual(everyone.length - 100);
    expect(members.length).toBeGreaterThan(400);
  });
});
