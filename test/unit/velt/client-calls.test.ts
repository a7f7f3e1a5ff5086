import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../../lib/http/client.ts';
import type { FaultRule } from '../../../local/doubles/velt/velt.ts';
import { callOf, kindsOf, LATE, makeVelt, right, usersAdd } from '../../support/velt-client.ts';

describe('a call', () => {
  const scope = { organizationId: 'acme' };
  const user = { userId: 'ada', name: 'ada', email: 'ada@example.com' };
  const member = { organizationId: 'acme', organizationUserGroupId: 'eng', userIds: ['ada'] };

  test.each([
    ['/v1/users/add', usersAdd(['ada']), { organizationId: 'acme', users: [user] }],
    [
      '/v1/users/add',
      usersAdd(['ada'], { ...scope, folderId: 'f' }),
      { organizationId: 'acme', folderId: 'f', users: [user] },
    ],
    [
      '/v1/users/add',
      usersAdd(['ada'], { ...scope, documentId: 'd' }),
      { organizationId: 'acme', documentId: 'd', users: [user] },
    ],
    [
      '/v2/users/update',
      { ...usersAdd(['ada']), kind: 'users.update' as const },
      { organizationId: 'acme', users: [user] },
    ],
    [
      '/v2/users/delete',
      callOf('users.delete', scope, ['ada']),
      { organizationId: 'acme', userIds: ['ada'] },
    ],
    [
      '/v2/users/delete',
      callOf('users.delete', { ...scope, folderId: 'f' }, ['ada']),
      { organizationId: 'acme', folderId: 'f', userIds: ['ada'] },
    ],
    [
      '/v2/organizations/usergroups/add',
      { kind: 'groups.add' as const, scope, items: [{ id: 'eng', owners: [], groupName: 'Engineers' }] },
      {
        organizationId: 'acme',
        createOrganization: true,
        organizationUserGroups: [{ groupId: 'eng', groupName: 'Engineers' }],
      },
    ],
    [
      '/v2/organizations/usergroups/users/add',
      callOf('group.users.add', { ...scope, groupId: 'eng' }, ['ada']),
      member,
    ],
    [
      '/v2/organizations/usergroups/users/delete',
      callOf('group.users.delete', { ...scope, groupId: 'eng' }, ['ada']),
      member,
    ],
  ])('is one call to %s', async (path, it, data) => {
    const { velt, requests, double } = makeVelt();
    double.byHand.add('acme', { userId: 'ada', name: 'Ada' });

    await velt.apply(it, LATE);

    const [{ method, url, headers, body }] = requests as [HttpRequest];
    expect([method, url]).toEqual(['POST', `https://api.velt.dev${path}`]);
    expect(headers).toMatchObject({ 'x-velt-api-key': right.apiKey, 'x-velt-auth-token': right.authToken });
    expect(JSON.parse(body ?? '')).toEqual({ data });
    expect(requests).toHaveLength(1);
  });

  test('can add users by v2, which creates a missing organization when told to', async () => {
    const { velt, requests } = makeVelt({ deps: { usersAdd: 'v2' } });

    await velt.apply(usersAdd(['ada']), LATE);

    expect(requests[0]?.url).toBe('https://api.velt.dev/v2/users/add');
    expect(JSON.parse(requests[0]?.body ?? '').data).toMatchObject({ createOrganization: true });
  });

  test('reaches Velt behind a proxy’s path too, and a slash at the end of it does no harm', async () => {
    const { velt, requests } = makeVelt({ deps: { baseUrl: 'https://proxy.example.com/velt/' } });

    await velt.apply(usersAdd(['ada']), LATE);

    expect(requests[0]?.url).toBe('https://proxy.example.com/velt/v1/users/add');
  });

  test('is reported call by call', async () => {
    const { velt, reported } = makeVelt({ faults: [{ answer: { kind: 'reset' }, times: 1 }] });

    await velt.apply(usersAdd(['ada', 'bob']), LATE);

    expect(reported).toEqual([
      { path: '/v1/users/add', items: 2, ms: 0, status: undefined },
      { path: '/v1/users/add', items: 2, ms: 0, status: 200 },
    ]);
  });

  test.each(['result', 'error-500', 'error-data'] as const)(
    'tells what became of each item when one is refused, wherever Velt puts the map: %s',
    async (partialFailure) => {
      const refuse: FaultRule = { match: { userId: 'bob' }, answer: { kind: 'refuse-item', reason: 'no' } };
      const { velt, requests, double } = makeVelt({ faults: [refuse], options: { partialFailure } });

      const { outcomes, fault } = await velt.apply(usersAdd(['ada', 'bob', 'eve']), LATE);

      expect(kindsOf(outcomes)).toEqual({ ada: 'done', bob: 'refused', eve: 'done' });
      expect(fault).toBeUndefined();
      // Bob once more, by id and name alone.
      expect(requests).toHaveLength(2);
      expect(Object.keys(double.state().organizations.acme?.users ?? {})).toEqual(['ada', 'eve']);
    },
  );

  test('lets a group that Velt does not know be told from a user that it does not know', async () => {
    const { velt } = makeVelt();

    const { outcomes } = await velt.apply(
      callOf('group.users.add', { organizationId: 'acme', groupId: 'eng' }, ['ada', 'bob']),
      LATE,
    );

    expect([...outcomes.values()]).toMatchObject([{ prerequisite: 'group' }, { prerequisite: 'group' }]);
  });

  test('is done in one call when what it should delete from does not exist', async () => {
    const { velt, requests } = makeVelt();

    const { outcomes } = await velt.apply(
      callOf('group.users.delete', { organizationId: 'acme', groupId: 'eng' }, ['ada', 'bob']),
      LATE,
    );

    expect(kindsOf(outcomes)).toEqual({ ada: 'done', bob: 'done' });
    expect(requests).toHaveLength(1);
  });
});
