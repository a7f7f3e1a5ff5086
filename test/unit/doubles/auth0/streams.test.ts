import { describe, expect, test } from 'vitest';
import { mapBody } from '../../../../lib/sources/auth0/inbound.ts';
import type { Auth0Event } from '../../../../local/doubles/auth0/auth0.ts';
import { NOW } from '../../../support/factories.ts';
import { acme, ada, alan, makeAuth0, makeStream, streamBody } from './tenant.ts';

describe('an event stream', () => {
  test('is shown without its secret, listed, changed and deleted', () => {
    const { call, get, id, created } = makeStream();

    const listed = get('event-streams?take=100').json;
    const changed = call('PATCH', `event-streams/${id}`, { status: 'disabled', subscriptions: [] }).json;
    const deleted = call('DELETE', `event-streams/${id}`);
    const gone = get(`event-streams/${id}`);

    expect(created.status).toBe(201);
    expect(created.json.destination.configuration.webhook_authorization).toEqual({ method: 'bearer' });
    expect(listed).toEqual({ eventStreams: [created.json] });
    expect(changed).toMatchObject({ id, name: 'mirror', status: 'disabled', subscriptions: [] });
    expect([deleted.status, gone.status]).toEqual([204, 404]);
  });

  test.each([
    ['http', streamBody(undefined, 'http://hooks.example.com')],
    ['no credential', streamBody({ method: 'bearer' })],
    ['an unknown way to authorize', streamBody({ method: 'hmac', token: 's3cret' })],
    ['an unknown type of event', { ...streamBody(), subscriptions: [{ event_type: 'user.blocked' }] }],
    ['an unknown destination', { destination: { type: 'sqs', configuration: {} } }],
  ])('is refused with %s', (_what, body) => {
    const { call } = makeAuth0();

    const answer = call('POST', 'event-streams', body);

    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ errorCode: 'invalid_body' });
  });

  test('can lead to EventBridge, whose partner event source it names', () => {
    const { call } = makeAuth0();
    const configuration = { aws_account_id: '111122223333', aws_region: 'eu-west-1' };

    const { json } = call('POST', 'event-streams', { destination: { type: 'eventbridge', configuration } });

    expect(json.destination.configuration.aws_partner_event_source).toMatch(
      /^aws\.partner\/auth0\.com\/example-tenant-.{36}\/auth0\.events$/,
    );
  });

  test.each([
    [{ method: 'bearer', token: 's3cret' }, { authorization: 'Bearer s3cret' }],
    [{ method: 'basic', username: 'ada', password: 's3cret' }, { authorization: 'Basic YWRhOnMzY3JldA==' }],
    [{ method: 'custom_header', header_key: 'x-key', header_value: 's3cret' }, { 'x-key': 's3cret' }],
  ])('delivers what it asks for, with its credential: %j', async (authorization, headers) => {
    const { auth0, call, sent, id } = makeStream();

    call('PATCH', `event-streams/${id}`, { destination: streamBody(authorization).destination });
    const [event] = auth0.blockUser(ada.user_id);
    auth0.addMember(acme.id, ada.user_id);
    await auth0.settled();

    expect(sent).toEqual([
      {
        url: 'https://hooks.example.com/auth0',
        headers: { 'content-type': 'application/json', ...headers },
        event: { ...event, a0stream: id },
      },
    ]);
  });

  test('tries a server error three times more, after 1, 2 and 4 seconds, and then has it among the failed', async () => {
    const { auth0, get, id, sent, waits } = makeStream({ statuses: [503, 0, 503] });

    const [event] = auth0.login(ada.user_id);
    await auth0.settled();
    const { json } = get(`event-streams/${id}/deliveries?statuses=failed`);

    expect(sent).toHaveLength(4);
    expect(waits).toEqual([1_000, 2_000, 4_000]);
    expect(json).toMatchObject([
      {
        id: event?.id,
        event_stream_id: id,
        status: 'failed',
        event_type: 'user.updated',
        event: { id: event?.id, type: 'user.updated', data: event?.data },
      },
    ]);
    expect(json[0].event).not.toHaveProperty('a0tenant');
    expect(json[0].attempts.map((one: { error_message: string }) => one.error_message)).toEqual([
      'Webhook endpoint responded with status 503',
      'Webhook endpoint did not respond',
      'Webhook endpoint responded with status 503',
      'Webhook endpoint responded with status 503',
    ]);
  });

  test('does not try again what was refused, and keeps nothing of what was delivered at last', async () => {
    const refusing = makeStream({ statuses: [400] });
    const recovering = makeStream({ statuses: [500, 202] });

    for (const { auth0 } of [refusing, recovering]) {
      auth0.login(ada.user_id);
      await auth0.settled();
    }
    const failed = [refusing, recovering].map(
      ({ get, id }) => get(`event-streams/${id}/deliveries`).json.length,
    );

    expect([refusing.sent.length, recovering.sent.length]).toEqual([1, 2]);
    expect(failed).toEqual([1, 0]);
  });

  test('lists failures with the place of the next page, and their data as text, where it is told to', async () => {
    const { auth0, get, id } = makeStream({ statuses: [400], deliveriesAs: 'page', eventData: 'text' });
    const events: Auth0Event[] = [];
    for (const act of [auth0.login, auth0.blockUser, auth0.login]) {
      events.push(...act(ada.user_id));
      await auth0.settled();
    }

    const first = get(`event-streams/${id}/deliveries?take=2`).json;
    const rest = get(`event-streams/${id}/deliveries?take=2&from=${first.next}`).json;

    const listed = [...first.deliveries, ...rest.deliveries];
    expect(listed.map((delivery: { id: string }) => delivery.id)).toEqual(events.map((event) => event.id));
    expect(rest).not.toHaveProperty('next');
    expect(listed[0].event.data).toBe(JSON.stringify(events[0]?.data));
  });

  test('answers a test event with a status', () => {
    const { call, id } = makeStream();

    const { status, json } = call('POST', `event-streams/${id}/test`, { event_type: 'user.created' });

    expect([status, json]).toMatchObject([202, { event_type: 'user.created', status: expect.any(String) }]);
  });

  test('lists failures by time and type, page by page, also while they are redelivered', async () => {
    const { auth0, call, get, id, time } = makeStream({ statuses: [400, 400, 400, 200] });
    const path = `event-streams/${id}/deliveries`;

    const events: Auth0Event[] = [];
    for (const act of [auth0.login, auth0.blockUser, auth0.login]) {
      events.push(...act(ada.user_id));
      await auth0.settled();
      time.now += 1_000;
    }
    const second = new Date(NOW + 1_000).toISOString().replace('.000', '');
    const [since, until, created] = [
      `date_from=${second}`,
      `date_to=${second}`,
      'event_types=user.created',
    ].map((query) => get(`${path}?${query}`).json.length);
    const first = get(`${path}?take=1`).json;
    const redelivered = call('POST', `event-streams/${id}/redeliver/${first[0].id}`).status;
    await auth0.settled();
    const next = get(`${path}?take=2&from=${first[0].id}`).json;

    expect([since, until, created]).toEqual([2, 1, 0]);
    expect(redelivered).toBe(202);
    expect(next.map((one: { id: string }) => one.id)).toEqual(events.slice(1).map((one) => one.id));
    expect(get(`${path}?date_from=2026-09-01T09:00:00.000Z`).status).toBe(400);
  });

  test('redelivers what failed and nothing else', async () => {
    const { auth0, call, get, id, sent } = makeStream({ statuses: [400, 400, 200] });

    const [first, second] = [...auth0.login(ada.user_id), ...auth0.login(alan.user_id)];
    await auth0.settled();
    const one = call('POST', `event-streams/${id}/redeliver/${first?.id}`).status;
    const atOnce = call('POST', `event-streams/${id}/redeliver/${first?.id}`).status;
    await auth0.settled();
    const again = call('POST', `event-streams/${id}/redeliver/${first?.id}`).status;
    const unknown = call('POST', `event-streams/${id}/redeliver/evt_unknown`).status;
    const many = call('POST', `event-streams/${id}/redeliver`, { event_types: ['user.updated'] }).status;
    await auth0.settled();

    expect([one, atOnce, again, unknown, many]).toEqual([202, 409, 409, 404, 202]);
    expect(sent.map(({ event }) => event.id)).toEqual(
      [first, second, first, second].map((event) => event?.id),
    );
    expect(get(`event-streams/${id}/deliveries`).json).toEqual([]);
  });

  test('is disabled after 500 failures in a row, and then gets nothing', async () => {
    const { auth0, get, id, sent } = makeStream({ statuses: [401] });

    for (let n = 0; n < 500; n += 1) auth0.login(ada.user_id);
    await auth0.settled();
    auth0.login(ada.user_id);
    await auth0.settled();

    expect(get(`event-streams/${id}`).json).toMatchObject({ status: 'disabled' });
    expect(sent).toHaveLength(500);
  });

  test('is tested with an event that says so', async () => {
    const { auth0, call, id, sent } = makeStream();

    const answer = call('POST', `event-streams/${id}/test`, { event_type: 'user.deleted' });
    await auth0.settled();

    expect(answer).toMatchObject({
      status: 202,
      json: { status: 'failed', event: { type: 'user.deleted' } },
    });
    expect(answer.json.event).not.toHaveProperty('a0purpose');
    expect(sent).toMatchObject([{ event: { type: 'user.deleted', a0stream: id, a0purpose: 'test' } }]);
    expect(mapBody(sent[0]?.event, { source: 'auth0', latest: NOW, config: {} }).changes).toEqual([]);
  });
});
