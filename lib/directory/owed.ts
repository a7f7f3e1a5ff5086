import { desired, isUncertain } from './desired.ts';
import { type Confirmation, confirmationsOf, type Entry, type PersonEntry } from './entry.ts';
import type { Containers } from './graph.ts';
import type { Policy } from './policy.ts';

/**
 * Why an entry waits: what Velt refuses, what was not confirmed, what is to be read, whose members are to be looked at, whose access
 * expired, and what only a newer version can read.
 */
export type Why = 'refused' | 'unconfirmed' | 'unread' | 'members' | 'expired' | 'unreadable';

/** What waits is looked at again within a day; whoever is due later only expires (ms). */
export const SOON_MS = 25 * 60 * 60_000;
/** The sweep runs every five minutes, and what it queues has another time a moment later: what is due for longer is stuck (ms). */
const OVERDUE_MS = 15 * 60_000;

/** Why an entry is due; undefined where it only has a moment to come at which access expires. */
export function whyDue(
  entry: Entry,
  dueAt: number,
  now: number,
): { why: Why; attempts?: number | undefined } | undefined {
  if (entry.unreadable) return { why: 'unreadable' };
  const refusals = knownOf(entry).flatMap(({ refusal }) => refusal ?? []);
  if (refusals.length > 0)
    return { why: 'refused', attempts: Math.max(...refusals.map(({ attempts }) => attempts)) };
  if (entry.kind !== 'person') return { why: entry.membersDue ? 'members' : 'unconfirmed' };
  if (entry.readDue) return { why: 'unread' };
  const expiresAt = Date.parse(entry.profile.expiresAt?.value ?? '');
  if (expiresAt === dueAt && expiresAt > now) return undefined;
  return { why: expiresAt <= now ? 'expired' : 'unconfirmed' };
}

/**
 * Whether Velt does not hold what it should for an entry at `now` (ms since the epoch), and no delivery is at it: Velt refused it, has
 * not confirmed it, or nobody looked at it when its moment came. Whoever is there, but for attributes that Velt refused, is owed
 * nothing.
 */
export function isOwed(
  {
    entry,
    dueAt,
    lease,
  }: { entry: Entry; dueAt?: number | undefined; lease?: { until: number } | undefined },
  now: number,
): boolean {
  if (dueAt === undefined || (lease !== undefined && lease.until > now)) return false;
  if (dueAt < now - OVERDUE_MS) return true;
  switch (whyDue(entry, dueAt, now)?.why) {
    case 'refused':
      return !isConfirmed(entry);
    // Each attempt gives an unconfirmed call a later moment: while Velt is away it is never overdue.
    case 'unconfirmed':
    case 'expired':
      return true;
    default:
      return false;
  }
}

/** Whether Velt confirmed everything on record of an entry, but for attributes that it refused. */
export function isConfirmed(entry: Entry): boolean {
  return knownOf(entry).every(
    ({ present, refusal }) => present && (!refusal || refusal.attributes !== undefined),
  );
}

/** Whether somebody is, or may be, where they should not be at Velt any more; of whom nobody can say, not. */
export function owesRemoval(
  entry: PersonEntry,
  containers: Containers,
  policy: Policy,
  now: number,
): boolean {
  if (isUncertain(entry, containers, policy, now)) return false;
  const wanted = desired(entry, containers, policy, now);
  return confirmationsOf(entry).some(
    ({ userId, key }) => userId !== wanted?.user.userId || !wanted.scopes.has(key),
  );
}

function knownOf(entry: Entry): Confirmation[] {
  return entry.kind === 'person' ? confirmationsOf(entry) : Object.values(entry.delivered);
}
