import { describe, expect, test } from 'vitest';
import { makeDirectory } from '../../../../local/doubles/okta/made.ts';
import { createOkta } from '../../../../local/doubles/okta/okta.ts';
import { NOW } from '../../../support/factories.ts';
import { get, host, idsIn, makeOkta } from './two-users.ts';

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

  test('serve a page whose link to the next lost parameters', () => {
    const okta = makeOkta({ assignments: ['ada', 'alan'].map((id) => ['0oa1', id] as const) });
    okta.faults.add({ answer: { kind: 'lost-query', parameters: ['expand', 'limit'], items: 1 } });

    const page = get(okta, '/api/v1/apps/0oa1/users?expand=user&limit=500');

    expect(page.next).toMatch(/^\/api\/v1\/apps\/0oa1\/users\?after=[^&]+$/);
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
