import type { QueueItem } from './change.ts';
import { containerKey, endOf, type PersonEntry } from './entry.ts';
import { type Origin, timeOf, type Version, wasRead } from './version.ts';

/**
 * How far a directory's lists and reads are believed beside events. No vendor documents how far its lists lag behind
 * (docs of Okta and Auth0, 2026-08), so an event is believed for a while before a list that says otherwise.
 */

/** A list may lag behind what an event told, or another read, by this much (ms). */
export const LAG_MS = 10 * 60_000;
/** A list that leaves somebody out is believed sooner after an event than one that still shows them: it brings nobody back (ms). */
const ABSENCE_LAG_MS = 2 * 60_000;

/**
 * Whether a list still tells somebody in what they just left; with `event` only where an event said so. Whoever left an
 * organization left the roles there too.
 */
export function isLagging(change: QueueItem, { memberships }: PersonEntry, by: 'event' | 'any'): boolean {
  if (change.kind !== 'membership' || !change.member) return false;
  const { organization } = change.container;
  const left = [change.container, ...(organization ? [{ kind: 'organization', id: organization }] : [])];
  return left
    .flatMap((container) => endOf(memberships[containerKey(container)]) ?? [])
    .filter((end) => by === 'any' || !wasRead(end))
    .some((end) => Date.parse(change.at) - timeOf(end) < LAG_MS);
}

/** Whether an event told a membership just before a read was asked for (ms): a list may not know of it yet. */
export function isJustHeard(version: Version, askedAt: number): boolean {
  return !wasRead(version) && askedAt - timeOf(version) < ABSENCE_LAG_MS;
}

/** Whether the event that somebody left comes after a read asked for a moment later, whose list may not have known of it. */
export function isOvertaken(event: QueueItem, { memberships }: PersonEntry): boolean {
  if (event.kind !== 'membership' || event.member || event.askedAt !== undefined) return false;
  const fact = memberships[containerKey(event.container)];
  if (!fact?.value || !wasRead(fact.version)) return false;
  const later = timeOf(fact.version) - Date.parse(event.at);
  return later >= 0 && later < LAG_MS;
}

/**
 * As of when a change tells somebody's attributes, or the name of a container. Those that were read count as at most ten minutes older than the request, whatever
 * the vendor calls their last update: the configuration that makes them may have changed since, and an event is dated later than the
 * update that it tells of. A list that lags behind for longer brings an older text back, until the next read.
 */
export function attributesAsOf(change: Origin): Origin {
  const { at, id, askedAt } = change;
  if (askedAt === undefined) return change;
  const earliest = new Date(Date.parse(askedAt) - LAG_MS).toISOString();
  return { id, askedAt, at: at > earliest ? at : earliest };
}
