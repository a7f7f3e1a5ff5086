import { describe, expect, test } from 'vitest';
import { auth0Action, partnerEvent } from '../../support/factories.ts';
import { eventTo, makeWebhook } from '../deployed.ts';
import { AUTH0_PARTNER, auth0Stream as auth0, auth0Created } from './inbound.ts';

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

  test('is parked whole where it holds more lines than any log has', async () => {
    const { send, changes, parked } = makeWebhook();
    const body = 'no JSON\n'.repeat(10_001);

    const answer = await send(eventTo(auth0, { body }));

    const reasons = ['(whole): the body has more than 10000 lines'];
    expect(answer.body).toMatchObject({ parked: true, reasons });
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

test.each([
  ['in a list', (event: unknown) => [event]],
  ['under data', (event: unknown) => ({ data: event })],
  ['under detail', (event: unknown) => ({ detail: event })],
  ['under message', (event: unknown) => ({ message: event })],
])("Auth0's event is found where its place is not documented: %s", async (_where, nest) => {
  const plain = makeWebhook();
  const nested = makeWebhook();

  await plain.put(partnerEvent(auth0Created('Ada'), { source: AUTH0_PARTNER }));
  await nested.put(partnerEvent(nest(auth0Created('Ada')), { source: AUTH0_PARTNER }));

  expect(nested.changes()).toHaveLength(1);
  expect(nested.changes()).toEqual(plain.changes());
});
