import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEvents } from '../../local/demo/events.ts';
import type { Way } from './contract.ts';
import { CURRENT, contracts, deliveryTo, eventTo, makeWebhook, PREVIOUS, ways } from './deployed.ts';
import { mutatedBody } from './mutations.ts';

const events = readEvents().filter((event) => event.kind === 'request');

describe.each(
  contracts.flatMap(({ face, ways }) => ways.map((way) => ({ name: way.name, source: way, face }))),
)('a webhook of $name', ({ source, face }) => {
  const besides = source.besides > 0 ? { EventsIgnored: source.besides } : {};

  describe('with the right credential', () => {
    test('puts what it says on the queue', async () => {
      const { send, changes, parked, meter } = makeWebhook();

      const answer = await send(deliveryTo(source));

      expect([answer.status, answer.body]).toEqual([200, { changes: 1, ignored: source.besides }]);
      expect(changes()).toMatchObject([{ source: source.name, ...source.told('Ada Example') }]);
      expect([parked(), meter.counted]).toEqual([[], { ChangesReceived: 1, ...besides }]);
    });

    test('takes the previous one too, and fetches no secret for it again', async () => {
      const { send, changes, world } = makeWebhook();

      await send(deliveryTo(source));
      const answer = await send(deliveryTo(source, { credential: PREVIOUS }));

      expect([answer.status, changes().length, world.fetches]).toEqual([200, 2, 1]);
    });

    test('reads names of any script, whether API Gateway encoded the body or not', async () => {
      const { send, changes } = makeWebhook();
      const name = 'Zoë Łukasz 山田 🚀';
      const body = source.delivery(name);

      await send(eventTo(source, { body }));
      await send(eventTo(source, { body: Buffer.from(body) }));

      const [plain, encoded] = changes();
      expect(plain).toMatchObject(source.told(name));
      expect(encoded).toEqual(plain);
    });

    test('counts a type that is not mirrored and parks nothing', async () => {
      const { send, changes, parked, meter } = makeWebhook();

      const answer = await send(eventTo(source, { body: source.unmirrored }));

      const ignored = 1 + source.besides;
      expect([answer.status, answer.body]).toEqual([200, { changes: 0, ignored }]);
      expect([changes(), parked(), meter.counted]).toEqual([[], [], { EventsIgnored: ignored }]);
    });

    test('parks what it cannot read, once and byte for byte, and says where it failed', async () => {
      const { send, changes, parked, meter } = makeWebhook();
      const { body } = source.unreadable;

      const answer = await send(eventTo(source, { body }));

      expect([answer.status, answer.body.parked]).toEqual([200, true]);
      expect(answer.body.reasons.join()).toContain(source.unreadable.path);
      const [only, ...more] = parked();
      expect(more).toEqual([]);
      expect(only).toMatchObject({ source: source.name, contentType: source.contentType });
      expect(gunzipSync(Buffer.from(only.body, 'base64')).toString()).toBe(body);
      expect([changes(), meter.counted]).toEqual([[], { DeliveriesParked: 1, ...besides }]);
    });

    test.each([
      ['no JSON', 'this is no JSON'],
      ['JSON cut short', '{"data":'],
      ['nothing', undefined],
      ['null', 'null'],
      ['a number', '7'],
      ['a text', '"com.okta.event_hook"'],
      ['an empty object', '{}'],
      ['300 KB of nulls', `[${'null,'.repeat(61_440)}null]`],
      ['10,000 nested lists', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
      ['10,000 lists never closed', '['.repeat(10_000)],
      ['prototype keys for a body', '{"__proto__":{"data":{"events":[]}},"constructor":{"prototype":1}}'],
      ['bytes that are not UTF-8', Buffer.from('{"data":{"object":{"name":"Zo\xeb"}}}', 'latin1')],
    ])('parks %s', async (_what, body) => {
      const { send, changes, parked } = makeWebhook();

      const answer = await send(eventTo(source, { body }));

      expect([answer.status, answer.body.parked, parked().length, changes()]).toEqual([200, true, 1, []]);
    });

    test('leaves out and counts a name of a megabyte, and parks an id of one, which the mirror could not store', async () => {
      const { send, changes, parked } = makeWebhook();

      const answer = await send(deliveryTo(source, {}, 'x'.repeat(1024 * 1024)));

      const isName = 'profile' in source.told('Ada');
      expect([answer.status, parked().length, changes().length]).toEqual(isName ? [200, 0, 1] : [200, 1, 0]);
      expect(JSON.stringify(changes()).length).toBeLessThan(2_000);
    });

    test('reaches no prototype by the keys of a body', async () => {
      const { send, changes } = makeWebhook();
      const keys = '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},';
      const body = source.delivery('Ada Example').replaceAll('{', `{${keys}`);

      const answer = await send(eventTo(source, { body }));

      expect([answer.status, changes().length]).toEqual([200, 1]);
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
      expect(changes()).not.toHaveProperty('0.polluted');
    });

    test('refuses and counts a body of more than 4 MiB, after it looked at the credential', async () => {
      const { send, changes, parked, meter, log } = makeWebhook();
      const body = Buffer.alloc(4 * 1024 * 1024 + 1, ' ');

      const answers = [
        await send(eventTo(source, { body })),
        await send(eventTo(source, { body, credential: 'wrong' })),
      ];

      expect(answers.map(({ status }) => status)).toEqual([413, 401]);
      expect([changes(), parked()]).toEqual([[], []]);
      expect(meter.counted).toMatchObject({ DeliveriesRefused: 1, CredentialMismatch: 1 });
      expect(log.lines).toContainEqual({
        level: 'warn',
        message: 'Refused a delivery that is too large',
        fields: { source: source.name, status: 413, requestId: 'request-1' },
      });
    });

    test('refuses and counts what can neither be read nor kept', async () => {
      const { send, changes, parked, meter } = makeWebhook();

      const answer = await send(eventTo(source, { body: randomBytes(1024 * 1024) }));

      expect([answer.status, changes(), parked()]).toEqual([413, [], []]);
      expect(meter.counted).toEqual({ DeliveriesRefused: 1 });
    });

    // The files say what becomes of them where events alone are used.
    const files = events.filter(({ source: vendor }) => vendor === source.kind && !('api' in source.config));
    test.each(files)('answers $name as its file says: $about', async ({ request, expect: expected }) => {
      const { send, changes, parked } = makeWebhook();
      const { method, headers, body } = request;
      const credential = { right: CURRENT, wrong: 'wrong', missing: undefined }[request.credential];

      const answer = await send(eventTo(source, { method, headers, body, credential }));

      expect([answer.status, changes().length, parked().length > 0]).toEqual([
        expected.status,
        expected.changes,
        expected.parked ?? expected.outcome === 'parked',
      ]);
      if (expected.body !== undefined) expect(answer.body).toEqual(expected.body);
    });
  });

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

      expect(answer.status).toBe(face.answer ? 401 : 405);
      expect(JSON.stringify(answer)).not.toContain('echo-me');
    });

    test('looks at a fresh secret exactly once before it refuses, and counts the refusal', async () => {
      const { send, world, time, meter } = makeWebhook();
      await send(deliveryTo(source));
      time.now += 2_000;

      const answer = await send(deliveryTo(source, { credential: 'wrong' }));

      expect([answer.status, world.fetches, meter.counted.CredentialMismatch]).toEqual([401, 2, 1]);
    });

    test('alarms nobody about a stranger who sends no credential, however often', async () => {
      const { send, world, meter, log } = makeWebhook();

      for (let call = 0; call < 500; call += 1) {
        await send(deliveryTo(source, { credential: undefined }));
        await send(eventTo(source, { method: 'GET', credential: undefined }));
      }

      expect([meter.counted, log.lines, world.fetches]).toEqual([{}, [], 0]);
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

  test('whatever becomes of a valid delivery on its way, it is no error: read, ignored or parked', async () => {
    const bodies = events
      .filter(({ source: vendor, name }) => vendor === source.kind && !name.includes('invalid'))
      .flatMap(({ request: { body } }) => (body ? [body.toString()] : []))
      .concat(source.delivery('Ada'));
    const { send, changes, world } = makeWebhook();

    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...bodies), fc.infiniteStream(fc.nat()), async (body, choices) => {
        world.messages.length = 0;

        const answer = await send(eventTo(source, { body: mutatedBody(body, choices) }));

        expect(answer.status).toBe(200);
        expect(changes()).toHaveLength(answer.body.changes);
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});

describe('a source that is not configured', () => {
  test.each(['ldap', '__proto__', 'constructor', 'toString', ''])('is not found: "%s"', async (path) => {
    const { send, world, changes } = makeWebhook();

    const answer = await send(deliveryTo(ways[0] as Way, { path }));

    expect([answer.status, world.fetches, changes()]).toEqual([404, 0, []]);
  });
});
