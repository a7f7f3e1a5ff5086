/** A moment in a part's history that sorts as text: the vendor's time, then the event's id or when it was read. */
export type Version = string;

/** What orders two changes: the vendor's time, and the event's id or, of what was read, when that was asked for. */
export interface Origin {
  at: string;
  id?: string | undefined;
  askedAt?: string | undefined;
}

const READ = 'read ';

/** The version that a change gives to every part it touches. Of two reads with one time, the one asked for later is newer. */
export function versionOf({ at, id = '', askedAt }: Origin): Version {
  return `${at}#${askedAt === undefined ? id : `${READ}${askedAt}`}`;
}

/** What gave a version to a part: the reverse of `versionOf`. */
export function originOf(version: Version): Origin {
  const [at = ''] = version.split('#', 1);
  const by = version.slice(at.length + 1);
  if (by.startsWith(READ)) return { at, askedAt: by.slice(READ.length) };
  return { at, ...(by !== '' && { id: by }) };
}

/** The vendor's time in a version (ms since the epoch). */
export function timeOf(version: Version): number {
  const [at = ''] = version.split('#', 1);
  return Date.parse(at);
}

/** Whether a version is of something that was read, and not of an event. */
export function wasRead(version: Version): boolean {
  return version.includes(`#${READ}`);
}

/** The time of what nobody can date, or read: any word with a time is newer. */
export const DAWN = '1970-01-01T00:00:00.000Z';

const YEAR_0 = Date.parse('0000-01-01T00:00:00.000Z');

/**
 * Writes a vendor's timestamp in the one form that sorts as text. A time further ahead than `latest` (ms since the
 * epoch) becomes `latest`: a wrong clock at the vendor must not pin a person's state for years.
 * Returns undefined when the text is no date, or one before the year 0, which would not sort.
 */
export function eventTime(text: string, latest: number): string | undefined {
  const ms = Date.parse(text);
  return ms >= YEAR_0 ? new Date(Math.min(ms, latest)).toISOString() : undefined;
}
