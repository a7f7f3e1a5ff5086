import { describe, expect, test } from 'vitest';
import type { Auth0 } from '../../../../local/doubles/auth0/auth0.ts';
import { NOW } from '../../../support/factories.ts';
import { ada, alan, idsOf, makeAuth0, people, team } from './tenant.ts';

describe('a rate limit', () => {
  test('lets a burst through, then answers 429 until there are tokens again, for its own endpoints only', () => {
    const { get, time } = makeAuth0({ rateLimits: { users: { burst: 2, perMinute: 60 } }, retryAfter: true });

    const burst = [get('users'), get('users'), get('users')];
    const other = get('groups');
    time.now += 1_000;
    const later = get('users');

    expect(burst.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(burst[0]?.headers).toMatchObject({
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '1',
      'x-ratelimit-reset': String(NOW / 1000 + 1),
    });
    expect(burst[2]?.headers).toMatchObject({ 'x-ratelimit-remaining': '0', 'retry-after': '2' });
    expect(burst[2]?.json).toMatchObject({ statusCode: 429, errorCode: 'too_many_requests' });
    expect([other.status, later.status]).toEqual([200, 200]);
  });
});

describe('a fault', () => {
  const directory = { users: people(4), groups: [0, 1, 2].map((n) => ({ ...team, id: `grp_${n}` })) };

  test.each<[string, Parameters<Auth0['faults']['add']>[0]['answer'], object]>([
    ['a status', { kind: 'status', status: 503 }, { status: 503 }],
    ['a late answer', { kind: 'slow', delayMs: 9 }, { status: 200, delayMs: 9 }],
    ['an empty page', { kind: 'short-page', items: 0 }, { json: { groups: [], next: expect.any(String) } }],
    ['a lost next page', { kind: 'lost-next', items: 1 }, { json: { groups: [{ id: 'grp_0' }] } }],
  ])('can be %s, for as often as is said', (_what, answer, expected) => {
    const { auth0, get } = makeAuth0({ directory });

    auth0.faults.add({ path: '/api/v2/groups', times: 1, answer });
    const [spoiled, next] = [get('groups'), get('groups')];

    expect(spoiled).toMatchObject(expected);
    expect(next).toMatchObject({ status: 200, json: { groups: [{}, {}, {}] } });
  });

  test('can be an empty page in the middle, after which the list goes on where it was', () => {
    const { auth0, get } = makeAuth0({ directory });

    auth0.faults.add({ path: '/api/v2/groups', nth: 2, times: 1, answer: { kind: 'short-page', items: 0 } });
    const first = get('groups?take=1').json;
    const empty = get(`groups?from=${encodeURIComponent(first.next)}`).json;
    const rest = get(`groups?from=${encodeURIComponent(empty.next)}`).json;

    expect(empty.next).not.toBe(first.next);
    expect(rest.groups).toMatchObject([{ id: 'grp_1' }, { id: 'grp_2' }]);
  });

  test('can be a cursor that leads to itself', () => {
    const { auth0, get } = makeAuth0({ directory });

    auth0.faults.add({ path: /from=/, answer: { kind: 'repeated-cursor' } });
    const first = get('groups?take=1').json;
    const second = get(`groups?take=1&from=${encodeURIComponent(first.next)}`).json;

    expect(second.next).toBe(first.next);
  });

  test('can be a body that is cut, or a search that lags', () => {
    const { auth0, get } = makeAuth0();

    auth0.faults.add({ path: '/api/v2/users?', times: 1, answer: { kind: 'lagging', lagMs: 1_000 } });
    auth0.createUser({ user_id: 'auth0|grace' });
    const lagging = get('users?per_page=3').json;
    auth0.faults.add({ answer: { kind: 'cut-body' } });

    expect(idsOf(lagging)).toEqual([ada.user_id, alan.user_id]);
    expect(() => get('users')).toThrow(SyntaxError);
  });
});
