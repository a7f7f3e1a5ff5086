import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHashSet } from '../../../lib/directory/hash-set.ts';

test('has what was added, whatever was asked in between, and nothing else', () => {
  const action = fc.record({ add: fc.array(fc.nat(200)), ask: fc.nat(200) });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 12 }), (actions) => {
      const seen = createHashSet();
      const model = new Set<number>();

      for (const { add, ask } of actions) {
        for (const n of add) {
          seen.add(`id ${n}`);
          model.add(n);
        }
        expect(seen.has(`id ${ask}`)).toBe(model.has(ask));
      }

      for (let n = 0; n <= 200; n += 1) expect(seen.has(`id ${n}`)).toBe(model.has(n));
    }),
    { numRuns: 60, seed: 1 },
  );
});

test('takes what was added since the last time, also when something was asked in between', () => {
  const seen = createHashSet();
  const other = createHashSet();
  for (const text of ['a', 'b', 'c']) seen.add(text);
  seen.take();

  for (const text of ['d', 'e', 'f']) seen.add(text);
  seen.has('a');
  const part = seen.take();
  other.load(part);

  expect(part).toHaveLength(3 * 8);
  expect(['d', 'e', 'f'].map((text) => other.has(text))).toEqual([true, true, true]);
  expect(['a', 'b', 'c'].map((text) => other.has(text))).toEqual([false, false, false]);
  expect(seen.take()).toHaveLength(0);
});

test('takes a text once, however often it was added', () => {
  const seen = createHashSet();
  for (const text of ['a', 'b', 'a']) seen.add(text);

  const first = seen.take();
  seen.add('b');

  expect([first.length, seen.take().length]).toEqual([2 * 8, 0]);
});

test('does not take again what it loaded', () => {
  const seen = createHashSet();
  const first = createHashSet();
  first.add('a');

  seen.load(first.take());
  seen.add('b');

  expect(seen.take()).toHaveLength(8);
  expect([seen.has('a'), seen.has('b')]).toEqual([true, true]);
});

test('loads a part from the middle of a buffer, as the table hands it over', () => {
  const seen = createHashSet();
  const first = createHashSet();
  first.add('a');
  const around = Buffer.concat([Buffer.from('xyz'), first.take()]);

  seen.load(new Uint8Array(around.buffer, around.byteOffset + 3, 8));

  expect(seen.has('a')).toBe(true);
});

test('is asked and taken from after every five hundred of many, as a run does', () => {
  const seen = createHashSet();
  let bytes = 0;
  let found = 0;

  for (let n = 0; n < 200_000; n += 500) {
    for (let k = n; k < n + 500; k += 1) seen.add(`okta#person#00u${k} in group:00g${k % 500}`);
    if (seen.has('x')) found += 1;
    bytes += seen.take().length;
  }

  expect([found, bytes]).toEqual([0, 8 * 200_000]);
});

test('holds far more than it begins with room for', () => {
  const seen = createHashSet();

  for (let n = 0; n < 100_000; n += 1) {
    seen.add(`in ${n}`);
    if (n % 9_999 === 0) seen.has('out');
  }

  const missed = Array.from({ length: 100_000 }, (_, n) => n).filter(
    (n) => !seen.has(`in ${n}`) || seen.has(`out ${n}`),
  );
  expect(missed).toEqual([]);
});
