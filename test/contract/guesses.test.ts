import { describe, expect, test } from 'vitest';
import { deliveryTo, makeWebhook, ways } from './deployed.ts';

const GUESSES = 500;

describe.each(ways)('a stranger who guesses at the webhook of $name', (source) => {
  const guess = (number: number) => deliveryTo(source, { credential: `guess:${number}` });

  test('costs ten reads of the secret, ten metrics and two lines of the log, however often', async () => {
    const { send, world, log, meter, changes } = makeWebhook();
    const before = world.fetches;

    for (let number = 0; number < GUESSES; number += 1) await send(guess(number));

    expect(world.fetches - before).toBe(1 + 10);
    expect(meter.counted.CredentialMismatch).toBe(10);
    expect(log.lines.map(({ message }) => message)).toEqual([
      'Refused a wrong credential',
      'Could not check a credential',
    ]);
    expect(changes()).toEqual([]);
  });

  test('keeps nobody out who has the right one', async () => {
    const { send } = makeWebhook();
    for (let number = 0; number < GUESSES; number += 1) await send(guess(number));

    expect((await send(deliveryTo(source))).status).toBe(200);
  });

  test('is answered 401 only by a fresh secret, and else 503, which vendors send again', async () => {
    const { send, world, time } = makeWebhook();
    for (let number = 0; number < GUESSES; number += 1) await send(guess(number));
    // A rotation in the middle of it: the vendor has the new one already.
    const rotated = { [source.name]: { current: 'rotated:cr3dential' } };
    world.secret = rotated;

    const early = await send(deliveryTo(source, { credential: 'rotated:cr3dential' }));
    time.now += 10_000;
    const late = await send(deliveryTo(source, { credential: 'rotated:cr3dential' }));

    expect([early.status, late.status]).toEqual([503, 200]);
  });

  test('of names of sources costs no read of the secret, and ten metrics', async () => {
    const { send, world, log, meter } = makeWebhook();

    const answers = [];
    for (let number = 0; number < GUESSES; number += 1)
      answers.push(await send(deliveryTo(source, { path: `guess-${number}` })));

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
    expect([world.fetches, meter.counted, log.lines]).toEqual([0, { UnknownSource: 10 }, []]);
  });
});
