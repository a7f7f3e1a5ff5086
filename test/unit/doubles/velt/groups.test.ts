import { describe, expect, test } from 'vitest';
import { ada, addGroup, addUsers, deleteUsers, grace, groupUsers, makeVelt, send } from './calls.ts';

describe('groups', () => {
  test('refuses a group in an unknown organization unless it may create it', () => {
    const velt = makeVelt();
    const data = { organizationId: 'acme', organizationUserGroups: [{ groupId: 'eng', groupName: 'Eng' }] };

    expect(send(velt, '/v2/organizations/usergroups/add', data).status).toBe(404);
    const created = send(velt, '/v2/organizations/usergroups/add', { ...data, createOrganization: true });
    expect(created.status).toBe(200);
  });

  test('renames a group added again and keeps its members', () => {
    const velt = makeVelt();
    addUsers(velt, [ada]);
    addGroup(velt, 'eng', 'Engineering');
    groupUsers(velt, 'add', 'eng', { userIds: ['ada'] });

    addGroup(velt, 'eng', 'Engineering EMEA');

    expect(velt.state().organizations.acme?.groups).toEqual({
      eng: { groupName: 'Engineering EMEA', members: ['ada'] },
    });
  });

  test('lets only organization users join', () => {
    const velt = makeVelt();
    addUsers(velt, [ada]);
    addUsers(velt, [grace], { folderId: 'plans' });
    addGroup(velt, 'eng');

    const { json } = groupUsers(velt, 'add', 'eng', { userIds: ['ada', 'grace'] });

    expect(json.result.data).toMatchObject({
      ada: { success: true, organizationUserGroupId: 'eng' },
      grace: { success: false, message: 'User is not an organization user.' },
    });
    expect(velt.state().organizations.acme?.groups.eng?.members).toEqual(['ada']);
  });

  test('refuses members for an unknown group', () => {
    const velt = makeVelt();
    addUsers(velt, [ada]);

    expect(groupUsers(velt, 'add', 'eng', { userIds: ['ada'] })).toMatchObject({
      status: 404,
      json: { error: { status: 'NOT_FOUND' } },
    });
  });

  test('removes members by id or all at once', () => {
    const velt = makeVelt();
    addUsers(velt, [ada, grace]);
    addGroup(velt, 'eng');
    groupUsers(velt, 'add', 'eng', { userIds: ['ada', 'grace'] });

    const one = groupUsers(velt, 'delete', 'eng', { userIds: ['ada', 'ghost'] });
    const all = groupUsers(velt, 'delete', 'eng', { deleteAll: true });

    expect(one.json.result.data).toMatchObject({
      ada: { success: true },
      ghost: { success: false, message: 'User does not exist in group.' },
    });
    expect(Object.keys(all.json.result.data)).toEqual(['grace']);
    expect(velt.state().organizations.acme?.groups.eng?.members).toEqual([]);
  });
});

describe('partial failure', () => {
  test.each([
    ['result', 200, (json: { result?: { data: object } }) => json.result?.data],
    ['error-500', 500, (json: { error?: { details: object } }) => json.error?.details],
    ['error-data', 500, (json: { error?: { data: object } }) => json.error?.data],
  ] as const)(
    'puts the map of items where %s says, the good ones applied',
    (partialFailure, status, place) => {
      const velt = makeVelt({ partialFailure });
      addUsers(velt, [ada]);

      const answer = deleteUsers(velt, ['ada', 'ghost']);

      expect(answer.status).toBe(status);
      expect(place(answer.json)).toMatchObject({ ada: { success: true }, ghost: { success: false } });
      expect(velt.state().organizations.acme?.users).toEqual({});
    },
  );
});
