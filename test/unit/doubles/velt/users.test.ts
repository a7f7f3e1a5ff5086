import { describe, expect, test } from 'vitest';
import { ada, addGroup, addUsers, deleteUsers, grace, groupUsers, makeVelt, send } from './calls.ts';

describe('users', () => {
  test('creates a missing organization and answers per user, with the md5 of its id', () => {
    const velt = makeVelt();

    const { json } = addUsers(velt, [{ ...ada, userId: 'mayankuserdoc1' }]);

    expect(json).toEqual({
      result: {
        status: 'success',
        message: 'User(s) processed successfully.',
        data: {
          mayankuserdoc1: { success: true, id: '7d87015b055a168b098cf05b870e40ff', message: 'User added.' },
        },
      },
    });
    expect(velt.state().organizations.acme?.users).toEqual({
      mayankuserdoc1: { name: 'Ada Example', email: 'ada@example.com' },
    });
  });

  test('adds to a folder or document only, not to the organization', () => {
    const velt = makeVelt();

    addUsers(velt, [ada], { folderId: 'plans' });
    addUsers(velt, [grace], { documentId: 'budget' });

    expect(velt.state().organizations.acme).toEqual({
      users: {},
      groups: {},
      folders: { plans: ['ada'] },
      documents: { budget: ['grace'] },
    });
  });

  test('refuses an unknown folder without its create flag when scopes must exist', () => {
    const velt = makeVelt({ missingScope: 'not-found' });
    const data = { organizationId: 'acme', users: [ada], folderId: 'plans' };

    expect(send(velt, '/v2/users/add', data).status).toBe(404);
    expect(send(velt, '/v2/users/add', { ...data, createFolder: true }).status).toBe(200);
    expect(send(velt, '/v2/users/add', data).status).toBe(200);
  });

  test('replaces the profile of a user added again', () => {
    const velt = makeVelt();
    addUsers(velt, [{ ...ada, photoUrl: 'https://images.example.com/ada.png' }]);

    const { json } = addUsers(velt, [{ ...ada, name: 'Ada Byron' }]);

    expect(json.result.data.ada).toMatchObject({ success: true, message: 'User added.' });
    expect(velt.state().organizations.acme?.users.ada).toEqual({ name: 'Ada Byron', email: ada.email });
  });

  test('keeps the profile of a user added again when repeats fail', () => {
    const velt = makeVelt({ repeatAdd: 'already-exists' });
    addUsers(velt, [ada]);

    const { json } = addUsers(velt, [{ ...ada, name: 'Ada Byron' }]);

    expect(json.result.data.ada).toMatchObject({
      success: false,
      code: 'already-exists',
      message: 'User already exists',
    });
    expect(velt.state().organizations.acme?.users.ada?.name).toBe('Ada Example');
  });

  test('updates known users and fails unknown ones', () => {
    const velt = makeVelt();
    addUsers(velt, [ada]);

    const { json } = send(velt, '/v2/users/update', {
      organizationId: 'acme',
      users: [
        { userId: 'ada', name: 'Ada Byron' },
        { userId: 'ghost', name: 'Ghost' },
      ],
    });

    expect(json.result.data).toMatchObject({
      ada: { success: true, message: 'User updated.' },
      ghost: { success: false, message: 'User does not exist.' },
    });
    expect(velt.state().organizations.acme?.users).toEqual({ ada: { name: 'Ada Byron', email: ada.email } });
  });

  test('deletes from the organization with every folder and document, but keeps groups by default', () => {
    const velt = makeVelt();
    addUsers(velt, [ada]);
    addUsers(velt, [ada], { folderId: 'plans' });
    addGroup(velt, 'eng');
    groupUsers(velt, 'add', 'eng', { userIds: ['ada'] });

    const { json } = deleteUsers(velt, ['ada', 'ghost']);

    expect(json.result.data).toEqual({
      ada: { success: true, message: 'User removed.' },
      ghost: { success: false, message: 'User does not exist.' },
    });
    expect(velt.state().organizations.acme).toMatchObject({
      users: {},
      folders: { plans: [] },
      groups: { eng: { members: ['ada'] } },
    });
  });

  test('deletes group memberships with the user when told to', () => {
    const velt = makeVelt({ deleteKeepsGroups: false });
    addUsers(velt, [ada]);
    addGroup(velt, 'eng');
    groupUsers(velt, 'add', 'eng', { userIds: ['ada'] });

    deleteUsers(velt, ['ada']);

    expect(velt.state().organizations.acme?.groups.eng?.members).toEqual([]);
  });

  test('deletes from one document and leaves the organization alone', () => {
    const velt = makeVelt();
    addUsers(velt, [ada]);
    addUsers(velt, [ada], { documentId: 'budget' });

    deleteUsers(velt, ['ada'], { documentId: 'budget' });

    const { users, documents } = velt.state().organizations.acme ?? {};
    expect(users).toHaveProperty('ada');
    expect(documents).toEqual({ budget: [] });
  });

  test('pages through users by token and filters by group', () => {
    const velt = makeVelt();
    addUsers(velt, [grace, ada]);
    addGroup(velt, 'eng');
    groupUsers(velt, 'add', 'eng', { userIds: ['grace'] });
    const read = (more: object) =>
      send(velt, '/v2/users/get', { organizationId: 'acme', ...more }).json.result;

    const first = read({ pageSize: 1 });
    const second = read({ pageSize: 1, pageToken: first.nextPageToken });

    expect(first.data).toEqual([ada]);
    expect(second).toMatchObject({ data: [grace] });
    expect(second).not.toHaveProperty('nextPageToken');
    expect(read({ organizationUserGroupIds: ['eng'] }).data).toEqual([grace]);
    expect(read({ userIds: ['ghost'] }).data).toEqual([]);
  });

  test('reads at most 30 users by id', () => {
    const velt = makeVelt();
    const userIds = Array.from({ length: 31 }, (_, i) => `user-${i}`);

    expect(send(velt, '/v2/users/get', { organizationId: 'acme', userIds }).status).toBe(400);
  });

  test('keeps a user whose id is a key of every object', () => {
    const velt = makeVelt();

    const { body } = addUsers(velt, [{ ...ada, userId: '__proto__' }]);

    expect(Object.keys(JSON.parse(body).result.data)).toEqual(['__proto__']);
    expect(Object.keys(velt.state().organizations.acme?.users ?? {})).toEqual(['__proto__']);
  });
});
