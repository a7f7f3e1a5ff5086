import { randomUUID } from 'node:crypto';
import type { DirectoryConfig } from '../config.ts';
import { type Call, type Candidate, type GroupCandidate, plan } from '../directory/calls.ts';
import { containersOf, personOf, type QueueItem } from '../directory/change.ts';
import { begin, beginGroup } from '../directory/confirmations.ts';
import { type Desired, desired, isWanted } from '../directory/desired.ts';
import { type ContainerEntry, entryKey } from '../directory/entry.ts';
import { isGroup, type Policy } from '../directory/policy.ts';
import { WorldFault } from '../errors.ts';
import { LATE_MS } from '../velt/request.ts';
import { loadAgain, loadContainers } from './containers.ts';
import { tellFreshness, tellMissed } from './events.ts';
import { type ExecuteDeps, execute } from './execute.ts';
import { departuresOf, joinsOf, nestingsOf, newsAbout, recheckMembers } from './members.ts';
import { buried, type MessageDeps, type Received, readOf, setAside } from './messages.ts';
import { type RefreshDeps, refresh } from './refresh.ts';
import { alarmSharers, claimUsers, giveUpShared, leavingShared, peopleIn } from './shared-users.ts';
import { tellOutcomes, tellWhoLacks } from './tell.ts';
import { setUncertainAside } from './unreadable.ts';
import {
  entriesOf,
  foldPeople,
  isLeasedByOther,
  loadPeople,
  storeAll,
  trimPeople,
  type Workset,
  type WorksetDeps,
} from './workset.ts';

export interface DeliverDeps extends WorksetDeps, RefreshDeps, ExecuteDeps, MessageDeps {
  policies: ReadonlyMap<string, Policy>;
  config: Pick<DirectoryConfig, 'tombstoneDays' | 'reconcile' | 'velt'>;
  /** How long after it was given up a call may still take effect at Velt (ms); a minute by default. */
  lateMs?: number | undefined;
}

/** A message and what it says. */
interface Read {
  message: Received;
  items: QueueItem[];
}

/** A container that others keep writing is tried this often before its messages come back. */
const LEASE_TRIES = 3;

/**
 * Delivers a batch of messages: folds their changes into the mirror, calls Velt for the difference only, and records item
 * by item what Velt confirmed. Begins no call that could end after `deadline` (ms since the epoch).
 *
 * Returns the messages that must come back, each with the fault that held it up; all others are done. What Velt refused
 * about a single person is kept on that person's entry for the sweep and holds up nobody. What only waits for another
 * delivery's lease, for a directory to tell of one person, or for a newer version to read one entry, goes on in a message group
 * of its own, so that the rest of its shard need not wait. What is about a source that is not configured is dropped; what nobody
 * can read goes to the dead letters.
 *
 * One writer an entry: the mirror knows what a call may do before the call is made, and leases the entry to this delivery
 * until the last of its calls can have taken effect. After a crash at any point the entry still owes both the call and its
 * undoing, to whoever comes after the lease.
 */
export async function deliver(
  messages: Received[],
  deadline: number,
  deps: DeliverDeps,
): Promise<Map<string, WorldFault>> {
  const failed = new Map<string, WorldFault>();
  const read = messages.map((message) => ({ message, ...readOf(message, deps) }));
  const faults = await deliverItems(read, deadline, deps);
  const faultsOf = (item: QueueItem) => (faults instanceof WorldFault ? [faults] : faultsAbout(item, faults));
  for (const { message, items, unreadable } of read) {
    const waiting = items.filter((item) => faultsOf(item).length > 0);
    const fault =
      (await setAside(waiting, waiting.flatMap(faultsOf), message, deps)) ??
      // Once, and not each time that the message comes back for something else.
      (unreadable === undefined ? undefined : await buried({ ...message, body: unreadable }, deps));
    if (fault) failed.set(message.messageId, fault);
  }
  return failed;
}

/** The entries that an item is about: for a membership the person's and the container's. */
function keysOf(item: QueueItem): string[] {
  return [personOf(item) ?? [], containersOf(item)].flat().map(entryKey);
}

/** Why an item must come back. A sweep finds what waits for a newer version again, each time: its items need not. */
function faultsAbout(item: QueueItem, faults: ReadonlyMap<string, WorldFault>): WorldFault[] {
  const isSweep = item.kind === 'recheck' && item.reason === 'sweep';
  return keysOf(item)
    .flatMap((key) => faults.get(key) ?? [])
    .filter(({ code }) => !(isSweep && code === 'unreadable-entry'));
}

/**
 * How often the oldest message was received that this delivery can do something for. One that waits for hours for a newer version
 * would make everybody's calls small, and culprits of those on whom Velt failed once.
 */
function receivesOf(read: Read[], { faults }: Workset): number {
  const isWaiting = (item: QueueItem) =>
    keysOf(item).some((key) => faults.get(key)?.code === 'unreadable-entry');
  const counted = read.filter(({ items }) => !items.every(isWaiting));
  return Math.max(
    1,
    ...counted.map(({ message }) => Number(message.attributes?.ApproximateReceiveCount ?? 1)),
  );
}

/** Returns the fault of each entry that has something left to do, or the one fault that kept it from all of them. */
async function deliverItems(
  read: Read[],
  deadline: number,
  deps: DeliverDeps,
): Promise<Map<string, WorldFault> | WorldFault> {
  const told = read.flatMap(({ items }) => items);
  try {
    const by = { owner: randomUUID(), deadline, now: deps.clock(), receives: 1 };
    const work = await loadPeople(told, by, deps);
    tellMissed(told, work, deps);
    setUncertainAside(work, deps);
    const items = await refresh(told, work, deadline, deps);
    foldPeople(items, work);
    trimPeople(work, deps);
    const departures = departuresOf(work, deps);
    // Joins are on record before the containers are read, and a container's end is on record before its members are
    // listed: whichever comes second sees the other, so that no membership outlives its group.
    await deps.mirror.join([...joinsOf(work, deps), ...nestingsOf(items)]);
    await loadContainers(items, work, deps);
    setUncertainAside(work, deps);
    await recheckMembers(newsAbout(items), work, deps);
    const desires = desiredOf(work, deps);
    tellWhoLacks(desires, work, deps);
    await claimUsers(desires, work, deps);

    const departing = new Set([
      ...departures.map(({ source, personId: id }) => entryKey({ source, kind: 'person', id })),
      ...leavingShared(desires, work, deps).map(({ key }) => key),
    ]);
    const known = peopleIn(work);
    await lease(items, departing, deadline, work, deps);
    const isKept = await giveUpShared(
      known,
      receivesOf(read, work),
      (some) => desiredOf(some, deps),
      work,
      deps,
    );
    const planned = peopleIn(work);
    work.receives = receivesOf(read, work);
    const calls = planFor(items, work, deps).map((call) => ({
      ...call,
      items: call.items.filter((item) => !isKept(call, item)),
    }));
    const answers = await execute(calls, work, deadline, deps);
    tellFreshness(told, planned, work, deps);

    const over = await alarmSharers(planned, work, deps);
    const isOurs = (key: string) => work.people.has(key);
    await deps.mirror.leave([
      ...departures.filter(({ source, personId: id }) => isOurs(entryKey({ source, kind: 'person', id }))),
      ...over,
    ]);
    await storeAll(work, (key) => work.late.get(key), deps);
    tellOutcomes(told, { people: work.people, answers, faultOf: (key) => work.faults.get(key) }, deps);
    return work.faults;
  } catch (error) {
    if (error instanceof WorldFault) {
      tellOutcomes(told, { people: new Map(), answers: new Map(), faultOf: () => error }, deps);
      return error;
    }
    throw error;
  }
}

/**
 * Notes on every entry what the calls that are planned may do, and leases it until the last of them can have taken effect; with
 * them those who leave something, whose rows are to be deleted.
 */
async function lease(
  items: QueueItem[],
  departing: Set<string>,
  deadline: number,
  work: Workset,
  deps: DeliverDeps,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const tasks = Map.groupBy(
      planFor(items, work, deps).flatMap((call) =>
        call.items.flatMap((item) => item.owners.map((owner) => ({ owner, call, item }))),
      ),
      ({ owner }) => owner,
    );
    for (const [key, loaded] of work.people) loaded.entry = begin(loaded.entry, tasks.get(key) ?? []);
    for (const [key, loaded] of work.containers)
      if (!isLeasedByOther(loaded, work, deps)) loaded.entry = beginGroup(loaded.entry, tasks.get(key) ?? []);
    const until = deadline + (deps.lateMs ?? LATE_MS);
    await storeAll(work, (key) => (tasks.has(key) || departing.has(key) ? until : undefined), deps);
    const isLost = (key: string) => work.containers.has(key) && work.faults.get(key)?.code === 'leased';
    const lost = new Set([...tasks.keys()].filter(isLost));
    if (lost.size === 0 || attempt === LEASE_TRIES) return;
    for (const key of lost) work.faults.delete(key);
    await loadAgain(
      [...lost].flatMap((key) => work.containers.get(key)?.entry ?? []),
      items,
      work,
      deps,
    );
    setUncertainAside(work, deps);
    await recheckMembers(
      [...newsAbout(items)].filter((key) => lost.has(key)),
      work,
      deps,
    );
    await claimUsers(desiredOf(work, deps), work, deps);
  }
}

function desiredOf(work: Workset, { policies }: DeliverDeps): Map<string, Desired | undefined> {
  const containers = entriesOf(work);
  return new Map(
    [...work.people].map(([key, { entry }]) => {
      const policy = policies.get(entry.source);
      return [key, policy && desired(entry, containers, policy, work.now)];
    }),
  );
}

function planFor(items: QueueItem[], work: Workset, deps: DeliverDeps): Call[] {
  const entries = entriesOf(work);
  const desires = desiredOf(work, deps);
  const candidates = [...work.people].map(
    ([key, { entry }]): Candidate => ({ entry, desired: desires.get(key) }),
  );
  const groups = [...new Set(items.flatMap(containersOf).map(entryKey))]
    .map((key) => entries.get(key) as ContainerEntry)
    .filter(isGroup)
    .map((entry): GroupCandidate => groupCandidate(entry, deps.policies.get(entry.source)));
  const batchSize = batchSizeFor(work.receives, deps.config.velt.batchSize);
  return plan(candidates, groups, entries, { batchSize, now: work.now });
}

/** From the third receive on, calls are half as big each time: what Velt fails on, or takes too long for, ends up alone. */
function batchSizeFor(receives: number, batchSize: number): number {
  return Math.ceil(batchSize / 2 ** Math.max(0, receives - 2));
}

/**
 * A group keeps its newest name wherever it was delivered before. It gets there with its first member, and not earlier:
 * Velt has no call that takes a group away again.
 */
function groupCandidate(entry: ContainerEntry, policy: Policy | undefined): GroupCandidate {
  return { entry, organizationIds: isWanted(entry, policy) ? Object.keys(entry.delivered) : [] };
}
