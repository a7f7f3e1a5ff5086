import { describe, expect, test } from 'vitest';
import { CURRENT, deliveryTo, eventTo, makeWebhook } from './deployed.ts';
import { contractSources } from './sources.ts';

describe.each(contractSources)('a webhook of $name', (source) => {
  describe('without the right credential', () => {
    test.each([
      ['a wrong one', { credential: 'wrong' }],
      ['an empty one', { credential: '' }],
      ['none', { credential: undefined }],
      ['one that is cut short', { credential: CURRENT.slice(0, -1) }],
    ])('answers 401 and touches no queue: %s', async (_what, call) => {
      const { send, changes, parked } = makeWebhook();

      const answers = [
        await send(deliveryTo(source, call)),
        await send(eventTo(source, { ...call, body: 'this is no JSON' })),
      ];

      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': source.challenge } });
      }
      expect([changes(), parked()]).toEqual([[], []]);
    });

    test('answers no challenge', async () => {
      const { send } = makeWebhook();
      const headers = { 'x-okta-verification-challenge': 'echo-me' };

      const answer = await send(eventTo(source, { method: 'GET', headers, credential: 'wrong' }));

      expect(answer.status).toBe(source.kind === 'okta' ? 401 : 405);
      expect(JSON.stringify(answer)).not.toContain('echo-me');
    });

    test('looks at a fresh secret exactly once before it refuses, and counts the refusal', async () => {
      const { send, world, time, meter } = makeWebhook();
      await send(deliveryTo(source));
      time.now += 2_000;

      const answer = await send(deliveryTo(source, { credential: 'wrong' }));

      expect([answer.status, world.fetches, meter.counted.CredentialMismatch]).toEqual([401, 2, 1]);
    });

    test('accepts it when the fresh secret does', async () => {
      const { send, world, time, changes } = makeWebhook();
      await send(deliveryTo(source));
      world.secret = { [source.name]: { current: 'rotated:cr3dential', previous: CURRENT } };
      time.now += 2_000;

      const answer = await send(deliveryTo(source, { credential: 'rotated:cr3dential' }));

      expect([answer.status, changes().length, world.fetches]).toEqual([200, 2, 2]);
    });

    test('tells neither the caller nor the log any credential', async () => {
      const { send, log } = makeWebhook();

      const answer = await send(deliveryTo(source, { credential: 'wr0ng:guess' }));

      expect(JSON.stringify([answer, log.lines])).not.toMatch(/wr0ng|cr3dential/);
    });
  });

  describe('when the world fails', () => {
    test.each([
      ['is out of reach', undefined],
      ['has no entry for the source', {}],
      ['has entries of another shape', { [source.name]: CURRENT }],
    ])('answers 5xx and never 401 when the secret %s', async (_what, secret) => {
      const { send, world, changes } = makeWebhook();
      world.secret = secret;

      const answers = [
        await send(deliveryTo(source)),
        await send(deliveryTo(source, { credential: 'wrong' })),
      ];

      for (const { status } of answers) expect([500, 503]).toContain(status);
      expect(changes()).toEqual([]);
    });

    test('answers 503 while the secret cannot be had, and takes the delivery when it can', async () => {
      const { send, world } = makeWebhook();
      const secret = world.secret;
      world.secret = undefined;

      const before = await send(deliveryTo(source));
      world.secret = secret;
      const after = await send(deliveryTo(source));

      expect(before).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } });
      expect(after.status).toBe(200);
    });

    test('finds a source that was added to the secret after it was cached', async () => {
      const { send, world, time } = makeWebhook();
      const secret = world.secret;
      world.secret = {};
      const before = await send(deliveryTo(source));
      world.secret = secret;
      time.now += 2_000;

      const after = await send(deliveryTo(source));

      expect([before.status, after.status]).toEqual([503, 200]);
    });

    test.each(['changes', 'parked'] as const)('answers 503 when the queue refuses: %s', async (queue) => {
      const { send, world, meter } = makeWebhook();
      world.refusing = queue;
      const body = queue === 'changes' ? source.delivery('Ada') : source.unreadable.body;

      const answer = await send(eventTo(source, { body }));

      expect([answer.status, meter.counted]).toEqual([503, {}]);
    });
  });
});
