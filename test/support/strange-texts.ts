/** Texts that are legal in JSON and that something on the way may refuse, change or take for another. */
export const STRANGE_TEXTS: [what: string, text: string][] = [
  ['U+0000', 'A\u0000da'],
  ['a control character', 'A\u001bda'],
  ['a line break', 'A\r\nda'],
  ['U+FFFE', 'A\uFFFEda'],
  ['U+FFFF', 'A\uFFFFda'],
  ['a noncharacter of another plane', 'A\u{1FFFF}da'],
  ['a high surrogate alone', 'A\uD83Dda'],
  ['a low surrogate alone', 'A\uDE00da'],
  ['a mark that turns the direction', '\u202EA\u202Cda'],
  ['characters that are not composed', 'Zoe\u0308'],
  ['an emoji of four bytes', 'Ada \u{1F600}'],
  ['very much text', '\u5C71'.repeat(16_000)],
  ['blanks alone', ' \u00A0\u3000\t'],
  ['characters without width alone', '\u200B\u2060\uFEFF'],
];

/** Parts of names that do not reach Velt as they are told, and as what they do: by value, so that no rule of ours decides. */
const CLEANED: [told: string, shown: string][] = [
  ['A\u0000da', 'Ada'],
  ['E\uFFFFve', 'Eve'],
  ['Zoe\u0308', 'Zo\u00EB'],
  ['\uDE00y', '\uFFFDy'],
];

export const STRANGE_NAMES = CLEANED.map(([told]) => told);

/** A name as Velt shows it. */
export function shownAs(name: string): string {
  return CLEANED.reduce((text, [told, shown]) => text.replaceAll(told, shown), name);
}
