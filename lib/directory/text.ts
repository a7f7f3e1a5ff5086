/** What separates words where a name is shown in one line. */
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
const UNUSABLE = /[\p{Cc}\p{Noncharacter_Code_Point}\p{Surrogate}]/gu;
const VISIBLE = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}]/u;

/**
 * A name as it is kept, compared and shown: trimmed, composed (NFC), without control characters and noncharacters, with half
 * a surrogate pair replaced by U+FFFD. Undefined where nothing of it could be seen: a blank name is no name.
 */
export function cleanName(text: string): string | undefined {
  const usable = text.toWellFormed().replace(BREAKS, ' ').replace(UNUSABLE, '').normalize('NFC').trim();
  return VISIBLE.test(usable) ? usable : undefined;
}

/**
 * An e-mail or web address, trimmed. Undefined where it is blank or holds a character that no address has: mended, it could
 * become somebody else's.
 */
export function cleanAddress(text: string): string | undefined {
  const address = text.trim();
  return VISIBLE.test(address) && address.search(UNUSABLE) < 0 ? address : undefined;
}
