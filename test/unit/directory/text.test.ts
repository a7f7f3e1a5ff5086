import { describe, expect, test } from 'vitest';
import { takeIn } from '../../../lib/directory/change.ts';
import { cleanAddress, cleanName } from '../../../lib/directory/text.ts';
import { groupChange, membershipChange, personChange } from '../../support/factories.ts';
import { STRANGE_TEXTS } from '../../support/strange-texts.ts';

describe('a name', () => {
  test.each([
    ['of blanks around it is trimmed', ' \u00a0Ada\u3000', 'Ada'],
    ['that is not composed is composed', 'Zoe\u0308', 'Zo\u00eb'],
    ['of two lines is one line', 'Ada\r\nExample', 'Ada Example'],
    ['loses control characters and noncharacters', 'A\0\u001bd\uFFFFa\uFFFE\u{1FFFF}', 'Ada'],
    ['with half a surrogate pair shows that something was there', 'A\uD83Da\uDE00', 'A\uFFFDa\uFFFD'],
    ['keeps an emoji and what joins it', '\u{1F469}\u200D\u{1F680}', '\u{1F469}\u200D\u{1F680}'],
    ['keeps marks of direction', '\u200FAda', '\u200FAda'],
    ['of blanks is none', ' \t\u3000', undefined],
    ['of characters without width is none', '\u200B\u2060\u200F', undefined],
    ['of control characters is none', '\0\u0007', undefined],
  ])('%s', (_what, text, expected) => {
    expect(cleanName(text)).toBe(expected);
  });

  test.each(STRANGE_TEXTS)('with %s is clean after it was cleaned once', (_what, text) => {
    const once = cleanName(text);

    expect(once === undefined || cleanName(once) === once).toBe(true);
    expect(once?.isWellFormed() ?? true).toBe(true);
  });
});

describe('an address', () => {
  test.each([
    ['is trimmed', ' ada@example.com\n', 'ada@example.com'],
    ['of blanks is none', ' \u200B', undefined],
    ['with a control character is none', 'ada\0@example.com', undefined],
    ['with half a surrogate pair is none', 'ada\uD83D@example.com', undefined],
    ['keeps how it is composed', 'zoe\u0308@example.com', 'zoe\u0308@example.com'],
  ])('%s', (_what, text, expected) => {
    expect(cleanAddress(text)).toBe(expected);
  });
});

describe('what is taken in', () => {
  test('has its names and addresses cleaned; a blank attribute was cleared, a blank name is not told', () => {
    const { taken, refused } = takeIn([
      personChange({ profile: { name: ' Ada ', email: ' ', photoUrl: ' https://example.com/a.png' } }),
      groupChange({ name: '\u200B' }),
      membershipChange({ container: { kind: 'role', id: 'r', name: 'E\0ditor', organization: 'o' } }),
    ]);

    expect(taken).toEqual([
      personChange({ profile: { name: 'Ada', email: null, photoUrl: 'https://example.com/a.png' } }),
      groupChange(),
      membershipChange({ container: { kind: 'role', id: 'r', name: 'Editor', organization: 'o' } }),
    ]);
    expect(refused).toEqual([]);
  });

  test('loses a text that is too long, and nothing else', () => {
    const long = 'x'.repeat(20_000);
    const { taken, refused } = takeIn([
      personChange({ active: false, profile: { name: long, email: 'ada@example.com' } }),
      groupChange({ name: long, exists: true }),
      membershipChange({ container: { kind: 'group', id: 'g', name: long } }),
    ]);

    expect(taken).toEqual([
      personChange({ active: false, profile: { email: 'ada@example.com' } }),
      groupChange({ exists: true }),
      membershipChange({ container: { kind: 'group', id: 'g' } }),
    ]);
    expect(refused).toHaveLength(3);
  });

  test.each([
    ['half a surrogate pair', 'ada\uD83D'],
    ['more than the mirror takes as a key', 'x'.repeat(301)],
    ['nothing', ''],
  ])('leaves out an id of %s, told once, and everyone else comes through', (_what, id) => {
    const others = [personChange({ personId: 'eve' }), groupChange()];
    const { taken, refused } = takeIn([
      ...others,
      personChange({ personId: id, profile: { name: 'x'.repeat(20_000) } }),
      membershipChange({ container: { kind: 'group', id } }),
    ]);

    expect(taken).toEqual(others);
    expect(refused).toHaveLength(2);
  });

  test('keeps an id as it is: cleaned, two could become one', () => {
    const changes = [' ada ', 'zoe\u0308', 'zo\u00eb', 'a\0', 'a\uFFFF'].map((personId) =>
      personChange({ personId }),
    );

    expect(takeIn(changes).taken).toEqual(changes);
  });
});
