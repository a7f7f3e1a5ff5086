import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { type Call, isRemoval, plan } from './calls.ts';
import { ATTRIBUTES } from './change.ts';
import { desired, isUncertain } from './desired.ts';
import {
  type Confirmation,
  type ContainerEntry,
  containerKey,
  entryKey,
  innerOf,
  type PersonEntry,
  parseScopeKey,
  type Scope,
  scopeKey,
} from './entry.ts';
import { type Containers, membershipsOf, ownMemberships } from './graph.ts';
import type { Policy } from './policy.ts';

const Count = z.int().min(0);

/** What a person's next delivery would do in Velt, in counts. */
export const Effect = z.strictObject({
  /** Becomes a user, or one in another organization. */
  adds: Count,
  /** Gets another name, e-mail address, photo or role. */
  updates: Count,
  /** Gets into groups, folders and documents. */
  joins: Count,
  /** Is removed from organizations. */
  removes: Count,
  /** Is taken out of groups, folders and documents. */
  leaves: Count,
});
export type Effect = z.infer<typeof Effect>;

export const NO_EFFECT: Effect = { adds: 0, updates: 0, joins: 0, removes: 0, leaves: 0 };

export function plus(one: Effect, other: Effect): Effect {
  const counts = Object.keys(NO_EFFECT) as (keyof Effect)[];
  return Object.fromEntries(counts.map((count) => [count, one[count] + other[count]])) as Effect;
}

/** Whether two states of a person say the same, whenever they were told. */
export function meansTheSame(
  one: PersonEntry,
  other: PersonEntry,
  containers: { before: Containers; after: Containers },
): boolean {
  return isDeepStrictEqual(meaningOf(one, containers.before), meaningOf(other, containers.after));
}

/** Whether two states of a container say the same, whenever they were told. */
export function meansTheSameContainer(one: ContainerEntry | undefined, other: ContainerEntry): boolean {
  return isDeepStrictEqual(one && containerMeaning(one), containerMeaning(other));
}

/**
 * Whether everyone in a container is to be looked at for what is new of it: its end, that it was switched off or on, that it
 * counts in one organization only, or a name that decides. Each can take something from them, and the look itself can where the
 * configuration changed since their last one. What the container itself is in matters too, and is for the caller to compare.
 */
export function mattersToMembers(
  before: ContainerEntry,
  after: ContainerEntry,
  policy: Pick<Policy, 'namesMatter'> | undefined,
): boolean {
  if (after.endedAt !== before.endedAt || isOff(after) !== isOff(before)) return true;
  // Members may have come before it was known that the group counts in one organization only.
  if (before.exists && after.organization !== before.organization) return true;
  return before.name?.value !== after.name?.value && policy?.namesMatter === true;
}

function isOff({ active }: ContainerEntry): boolean {
  return active?.value === false;
}

/** What somebody's next delivery would do in Velt: in counts, and each scope that they would lose, by name. */
export interface Outlook {
  effect: Effect;
  lost: string[];
}

/**
 * What the next delivery of each of these people would do, by entry key; missing are those with nothing to do, and those of whom
 * nobody can say, for whom it does nothing.
 */
export function outlooksOf(
  people: PersonEntry[],
  containers: Containers,
  policy: Policy,
  now: number,
): Map<string, Outlook> {
  const outlooks = new Map<string, Outlook>();
  const entries = new Map(people.map((entry) => [entryKey(entry), entry]));
  const candidates = people
    .filter((entry) => !isUncertain(entry, containers, policy, now))
    .map((entry) => ({ entry, desired: desired(entry, containers, policy, now) }));
  for (const call of plan(candidates, [], containers, { batchSize: Infinity, now })) {
    for (const { id, owners } of call.items) {
      for (const owner of owners) {
        const entry = entries.get(owner);
        if (!entry) continue;
        const { effect, lost } = outlooks.get(owner) ?? { effect: NO_EFFECT, lost: [] };
        const count = countOf(call, Object.values(entry.delivered[id] ?? {}));
        outlooks.set(owner, {
          effect: { ...effect, [count]: effect[count] + 1 },
          lost: isRemoval(call) ? [...lost, lostKey(id, call.scope)] : lost,
        });
      }
    }
  }
  return outlooks;
}

/** What one call does for a user of whom this much is known. */
function countOf({ kind, scope }: Pick<Call, 'kind' | 'scope'>, known: Confirmation[]): keyof Effect {
  const isOrganization = innerOf(scope) === undefined;
  if (isRemoval({ kind })) return isOrganization ? 'removes' : 'leaves';
  if (kind === 'users.update') return 'updates';
  if (!isOrganization) return 'joins';
  return known.some(({ present }) => present) ? 'updates' : 'adds';
}

/** Whether somebody loses something that they have now. */
export function takesAway({ removes, leaves }: Effect): boolean {
  return removes + leaves > 0;
}

/** So many of the people at Velt may lose something at once. */
export function limitOf(
  delivered: number,
  { removalShare, removalsAtLeast }: { removalShare: number; removalsAtLeast: number },
): number {
  return Math.max(removalsAtLeast, Math.floor(delivered * removalShare));
}

/** What the next delivery of somebody would do, where it takes something from them; else undefined. */
export function lossOf(
  entry: PersonEntry,
  containers: Containers,
  policy: Policy,
  now: number,
): Outlook | undefined {
  const outlook = outlooksOf([entry], containers, policy, now).get(entryKey(entry));
  return outlook && takesAway(outlook.effect) ? outlook : undefined;
}

/** Whether everything of a loss is among what may be lost: whoever leaves an organization leaves everything in it. */
export function isWithin({ lost }: Outlook, allowed: ReadonlySet<string>): boolean {
  return lost.every((key) => {
    const [userId, scope] = JSON.parse(key) as [string, string];
    const { organizationId } = parseScopeKey(scope);
    return allowed.has(key) || allowed.has(lostKey(userId, { organizationId }));
  });
}

function lostKey(userId: string, scope: Scope): string {
  return JSON.stringify([userId, scopeKey(scope)]);
}

function meaningOf(entry: PersonEntry, containers: Containers): unknown {
  const { exists, active, blocked, emailVerified, profile, connections } = entry;
  const facts = [exists, active, blocked, ...ATTRIBUTES.map((attribute) => profile[attribute]), connections];
  return [
    ...facts.map((fact) => fact?.value),
    // Where nobody said so, nothing was said against it.
    emailVerified?.value !== false,
    // Also what waits for a membership: that one may be on its way by an earlier page. And what they are in by themselves as
    // well as through something else, which may end.
    membershipsOf(entry, containers, { waiting: true }).map(containerKey).sort(),
    ownMemberships(entry, containers).map(containerKey).sort(),
  ];
}

function containerMeaning(entry: ContainerEntry): unknown {
  const { exists, name, organization, endedAt, memberships = {} } = entry;
  const nested = Object.entries(memberships).filter(([, { value }]) => value);
  const facts = [exists?.value, isOff(entry), name?.value, organization, endedAt];
  return [...facts, nested.map(([key]) => key).sort()];
}
