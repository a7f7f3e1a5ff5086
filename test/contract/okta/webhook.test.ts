import { describe, expect, test } from 'vitest';
import { oktaDelivery, oktaEvent } from '../../support/factories.ts';
import { eventTo, makeWebhook } from '../deployed.ts';
import { oktaHook as okta } from './inbound.ts';

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

  test('is parked whole where it holds lines, which Okta does not send', async () => {
    const { send, changes, parked } = makeWebhook();
    const body = 'no JSON\n'.repeat(10_001);

    const answer = await send(eventTo(okta, { body }));

    expect(answer.body).toMatchObject({ parked: true, reasons: ['(whole): the body is not JSON'] });
    expect([changes(), parked().length]).toEqual([[], 1]);
  });
});
