import * as z from 'zod';
import { MAX_ADDRESS, MAX_TEXT } from '../directory/change.ts';
import { cleanAddress } from '../directory/text.ts';

/**
 * What is of no use where it has another shape, and costs nothing else: it is as if the vendor had left it out. Absent and
 * null mean what they mean in the whole.
 */
export const perhaps = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined);

/** What decides whether somebody is out, or who they are at Velt, and has another shape: unlike an absent one it says nothing. */
export const UNREADABLE = Symbol('unreadable');
export const deciding = <T extends z.ZodType>(schema: T) =>
  z.union([schema.nullish(), z.unknown().transform((): typeof UNREADABLE => UNREADABLE)]);

/** An attribute that is text: of another type or too long for the mirror, it is as if absent. */
export const text = perhaps(z.string().max(MAX_TEXT));

/** An e-mail address, which may be who somebody is at Velt: one that is none says nothing, and a blank one is cleared. */
export const email = deciding(cleared(z.string().refine(isAddress)));

/** The whole address of a picture on the web; a relative or `data:` one is as if absent, and a blank one is cleared. */
export const picture = perhaps(cleared(z.string().max(MAX_TEXT).refine(isOnTheWeb)));

function cleared<T extends z.ZodType>(schema: T) {
  const Blank = z
    .string()
    .regex(/^\s*$/)
    .transform(() => null);
  return z.union([Blank, schema]);
}

export function isAddress(text: string): boolean {
  const isOne = text.length <= MAX_ADDRESS && /^\s*[^\s@]+@[^\s@]+\s*$/.test(text);
  return isOne && cleanAddress(text) !== undefined;
}

const DAY_MS = 86_400_000;
const Day = z.iso.date();
/** To the minute, or finer. */
const Instant = z.union([z.iso.datetime({ offset: true }), z.iso.datetime({ offset: true, precision: -1 })]);
/** The last moment that a text of four digits a year can say: a usual word for never. */
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** The moment at which a date, or a time with its zone, is over: a day counts whole, in UTC. Undefined where it is neither. */
export function endOf(text: string): string | undefined {
  // A rule may have made it lower case.
  const written = text.trim().toUpperCase();
  const isDay = Day.safeParse(written).success;
  if (!isDay && !Instant.safeParse(written).success) return undefined;
  return new Date(Math.min(Date.parse(written) + (isDay ? DAY_MS : 0), LATEST_MS)).toISOString();
}

export function isOnTheWeb(address: string): boolean {
  return /^https?:$/.test(URL.parse(address)?.protocol ?? '');
}

/** How many attributes of what a vendor said were left out by what was read of it. */
export function leftOut(said: unknown, read: unknown): number {
  if (typeof read !== 'object' || read === null) return 0;
  const before = typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : {};
  return Object.entries(read).reduce((count, [key, value]) => {
    const original = before[key];
    const isLeftOut = value === UNREADABLE || (value === undefined && original != null);
    return count + (isLeftOut ? 1 : leftOut(original, value));
  }, 0);
}
