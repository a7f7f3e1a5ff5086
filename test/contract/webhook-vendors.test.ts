import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../lib/http/edge.ts';
import { auth0Action, oktaDelivery, oktaEvent } from '../support/factories.ts';
import { deliveryTo, eventTo, makeWebhook, readAnswer, webhook } from './deployed.ts';
import { auth0Stream as auth0, oktaHook as okta } from './sources.ts';

describe('Okta', () => {
  test('is answered its challenge, with the credential and without a queue', async () => {
    const { send, changes } = makeWebhook();
    const headers = { 'x-okta-verification-challenge': 'echo-me' };

    const answer = await send(eventTo(okta, { method: 'GET', headers }));

    expect([answer.status, answer.body, changes()]).toEqual([200, { verification: 'echo-me' }, []]);
  });

  test('is told what is missing from a GET without a challenge', async () => {
    const { send } = makeWebhook();

    const answer = await send(eventTo(okta, { method: 'GET' }));

    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain('x-okta-verification-challenge');
  });

  test('has the readable events of a mixed delivery queued, and the delivery parked once', async () => {
    const { send, changes, parked, meter } = makeWebhook();
    const body = JSON.stringify(
      oktaDelivery(
        oktaEvent('user.lifecycle.create', { uuid: 'first' }),
        oktaEvent('user.lifecycle.create', { uuid: undefined }),
        oktaEvent('user.session.start'),
        null,
        oktaEvent('user.lifecycle.deactivate', { uuid: 'last' }),
      ),
    );

    const answer = await send(eventTo(okta, { body }));

    expect(answer.body).toMatchObject({ changes: 2, ignored: 1, parked: true });
    expect(changes()).toMatchObject([{ id: 'first' }, { id: 'last' }]);
    expect(parked()).toHaveLength(1);
    expect(meter.counted).toEqual({ ChangesReceived: 2, EventsIgnored: 1, DeliveriesParked: 1 });
  });

  test('has an empty list parked, because a delivery of Okta is no list', async () => {
    const { send, parked } = makeWebhook();

    const answer = await send(eventTo(okta, { body: '[]' }));

    expect([answer.body.parked, parked().length]).toEqual([true, 1]);
  });

  test('is named no more than twenty faults of one delivery', async () => {
    const { send, parked } = makeWebhook();
    const body = JSON.stringify(oktaDelivery(...Array.from({ length: 500 }, () => null)));

    const answer = await send(eventTo(okta, { body }));

    expect([answer.body.reasons.length, parked()[0].reasons.length]).toEqual([20, 20]);
  });
});

describe('Auth0', () => {
  test('is told to use POST, before anyone looks at a secret', async () => {
    const { send, world } = makeWebhook();

    const answer = await send(eventTo(auth0, { method: 'GET' }));

    expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(world.fetches).toBe(0);
  });

  test('has nothing parked for an empty list: there is no event in it', async () => {
    const { send, changes, parked } = makeWebhook();

    const answer = await send(eventTo(auth0, { body: '[]' }));

    expect([answer.status, answer.body]).toEqual([200, { changes: 0, ignored: 0 }]);
    expect([changes(), parked()]).toEqual([[], []]);
  });

  test.each([
    ['a line that is no JSON', (good: string) => [good, 'this is no JSON', good], 'line 2'],
    ['a line that is cut off', (good: string) => [good, good, good.slice(0, 40)], 'line 3'],
    ['a line that is no event', (good: string) => [good, '{}', good], 'type'],
  ])('loses no more than %s, and the delivery is parked once', async (_what, lines, path) => {
    const { send, changes, parked } = makeWebhook();
    const body = lines(auth0.delivery('Ada Example')).join('\r\n');

    const answer = await send(eventTo(auth0, { body }));

    expect(answer.body).toMatchObject({ changes: 2, parked: true });
    expect(answer.body.reasons.join()).toContain(path);
    expect(changes()).toMatchObject([auth0.told('Ada Example'), auth0.told('Ada Example')]);
    expect(parked()).toHaveLength(1);
  });

  test('is read line by line past empty lines', async () => {
    const { send, changes, parked } = makeWebhook();
    const body = `\n${auth0.delivery('Ada')}\n\n${auth0.delivery('Alan')}\n`;

    await send(eventTo(auth0, { body }));

    expect([changes().length, parked()]).toEqual([2, []]);
  });

  test.each([
    ['more lines than any log has', auth0, '(whole): the body has more than 10000 lines'],
    ['lines from a vendor who sends none', okta, '(whole): the body is not JSON'],
  ])('is parked whole where it holds %s', async (_what, source, reason) => {
    const { send, changes, parked } = makeWebhook();
    const body = 'no JSON\n'.repeat(10_001);

    const answer = await send(eventTo(source, { body }));

    expect(answer.body).toMatchObject({ parked: true, reasons: [reason] });
    expect([changes(), parked().length]).toEqual([[], 1]);
  });

  test('has nothing of an Action kept but what is told of the user', async () => {
    const { send, world } = makeWebhook();
    const secret = { secrets: { key: 's3cret' }, session: { id: 's3cret' }, refresh_token: { id: 's3cret' } };
    const identities = [{ connection: 'github', accessToken: 's3cret', userId: '1' }];

    await send(eventTo(auth0, { body: JSON.stringify(auth0Action({ identities }, secret)) }));

    expect(world.messages).toHaveLength(1);
    expect(world.messages.join()).not.toContain('s3cret');
  });
});

describe('a source that is not configured', () => {
  test.each(['ldap', '__proto__', 'constructor', 'toString', ''])('is not found: "%s"', async (path) => {
    const { send, world, changes } = makeWebhook();

    const answer = await send(deliveryTo(okta, { path }));

    expect([answer.status, world.fetches, changes()]).toEqual([404, 0, []]);
  });
});

describe('the handler that Lambda calls', () => {
  const call = async (event: APIGatewayProxyEventV2) =>
    readAnswer((await webhook.handler(event, {} as Context)) as Exclude<Answer, string>);

  test('turns what is thrown into answers, also where AWS is out of reach', async () => {
    const answers = [
      await call(deliveryTo(okta, { path: 'ldap' })),
      await call(deliveryTo(okta, { credential: undefined })),
      await call(deliveryTo(okta)),
    ];

    expect(answers.map(({ status }) => status)).toEqual([404, 401, 503]);
  });
});
