import { describe, expect, test } from 'vitest';
import { type WorldCode, WorldFault } from '../../../lib/errors.ts';
import { createReach } from '../../../lib/sources/reach.ts';

const fault = (code: WorldCode) => new WorldFault(code, 'it failed');

/** A directory that answers what it always has, or fails there by this code; and how often it was asked. */
function makeReach(failing?: WorldCode) {
  const asked = { times: 0 };
  const reach = createReach(async () => {
    asked.times += 1;
    if (failing) throw fault(failing);
  });
  const lostBy = async (...failed: [id: string, code: WorldCode][]) => {
    const codes: (WorldCode | undefined)[] = [];
    for (const [id, code] of failed) codes.push((await reach.lostBy(id, fault(code)))?.code);
    return codes;
  };
  return { reach, lostBy, asked };
}

test.each<WorldCode>(['credentials', 'throttled', 'no-credentials', 'secret', 'out-of-time'])(
  '%s is about the whole directory at once',
  async (code) => {
    expect(await makeReach().lostBy(['ada', code])).toEqual([code]);
  },
);

test.each<WorldCode>(['forbidden', 'unreadable-answer'])(
  '%s is about each one, however many',
  async (code) => {
    const { lostBy, asked } = makeReach('unavailable');

    expect(await lostBy(['ada', code], ['alan', code], ['grace', code])).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(asked.times).toBe(0);
  },
);

describe.each<WorldCode>(['unavailable', 'timeout', 'connection'])('%s', (code) => {
  test('is about one until the next one and the directory itself get no answer either', async () => {
    const { lostBy } = makeReach(code);

    expect(await lostBy(['ada', code], ['ada', code], ['alan', code])).toEqual([undefined, undefined, code]);
  });

  test('is about each one, however many, of a directory that answers for itself', async () => {
    const { lostBy, asked } = makeReach();
    const many = Array.from({ length: 20 }, (_, n): [string, WorldCode] => [`person-${n}`, code]);

    expect(new Set(await lostBy(...many))).toEqual(new Set([undefined]));
    expect(asked.times).toBe(10);
  });

  test('whoever is answered in between shows that the directory is there', async () => {
    const { reach, lostBy, asked } = makeReach(code);

    const first = await lostBy(['ada', code]);
    reach.answered();
    const others = await lostBy(['alan', code], ['grace', 'forbidden'], ['edsger', code]);

    expect([...first, ...others]).toEqual([undefined, undefined, undefined, undefined]);
    expect(asked.times).toBe(0);
  });
});

test.each<[WorldCode, WorldCode | undefined]>([
  ['forbidden', undefined],
  ['unreadable-answer', undefined],
  ['throttled', 'throttled'],
  ['credentials', 'credentials'],
])('%s where the directory itself is asked is an answer, or says why there is none', async (code, lost) => {
  const { lostBy } = makeReach(code);

  expect(await lostBy(['ada', 'unavailable'], ['alan', 'unavailable'])).toEqual([undefined, lost]);
});
