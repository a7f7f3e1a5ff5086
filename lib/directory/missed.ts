import { isRead, type QueueItem } from './change.ts';
import type { PersonEntry } from './entry.ts';
import { foldPerson } from './fold.ts';
import { DAWN } from './version.ts';

/** The clocks of an event and of a read of the same vendor may differ by a whole second, and a moment (ms). */
const SKEW_MS = 2_000;

/** Whether an item says what an event told, at a time of the vendor's. */
export function isOfEvent(item: QueueItem): boolean {
  if (item.kind === 'recheck') return item.reason === 'event' && item.at !== DAWN;
  return !isRead(item) && item.at !== DAWN;
}

/**
 * The moments (vendor's time) at which something happened to a person that the webhook did not tell: it was caught up, is not among
 * the other items about them, and their entry before all of these knows nothing of it. Of a profile no entry keeps what is of no
 * use, so that does not count.
 */
export function missedOf(entry: PersonEntry, items: QueueItem[]): string[] {
  const brought = new Set(items.flatMap(({ at, caughtUp }) => (caughtUp ? [] : [at])));
  const missed = items.filter((item) => item.caughtUp && !brought.has(item.at) && isNewsTo(entry, item));
  return [...new Set(missed.map(({ at }) => at))];
}

function isNewsTo(entry: PersonEntry, item: QueueItem): boolean {
  switch (item.kind) {
    case 'recheck': {
      // Somebody whom the directory does not tell of is no news.
      const { readAt, readDue } = entry;
      return !readDue && (readAt === undefined || Date.parse(item.at) > Date.parse(readAt) + SKEW_MS);
    }
    case 'person':
      return foldPerson(entry, { ...item, profile: undefined }) !== entry;
    case 'membership':
      return foldPerson(entry, item) !== entry;
    default:
      return false;
  }
}
