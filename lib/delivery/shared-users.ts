import { sharersOf, userRow } from '../aws/around.ts';
import type { Membership } from '../aws/mirror.ts';
import { type Call, type Item, isRemoval } from '../directory/calls.ts';
import { type Recheck, recheckOf } from '../directory/change.ts';
import { giveUp } from '../directory/confirmations.ts';
import { type Desired, mayBeShared } from '../directory/desired.ts';
import { confirmationsOf, type PersonEntry, parseEntryKey, scopeKey } from '../directory/entry.ts';
import { toldIn } from '../directory/roles.ts';
import { WorldFault } from '../errors.ts';
import { loadContainers } from './containers.ts';
import { setUncertainAside } from './unreadable.ts';
import { type Loaded, noteLeased, type Workset, type WorksetDeps } from './workset.ts';

/**
 * Where Velt's user id is the e-mail address or an attribute, two people of the identity provider can be one user of Velt: a
 * password and a social account, or one person in two sources. Each is listed in the table as that user before Velt is told.
 * Before one of them loses something there, the others are asked: what one of them still wants is given up and stays. What was
 * taken all the same, from whoever came meanwhile, is given back.
 */

type Desires = ReadonlyMap<string, Desired | undefined>;

const SUCCESSION =
  'somebody else who is this user of Velt wants what is left, and does not have it on record yet';
/** Whoever waits for others to have something on record comes back within this (ms), and so often: for some minutes. */
const SUCCESSION_MS = 60_000;
const SUCCESSION_RECEIVES = 8;

/** Puts on record who is about to become which Velt user. Nothing to do where all ids are the vendors' own. Throws WorldFault. */
export async function claimUsers(desires: Desires, { people }: Workset, deps: WorksetDeps): Promise<void> {
  const rows = [...people].flatMap(([key, { entry }]) => {
    const userId = desires.get(key)?.user.userId;
    if (userId === undefined || !mayBeShared(userId, entry, deps.policies.get(entry.source))) return [];
    const isConfirmed = Object.values(entry.delivered[userId] ?? {}).some(({ present }) => present);
    return isConfirmed ? [] : [userRow(userId, key)];
  });
  await deps.mirror.join(rows);
}

/** Everyone as they are at one moment of a delivery, by entry key. */
export function peopleIn({ people }: Workset): ReadonlyMap<string, PersonEntry> {
  return new Map([...people].map(([key, { entry }]) => [key, entry]));
}

/** Who is on record in a scope, as a Velt user that others may be too, and does not want it any more. */
export function leavingShared(desires: Desires, { people }: Workset, deps: WorksetDeps) {
  return [...people].flatMap(([key, loaded]) =>
    confirmationsOf(loaded.entry)
      .filter(({ userId }) => mayBeShared(userId, loaded.entry, deps.policies.get(loaded.entry.source)))
      .filter((at) => !wants(desires.get(key), at.userId, at.key))
      .map(({ userId, scope, key: at }) => ({ key, loaded, userId, scope, at })),
  );
}

/**
 * Gives up what people leave and others who are the same Velt user want and have on record; where nobody can say whether one of these
 * does, whoever leaves waits. What they want and do not have on record yet stays on the record of who leaves until they do, or
 * until the messages were received too often (`receives`): given up earlier, nobody would owe its removal once they want it no more. Comes after the leavers' own facts are on record, so that of two who leave
 * at once the second sees it of the first. Queues the others where Velt may have lost it by a call that was begun before (`known`:
 * everyone as they were before this delivery's own), or has another profile than theirs.
 *
 * Returns whether an item of a call is one that must not be taken yet. Throws WorldFault.
 */
export async function giveUpShared(
  known: ReadonlyMap<string, PersonEntry>,
  receives: number,
  desiresOf: (work: Workset) => Desires,
  work: Workset,
  deps: WorksetDeps,
): Promise<(call: Call, item: Item) => boolean> {
  const kept = new Set<string>();
  const isKept = ({ kind, scope }: Call, { id, owners }: Item) =>
    isRemoval({ kind }) && owners.some((owner) => kept.has(recordOf(owner, id, scopeKey(scope))));
  const leaving = leavingShared(desiresOf(work), work, deps);
  if (leaving.length === 0) return isKept;
  const sharers = new Map<string, string[]>();
  for (const { key, userId } of leaving) {
    const pair = `${key} ${userId}`;
    if (!sharers.has(pair)) sharers.set(pair, await sharersOf(userId, key, deps));
  }
  const asked = await readThese([...sharers.values()].flat(), work, deps);
  const wishes = desiresOf(asked);

  const again = new Map<string, Recheck>();
  for (const { key, loaded, userId, scope, at } of leaving) {
    const same = sharers.get(`${key} ${userId}`) ?? [];
    const others = same.filter((other) => wants(wishes.get(other), userId, at));
    if (others.length === 0) {
      const [unknown] = same.flatMap((other) => asked.faults.get(other) ?? []);
      if (unknown) work.faults.set(key, unknown);
      continue;
    }
    const { present, digest } = known.get(key)?.delivered[userId]?.[at] ?? { present: false };
    for (const other of others) {
      const wish = wishes.get(other);
      const isSame = wish !== undefined && digest === toldIn(scope, wish, undefined).digest;
      if (!present || !isSame) again.set(`${other} ${userId}`, askAgain(other, userId, deps));
    }
    if (others.some((other) => asked.people.get(other)?.entry.delivered[userId]?.[at])) {
      loaded.entry = giveUp(loaded.entry, userId, at);
      continue;
    }
    for (const other of others) again.set(`${other} ${userId}`, askAgain(other, userId, deps));
    // Whoever has begun nothing by then cannot: it is taken, and theirs as soon as they can.
    if (receives >= SUCCESSION_RECEIVES) continue;
    kept.add(recordOf(key, userId, at));
    noteLeased(key, new WorldFault('leased', SUCCESSION, { retryAfterMs: SUCCESSION_MS }), work);
  }
  if (again.size > 0) await deps.queue.send([...again.values()]);
  return isKept;
}

function recordOf(key: string, userId: string, scopeKey: string): string {
  return `${key} ${userId} ${scopeKey}`;
}

/**
 * Queues everyone who shares a Velt user with somebody of whom Velt just took a scope (`planned`: everyone before those calls),
 * before that loss is on record: a crash in between repeats both. Returns the rows of those who are that user no more, to be
 * deleted. Throws WorldFault.
 */
export async function alarmSharers(
  planned: ReadonlyMap<string, PersonEntry>,
  { people }: Workset,
  deps: WorksetDeps,
): Promise<Membership[]> {
  const over: Membership[] = [];
  for (const [key, { entry, stored }] of people) {
    const shared = Object.keys(stored.entry.delivered).filter((userId) =>
      mayBeShared(userId, entry, deps.policies.get(entry.source)),
    );
    for (const userId of shared) {
      const left = entry.delivered[userId] ?? {};
      const before = planned.get(key)?.delivered[userId] ?? {};
      if (!Object.keys(before).every((scope) => scope in left)) {
        const others = await sharersOf(userId, key, deps);
        if (others.length > 0) await deps.queue.send(others.map((other) => askAgain(other, userId, deps)));
      }
      if (Object.keys(left).length === 0) over.push(userRow(userId, key));
    }
  }
  return over;
}

/** People as the table holds them, whoever leases them, with what they are in. */
async function readThese(keys: string[], work: Workset, deps: WorksetDeps): Promise<Workset> {
  const found = await deps.mirror.read(keys.map(parseEntryKey));
  const people = [...found].map(([key, stored]) => [key, { entry: stored.entry, stored }] as const);
  const asked = {
    ...work,
    people: new Map(people as [string, Loaded<PersonEntry>][]),
    containers: new Map(),
    faults: new Map(),
  };
  await loadContainers([], asked, deps);
  setUncertainAside(asked, deps);
  return asked;
}

function askAgain(key: string, userId: string, { clock }: WorksetDeps): Recheck {
  return recheckOf(parseEntryKey(key), clock(), { reason: 'shared-user', userId });
}

function wants(desired: Desired | undefined, userId: string, scopeKey: string): boolean {
  return desired?.user.userId === userId && desired.scopes.has(scopeKey);
}
