import { expect, test } from 'vitest';
import * as z from 'zod';
import { parse } from '../../lib/parse.ts';

test('a fault names a field and never its value', () => {
  const read = () => parse(z.strictObject({ token: z.string() }), { token: ['s3cret'] }, 'secret');

  expect(read).toThrow('token');
  expect(read).not.toThrow('s3cret');
});
