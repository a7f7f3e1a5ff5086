import { type Call, type CallKind, contentOf, groupName, type Item, isRemoval, isUnproven } from './calls.ts';
import {
  type Confirmation,
  type ContainerEntry,
  confirmationsOf,
  type Entry,
  entryKey,
  innerOf,
  type PersonEntry,
  parseScopeKey,
  type Scope,
  scopeKey,
} from './entry.ts';
import { isTold, sureOf } from './roles.ts';

/**
 * What Velt said of one item. `prerequisite` names what Velt missed, where its reason tells. `partly`: somebody whom Velt
 * refused with these attributes is there without them. `unproven`: Velt answered success without a word on it.
 */
export type ItemOutcome =
  | { kind: 'done' }
  | { kind: 'exists' }
  | { kind: 'unproven' }
  | { kind: 'partly'; reason: string; attributes: string[] }
  | { kind: 'refused'; reason: string; prerequisite?: 'group' | 'user' };

/** How long a refused item waits: 5 minutes, doubling up to a day (ms). */
const FIRST_RETRY_MS = 5 * 60_000;
const LAST_RETRY_MS = 24 * 60 * 60_000;
/** How long after it was begun an unconfirmed call is looked at again by the sweep (ms). */
const UNCONFIRMED_MS = 15 * 60_000;

type Known = Confirmation | undefined;

/** What is on record of a scope for which a call was begun that was not confirmed. */
const UNCONFIRMED: Confirmation = { present: false };

/**
 * Notes on an entry, before the calls are made, what they may do: an add may leave something there, a delete may leave
 * nothing, and what is told anew is not sure. Should the process die between call and confirmation, the next plan owes both the call and its undoing.
 */
export function begin(entry: PersonEntry, tasks: { call: Call; item: Item }[]): PersonEntry {
  return withConfirmations(
    entry,
    tasks.map(({ call: { kind, scope }, item }) => ({
      ...{ userId: item.id, key: scopeKey(scope) },
      to: (before: Known) => {
        const { digest: confirmed, ...known } = before ?? UNCONFIRMED;
        if (isRemoval({ kind })) return { ...known, present: false };
        const digest = sureOf(confirmed, item.digests?.[entryKey(entry)] ?? item.digest);
        return {
          ...known,
          ...(digest !== undefined && { digest }),
          ...(item.role !== undefined && { role: 'told' }),
        };
      },
    })),
  );
}

/** Notes on a group, before it is added or renamed, that nobody knows by which name Velt has it. */
export function beginGroup(entry: ContainerEntry, tasks: { call: Call }[]): ContainerEntry {
  return tasks.reduce((begun, { call: { scope } }) => {
    const { digest: _, ...known } = begun.delivered[scope.organizationId] ?? UNCONFIRMED;
    return withGroup(begun, scope.organizationId, known);
  }, entry);
}

/** What Velt answered for one item of a call. */
export interface Answered {
  call: Call;
  item: Item;
  outcome: ItemOutcome;
}

/** Records on a person what Velt answered for items of theirs, one after the other. */
export function recordPerson(entry: PersonEntry, answers: Answered[], now: number): PersonEntry {
  return withConfirmations(
    entry,
    answers.flatMap(({ call: { kind, scope }, item: sent, outcome: answer }): Update[] => {
      // A folder or a document has no profile of its own.
      const isDone = answer.kind === 'partly' && innerOf(scope) !== undefined;
      const outcome: ItemOutcome = isDone ? { kind: 'done' } : answer;
      const own = sent.digests?.[entryKey(entry)];
      const item = own === undefined ? sent : { ...sent, digest: own };
      const [userId, key] = [item.id, scopeKey(scope)];
      const answered = { userId, key, to: (before: Known) => answerOf(before, kind, item, outcome, now) };
      const isStranger = outcome.kind === 'refused' && outcome.prerequisite === 'user';
      const inDoubt = isStranger
        ? inDoubtWith(key, kind, scope, Object.keys(entry.delivered[userId] ?? {}))
        : [];
      // A refusal of whom is not there counts on, or two scopes in doubt of each other would be asked for ever.
      const inDoubtAfter = (known: Known) =>
        known && (known.refusal && !known.present ? known : doubted(known));
      const doubts = inDoubt.map((key): Update => ({ userId, key, to: inDoubtAfter }));
      return [answered, ...doubts];
    }),
  );
}

/**
 * What was confirmed once and is no longer so, where Velt does not know a user in one scope: that they are in the organization, or
 * where it is the organization that an update does not find them in, all in it.
 */
function inDoubtWith(key: string, kind: CallKind, { organizationId }: Scope, keys: string[]): string[] {
  const organization = scopeKey({ organizationId });
  if (key !== organization) return [organization];
  const isInside = (other: string) => other !== key && parseScopeKey(other).organizationId === organizationId;
  return kind === 'users.update' ? keys.filter(isInside) : [];
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
  const hasRole = (item.role ?? before?.role) !== undefined;
  const there: Confirmation = { present: true, ...(hasRole && { role: 'told' }) };
  if (outcome.kind === 'refused' || outcome.kind === 'partly') {
    const attempts = (before?.refusal?.attempts ?? 0) + 1;
    const dueAt = now + Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LAST_RETRY_MS);
    const refusal = { reason: outcome.reason, attempts, content, dueAt };
    if (outcome.kind === 'partly')
      return { ...there, refusal: { ...refusal, attributes: outcome.attributes } };
    // Whom an update does not find is to be added.
    const isAway = kind === 'users.update' && outcome.prerequisite === 'user';
    return { ...(isAway ? doubted(before) : (before ?? UNCONFIRMED)), refusal };
  }
  // Sent once more by the sweep, alone, and believed if Velt says the same again.
  if (outcome.kind === 'unproven' && !isUnproven(before, kind, item.digest))
    return { ...(before ?? UNCONFIRMED), unproven: content };
  if (isRemoval({ kind })) return undefined;
  // Velt found the user there, or knew them already and did not say, and may have left the old profile: it stays open until an
  // update confirms it, and refused.
  const isKnown = before?.present === true || item.mayBeThere === true;
  const mayBeOld = outcome.kind === 'unproven' && kind === 'users.add' && isKnown;
  if ((outcome.kind === 'exists' && kind !== 'groups.add') || mayBeOld) {
    const { unproven, refusal } = before ?? {};
    const isOpen = item.digest !== undefined;
    return {
      ...there,
      ...(unproven !== undefined && { unproven }),
      ...(isOpen && refusal && { refusal }),
    };
  }
  return { ...there, ...(item.digest !== undefined && { digest: item.digest }) };
}

/** Believes nothing any more that is known of a Velt user: all of it is owed again, or its removal. */
export function forgetUser(entry: PersonEntry, userId: string): PersonEntry {
  const scopes = Object.keys(entry.delivered[userId] ?? {});
  return withConfirmations(
    entry,
    scopes.map((key) => ({ userId, key, to: doubted })),
  );
}

/** What is still believed once nothing is: that Velt may have been told a role. */
function doubted(known: Known): Confirmation {
  return known?.role === undefined ? UNCONFIRMED : { ...UNCONFIRMED, role: 'told' };
}

/** Takes off the record what stays at Velt, for somebody else. */
export function giveUp(entry: PersonEntry, userId: string, key: string): PersonEntry {
  return withConfirmations(entry, [{ userId, key, to: () => undefined }]);
}

/** Believes no more that a group is known to Velt in an organization, after Velt said that it is not. */
export function forgetGroup(entry: ContainerEntry, organizationId: string): ContainerEntry {
  return withGroup(entry, organizationId, UNCONFIRMED);
}

/** Takes a user of a Velt organization for one that was put there, if nothing is on record of it. */
export function adoptUser(entry: PersonEntry, organizationId: string): PersonEntry {
  const key = scopeKey({ organizationId });
  return withConfirmations(entry, [{ userId: entry.id, key, to: (known = { present: true }) => known }]);
}

/** Lets everything that Velt refused be tried now; how often it was refused goes on counting. */
export function triedNow<T extends Entry>(entry: T, now: number): T {
  const due = <K extends Known>(known: K): K =>
    known?.refusal && known.refusal.dueAt > now
      ? { ...known, refusal: { ...known.refusal, dueAt: now } }
      : known;
  if (entry.kind === 'person') {
    const updates = confirmationsOf(entry).map(({ userId, key }) => ({ userId, key, to: due<Known> }));
    return withConfirmations(entry, updates) as T;
  }
  return Object.entries(entry.delivered).reduce<ContainerEntry>((tried, [organizationId, known]) => {
    const to = due(known);
    return to === known ? tried : withGroup(tried, organizationId, to);
  }, entry) as T;
}

/**
 * When the sweep must look at an entry again (ms since the epoch), always after `now`; undefined when everything begun was
 * confirmed, and nobody's access is to expire. What is unconfirmed, or could not be retried when its time came, gets its time from `now`.
 */
export function dueAt(entry: Entry, now: number): number | undefined {
  const timeOf = ({ refusal, present }: Confirmation, isOpen: boolean) => {
    if (refusal && refusal.dueAt > now) return refusal.dueAt;
    return refusal || !present || isOpen ? now + UNCONFIRMED_MS : [];
  };
  const times =
    entry.kind === 'person'
      ? confirmationsOf(entry).flatMap((known) => timeOf(known, !isTold(known.scope, known)))
      : Object.values(entry.delivered).flatMap((known) => timeOf(known, known.digest !== groupName(entry)));
  const isMarked = entry.kind === 'person' ? entry.readDue : entry.membersDue;
  if (isMarked) times.push(now + UNCONFIRMED_MS);
  if (entry.kind === 'person' && Object.keys(entry.delivered).length > 0) {
    const expiresAt = Date.parse(entry.profile.expiresAt?.value ?? '');
    // What was worked out a moment before it may be on record a moment after; what Velt refuses has a time of its own.
    const isOwed =
      expiresAt <= now && confirmationsOf(entry).some(({ refusal }) => !isDelete(refusal?.content));
    if (expiresAt > now) times.push(expiresAt);
    if (isOwed) times.push(now + UNCONFIRMED_MS);
  }
  return times.length > 0 ? Math.min(...times) : undefined;
}

function isDelete(content = ''): boolean {
  return (
    content === contentOf('users.delete', undefined) || content === contentOf('group.users.delete', undefined)
  );
}

/** What becomes of what is known of a user in one scope. */
interface Update {
  userId: string;
  key: string;
  to: (known: Known) => Known;
}

/** Makes one update after the other; what is known of each user is copied once. The same object when nothing changes. */
function withConfirmations(entry: PersonEntry, updates: Update[]): PersonEntry {
  const copies = new Map<string, Map<string, Confirmation>>();
  let isSame = true;
  for (const { userId, key, to } of updates) {
    const scopes = copies.get(userId) ?? new Map(Object.entries(entry.delivered[userId] ?? {}));
    copies.set(userId, scopes);
    const before = scopes.get(key);
    const known = to(before);
    if (known === undefined) scopes.delete(key);
    else scopes.set(key, known);
    isSame &&= known === before;
  }
  if (isSame) return entry;
  const changed = [...copies].map(([userId, scopes]) => [userId, Object.fromEntries(scopes)] as const);
  const users = Object.entries({ ...entry.delivered, ...Object.fromEntries(changed) });
  const delivered = Object.fromEntries(users.filter(([, scopes]) => Object.keys(scopes).length > 0));
  return { ...entry, delivered };
}

function withGroup(entry: ContainerEntry, organizationId: string, known: Confirmation): ContainerEntry {
  return { ...entry, delivered: { ...entry.delivered, [organizationId]: known } };
}
