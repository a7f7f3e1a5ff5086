import { afterEach, describe, expect, test } from 'vitest';
import { startOkta } from '../../../../local/doubles/okta/okta.ts';
import { authorization, get, idsIn, makeGroup, makeOkta, makeUser, nextOf, readAll } from './org.ts';

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
