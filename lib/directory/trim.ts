import { type MembershipFact, type PersonEntry, parseContainerKey } from './entry.ts';
import { outlives } from './graph.ts';
import type { Policy } from './policy.ts';

/** So much of memberships, as JSON, leaves room for what Velt confirmed of each: DynamoDB takes items of 400 KB (bytes). */
const MAX_MEMBERSHIPS = 240_000;
/** Fewer always fit: an id has at most 300 characters. */
const FEW = 500;

/**
 * A person without memberships of which nothing can come any more: those that are over by the end of the person or, of a role,
 * of the membership in its organization. Ends that were told of a membership itself stay: by the vendor's time one may be old
 * that was told just now, with what is older still on its way. Returns the same object when there are none.
 */
export function pruned(entry: PersonEntry, policy: Policy | undefined): PersonEntry {
  // Whoever is deleted and kept stays a member of what they were in.
  const over = policy?.deprovision.deleted === 'keep' ? '' : (entry.endedAt ?? '');
  return withMemberships(entry, (key, fact) => {
    if (!fact.value) return true;
    return (
      fact.version > over &&
      outlives({ ref: parseContainerKey(key), version: fact.version }, entry.memberships)
    );
  });
}

/**
 * A person whose entry the table can hold: beyond some two thousand memberships they become a member of nothing new, so that
 * there is always room for what ends. Returns the same object when everything fits.
 */
export function fitted(entry: PersonEntry, before: PersonEntry): PersonEntry {
  if (Object.keys(entry.memberships).length <= FEW) return entry;
  if (Buffer.byteLength(JSON.stringify(entry.memberships)) <= MAX_MEMBERSHIPS) return entry;
  return withMemberships(entry, (key) => key in before.memberships);
}

function withMemberships(
  entry: PersonEntry,
  isKept: (key: string, fact: MembershipFact) => boolean,
): PersonEntry {
  const all = Object.entries(entry.memberships);
  const kept = all.filter(([key, fact]) => isKept(key, fact));
  return kept.length === all.length ? entry : { ...entry, memberships: Object.fromEntries(kept) };
}
