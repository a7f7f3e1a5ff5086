import { contentOf, groupName, type Item, type Step, type StepKind } from './calls.ts';
import {
  type ContainerEntry,
  type Delivery,
  type Entry,
  entryKey,
  type PersonEntry,
  parseScopeKey,
  type Refusal,
  scopeKey,
} from './entry.ts';

/** What Velt said of one item. `prerequisite` names what Velt missed, where its reason tells. */
export type ItemOutcome =
  | { kind: 'done' }
  | { kind: 'exists' }
  | { kind: 'refused'; reason: string; prerequisite?: 'group' | 'user' };

/** How long a refused item waits: 5 minutes, doubling up to a day (ms). */
const FIRST_RETRY_MS = 5 * 60_000;
const LAST_RETRY_MS = 24 * 60 * 60_000;
/** How long after it was begun an unconfirmed delivery is looked at again by the sweep (ms). */
const UNCONFIRMED_MS = 15 * 60_000;

/**
 * Notes on an entry, before the calls are made, what they may do: an add may leave something there, a delete may leave
 * nothing. Should the process die between call and confirmation, the next plan owes both the call and its undoing.
 */
export function begin(entry: PersonEntry, tasks: { step: Step; item: Item }[]): PersonEntry {
  let begun = entry;
  for (const { step, item } of tasks) {
    const key = scopeKey(step.scope);
    const { digest: _, ...rest } = begun.delivered[item.id]?.[key] ?? { present: false };
    begun = withDelivery(
      begun,
      item.id,
      key,
      step.kind.endsWith('.delete') ? { ...rest, present: false } : rest,
    );
  }
  return begun;
}

/** Notes on a group, before it is added or renamed, that nobody knows by which name Velt has it. */
export function beginGroup(entry: ContainerEntry, tasks: { step: Step }[]): ContainerEntry {
  if (tasks.length === 0) return entry;
  const begun = tasks.map(({ step: { scope } }) => {
    const { digest: _, ...rest } = entry.delivered[scope.organizationId] ?? { present: false };
    return [scope.organizationId, rest] as const;
  });
  return { ...entry, delivered: { ...entry.delivered, ...Object.fromEntries(begun) } };
}

/** Records on a person what Velt answered for one item of theirs. */
export function recordPerson(
  entry: PersonEntry,
  { kind, scope }: Step,
  sent: Item,
  outcome: ItemOutcome,
  now: number,
): PersonEntry {
  const own = sent.digests?.[entryKey(entry)];
  const item = own === undefined ? sent : { ...sent, digest: own };
  const key = scopeKey(scope);
  const before = entry.delivered[item.id]?.[key];
  if (outcome.kind === 'refused') {
    const refused = {
      ...(before ?? { present: false }),
      refusal: refusalOf(before, kind, item, outcome.reason, now),
    };
    const recorded = withDelivery(entry, item.id, key, refused);
    // A member that Velt does not know as an organization user: what was confirmed once is no longer so.
    const organization = scopeKey({ organizationId: scope.organizationId });
    const doubtful =
      outcome.prerequisite === 'user' && key !== organization && recorded.delivered[item.id]?.[organization];
    return doubtful ? withDelivery(recorded, item.id, organization, { present: false }) : recorded;
  }
  if (kind === 'users.delete' || kind === 'group.users.delete')
    return withDelivery(entry, item.id, key, undefined);
  // Velt found the user there and may have left the old profile: the digest stays open until an update confirms it.
  const digest = outcome.kind === 'exists' ? undefined : item.digest;
  return withDelivery(
    entry,
    item.id,
    key,
    digest === undefined ? { present: true } : { present: true, digest },
  );
}

/**
 * Records on a group what Velt answered for it in one organization. Who became a member while Velt refused the group has
 * nothing on record that is due, so the members are looked at once the group is there.
 */
export function recordGroup(
  entry: ContainerEntry,
  organizationId: string,
  item: Item,
  outcome: ItemOutcome,
  now: number,
): ContainerEntry {
  const before = entry.delivered[organizationId];
  const delivery: Delivery =
    outcome.kind === 'refused'
      ? {
          ...(before ?? { present: false }),
          refusal: refusalOf(before, 'groups.add', item, outcome.reason, now),
        }
      : { present: true, ...(item.digest !== undefined && { digest: item.digest }) };
  const awaited = before?.refusal !== undefined && !before.present && delivery.present;
  return {
    ...entry,
    delivered: { ...entry.delivered, [organizationId]: delivery },
    ...(awaited && { membersDue: true }),
  };
}

/** Takes back everything that is known of a Velt user, after somebody else who is that user too lost something there. */
export function doubtUser(entry: PersonEntry, userId: string): PersonEntry {
  const scopes = entry.delivered[userId];
  if (!scopes) return entry;
  const doubtful = Object.keys(scopes).map((key) => [key, { present: false }] as const);
  return { ...entry, delivered: { ...entry.delivered, [userId]: Object.fromEntries(doubtful) } };
}

/** Takes a user of a Velt organization for one that was put there, if nothing is on record of it. */
export function adoptUser(entry: PersonEntry, organizationId: string): PersonEntry {
  const key = scopeKey({ organizationId });
  if (entry.delivered[entry.id]?.[key]) return entry;
  return withDelivery(entry, entry.id, key, { present: true });
}

/** Takes back that a group is known to Velt in an organization, after Velt said that it is not. */
export function doubtGroup(entry: ContainerEntry, organizationId: string): ContainerEntry {
  return { ...entry, delivered: { ...entry.delivered, [organizationId]: { present: false } } };
}

/**
 * When the sweep must look at an entry again (ms since the epoch), always after `now`; undefined when everything begun was
 * confirmed. What is unconfirmed, or could not be retried when its time came, gets its time from `now`.
 */
export function dueAt(entry: Entry, now: number): number | undefined {
  const times: number[] = [];
  const look = ({ refusal, present, digest }: Delivery, isOpen: (digest: string | undefined) => boolean) => {
    if (refusal && refusal.dueAt > now) times.push(refusal.dueAt);
    else if (refusal || !present || isOpen(digest)) times.push(now + UNCONFIRMED_MS);
  };
  if (entry.kind === 'person') {
    if (entry.readDue) times.push(now + UNCONFIRMED_MS);
    for (const scopes of Object.values(entry.delivered)) {
      for (const [key, delivery] of Object.entries(scopes))
        look(delivery, (digest) => isOrganization(key) && digest === undefined);
    }
  } else {
    for (const delivery of Object.values(entry.delivered))
      look(delivery, (digest) => digest !== groupName(entry));
    if (entry.membersDue) times.push(now + UNCONFIRMED_MS);
  }
  return times.length > 0 ? Math.min(...times) : undefined;
}

function isOrganization(key: string): boolean {
  const { groupId, folderId, documentId } = parseScopeKey(key);
  return groupId === undefined && folderId === undefined && documentId === undefined;
}

function refusalOf(
  before: Delivery | undefined,
  kind: StepKind,
  item: Item,
  reason: string,
  now: number,
): Refusal {
  const attempts = (before?.refusal?.attempts ?? 0) + 1;
  const wait = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LAST_RETRY_MS);
  return { reason, attempts, content: contentOf(kind, item.digest), dueAt: now + wait };
}

function withDelivery(
  entry: PersonEntry,
  userId: string,
  key: string,
  delivery: Delivery | undefined,
): PersonEntry {
  const { [userId]: scopes = {}, ...others } = entry.delivered;
  const { [key]: _, ...rest } = scopes;
  const changed = delivery === undefined ? rest : { ...scopes, [key]: delivery };
  return { ...entry, delivered: Object.keys(changed).length > 0 ? { ...others, [userId]: changed } : others };
}
