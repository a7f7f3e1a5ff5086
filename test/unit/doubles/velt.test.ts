import { afterEach, describe, expect, test } from 'vitest';
import {
  createVelt,
  type FaultRule,
  startVelt,
  type Velt,
  type VeltOptions,
} from '../../../local/doubles/velt/velt.ts';

const credentials = { apiKey: 'example-key', authToken: 'example-token' };
const ada = { userId: 'ada', name: 'Ada Example', email: 'ada@example.com' };
const grace = { userId: 'grace', name: 'Grace Example', email: 'grace@example.com' };

const makeVelt = (options: Partial<VeltOptions> = {}) =>
  createVelt({ ...credentials, clock: () => 1_000, ...options });

const headersOf = ({ apiKey, authToken }: typeof credentials) => ({
  'Content-Type': 'application/json',
  'X-Velt-Api-Key': apiKey,
  'X-Velt-Auth-Token': authToken,
});

function send(
  velt: Velt,
  path: string,
  data: unknown,
  headers: Record<string, string> = headersOf(credentials),
) {
  const reply = velt.handle({ method: 'POST', path, headers, body: JSON.stringify({ data }) });
  if ('misbehaviour' in reply) throw new Error(`unexpected ${reply.misbehaviour}`);
  const isJson = String(reply.headers['content-type']).includes('json');
  return { ...reply, json: isJson ? JSON.parse(reply.body) : undefined };
}

const addUsers = (velt: Velt, users: unknown[], more: object = {}) =>
  send(velt, '/v1/users/add', { organizationId: 'acme', users, ...more });
const deleteUsers = (velt: Velt, userIds: string[], more: object = {}) =>
  send(velt, '/v2/users/delete', { organizationId: 'acme', userIds, ...more });
const addGroup = (velt: Velt, groupId: string, groupName = groupId) =>
  send(velt, '/v2/organizations/usergroups/add', {
    organizationId: 'acme',
    organizationUserGroups: [{ groupId, groupName }],
  });
const groupUsers = (velt: Velt, verb: 'add' | 'delete', groupId: string, more: object) =>
  send(velt, `/v2/organizations/usergroups/users/${verb}`, {
    organizationId: 'acme',
    organizationUserGroupId: groupId,
    ...more,
  });

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
    ['a v2 role on v1', { users: [{ ...ada, accessRole: 'viewer' }] }, 'data.users.0.accessRole'],
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

describe('call log', () => {
  test('tells calls that changed something from those that did not', () => {
    const velt = makeVelt();

    addUsers(velt, [ada]);
    addUsers(velt, [ada]);
    addUsers(velt, [{ ...ada, name: 'Ada Byron' }]);
    addUsers(velt, []);
    deleteUsers(velt, ['ghost']);

    expect(velt.calls.map(({ status, effective }) => [status, effective])).toEqual([
      [200, true],
      [200, false],
      [200, true],
      [400, false],
      [200, false],
    ]);
    expect(velt.calls[0]).toMatchObject({
      at: 1_000,
      path: '/v1/users/add',
      body: { data: { organizationId: 'acme', users: [ada] } },
    });
  });

  test('forgets state, calls and faults on reset', () => {
    const velt = makeVelt();
    velt.faults.add({ answer: { kind: 'status', status: 503 } });
    addUsers(velt, [ada]);

    velt.reset();

    expect(velt.calls).toEqual([]);
    expect(velt.state()).toEqual({ organizations: {} });
    expect(addUsers(velt, [ada]).status).toBe(200);
  });
});

describe('faults', () => {
  const faulty = (rule: FaultRule, options: Partial<VeltOptions> = {}) => {
    const velt = makeVelt(options);
    velt.faults.add(rule);
    return velt;
  };
  const usersOf = (velt: Velt) => Object.keys(velt.state().organizations.acme?.users ?? {});

  test('answers a status as often as told, then the truth', () => {
    const velt = faulty({ times: 2, answer: { kind: 'status', status: 429, retryAfterSeconds: 7 } });

    const statuses = [1, 2, 3].map(() => addUsers(velt, [ada]));

    expect(statuses.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect(statuses[0]).toMatchObject({
      headers: { 'retry-after': '7' },
      json: { error: { status: 'RESOURCE_EXHAUSTED' } },
    });
    expect(velt.calls.map(({ effective }) => effective)).toEqual([false, false, true]);
  });

  test('changes the state behind a fault that was applied', () => {
    const velt = faulty({ applied: true, times: 1, answer: { kind: 'hang' } });
    const body = JSON.stringify({ data: { organizationId: 'acme', users: [ada] } });

    const reply = velt.handle({
      method: 'POST',
      path: '/v1/users/add',
      headers: headersOf(credentials),
      body,
    });

    expect(reply).toEqual({ misbehaviour: 'hang' });
    expect(usersOf(velt)).toEqual(['ada']);
    expect(velt.calls[0]).toMatchObject({ status: 'hang', effective: true });
  });

  test('refuses single users and applies the rest', () => {
    const velt = faulty({
      match: { userId: 'ada' },
      answer: { kind: 'refuse-item', reason: 'Not today.', code: 'internal' },
    });

    const { json } = addUsers(velt, [ada, grace]);

    expect(json.result.data).toMatchObject({
      ada: { success: false, message: 'Not today.', code: 'internal' },
      grace: { success: true },
    });
    expect(usersOf(velt)).toEqual(['grace']);
  });

  test('refuses the whole call while it names the matching user', () => {
    const velt = faulty({
      match: { userId: 'ada' },
      answer: { kind: 'refuse-call', status: 400, errorStatus: 'INVALID_ARGUMENT', message: 'Bad user.' },
    });

    expect(addUsers(velt, [ada, grace])).toMatchObject({
      status: 400,
      json: { error: { message: 'Bad user.' } },
    });
    expect(usersOf(velt)).toEqual([]);
    expect(addUsers(velt, [grace]).status).toBe(200);
  });

  test.each([
    [true, ['ada', 'grace']],
    [false, ['grace']],
  ])('leaves an item out of the answer (applied: %s)', (applied, users) => {
    const velt = faulty({ match: { userId: 'ada' }, applied, answer: { kind: 'omit-item' } });

    const { json } = addUsers(velt, [ada, grace]);

    expect(Object.keys(json.result.data)).toEqual(['grace']);
    expect(usersOf(velt)).toEqual(users);
  });

  test('answers HTML with status 200', () => {
    const velt = faulty({ answer: { kind: 'garbage', body: '<html>' } });

    expect(addUsers(velt, [ada])).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<html>',
    });
    expect(usersOf(velt)).toEqual([]);
  });

  test.each<[FaultRule['match'], number[]]>([
    [{ path: '/v2/organizations/usergroups/add' }, [200, 500, 200]],
    [{ path: '/v2/organizations/usergroups' }, [200, 500, 500]],
    [{ groupId: 'eng' }, [200, 500, 500]],
    [{ groupId: 'design' }, [200, 200, 200]],
    [{ organizationId: 'acme', userId: 'ada' }, [500, 200, 500]],
    [{ organizationId: 'other' }, [200, 200, 200]],
  ])('meets only the calls that match %j', (match, statuses) => {
    const velt = makeVelt();
    addUsers(velt, [ada]);
    addGroup(velt, 'eng');
    velt.faults.add({ match, answer: { kind: 'status', status: 500 } });

    const answers = [
      addUsers(velt, [ada]),
      addGroup(velt, 'eng'),
      groupUsers(velt, 'add', 'eng', { userIds: ['ada'] }),
    ];

    expect(answers.map(({ status }) => status)).toEqual(statuses);
  });

  test('strikes by chance', () => {
    const draws = [0.9, 0.1];
    const velt = faulty(
      { probability: 0.5, answer: { kind: 'status', status: 503 } },
      { random: () => draws.shift() ?? 1 },
    );

    expect(addUsers(velt, [ada]).status).toBe(200);
    expect(addUsers(velt, [ada]).status).toBe(503);
  });

  test('never hides a call that Velt would refuse', () => {
    const velt = faulty({ times: 1, answer: { kind: 'status', status: 503 } });

    expect(addUsers(velt, []).status).toBe(400);
    expect(addUsers(velt, [ada]).status).toBe(503);
  });
});

describe('over HTTP', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((server) => server.close()));
  });
  const open = async () => {
    const server = await startVelt(credentials);
    opened.push(server);
    return server;
  };
  const post = (url: string, body: unknown) =>
    fetch(url, { method: 'POST', headers: headersOf(credentials), body: JSON.stringify(body) });
  const add = { data: { organizationId: 'acme', users: [ada] } };

  test('serves the API, and its state to a process that steers it, without credentials', async () => {
    const { url } = await open();

    const answer = await post(`${url}/v1/users/add`, add);
    const seen = await (await fetch(`${url}/__state`)).text();

    expect(answer.status).toBe(200);
    expect(JSON.parse(seen)).toMatchObject({
      state: { organizations: { acme: { users: { ada: { name: 'Ada Example' } } } } },
      calls: [{ path: '/v1/users/add', effective: true }],
    });
    expect(seen).not.toContain(credentials.authToken);
  });

  test('takes faults and a reset from outside', async () => {
    const { url } = await open();

    const refused = await post(`${url}/__faults`, { answer: { kind: 'unheard-of' } });
    await post(`${url}/__faults`, [{ answer: { kind: 'status', status: 503 } }]);
    const faulty = await post(`${url}/v1/users/add`, add);
    await post(`${url}/__reset`, {});
    const healthy = await post(`${url}/v1/users/add`, add);

    expect([refused.status, faulty.status, healthy.status]).toEqual([400, 503, 200]);
  });

  test('resets the connection', async () => {
    const { url, velt } = await open();
    velt.faults.add({ answer: { kind: 'reset' } });

    const failure = post(`${url}/v1/users/add`, add);

    await expect(failure).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  });

  test('answers nothing while it hangs, and lets go of the caller on close', async () => {
    const { url, velt, close } = await open();
    velt.faults.add({ answer: { kind: 'hang' } });
    const waiting = post(`${url}/v1/users/add`, add).catch((error: Error) => error);
    while (velt.calls.length === 0) await new Promise(setImmediate);

    await close();

    expect(await waiting).toBeInstanceOf(Error);
    expect(velt.calls[0]).toMatchObject({ status: 'hang' });
  });

  test('answers the truth late when slow', async () => {
    const { url, velt } = await open();
    velt.faults.add({ answer: { kind: 'slow', ms: 5 } });

    const answer = await post(`${url}/v1/users/add`, add);

    expect(await answer.json()).toMatchObject({ result: { status: 'success' } });
  });
});
