import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, describe, expect, test } from 'vitest';
import { createOktaTokens } from '../../../../lib/sources/okta/credentials.ts';
import { createOkta, type Okta, startOkta } from '../../../../local/doubles/okta/okta.ts';
import { NOW } from '../../../support/factories.ts';
import { authorization, get, idsIn, makeGroup, makeOkta, makeUser, orgUrl } from './org.ts';

describe('a service app', () => {
  const clock = () => NOW;
  async function makeServed() {
    const [trusted, other] = [
      await generateKeyPair('RS256', { extractable: true }),
      await generateKeyPair('RS256', { extractable: true }),
    ];
    const serviceApp = { clientId: '0oaapp', publicKey: await exportJWK(trusted.publicKey) };
    const okta = createOkta({ orgUrl, clock, serviceApp, users: [makeUser('u1')] });
    const tokenFor = async (clientId: string, { privateKey }: typeof trusted) =>
      createOktaTokens({
        clock,
        http: async ({ method, url, headers, body }) =>
          okta.handle({ method, path: new URL(url).pathname, headers, body: String(body) }),
      }).authorization({ url: orgUrl, clientId, privateKey: { ...(await exportJWK(privateKey)) } });
    return { okta, tokenFor, trusted, other };
  }

  test('gets a token for its key, and calls with it', async () => {
    const { okta, tokenFor, trusted } = await makeServed();

    const bearer = await tokenFor('0oaapp', trusted);

    expect(idsIn(get(okta, '/api/v1/users', { authorization: bearer }).body)).toEqual(['u1']);
    expect(get(okta, '/api/v1/users', { authorization: 'Bearer made-up' }).status).toBe(401);
  });

  test('gets none for another key or another client', async () => {
    const { tokenFor, trusted, other } = await makeServed();

    await expect(tokenFor('0oaapp', other)).rejects.toMatchObject({ code: 'credentials' });
    await expect(tokenFor('0oaelse', trusted)).rejects.toMatchObject({ code: 'credentials' });
  });
});

describe('a list of groups', () => {
  const okta = makeOkta({
    groups: [
      makeGroup('g1', {
        type: 'BUILT_IN',
        profile: { name: 'Everyone' },
        lastUpdated: '2026-01-01T00:00:00.000Z',
      }),
      makeGroup('g2', { profile: { name: 'Engineering' }, lastUpdated: '2026-06-01T00:00:00.000Z' }),
      makeGroup('g3', { profile: { name: 'Sales' }, lastUpdated: '2026-06-01T00:00:00.000Z' }),
    ],
  });
  const list = (query: Record<string, string>) => get(okta, `/api/v1/groups?${new URLSearchParams(query)}`);

  test.each([
    [{ q: 'e' }, ['g1', 'g2']],
    [{ filter: 'type eq "OKTA_GROUP"' }, ['g2', 'g3']],
    [{ filter: 'lastUpdated gt "2026-03-01T00:00:00.000Z" and type eq "OKTA_GROUP"' }, ['g2', 'g3']],
    [{ search: 'profile.name sw "Sa"' }, ['g3']],
  ])('is narrowed by %o', (query, ids) => {
    expect(idsIn(list(query).body)).toEqual(ids);
  });

  test.each([{ filter: 'name eq "x"' }, { search: 'type eq OKTA_GROUP' }])('refuses %o', (query) => {
    const { status, body } = list(query);

    expect([status, JSON.parse(body).errorCode]).toEqual([400, 'E0000031']);
  });
});

test('a path that nobody knows has an error code of its own', () => {
  const { status, body } = get(makeOkta(), '/api/v1/unheard');

  expect([status, JSON.parse(body).errorCode]).toEqual([404, 'E0000008']);
});

test('a log takes a limit of none', () => {
  const okta = makeOkta();
  okta.log.append('user.lifecycle.create');

  expect(get(okta, '/api/v1/logs?limit=0').body).toBe('[]');
});

describe('an event hook', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((server) => server.close()));
  });

  const hook = {
    name: 'mirror',
    events: { type: 'EVENT_TYPE', items: ['user.lifecycle.create'] },
    channel: { type: 'HTTP', version: '1.0.0', config: { uri: 'https://hooks.example.com/okta' } },
  };
  const send = (okta: Okta, method: string, path: string, body?: object) =>
    okta.handle({ method, path, headers: { authorization }, ...(body && { body: JSON.stringify(body) }) });

  test('is deleted once it is deactivated, and not before', () => {
    const okta = makeOkta();
    const path = `/api/v1/eventHooks/${JSON.parse(send(okta, 'POST', '/api/v1/eventHooks', hook).body).id}`;

    const active = send(okta, 'DELETE', path);
    send(okta, 'POST', `${path}/lifecycle/deactivate`);
    const inactive = send(okta, 'DELETE', path);

    expect([active.status, inactive.status, send(okta, 'GET', path).status]).toEqual([400, 204, 404]);
  });

  test('is verified by the double when it is served alone', async () => {
    const server = await startOkta({
      challenge: async (_url, headers) => ({
        status: 200,
        body: JSON.stringify({ verification: headers['x-okta-verification-challenge'] }),
      }),
    });
    opened.push(server);
    const ask = async (path: string, body?: object) => {
      const answer = await fetch(server.url + path, {
        ...{ method: 'POST', headers: { authorization } },
        ...(body && { body: JSON.stringify(body) }),
      });
      return (await answer.json()) as Record<string, string>;
    };

    const { id } = await ask('/api/v1/eventHooks', hook);

    expect(await ask(`/api/v1/eventHooks/${id}/lifecycle/verify`)).toMatchObject({
      verificationStatus: 'VERIFIED',
    });
  });
});
