import { describe, expect, test } from 'vitest';
import type { HttpResponse } from '../../../../lib/http/client.ts';
import { createOktaApi, type OktaApi } from '../../../../lib/sources/okta/api.ts';
import type { OktaUser } from '../../../../lib/sources/okta/schema.ts';
import { type ListPage, readEvery } from '../../../../lib/sources/rest.ts';
import { NOW } from '../../../support/factories.ts';
import { credentials, makeOkta } from '../../../support/okta-answers.ts';
import { makeOktaApi, oktaUser } from '../../../support/okta-api.ts';

describe('a person', () => {
  test('who is not known to Okta is told as missing, with the moment before the question by Okta’s clock', async () => {
    const date = new Date(NOW - 7_000).toUTCString();
    const { connect, requests } = makeOkta({ status: 404, headers: { date } });

    const read = await connect().readUser('auth0|a/b');

    expect(read).toEqual({ value: undefined, askedAt: NOW - 7_000 + 999 });
    expect(requests.map(({ url }) => url)).toEqual([
      'https://example-org.okta.com/api/v1/users/auth0%7Ca%2Fb',
    ]);
  });

  test('has the groups of every page', async () => {
    const pages = [
      {
        body: '[{"id":"g1","profile":{"name":"One"}}]',
        headers: { link: '</api/v1/users/ada/groups?after=2>; rel="next"' },
      },
      { body: '[{"id":"g2","profile":{"name":"Two"}},{}]', headers: {} },
    ];
    const http = async () =>
      ({ status: 200, ...(pages.shift() as { body: string; headers: object }) }) as HttpResponse;
    const api = createOktaApi({
      http,
      clock: () => NOW,
      random: () => 0,
      credentials: async () => credentials,
      headroom: 0.2,
    });

    const { items, unreadable } = await api.readUserGroups('ada');

    expect(items.map(({ id }) => id)).toEqual(['g1', 'g2']);
    expect(unreadable).toBe(1);
  });
});

describe('a list', () => {
  const options = {
    users: [oktaUser('ada'), oktaUser('alan'), oktaUser('left', { status: 'DEPROVISIONED' })],
    groups: [{ id: 'g 1', profile: { name: 'One' } }],
    members: [['g 1', 'ada']] as [string, string][],
    apps: [{ id: '0oa1', label: 'Velt' }],
    assignments: [['0oa1', 'alan']] as [string, string][],
  };

  test.each<
    [string, string[], (api: OktaApi, next?: string) => Promise<ListPage<{ id: string }> | undefined>]
  >([
    ['/api/v1/users?limit=200', ['ada', 'alan'], (api, next) => api.readUsers(next)],
    [
      '/api/v1/users?filter=status%20eq%20%22DEPROVISIONED%22&limit=200',
      ['left'],
      (api, next) => api.readDeactivated(next),
    ],
    ['/api/v1/groups?limit=200', ['g 1'], (api, next) => api.readGroups(next)],
    ['/api/v1/groups/g%201/users?limit=200', ['ada'], (api, next) => api.readGroupUsers('g 1', next)],
    [
      '/api/v1/apps/0oa1/users?expand=user&limit=500',
      ['alan'],
      (api, next) => api.readAppUsers('0oa1', next),
    ],
  ])('begins at %s, goes on where told, and ends where Okta repeats itself', async (path, ids, read) => {
    const { api, okta, asked } = makeOktaApi(options);

    const page = await read(api);
    okta.faults.add({ answer: { kind: 'repeated-cursor' } });
    const repeated = read(api, `${path}&after=YWZ0ZXI6`);

    await expect(repeated).rejects.toMatchObject({
      code: 'unreadable-answer',
      message: expect.stringContaining('Okta repeated a page'),
    });
    expect(page?.items.map(({ id }) => id)).toEqual(ids);
    expect(asked()).toEqual([path, `${path}&after=YWZ0ZXI6`]);
  });

  const people = ['u1', 'u2', 'u3'].map((id) => oktaUser(id));
  const crowd = {
    users: [...people, ...['u4', 'u5', 'u6'].map((id) => oktaUser(id, { status: 'DEPROVISIONED' }))],
    groups: ['g1', 'g2', 'g3'].map((id) => ({ id, profile: { name: id } })),
    members: [...people.map(({ id }) => ['g1', id]), ['g2', 'u1'], ['g3', 'u1']] as [string, string][],
    apps: [{ id: '0oa1', label: 'Velt' }],
    assignments: people.map(({ id }) => ['0oa1', id]) as [string, string][],
  };

  test.each<
    [string, string[], (api: OktaApi) => Promise<{ items: { id: string }[]; unreadable: number } | undefined>]
  >([
    ['users', ['u1', 'u2', 'u3'], (api) => readEvery((next) => api.readUsers(next))],
    ['deactivated users', ['u4', 'u5', 'u6'], (api) => readEvery((next) => api.readDeactivated(next))],
    ['groups', ['g1', 'g2', 'g3'], (api) => readEvery((next) => api.readGroups(next))],
    [
      'members of a group',
      ['u1', 'u2', 'u3'],
      (api) => readEvery<OktaUser, undefined>((next) => api.readGroupUsers('g1', next)),
    ],
    [
      'users of an application',
      ['u1', 'u2', 'u3'],
      (api) => readEvery((next) => api.readAppUsers('0oa1', next)),
    ],
    ['groups of a user', ['g1', 'g2', 'g3'], (api) => api.readUserGroups('u1')],
  ])('of %s is read to its end where every next page lost our parameters', async (_of, ids, read) => {
    const { api, okta, asked } = makeOktaApi(crowd);
    okta.faults.add({
      answer: { kind: 'lost-query', parameters: ['expand', 'filter', 'limit'], items: 1 },
    });

    const list = await read(api);

    expect([list?.items.map(({ id }) => id), list?.unreadable]).toEqual([ids, 0]);
    const [first = '', ...following] = asked().map((path) => parametersOf(path));
    expect(following).toEqual(following.map(() => first));
    expect(following).toHaveLength(2);
  });

  /** All but where the page begins, in order of their names. */
  function parametersOf(path: string): string {
    const query = new URLSearchParams(path.split('?')[1]);
    for (const name of ['after', 'since']) query.delete(name);
    query.sort();
    return String(query);
  }

  test('of events goes on with our parameters where every next page lost them', async () => {
    const { api, okta, asked } = makeOktaApi(crowd);
    okta.faults.add({ answer: { kind: 'lost-query', parameters: ['sortOrder', 'filter', 'limit'] } });
    const event = okta.log.append('user.lifecycle.create');

    const first = await api.readLogs(['user.lifecycle.create'], NOW, undefined);
    okta.log.append('user.session.start');
    const second = await api.readLogs(['user.lifecycle.create'], NOW, first.next);

    expect([first.events, second.events]).toEqual([[event], []]);
    expect(new Set(asked().map(parametersOf)).size).toBe(1);
  });

  test('of the users of an application has the users themselves', async () => {
    const { api } = makeOktaApi(options);

    const { items } = await api.readAppUsers('0oa1', undefined);

    expect(items).toMatchObject([{ id: 'alan', profile: { firstName: 'alan', email: 'alan@example.com' } }]);
  });

  test('of the members of a group that Okta does not know is none, and not an empty one', async () => {
    const { api } = makeOktaApi();

    expect(await api.readGroupUsers('gone', undefined)).toBeUndefined();
  });

  test.each([
    ['a body cut short', { kind: 'cut-body' } as const, 'unreadable-answer'],
    ['a 500', { kind: 'status', status: 500 } as const, 'unavailable'],
  ])('with %s on its second page throws there', async (_what, answer, code) => {
    const { api, okta } = makeOktaApi({ users: Array.from({ length: 201 }, (_, n) => oktaUser(`u${n}`)) });
    okta.faults.add({ path: /^\/api\/v1\/users\?/, nth: 2, answer });

    const { next } = await api.readUsers(undefined);

    await expect(api.readUsers(next)).rejects.toMatchObject({ code });
  });
});

describe('an assignment to an application', () => {
  const options = {
    users: [oktaUser('ada'), oktaUser('alan')],
    apps: [{ id: '0oa1', label: 'Velt' }],
    assignments: [['0oa1', 'alan']] as [string, string][],
  };

  test('is there or not', async () => {
    const { api } = makeOktaApi(options);

    const [alan, ada] = [await api.readAppUser('0oa1', 'alan'), await api.readAppUser('0oa1', 'ada')];

    expect(alan).toEqual({ value: { id: 'alan' }, askedAt: NOW });
    expect(ada).toEqual({ value: undefined, askedAt: NOW });
  });

  test('is not known when the application is not: that must not look like an end of it', async () => {
    const { api } = makeOktaApi(options);

    await expect(api.readAppUser('0oa2', 'ada')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('the System Log', () => {
  const types = ['user.lifecycle.create', 'user.lifecycle.deactivate'];

  test('is polled from a time on, for some types, in the order in which events were stored', async () => {
    const { api, okta, asked } = makeOktaApi();
    okta.log.append('user.lifecycle.create', { published: new Date(NOW - 60_000).toISOString() });
    okta.log.append('user.session.start');
    const late = okta.log.append('user.lifecycle.deactivate', {
      published: new Date(NOW - 5_000).toISOString(),
    });

    const { events } = await api.readLogs(types, NOW - 10_000, undefined);

    expect(events).toEqual([late]);
    expect(Object.fromEntries(new URLSearchParams(asked()[0]?.split('?')[1]))).toEqual({
      since: new Date(NOW - 10_000).toISOString(),
      sortOrder: 'ASCENDING',
      limit: '1000',
      filter: 'eventType eq "user.lifecycle.create" or eventType eq "user.lifecycle.deactivate"',
    });
  });

  test('goes on where it was left, also when that is where nothing is yet', async () => {
    const { api, okta } = makeOktaApi();
    okta.log.append('user.lifecycle.create');

    const first = await api.readLogs(types, NOW, undefined);
    const nothing = await api.readLogs(types, NOW, first.next);
    const stored = okta.log.append('user.lifecycle.create', {
      published: new Date(NOW - 8 * 86_400_000).toISOString(),
    });
    const later = await api.readLogs(types, NOW, nothing.next);

    expect(first.events).toHaveLength(1);
    expect(nothing).toEqual({ events: [], next: first.next, more: false });
    expect(later.events).toEqual([stored]);
  });

  test.each([
    ['has no way on', { body: '[]' }],
    ['is no list', { body: '{}', headers: { link: '</api/v1/logs?after=1_1>; rel="next"' } }],
  ])('that %s is unreadable', async (_what, answer) => {
    const reading = makeOkta(answer).connect().readLogs(types, NOW, undefined);

    await expect(reading).rejects.toMatchObject({ code: 'unreadable-answer' });
  });
});
