import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createSecret, type SecretDeps } from '../../../lib/aws/secrets.ts';
import { makeClock } from '../../support/factories.ts';

const Schema = z.strictObject({ token: z.string().min(1) });

/** Secrets Manager with one answer after the other; the last one stays. A string is a value, an Error is thrown. */
function makeSecret(...answers: (string | undefined | Error | Promise<string>)[]) {
  const time = makeClock();
  let calls = 0;
  const send = async () => {
    const answer = await answers[Math.min(calls++, answers.length - 1)];
    if (answer instanceof Error) throw answer;
    return { SecretString: answer };
  };
  const client = { send } as unknown as SecretDeps['client'];
  return { secret: createSecret('hooks', Schema, { client, clock: time.clock }), time, calls: () => calls };
}

const holding = (token: string) => JSON.stringify({ token });

describe('a secret', () => {
  test('is fetched once in five minutes', async () => {
    const { secret, time, calls } = makeSecret(holding('a'), holding('b'));

    const values = [await secret(), await secret()];
    time.now += 5 * 60_000 - 1;
    values.push(await secret());
    const before = calls();
    time.now += 1;
    values.push(await secret());

    expect(values.map(({ token }) => token)).toEqual(['a', 'a', 'a', 'b']);
    expect([before, calls()]).toEqual([1, 2]);
  });

  test('that is known is used while it cannot be fetched anew, with a try in half a minute', async () => {
    const { secret, time, calls } = makeSecret(
      holding('a'),
      new Error('away'),
      new Error('away'),
      holding('b'),
    );
    await secret();

    const values = [];
    for (const ms of [5 * 60_000, 29_999, 1, 30_000]) {
      time.now += ms;
      values.push(await secret());
    }

    expect(values.map(({ token }) => token)).toEqual(['a', 'a', 'a', 'b']);
    expect(calls()).toBe(4);
  });

  test('that was refused is not used again while it cannot be fetched anew', async () => {
    const { secret, time } = makeSecret(holding('a'), new Error('away'));
    const refused = await secret();
    time.now += 5 * 60_000;

    await expect(secret({ refused })).rejects.toMatchObject({ code: 'secret' });
    expect((await secret()).token).toBe('a');
  });

  test('is fetched once for all who ask at the same time', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { secret, calls } = makeSecret(promise);

    const asking = [secret(), secret({ refused: { token: 'z' } }), secret()];
    resolve(holding('a'));

    expect(await Promise.all(asking)).toEqual([{ token: 'a' }, { token: 'a' }, { token: 'a' }]);
    expect(calls()).toBe(1);
  });

  test('is fetched anew, however young it is, for who was refused with it', async () => {
    const { secret, calls } = makeSecret(holding('a'), holding('b'));
    const refused = await secret();

    const rotated = await secret({ refused });

    expect([refused.token, rotated.token]).toEqual(['a', 'b']);
    expect(calls()).toBe(2);
  });

  test('is fetched once for all who were refused with the same value, early and late', async () => {
    const { secret, calls } = makeSecret(holding('a'), holding('b'), holding('c'));
    const refused = await secret();

    const early = await Promise.all([secret({ refused }), secret({ refused })]);
    const late = await secret({ refused });

    expect([...early, late].map(({ token }) => token)).toEqual(['b', 'b', 'b']);
    expect(calls()).toBe(2);
  });

  test('is fetched again for who was refused with what was fetched anew, even if it is the same text', async () => {
    const { secret, calls } = makeSecret(holding('a'), holding('a'), holding('b'));

    const second = await secret({ refused: await secret() });
    const third = await secret({ refused: second });

    expect(third.token).toBe('b');
    expect(calls()).toBe(3);
  });

  test('is fetched ten times at most for a burst of refusals, then once in ten seconds', async () => {
    const { secret, time, calls } = makeSecret(holding('a'));
    let refused = await secret();
    for (let refusal = 1; refusal <= 10; refusal += 1) refused = await secret({ refused });

    const eleventh = await secret({ refused }).catch((error: unknown) => error);
    time.now += 10_000;
    await secret({ refused });

    expect(eleventh).toMatchObject({ name: 'WorldFault', code: 'secret' });
    expect(calls()).toBe(12);
  });

  test('that failed to load once is loaded at the next call', async () => {
    const { secret, calls } = makeSecret(new Error('throttled'), holding('a'));

    await expect(secret()).rejects.toMatchObject({ name: 'WorldFault', code: 'secret' });

    await expect(secret()).resolves.toEqual({ token: 'a' });
    expect(calls()).toBe(2);
  });

  test('keeps its old value when a new one cannot be had', async () => {
    const { secret } = makeSecret(holding('a'), new Error('throttled'));
    const refused = await secret();

    await expect(secret({ refused })).rejects.toMatchObject({ code: 'secret' });

    await expect(secret()).resolves.toEqual({ token: 'a' });
  });

  test('stays known while Secrets Manager is away for days, and is asked for twice a minute', async () => {
    const { secret, time, calls } = makeSecret(holding('a'), new Error('throttled'));
    await secret();

    time.now += 3 * 24 * 3_600_000;
    const values = [await secret(), await secret()];
    const before = calls();
    time.now += 30_000;
    values.push(await secret());

    expect(values.map(({ token }) => token)).toEqual(['a', 'a', 'a']);
    expect([before, calls()]).toEqual([2, 3]);
  });

  test('that was refused is never given to who was refused while Secrets Manager is away, to others it is', async () => {
    const { secret, time } = makeSecret(holding('a'), new Error('throttled'));
    const refused = await secret();
    time.now += 5 * 60_000;

    const late = await Promise.allSettled([secret({ refused }), secret(), secret({ refused })]);

    expect(late.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
    await expect(secret({ refused })).rejects.toMatchObject({ code: 'secret' });
  });
});

describe('a fault of a secret', () => {
  test.each([
    ['not JSON', 'WorldFault', 't0p-s3cret'],
    ['JSON cut short', 'WorldFault', '{"token":"t0p-s3cret'],
    ['of another shape', 'WorldFault', '["t0p-s3cret"]'],
    ['of another type', 'WorldFault', '{"token":["t0p-s3cret"]}'],
    ['one with an unknown key', 'WorldFault', '{"token":"t0p-s3cret","tokens":"t0p-s3cret"}'],
    ['empty', 'WorldFault', undefined],
  ])('never shows what it holds: %s', async (_what, name, text) => {
    const { secret } = makeSecret(text);

    const fault = await secret().catch((error: unknown) => error);

    expect(fault).toMatchObject({ name, message: expect.stringContaining('hooks') });
    expect(inspect(fault, { depth: 10 })).not.toContain('t0p-s3cret');
  });
});
