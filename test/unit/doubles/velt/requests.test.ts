import { describe, expect, test } from 'vitest';
import { ada, addGroup, addUsers, credentials, groupUsers, headersOf, makeVelt, send } from './calls.ts';

describe('credentials and transport', () => {
  test.each([
    ['a missing auth token', { 'x-velt-auth-token': '' }, 400, 'INVALID_ARGUMENT'],
    ['a missing api key', { 'x-velt-api-key': '' }, 400, 'INVALID_ARGUMENT'],
    ['a wrong auth token', { 'x-velt-auth-token': 'other' }, 403, 'PERMISSION_DENIED'],
    ['an unknown api key', { 'x-velt-api-key': 'other' }, 404, 'NOT_FOUND'],
    ['another content type', { 'content-type': 'text/plain' }, 400, 'INVALID_ARGUMENT'],
  ])('refuses %s and changes nothing', (_what, header, status, errorStatus) => {
    const velt = makeVelt();
    const right = { 'content-type': 'application/json', 'x-velt-api-key': 'example-key' };
    const headers = { ...right, 'x-velt-auth-token': 'example-token', ...header };

    const answer = send(velt, '/v1/users/add', { organizationId: 'acme', users: [ada] }, headers);

    expect(answer).toMatchObject({ status, json: { error: { status: errorStatus } } });
    expect(velt.state()).toEqual({ organizations: {} });
  });

  test('refuses the old credentials as soon as new ones are set', () => {
    const velt = makeVelt();
    const rotated = { apiKey: 'example-key', authToken: 'rotated' };

    velt.setCredentials(rotated);

    expect(addUsers(velt, [ada]).status).toBe(403);
    const data = { organizationId: 'acme', users: [ada] };
    expect(send(velt, '/v1/users/add', data, headersOf(rotated)).status).toBe(200);
  });

  test.each([
    ['GET', '/v1/users/add', 501],
    ['POST', '/v2/organizations/usergroups/delete', 404],
  ])('has no %s %s', (method, path, status) => {
    const velt = makeVelt();

    const answer = velt.handle({ method, path, headers: headersOf(credentials), body: '{"data":{}}' });

    expect(answer).toMatchObject({ status });
  });

  test.each([
    ['a body that is not JSON', '{'],
    ['a body outside its data envelope', '{"organizationId":"acme","users":[]}'],
  ])('refuses %s', (_what, body) => {
    const velt = makeVelt();

    const answer = velt.handle({
      method: 'POST',
      path: '/v1/users/add',
      headers: headersOf(credentials),
      body,
    });

    expect(answer).toMatchObject({ status: 400 });
  });
});

describe('validation', () => {
  test.each([
    ['an unknown field', { users: [{ ...ada, nickname: 'a' }] }, 'data.users.0.nickname'],
    ['a user without a name', { users: [{ userId: 'ada', email: ada.email }] }, 'data.users.0.name'],
    ['an empty user id', { users: [{ ...ada, userId: '' }] }, 'data.users.0.userId'],
    ['an e-mail of another form', { users: [{ ...ada, email: 'ada' }] }, 'data.users.0.email'],
    ['no users', { users: [] }, 'data.users'],
    ['a folder and a document', { users: [ada], folderId: 'f', documentId: 'd' }, 'data.documentId'],
    ['a v2 flag on v1', { users: [ada], createOrganization: true }, 'data.createOrganization'],
    ['a role that there is not', { users: [{ ...ada, accessRole: 'owner' }] }, 'data.users.0.accessRole'],
  ])('names the field when users/add holds %s', (_what, data, path) => {
    const velt = makeVelt();

    const { status, json } = send(velt, '/v1/users/add', { organizationId: 'acme', ...data });

    expect(status).toBe(400);
    expect(json.error.status).toBe('INVALID_ARGUMENT');
    expect(json.error.details.issues.map((issue: { path: string }) => issue.path)).toContain(path);
  });

  test('takes 500 users in a call and refuses 501', () => {
    const velt = makeVelt();
    const users = Array.from({ length: 501 }, (_, i) => ({ ...ada, userId: `user-${i}` }));

    expect(addUsers(velt, users.slice(1)).status).toBe(200);
    expect(addUsers(velt, users).status).toBe(400);
  });

  test('asks for an e-mail only when told to', () => {
    const { email: _, ...nameless } = ada;

    expect(addUsers(makeVelt(), [nameless]).status).toBe(200);
    expect(addUsers(makeVelt({ requireEmail: true }), [nameless]).status).toBe(400);
  });

  test('asks for exactly one of userIds and deleteAll when a group is emptied', () => {
    const velt = makeVelt();
    addUsers(velt, [ada]);
    addGroup(velt, 'eng');

    expect(groupUsers(velt, 'delete', 'eng', {}).status).toBe(400);
    expect(groupUsers(velt, 'delete', 'eng', { userIds: ['ada'], deleteAll: true }).status).toBe(400);
  });
});
