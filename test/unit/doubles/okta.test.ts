import { afterEach, describe, expect, test } from 'vitest';
import type { Challenge } from '../../../local/doubles/okta/hooks.ts';
import { makeDirectory } from '../../../local/doubles/okta/made.ts';
import {
  createOkta,
  type Okta,
  type OktaGroup,
  type OktaOptions,
  type OktaUser,
  startOkta,
} from '../../../local/doubles/okta/okta.ts';

const orgUrl = 'https://example-org.okta.com';
const authorization = 'SSWS example-ssws-token';

const makeUser = (id: string, more: Partial<OktaUser> = {}): OktaUser => ({
  id,
  profile: { login: `${id}@example.com`, email: `${id}@example.com`, firstName: id, lastName: 'Example' },
  ...more,
});
const makeGroup = (id: string, more: Partial<OktaGroup> = {}): OktaGroup => ({
  id,
  profile: { name: id },
  ...more,
});
const makeOkta = (options: Partial<OktaOptions> = {}) =>
  createOkta({ orgUrl, clock: () => Date.UTC(2026, 8, 1, 10), ...options });

function get(okta: Okta, path: string, headers: Record<string, string> = { authorization }) {
  const { status, headers: answered, body } = okta.handle({ method: 'GET', path, headers });
  return { status, headers: answered, body };
}

const idsIn = (body: string) => JSON.parse(body).map(({ id }: { id: string }) => id);

function nextOf({ headers }: { headers: Record<string, string | string[]> }) {
  const next = [headers.link ?? []].flat().find((link) => link.endsWith('rel="next"'));
  return next?.match(/^<https:\/\/example-org\.okta\.com(.*)>/)?.[1];
}

/** Follows next links to the end. */
function readAll(okta: Okta, path: string): string[] {
  const answer = get(okta, path);
  const next = nextOf(answer);
  return [...idsIn(answer.body), ...(next ? readAll(okta, next) : [])];
}

describe('reading', () => {
  test('serves a page with separate links to itself and the next', () => {
    const okta = makeOkta({ users: ['u1', 'u2', 'u3'].map((id) => makeUser(id)) });

    const first = get(okta, '/api/v1/users?search=status%20pr&limit=2');
    const last = get(okta, nextOf(first) ?? '');

    expect(idsIn(first.body)).toEqual(['u1', 'u2']);
    expect(first.headers.link).toEqual([
      `<${orgUrl}/api/v1/users?search=status%20pr&limit=2>; rel="self"`,
      expect.stringMatching(
        /^<https:\/\/example-org\.okta\.com\/api\/v1\/users\?after=[\w-]+&search=status\+pr&limit=2>; rel="next"$/,
      ),
    ]);
    expect(idsIn(last.body)).toEqual(['u3']);
    expect(last.headers.link).toHaveLength(1);
  });

  test('serves users in the form Okta gives them', () => {
    const okta = makeOkta({ users: [makeUser('u1', { transitioningToStatus: 'DEPROVISIONED' })] });

    const { body, headers } = get(okta, '/api/v1/users/u1');

    expect(JSON.parse(body)).toMatchObject({
      id: 'u1',
      status: 'ACTIVE',
      transitioningToStatus: 'DEPROVISIONED',
      lastUpdated: '2026-09-01T09:15:04.000Z',
      profile: { login: 'u1@example.com', mobilePhone: null },
      _links: { self: { href: `${orgUrl}/api/v1/users/u1` } },
    });
    expect(headers).toMatchObject({
      'content-type': expect.stringContaining('application/json'),
      date: 'Tue, 01 Sep 2026 10:00:00 GMT',
      'x-okta-request-id': expect.any(String),
      'x-rate-limit-limit': expect.stringMatching(/^\d+$/),
      'x-rate-limit-remaining': expect.stringMatching(/^\d+$/),
      'x-rate-limit-reset': expect.stringMatching(/^\d{10}$/),
    });
  });

  test('finds a user by its encoded login', () => {
    const okta = makeOkta({ users: [makeUser('u1')] });

    const { body } = get(okta, '/api/v1/users/u1%40example.com');

    expect(JSON.parse(body).id).toBe('u1');
  });

  test('leaves deprovisioned users out of a plain list only', () => {
    const users = [makeUser('u1'), makeUser('u2', { status: 'DEPROVISIONED' })];
    const okta = makeOkta({ users, groups: [makeGroup('g1')], members: [['g1', 'u2']] });

    expect(readAll(okta, '/api/v1/users')).toEqual(['u1']);
    expect(readAll(okta, '/api/v1/users?search=status%20pr')).toEqual(['u1', 'u2']);
    expect(readAll(okta, '/api/v1/groups/g1/users')).toEqual(['u2']);
  });

  test('lists users changed since a time', () => {
    const users = [makeUser('u1', { lastUpdated: '2026-09-02T00:00:00.000Z' }), makeUser('u2')];
    const okta = makeOkta({ users });
    const search = encodeURIComponent('lastUpdated gt "2026-09-01T12:00:00.000Z"');

    expect(readAll(okta, `/api/v1/users?search=${search}`)).toEqual(['u1']);
  });

  test('knows the groups of a user and the members of a group, Everyone included', () => {
    const okta = makeOkta({
      users: [makeUser('u1'), makeUser('u2')],
      groups: [makeGroup('g1'), makeGroup('g2'), makeGroup('g9', { type: 'BUILT_IN' })],
      members: [['g1', 'u1']],
    });

    expect(readAll(okta, '/api/v1/groups')).toEqual(['g1', 'g2', 'g9']);
    expect(readAll(okta, '/api/v1/groups/g1/users')).toEqual(['u1']);
    expect(readAll(okta, '/api/v1/groups/g9/users')).toEqual(['u1', 'u2']);
    expect(readAll(okta, '/api/v1/users/u1/groups')).toEqual(['g1', 'g9']);
    expect(JSON.parse(get(okta, '/api/v1/groups/g1').body)).toMatchObject({
      type: 'OKTA_GROUP',
      profile: { name: 'g1' },
    });
  });

  test.each(['/api/v1/users/gone', '/api/v1/groups/gone', '/api/v1/groups/gone/users', '/api/v1/apps'])(
    'answers E0000007 for %s',
    (path) => {
      const okta = makeOkta();

      const { status, body } = get(okta, path);

      expect([status, JSON.parse(body).errorCode]).toEqual([404, 'E0000007']);
    },
  );

  test.each(['limit=0', 'limit=many', 'after=u1'])('refuses %s', (query) => {
    const okta = makeOkta({ users: [makeUser('u1')] });

    const { status, body } = get(okta, `/api/v1/users?${query}`);

    expect([status, JSON.parse(body).errorCode]).toEqual([400, 'E0000001']);
  });

  test.each([
    ['a missing token', {}],
    ['a wrong token', { authorization: 'SSWS other' }],
    ['a bearer', { authorization: 'Bearer example-ssws-token' }],
  ])('answers E0000011 to %s', (_what, headers) => {
    const okta = makeOkta();

    const { status, body } = get(okta, '/api/v1/users', headers);

    expect([status, JSON.parse(body).errorCode]).toEqual([401, 'E0000011']);
  });
});

describe('changes between pages', () => {
  test('continues behind the last user seen although it was removed', () => {
    const okta = makeOkta({ users: ['u1', 'u2', 'u3', 'u4'].map((id) => makeUser(id)) });
    const next = nextOf(get(okta, '/api/v1/users?limit=2')) ?? '';

    okta.removeUser('u2');
    const withoutTwo = readAll(okta, next);
    okta.putUser(makeUser('u5'));

    expect(withoutTwo).toEqual(['u3', 'u4']);
    expect(readAll(okta, next)).toEqual(['u3', 'u4', 'u5']);
  });

  test('shows memberships as they change, and when the group last changed', () => {
    const okta = makeOkta({
      users: [makeUser('u1'), makeUser('u2')],
      groups: [makeGroup('g1')],
      members: [['g1', 'u1']],
    });

    okta.addMember('g1', 'u2');
    okta.removeMember('g1', 'u1');

    expect(readAll(okta, '/api/v1/groups/g1/users')).toEqual(['u2']);
    expect(readAll(okta, '/api/v1/users/u1/groups')).toEqual([]);
    expect(JSON.parse(get(okta, '/api/v1/groups/g1').body).lastMembershipUpdated).toBe(
      '2026-09-01T10:00:00.000Z',
    );
  });

  test('drops the memberships of a removed user or group, also when it comes back', () => {
    const okta = makeOkta({
      users: [makeUser('u1'), makeUser('u2')],
      groups: [makeGroup('g1'), makeGroup('g2')],
      members: [
        ['g1', 'u1'],
        ['g2', 'u1'],
        ['g2', 'u2'],
      ],
    });

    okta.removeUser('u2');
    okta.removeGroup('g1');
    okta.putUser(makeUser('u2'));
    okta.putGroup(makeGroup('g1'));

    expect(readAll(okta, '/api/v1/users/u1/groups')).toEqual(['g2']);
    expect(readAll(okta, '/api/v1/groups/g2/users')).toEqual(['u1']);
  });
});

describe('limits and faults', () => {
  test('answers E0000047 once the window is used up, until it is over', () => {
    let now = Date.UTC(2026, 8, 1, 10);
    const okta = makeOkta({ clock: () => now, rateLimit: { limit: 2, windowMs: 60_000 } });

    const answers = [1, 2, 3].map(() => get(okta, '/api/v1/users'));
    now += 60_000;
    const later = get(okta, '/api/v1/users');

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers.map(({ headers }) => headers['x-rate-limit-remaining'])).toEqual(['1', '0', '0']);
    expect(answers[2]?.headers['x-rate-limit-reset']).toBe(String(Date.UTC(2026, 8, 1, 10, 1) / 1000));
    expect(JSON.parse(answers[2]?.body ?? '').errorCode).toBe('E0000047');
    expect(later.status).toBe(200);
  });

  test('answers a status for as many calls as told, under its path only', () => {
    const okta = makeOkta({ groups: [makeGroup('g1')] });
    okta.faults.add({ path: '/api/v1/groups', times: 2, answer: { kind: 'status', status: 503 } });

    const paths = ['/api/v1/users', '/api/v1/groups', '/api/v1/groups/g1', '/api/v1/groups'];

    expect(paths.map((path) => get(okta, path).status)).toEqual([200, 503, 503, 200]);
    expect(okta.calls.map(({ path, status }) => [path, status])).toEqual([
      ['/api/v1/users', 200],
      ['/api/v1/groups', 503],
      ['/api/v1/groups/g1', 503],
      ['/api/v1/groups', 200],
    ]);
  });

  test('leaves nothing of the window when a fault says 429', () => {
    const okta = makeOkta();
    okta.faults.add({ answer: { kind: 'status', status: 429 } });

    const { status, headers } = get(okta, '/api/v1/users');

    expect([status, headers['x-rate-limit-remaining']]).toEqual([429, '0']);
  });

  test('serves a short page that loses nobody', () => {
    const okta = makeOkta({ users: ['u1', 'u2', 'u3'].map((id) => makeUser(id)) });
    okta.faults.add({ times: 1, answer: { kind: 'short-page', items: 1 } });

    const first = get(okta, '/api/v1/users?limit=2');

    expect(idsIn(first.body)).toEqual(['u1']);
    expect(readAll(okta, nextOf(first) ?? '')).toEqual(['u2', 'u3']);
  });

  test('cuts a body short', () => {
    const okta = makeOkta({ users: [makeUser('u1')] });
    okta.faults.add({ answer: { kind: 'cut-body' } });

    const { status, body } = get(okta, '/api/v1/users');

    expect(status).toBe(200);
    expect(() => JSON.parse(body)).toThrow(SyntaxError);
  });

  test('loses the next link, so that a part looks like the whole', () => {
    const okta = makeOkta({ users: ['u1', 'u2'].map((id) => makeUser(id)) });
    okta.faults.add({ answer: { kind: 'lost-next' } });

    expect(readAll(okta, '/api/v1/users?limit=1')).toEqual(['u1']);
  });
});

describe('made directory', () => {
  const size = { users: 300, groups: 9, membershipsPerUser: 3, seed: 7 };

  test('is the same for the same seed, and another for another', () => {
    const [a, b, c] = [size, size, { ...size, seed: 8 }].map((given) => {
      const { users, groups, members } = makeDirectory(given);
      return { users: [...users], groups, members: [...members] };
    });

    expect(a).toEqual(b);
    expect(a?.users).not.toEqual(c?.users);
    expect(a?.members).not.toEqual(c?.members);
  });

  test('holds unique users of many kinds', () => {
    const users = [...makeDirectory(size).users];

    expect(new Set(users.map(({ id }) => id)).size).toBe(300);
    expect(new Set(users.map(({ profile }) => profile.email)).size).toBe(300);
    expect(new Set(users.map(({ status }) => status))).toContain('DEPROVISIONED');
    expect(users.some(({ profile }) => profile.login !== profile.email)).toBe(true);
    expect(users.some(({ profile }) => /[^ -~]/.test(profile.firstName))).toBe(true);
    expect(users.every(({ id }) => id.length === 20)).toBe(true);
  });

  test('gives every user its distinct memberships in groups of distinct names', () => {
    const { groups, members } = makeDirectory(size);

    const pairs = new Set([...members].map((pair) => pair.join(' ')));

    expect(pairs.size).toBe(900);
    expect(new Set(groups.map(({ profile }) => profile.name)).size).toBe(9);
  });

  test('is read page by page to the last of its people', () => {
    const okta = makeOkta(makeDirectory(size));

    const ids = readAll(okta, '/api/v1/users?search=status%20pr');

    expect(ids).toHaveLength(300);
    expect(okta.calls).toHaveLength(2);
  });
});

describe('over HTTP', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((server) => server.close()));
  });

  test('serves links that lead back to itself, each in a header of its own', async () => {
    const server = await startOkta({ users: [makeUser('u1'), makeUser('u2')] });
    opened.push(server);

    const answer = await fetch(`${server.url}/api/v1/users?limit=1`, { headers: { authorization } });
    const links = answer.headers.get('link')?.split(', ') ?? [];
    const next = links[1]?.match(/<(.*)>; rel="next"/)?.[1] ?? '';
    const rest = await fetch(next, { headers: { authorization } });

    expect(links[0]).toBe(`<${server.url}/api/v1/users?limit=1>; rel="self"`);
    expect(idsIn(await rest.text())).toEqual(['u2']);
  });
});

describe('event hooks', () => {
  const path = '/api/v1/eventHooks';
  const makeHook = (hook: { items?: string[]; uri?: string; value?: string } = {}) => ({
    name: 'collab-mirror',
    events: { type: 'EVENT_TYPE', items: hook.items ?? ['user.lifecycle.create'] },
    channel: {
      type: 'HTTP',
      version: '1.0.0',
      config: {
        uri: hook.uri ?? 'https://hooks.example.com/okta',
        headers: [{ key: 'x-team', value: 'directory' }],
        authScheme: { type: 'HEADER', key: 'Authorization', value: hook.value ?? 's3cret' },
      },
    },
  });
  const echo: Challenge = async (_url, headers) => ({
    status: 200,
    body: JSON.stringify({ verification: headers['x-okta-verification-challenge'] }),
  });
  const send = async (okta: Okta, method: string, at: string, body?: object, headers = { authorization }) => {
    const answer = await okta.answer({
      method,
      path: at,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: JSON.parse(answer.body) };
  };
  /** An org with one hook, and the hook's path. */
  const makeHooked = async (challenge: Challenge = echo) => {
    const okta = makeOkta({ challenge });
    const { body } = await send(okta, 'POST', path, makeHook());
    return { okta, hook: `${path}/${body.id}` };
  };

  test('begins active and unverified, and never shows its credential', async () => {
    const okta = makeOkta();

    const { status, body } = await send(okta, 'POST', path, makeHook());
    const list = await send(okta, 'GET', path);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'ACTIVE',
      verificationStatus: 'UNVERIFIED',
      events: { items: ['user.lifecycle.create'], filter: null },
      channel: { config: { method: 'POST', uri: 'https://hooks.example.com/okta' } },
      _links: { verify: { href: `${orgUrl}${path}/${body.id}/lifecycle/verify` } },
    });
    expect(body.channel.config.authScheme).toEqual({ type: 'HEADER', key: 'Authorization' });
    expect(list.body).toEqual([body]);
  });

  test('is verified by what its URL answers to a GET with challenge and credential', async () => {
    const sent: Parameters<Challenge>[] = [];
    const { okta, hook } = await makeHooked((...call) => {
      sent.push(call);
      return echo(...call);
    });

    const { status, body } = await send(okta, 'POST', `${hook}/lifecycle/verify`);

    expect({ status, body }).toMatchObject({ status: 200, body: { verificationStatus: 'VERIFIED' } });
    expect(sent).toEqual([
      [
        'https://hooks.example.com/okta',
        {
          Authorization: 's3cret',
          'x-team': 'directory',
          accept: 'application/json',
          'user-agent': 'Okta-Integrations',
          'x-okta-verification-challenge': expect.stringMatching(/^[\w-]{40}$/),
        },
      ],
    ]);
  });

  test('is asked a second time after a failure', async () => {
    let asked = 0;
    const { okta, hook } = await makeHooked(async (...call) => {
      asked += 1;
      if (asked === 1) throw new Error('no answer');
      return echo(...call);
    });

    const { status } = await send(okta, 'POST', `${hook}/lifecycle/verify`);

    expect({ status, asked }).toEqual({ status: 200, asked: 2 });
  });

  test.each<[string, Challenge]>([
    ['answers with another value', async () => ({ status: 200, body: '{"verification":"other"}' })],
    ['answers with another status', async (...call) => ({ ...(await echo(...call)), status: 201 })],
    ['answers with no JSON', async () => ({ status: 200, body: 'hello' })],
  ])('stays unverified when its URL %s', async (_what, challenge) => {
    const { okta, hook } = await makeHooked(challenge);

    const verification = await send(okta, 'POST', `${hook}/lifecycle/verify`);
    const { body } = await send(okta, 'GET', hook);

    expect(verification).toMatchObject({
      status: 400,
      body: {
        errorCode: 'E0000001',
        errorSummary: 'Api validation failed: eventHook',
        errorCauses: [{ errorSummary: 'Unable to verify event hook. Hook collab-mirror execution failed' }],
      },
    });
    expect(body.verificationStatus).toBe('UNVERIFIED');
  });

  test.each([
    ['stays verified with other events', makeHook({ items: ['user.lifecycle.suspend'] }), 'VERIFIED'],
    ['is unverified again with another URL', makeHook({ uri: 'https://other.example.com' }), 'UNVERIFIED'],
    ['is unverified again with another credential', makeHook({ value: 'n3w' }), 'UNVERIFIED'],
  ])('%s', async (_what, changed, verificationStatus) => {
    const { okta, hook } = await makeHooked();
    await send(okta, 'POST', `${hook}/lifecycle/verify`);

    const { body } = await send(okta, 'PUT', hook, changed);

    expect(body).toMatchObject({ verificationStatus, events: { items: changed.events.items } });
  });

  test('can be deactivated and activated', async () => {
    const { okta, hook } = await makeHooked();

    const { body: off } = await send(okta, 'POST', `${hook}/lifecycle/deactivate`);
    const { body: on } = await send(okta, 'POST', `${hook}/lifecycle/activate`);

    expect([off.status, on.status]).toEqual(['INACTIVE', 'ACTIVE']);
  });

  test.each([
    ['plain http', 400, 'E0000001', 'POST', path, makeHook({ uri: 'http://hooks.example.com' })],
    ['no events', 400, 'E0000001', 'POST', path, makeHook({ items: [] })],
    ['an unknown hook', 404, 'E0000007', 'GET', `${path}/who0`, undefined],
    ['another method', 405, 'E0000022', 'DELETE', path, undefined],
  ])('refuses %s with %i %s', async (_what, status, errorCode, method, at, body) => {
    const okta = makeOkta();

    const answer = await send(okta, method, at, body);

    expect(answer).toMatchObject({ status, body: { errorCode } });
  });

  test('needs a good token, and one that may manage hooks', async () => {
    const okta = makeOkta();
    okta.faults.add({ path, answer: { kind: 'status', status: 403 } });

    const stranger = await send(okta, 'GET', path, undefined, { authorization: 'SSWS other' });
    const reader = await send(okta, 'GET', path);

    expect(stranger).toMatchObject({ status: 401, body: { errorCode: 'E0000011' } });
    expect(reader).toMatchObject({ status: 403, body: { errorCode: 'E0000006' } });
  });
});
