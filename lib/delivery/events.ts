import type { QueueItem } from '../directory/change.ts';
import type { PersonEntry } from '../directory/entry.ts';
import { isOfEvent, missedOf } from '../directory/missed.ts';
import { isConfirmed } from '../directory/owed.ts';
import type { Meter } from '../observability.ts';
import { byPerson, type Workset } from './workset.ts';

interface EventDeps {
  clock: () => number;
  meter: Meter;
}

/** Counts what the webhook of each source should have told and did not, before any of it is on record. */
export function tellMissed(items: QueueItem[], { people }: Workset, { meter }: EventDeps): void {
  if (!items.some(({ caughtUp }) => caughtUp)) return;
  const about = byPerson(items);
  const missed = new Map<string, number>();
  for (const [key, { stored }] of people) {
    const { source } = stored.entry;
    const { length } = missedOf(stored.entry, about.get(key) ?? []);
    if (length > 0) missed.set(source, (missed.get(source) ?? 0) + length);
  }
  for (const [source, EventsMissed] of missed) meter.record({ EventsMissed }, { source });
}

/**
 * Tells by source how long it took from an event, by the vendor's time, until Velt confirmed what it made of a person: one value for
 * each whose calls were all confirmed, as of the oldest of the events. `before` has the people as they were before the calls.
 */
export function tellFreshness(
  items: QueueItem[],
  before: ReadonlyMap<string, PersonEntry>,
  { people, faults }: Workset,
  { clock, meter }: EventDeps,
): void {
  const about = byPerson(items.filter(isOfEvent));
  const now = clock();
  const ages = new Map<string, number[]>();
  for (const [key, { entry }] of people) {
    const events = about.get(key);
    const isCalled = entry.delivered !== before.get(key)?.delivered;
    if (!events || !isCalled || faults.has(key) || !isConfirmed(entry)) continue;
    const oldest = Math.min(...events.map(({ at }) => Date.parse(at)));
    const ofSource = ages.get(entry.source) ?? [];
    ages.set(entry.source, ofSource);
    // A vendor's clock may run ahead.
    ofSource.push(Math.max(0, now - oldest));
  }
  for (const [source, FreshnessMs] of ages) meter.record({ FreshnessMs }, { source });
}
