import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partnerEvent } from '../support/factories.ts';
import { makePrinting } from '../support/printed.ts';
import { AUTH0_PARTNER } from './auth0/inbound.ts';
import { contracts, eventTo, makeWebhook } from './deployed.ts';
import { mutatedJson } from './mutations.ts';
import { OKTA_PARTNER, oktaCreated } from './okta/inbound.ts';

describe.each(contracts.flatMap(({ partners }) => partners))('an event of $partner', (partnered) => {
  const { partner, way: source, detail, unmirrored, unreadable } = partnered;
  const eventOf = (content: unknown, event = {}) => partnerEvent(content, { source: partner, ...event });
  const broken = unreadable[0]?.[1];

  test('becomes the changes that a webhook makes of it, to the letter, without a credential', async () => {
    const byHook = makeWebhook();
    const byStream = makeWebhook();

    await byHook.send(eventTo(source, { body: source.delivery('Ada Example') }));
    const taken = await byStream.put(eventOf(detail('Ada Example')));

    expect(taken).toEqual({ changes: 1, ignored: 0 });
    expect(byStream.changes()).toMatchObject([source.told('Ada Example')]);
    expect(byStream.changes()).toEqual(byHook.changes());
    expect([byStream.meter.counted, byStream.world.fetches]).toEqual([{ ChangesReceived: 1 }, 0]);
  });

  test('is taken whatever its detail-type says', async () => {
    const { put, changes } = makeWebhook();

    await put(eventOf(detail('Ada'), { 'detail-type': 'Something else' }));

    expect(changes()).toHaveLength(1);
  });

  test('of a type that is not mirrored is counted, and nothing is parked', async () => {
    const { put, changes, parked, meter } = makeWebhook();

    const taken = await put(eventOf(unmirrored));

    expect([taken, changes(), parked()]).toEqual([{ changes: 0, ignored: 1 }, [], []]);
    expect(meter.counted).toEqual({ EventsIgnored: 1 });
  });

  test.each(unreadable)(
    'with %s is parked whole, counted, and the invocation succeeds',
    async (_what, content, path) => {
      const { put, changes, parked, meter } = makeWebhook();
      const event = eventOf(content);

      const taken = await put(event);

      expect(taken).toMatchObject({ changes: 0, ignored: 0, parked: true });
      expect(parked()).toMatchObject([{ source: source.name }]);
      expect(parked()[0].reasons.join()).toContain(path);
      expect(bodyOf(parked()[0])).toEqual(JSON.parse(JSON.stringify(event)));
      expect([changes(), meter.counted]).toEqual([[], { DeliveriesParked: 1 }]);
    },
  );

  test.each(['changes', 'parked'] as const)(
    'fails the invocation when the queue refuses, so that Lambda tries again: %s',
    async (queue) => {
      const { put, world, meter } = makeWebhook();
      world.refusing = queue;

      const taken = put(eventOf(queue === 'changes' ? detail('Ada') : broken));

      await expect(taken).rejects.toMatchObject({ name: 'WorldFault', code: 'queue' });
      expect(meter.counted).toEqual({});
    },
  );

  test('whatever becomes of it on its way, it is read, ignored or parked', async () => {
    const { put, changes, world } = makeWebhook();

    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat()), async (choices) => {
        world.messages.length = 0;

        const taken = await put(eventOf(JSON.parse(mutatedJson(detail('Ada'), choices))));

        expect(taken).toMatchObject({ changes: changes().length });
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  test('tells the log nothing of whom it is about', async () => {
    const printing = makePrinting();
    const { put } = makeWebhook(printing);

    await put(eventOf(detail('Ada Example')));
    await put(eventOf(broken));

    const took = printing.lines('Took a delivery');
    expect(took).toMatchObject([
      { requestId: eventOf(broken).id, people: 1, personIds: [expect.any(String)] },
      {},
    ]);
    expect(printing.lines('Parked a delivery')).toMatchObject([{ requestId: eventOf(broken).id }]);
    expect(printing.printed.join()).not.toMatch(/ada|example\.com/i);
  });

  test('needs its credential all the same where it comes as the body of a webhook call', async () => {
    const { send, changes } = makeWebhook();
    const body = JSON.stringify(eventOf(detail('Ada')));

    const answer = await send(eventTo(source, { body, credential: undefined }));

    expect([answer.status, changes()]).toEqual([401, []]);
  });
});

test.each([
  'aws.partner/okta.com/other-org/velt',
  `${OKTA_PARTNER}/more`,
  'aws.partner/okta.com/',
  'aws.partner/okta.com/__proto__',
  'aws.partner/auth0.com/other-tenant/auth0.events',
  AUTH0_PARTNER.replace('auth0.events', 'auth0.logs'),
  'aws.partner/auth0.com/',
])('an event of a source that is not configured is parked whole: %s', async (source) => {
  const { put, changes, parked, meter } = makeWebhook();
  const event = partnerEvent(oktaCreated('Ada'), { source });

  await put(event);

  expect(parked()).toMatchObject([{ source, reasons: [expect.stringContaining('partnerEventSource')] }]);
  expect(bodyOf(parked()[0])).toEqual(event);
  expect([changes(), meter.counted]).toEqual([[], { DeliveriesParked: 1 }]);
});

function bodyOf({ body }: { body: string }): unknown {
  return JSON.parse(gunzipSync(Buffer.from(body, 'base64')).toString());
}
