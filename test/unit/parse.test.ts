import { expect, test } from 'vitest';
import * as z from 'zod';
import { parse, parseSecret } from '../../lib/parse.ts';

test('a fault names a field and never its value', () => {
  const read = () => parse(z.strictObject({ token: z.string() }), { token: ['s3cret'] }, 'secret');

  expect(read).toThrow('token');
  expect(read).not.toThrow('s3cret');
});

test('a fault of what holds secrets does not name a key that nobody knows, which may be one', () => {
  const read = () => parseSecret(z.strictObject({ token: z.string() }), { s3cret: 'token' }, 'secret');

  expect(read).toThrow(/token: .*\n.*Unrecognized key$/);
  expect(read).not.toThrow('s3cret');
});
