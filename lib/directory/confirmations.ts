import { type Call, type CallKind, contentOf, groupName, type Item } from './calls.ts';
import {
  type Confirmation,
  type ConfirmationAt,
  type ContainerEntry,
  confirmationsOf,
  type Entry,
  entryKey,
  innerOf,
  type PersonEntry,
  scopeKey,
} from './entry.ts';

/**
 * What Velt said of one item. `prerequisite` names what Velt missed, where its reason tells. `unproven`: Velt answered success
 * without a word on it.
 */
export type ItemOutcome =
  | { kind: 'done' }
  | { kind: 'exists' }
  | { kind: 'unproven' }
  | { kind: 'refused'; reason: string; prerequisite?: 'group' | 'user' };

/** How long a refused item waits: 5 minutes, doubling up to a day (ms). */
const FIRST_RETRY_MS = 5 * 60_000;
const LAST_RETRY_MS = 24 * 60 * 60_000;
/** How long after it was begun an unconfirmed call is looked at again by the sweep (ms). */
const UNCONFIRMED_MS = 15 * 60_000;

/** What is on record of a scope for which a call was begun that was not confirmed. */
const UNCONFIRMED: Confirmation = { present: false };

/**
 * Notes on an entry, before the calls are made, what they may do: an add may leave something there, a delete may leave
 * nothing. Should the process die between call and confirmation, the next plan owes both the call and its undoing.
 */
export function begin(entry: PersonEntry, tasks: { call: Call; item: Item }[]): PersonEntry {
  return tasks.reduce((begun, { call, item }) => {
    const key = scopeKey(call.scope);
    const { digest: _, ...known } = begun.delivered[item.id]?.[key] ?? UNCONFIRMED;
    const mayBeGone = call.kind.endsWith('.delete');
    return withConfirmation(begun, item.id, key, mayBeGone ? { ...known, present: false } : known);
  }, entry);
}

/** Notes on a group, before it is added or renamed, that nobody knows by which name Velt has it. */
export function beginGroup(entry: ContainerEntry, tasks: { call: Call }[]): ContainerEntry {
  return tasks.reduce((begun, { call: { scope } }) => {
    const { digest: _, ...known } = begun.delivered[scope.organizationId] ?? UNCONFIRMED;
    return withGroup(begun, scope.organizationId, known);
  }, entry);
}

/** Records on a person what Velt answered for one item of theirs. */
export function recordPerson(
  entry: PersonEntry,
  { kind, scope }: Call,
  sent: Item,
  outcome: ItemOutcome,
  now: number,
): PersonEntry {
  const own = sent.digests?.[entryKey(entry)];
  const item = own === undefined ? sent : { ...sent, digest: own };
  const key = scopeKey(scope);
  const answered = answerOf(entry.delivered[item.id]?.[key], kind, item, outcome, now);
  const recorded = withConfirmation(entry, item.id, key, answered);
  if (outcome.kind !== 'refused' || outcome.prerequisite !== 'user') return recorded;
  // A member that Velt does not know as an organization user: what was confirmed once is no longer so.
  const organization = scopeKey({ organizationId: scope.organizationId });
  return key !== organization && recorded.delivered[item.id]?.[organization]
    ? withConfirmation(recorded, item.id, organization, UNCONFIRMED)
    : recorded;
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
  const answered = answerOf(before, 'groups.add', item, outcome, now) ?? UNCONFIRMED;
  const isAwaited = before?.refusal !== undefined && !before.present && answered.present;
  return { ...withGroup(entry, organizationId, answered), ...(isAwaited && { membersDue: true }) };
}

/** What is known of one scope after an answer; undefined when nothing is there. */
function answerOf(
  before: Confirmation | undefined,
  kind: CallKind,
  item: Item,
  outcome: ItemOutcome,
  now: number,
): Confirmation | undefined {
  const content = contentOf(kind, item.digest);
  if (outcome.kind === 'refused') {
    const attempts = (before?.refusal?.attempts ?? 0) + 1;
    const dueAt = now + Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LAST_RETRY_MS);
    const refusal = { reason: outcome.reason, attempts, content, dueAt };
    return { ...(before ?? UNCONFIRMED), refusal };
  }
  // Looked at once more by the sweep, and believed if Velt says the same again.
  if (outcome.kind === 'unproven' && before?.unproven !== content)
    return { ...(before ?? UNCONFIRMED), unproven: content };
  if (kind.endsWith('.delete')) return undefined;
  // Velt found the user there and may have left the old profile: the digest stays open until an update confirms it.
  if (outcome.kind === 'exists' && kind !== 'groups.add') {
    const { unproven } = before ?? {};
    return { present: true, ...(unproven !== undefined && { unproven }) };
  }
  return { present: true, ...(item.digest !== undefined && { digest: item.digest }) };
}

/** Believes nothing any more that is known of a Velt user: all of it is owed again, or its removal. */
export function forgetUser(entry: PersonEntry, userId: string): PersonEntry {
  const scopes = Object.keys(entry.delivered[userId] ?? {});
  return scopes.reduce((left, key) => withConfirmation(left, userId, key, UNCONFIRMED), entry);
}

/** Takes off the record what stays at Velt, for somebody else. */
export function giveUp(entry: PersonEntry, userId: string, key: string): PersonEntry {
  return withConfirmation(entry, userId, key, undefined);
}

/** Believes no more that a group is known to Velt in an organization, after Velt said that it is not. */
export function forgetGroup(entry: ContainerEntry, organizationId: string): ContainerEntry {
  return withGroup(entry, organizationId, UNCONFIRMED);
}

/** Takes a user of a Velt organization for one that was put there, if nothing is on record of it. */
export function adoptUser(entry: PersonEntry, organizationId: string): PersonEntry {
  const key = scopeKey({ organizationId });
  return entry.delivered[entry.id]?.[key] ? entry : withConfirmation(entry, entry.id, key, { present: true });
}

/**
 * When the sweep must look at an entry again (ms since the epoch), always after `now`; undefined when everything begun was
 * confirmed. What is unconfirmed, or could not be retried when its time came, gets its time from `now`.
 */
export function dueAt(entry: Entry, now: number): number | undefined {
  const timeOf = ({ refusal, present }: Confirmation, isOpen: boolean) => {
    if (refusal && refusal.dueAt > now) return refusal.dueAt;
    return refusal || !present || isOpen ? now + UNCONFIRMED_MS : [];
  };
  const isOpenUser = ({ digest, scope }: ConfirmationAt) =>
    digest === undefined && innerOf(scope) === undefined;
  const times =
    entry.kind === 'person'
      ? confirmationsOf(entry).flatMap((known) => timeOf(known, isOpenUser(known)))
      : Object.values(entry.delivered).flatMap((known) => timeOf(known, known.digest !== groupName(entry)));
  const isMarked = entry.kind === 'person' ? entry.readDue : entry.membersDue;
  if (isMarked) times.push(now + UNCONFIRMED_MS);
  return times.length > 0 ? Math.min(...times) : undefined;
}

function withConfirmation(
  entry: PersonEntry,
  userId: string,
  key: string,
  known: Confirmation | undefined,
): PersonEntry {
  const { [userId]: scopes = {}, ...others } = entry.delivered;
  const { [key]: _, ...rest } = scopes;
  const changed = known === undefined ? rest : { ...scopes, [key]: known };
  return { ...entry, delivered: Object.keys(changed).length > 0 ? { ...others, [userId]: changed } : others };
}

function withGroup(entry: ContainerEntry, organizationId: string, known: Confirmation): ContainerEntry {
  return { ...entry, delivered: { ...entry.delivered, [organizationId]: known } };
}
