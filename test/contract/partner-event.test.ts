import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { oktaDelivery, oktaEvent, partnerEvent } from '../factories.ts';
import { eventTo, makeWebhook } from './deployed.ts';
import { mutatedJson } from './mutations.ts';
import { type ContractSource, contractSources, PARTNER_SOURCE } from './sources.ts';

const created = oktaEvent('user.lifecycle.create');

describe("an event of Okta's log stream", () => {
  test('becomes the changes that a hook makes of it, to the letter, without a credential', async () => {
    const byHook = makeWebhook();
    const byStream = makeWebhook();

    await byHook.send(
      eventTo(contractSources[0] as ContractSource, { body: JSON.stringify(oktaDelivery(created)) }),
    );
    const taken = await byStream.put(partnerEvent(created));

    expect(taken).toEqual({ changes: 1, ignored: 0 });
    expect(byStream.changes()).toEqual(byHook.changes());
    expect([byStream.meter.counted, byStream.world.fetches]).toEqual([{ ChangesReceived: 1 }, 0]);
  });

  test('is taken whatever its detail-type says', async () => {
    const { put, changes } = makeWebhook();

    await put(partnerEvent(created, { 'detail-type': 'Okta Log Event' }));

    expect(changes()).toHaveLength(1);
  });

  test('of a type that is not mirrored is counted, and nothing is parked', async () => {
    const { put, changes, parked, meter } = makeWebhook();

    const taken = await put(partnerEvent(oktaEvent('user.session.start')));

    expect([taken, changes(), parked()]).toEqual([{ changes: 0, ignored: 1 }, [], []]);
    expect(meter.counted).toEqual({ EventsIgnored: 1 });
  });

  test.each([
    ['no id', { ...created, uuid: undefined }, 'detail.uuid'],
    ['a time that is no date', { ...created, published: 'soon' }, 'detail.published'],
    ['nothing in it', undefined, 'detail.(whole)'],
    ['null in it', null, 'detail.(whole)'],
    ['a text in it', 'user.lifecycle.create', 'detail.(whole)'],
    ['a list in it', [created], 'detail.(whole)'],
    ['a name of a megabyte', oktaEvent('user.lifecycle.create', huge()), 'profile.name'],
  ])('with %s is parked whole, counted, and the invocation succeeds', async (_what, detail, path) => {
    const { put, changes, parked, meter } = makeWebhook();
    const event = partnerEvent(detail);

    const taken = await put(event);

    expect(taken).toMatchObject({ changes: 0, ignored: 0, parked: true });
    expect(parked()).toMatchObject([{ source: 'okta', reasons: [expect.stringContaining(path)] }]);
    expect(bodyOf(parked()[0])).toEqual(JSON.parse(JSON.stringify(event)));
    expect([changes(), meter.counted]).toEqual([[], { DeliveriesParked: 1 }]);
  });

  test.each([
    'aws.partner/okta.com/other-org/velt',
    `${PARTNER_SOURCE}/more`,
    'aws.partner/okta.com/',
    'aws.partner/okta.com/__proto__',
  ])('from an event source that is not configured is parked whole: %s', async (source) => {
    const { put, changes, parked, meter } = makeWebhook();
    const event = partnerEvent(created, { source });

    await put(event);

    expect(parked()).toMatchObject([{ source, reasons: [expect.stringContaining('partnerEventSource')] }]);
    expect(bodyOf(parked()[0])).toEqual(event);
    expect([changes(), meter.counted]).toEqual([[], { DeliveriesParked: 1 }]);
  });

  test.each(['changes', 'parked'] as const)(
    'fails the invocation when the queue refuses, so that Lambda tries again: %s',
    async (queue) => {
      const { put, world, meter } = makeWebhook();
      world.refusing = queue;

      const taken = put(partnerEvent(queue === 'changes' ? created : null));

      await expect(taken).rejects.toMatchObject({ name: 'WorldFault', code: 'queue' });
      expect(meter.counted).toEqual({});
    },
  );

  test('whatever becomes of it on its way, it is read, ignored or parked', async () => {
    const { put, changes, world } = makeWebhook();

    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat()), async (choices) => {
        world.messages.length = 0;

        const taken = await put(partnerEvent(JSON.parse(mutatedJson(created, choices))));

        expect(taken).toMatchObject({ changes: changes().length });
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  test('tells the log nothing of whom it is about', async () => {
    const { put, log } = makeWebhook();

    await put(partnerEvent(created));
    await put(partnerEvent({ ...created, uuid: undefined }));

    expect(log.lines).toHaveLength(3);
    expect(JSON.stringify(log.lines)).not.toMatch(/ada|example\.com/i);
  });
});

describe('a webhook call', () => {
  test('whose body is an event of the log stream needs its credential all the same', async () => {
    const { send, changes } = makeWebhook();
    const body = JSON.stringify(partnerEvent(created));

    const answer = await send(eventTo(contractSources[0] as ContractSource, { body, credential: undefined }));

    expect([answer.status, changes()]).toEqual([401, []]);
  });
});

function huge() {
  return { target: [{ id: 'ada', type: 'User', displayName: 'x'.repeat(1024 * 1024) }] };
}

function bodyOf({ body }: { body: string }): unknown {
  return JSON.parse(gunzipSync(Buffer.from(body, 'base64')).toString());
}
