import { containersAround } from '../lib/aws/around.ts';
import type { Mirror, Stored } from '../lib/aws/mirror.ts';
import { type CallKind, plan, veltGroup } from '../lib/directory/calls.ts';
import { ATTRIBUTES, type ContainerRef } from '../lib/directory/change.ts';
import { desired, isUncertain } from '../lib/directory/desired.ts';
import {
  type ContainerEntry,
  confirmationsOf,
  entryKey,
  type Fact,
  type PersonEntry,
  parseContainerKey,
  type Refusal,
  type Scope,
  scopeKey,
} from '../lib/directory/entry.ts';
import { type Explanation, explain } from '../lib/directory/explain.ts';
import type { Containers } from '../lib/directory/graph.ts';
import type { Policy } from '../lib/directory/policy.ts';
import { type Origin, originOf } from '../lib/directory/version.ts';

/** A fact of a person and what gave it: an event by its `id`, or a read by the moment at which it was `askedAt`. */
export interface ToldFact {
  fact: string;
  value: unknown;
  by: Origin;
}

/** A membership that was told of a person: true until its end was told. */
export interface ToldMembership extends ContainerRef {
  member: boolean;
  by: Origin;
}

/**
 * What is on record of somebody in one place of Velt, or should be: `leaving` and `owed` are what the next delivery calls for,
 * and `waiting` is what it cannot call for yet, for want of what it stands on.
 */
export interface AtVelt {
  userId: string;
  scope: Scope;
  state: 'confirmed' | 'owed' | 'leaving' | 'refused' | 'waiting';
  call?: CallKind | undefined;
  refusal?: (Omit<Refusal, 'content'> & { of: 'person' | 'group' }) | undefined;
}

/** All that is known of one person. Without `policy` in the deps nothing is explained: their source is not configured. */
export interface PersonReport {
  source: string;
  id: string;
  /** Set where only a newer version can read the entry: then nothing else is known. */
  unreadable?: true | undefined;
  facts: ToldFact[];
  memberships: ToldMembership[];
  lastEvent?: Origin | undefined;
  /** When they were last read from the directory, and with everything they are a member of. */
  readAt?: string | undefined;
  membershipsReadAt?: string | undefined;
  /** What the configuration makes of them; undefined where their source is not configured. */
  explained?: Explanation | undefined;
  atVelt: AtVelt[];
  /** Until when another delivery alone may call Velt for them (ms since the epoch). */
  leasedUntil?: number | undefined;
  /** When the sweep looks at them (ms since the epoch). */
  dueAt?: number | undefined;
}

const FACTS = ['exists', 'active', 'blocked', 'emailVerified'] as const;

/** Says all that the table has of a person at `now` (ms since the epoch), and what comes of it. Throws WorldFault `mirror`. */
export async function reportOf(
  stored: Stored<PersonEntry>,
  policy: Policy | undefined,
  { mirror, clock }: { mirror: Pick<Mirror, 'read'>; clock: () => number },
): Promise<PersonReport> {
  const { entry, lease, dueAt } = stored;
  const { source, id, unreadable, readAt, membershipsReadAt } = entry;
  if (unreadable) return { source, id, unreadable, facts: [], memberships: [], atVelt: [] };
  const now = clock();
  const told = Object.keys(entry.memberships).map((key) => ({ ...parseContainerKey(key), source }));
  const containers = await containersAround([entry], told, mirror);
  const facts = factsOf(entry);
  const memberships = membershipsOf(entry, containers);
  return {
    ...{ source, id, facts, memberships, readAt, membershipsReadAt, dueAt },
    lastEvent: lastEventOf([...facts, ...memberships]),
    explained: policy && explain(entry, containers, policy, now),
    atVelt: atVeltOf(entry, containers, policy, now),
    ...(lease && lease.until > now && { leasedUntil: lease.until }),
  };
}

function factsOf(entry: PersonEntry): ToldFact[] {
  const told: [string, Fact<unknown> | undefined][] = [
    ...FACTS.map((fact): [string, Fact<unknown> | undefined] => [fact, entry[fact]]),
    ...ATTRIBUTES.map((fact): [string, Fact<unknown> | undefined] => [fact, entry.profile[fact]]),
    ['connections', entry.connections],
  ];
  return told.flatMap(([fact, part]) =>
    part ? { fact, value: part.value, by: originOf(part.version) } : [],
  );
}

function membershipsOf({ source, memberships }: PersonEntry, containers: Containers): ToldMembership[] {
  return Object.entries(memberships).map(([key, { value, version }]) => {
    const ref = parseContainerKey(key);
    const name = containers.get(entryKey({ ...ref, source }))?.name?.value;
    return { ...ref, ...(name !== undefined && { name }), member: value, by: originOf(version) };
  });
}

function lastEventOf(told: { by: Origin }[]): Origin | undefined {
  const events = told.map(({ by }) => by).filter(({ id }) => id !== undefined);
  return events.sort((one, other) => (one.at < other.at ? 1 : -1))[0];
}

/** Every place on record or wanted, with what the next delivery would do there. */
function atVeltOf(
  entry: PersonEntry,
  containers: ReadonlyMap<string, ContainerEntry>,
  policy: Policy | undefined,
  now: number,
): AtVelt[] {
  const wanted = policy && desired(entry, containers, policy, now);
  const calls = isUncertain(entry, containers, policy, now)
    ? []
    : plan([{ entry, desired: wanted }], [], containers, { batchSize: Number.POSITIVE_INFINITY, now });
  const nameOf = (userId: string, scope: Scope) => JSON.stringify([userId, scopeKey(scope)]);
  const callOf = new Map(
    calls
      .filter(({ kind }) => kind !== 'groups.add')
      .flatMap(({ kind, scope, items }) => items.map(({ id }) => [nameOf(id, scope), kind] as const)),
  );
  const userId = wanted?.user.userId ?? '';
  const places = [
    ...confirmationsOf(entry),
    ...[...(wanted?.scopes.values() ?? [])].map((scope) => ({ userId, scope })),
  ];
  const byName = new Map(places.map(({ userId, scope }) => [nameOf(userId, scope), { userId, scope }]));
  return [...byName].map(([name, { userId, scope }]): AtVelt => {
    const known = entry.delivered[userId]?.[scopeKey(scope)];
    const call = callOf.get(name);
    const refusal = refusalIn(known?.refusal, scope, entry.source, containers);
    const then = call?.endsWith('.delete') ? 'leaving' : 'owed';
    const otherwise = known?.present ? 'confirmed' : 'waiting';
    return {
      ...{ userId, scope, call, refusal },
      state: refusal ? 'refused' : call ? then : otherwise,
    };
  });
}

/** What Velt refused of somebody in a place, or of the group that it is. */
function refusalIn(
  own: Refusal | undefined,
  { organizationId, groupId }: Scope,
  source: string,
  containers: ReadonlyMap<string, ContainerEntry>,
): AtVelt['refusal'] {
  const ofGroup =
    groupId === undefined
      ? undefined
      : veltGroup(containers, source, groupId)?.delivered[organizationId]?.refusal;
  const refusal = own ?? ofGroup;
  if (!refusal) return undefined;
  const { content: _, ...rest } = refusal;
  return { of: own ? 'person' : 'group', ...rest };
}
