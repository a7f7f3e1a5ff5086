import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { readCursor } from '../../../lib/sources/cursor.ts';

const Place = z.strictObject({ v: z.literal(2), next: z.string() });

describe('a cursor', () => {
  test('says again what was written into it', () => {
    const place = { v: 2, next: 'page 7' } as const;

    const read = readCursor(Place, JSON.stringify(place), 'place in a list');

    expect(read).toEqual(place);
  });

  test.each([
    ['of no JSON', 'page 7'],
    ['of an older program', '{"v":1,"next":"page 7"}'],
    ['with something more in it', '{"v":2,"next":"page 7","size":50}'],
    ['of nothing', ''],
  ])('%s is refused, and the fault says what it should have been', (_, text) => {
    const read = () => readCursor(Place, text, 'place in a list');

    expect(read).toThrow(
      expect.objectContaining({
        code: 'unreadable-message',
        message: 'unreadable place in a list: written by another version?',
      }),
    );
  });
});
