import { describe, expect, test } from 'vitest';
import type { Challenge } from '../../../../local/doubles/okta/hooks.ts';
import type { Okta } from '../../../../local/doubles/okta/okta.ts';
import { authorization, makeOkta, orgUrl } from './org.ts';

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
