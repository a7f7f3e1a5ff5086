import { ATTRIBUTES } from './change.ts';
import { type MembershipFact, type PersonEntry, parseContainerKey } from './entry.ts';
import { outlives } from './graph.ts';
import type { Policy } from './policy.ts';

/** So much of memberships, as JSON, leaves room for what Velt confirmed of each: DynamoDB takes items of 400 KB (bytes). */
const MAX_MEMBERSHIPS = 240_000;
/** Fewer always fit: an id has at most 300 characters. */
const FEW = 500;

/**
 * A person without the memberships of which nothing can come any more. Those are memberships that ended with the person or, of
 * a role, with the membership in its organization; and ends of which we were told more than `keptMs` before `now` (ms). When we
 * were told is noted here. The vendor's time does not tell it: news of an old end may be ahead of older news. Returns the same
 * object when nothing changes.
 */
export function pruned(
  entry: PersonEntry,
  policy: Policy | undefined,
  { now, keptMs }: { now: number; keptMs: number },
): PersonEntry {
  // Whoever is deleted and kept stays a member of what they were in.
  const over = policy?.deprovision.deleted === 'keep' ? '' : (entry.endedAt ?? '');
  return withMemberships(entry, (key, fact) => {
    if (fact.value) {
      const { version } = fact;
      const isOver =
        version <= over || !outlives({ ref: parseContainerKey(key), version }, entry.memberships);
      return isOver ? undefined : fact;
    }
    if (fact.toldAt === undefined) return { ...fact, toldAt: now };
    return now - fact.toldAt > keptMs ? undefined : fact;
  });
}

/**
 * A person whose entry the table can hold: beyond some two thousand memberships they become a member of nothing new, so that
 * there is always room for what ends. Returns the same object when everything fits.
 */
export function fitted(entry: PersonEntry, before: PersonEntry): PersonEntry {
  if (Object.keys(entry.memberships).length <= FEW) return entry;
  if (Buffer.byteLength(JSON.stringify(entry.memberships)) <= MAX_MEMBERSHIPS) return entry;
  return withMemberships(entry, (key, fact) => (key in before.memberships ? fact : undefined));
}

/**
 * A person without the attributes that are of no use under a configuration, if more than these says that they are there. Returns
 * the same object when there are none.
 */
export function withNeeded(entry: PersonEntry, policy: Policy | undefined): PersonEntry {
  const { profile, exists, active } = entry;
  if (!exists?.value && !active?.value) return entry;
  const unneeded = ATTRIBUTES.filter((attribute) => profile[attribute] && policy?.needs(attribute) === false);
  if (unneeded.length === 0) return entry;
  const needed = Object.entries(profile).filter(([key]) => !unneeded.some((attribute) => attribute === key));
  return { ...entry, profile: Object.fromEntries(needed) };
}

function withMemberships(
  entry: PersonEntry,
  becomes: (key: string, fact: MembershipFact) => MembershipFact | undefined,
): PersonEntry {
  const all = Object.entries(entry.memberships).map(([key, fact]) => ({
    key,
    fact,
    next: becomes(key, fact),
  }));
  if (all.every(({ fact, next }) => fact === next)) return entry;
  const kept = all.flatMap(({ key, next }) => (next ? [[key, next] as const] : []));
  return { ...entry, memberships: Object.fromEntries(kept) };
}
