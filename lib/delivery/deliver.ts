import { randomUUID } from 'node:crypto';
import type { Bury } from '../aws/queue.ts';
import type { DirectoryConfig } from '../config.ts';
import { type Call, type Candidate, type GroupCandidate, plan } from '../directory/calls.ts';
import { containersOf, personOf, type QueueItem } from '../directory/change.ts';
import { begin, beginGroup } from '../directory/confirmations.ts';
import { type Desired, desired, isWanted, whyNoUserId } from '../directory/desired.ts';
import { type ContainerEntry, entryKey } from '../directory/entry.ts';
import { readMessage } from '../directory/message-v1.ts';
import { isGroup, type Policy } from '../directory/policy.ts';
import { WorldFault } from '../errors.ts';
import { LATE_MS } from '../velt/request.ts';
import { type ExecuteDeps, execute } from './execute.ts';
import { departuresOf, joinsOf, nestingsOf, recheckMembers } from './members.ts';
import { type RefreshDeps, refresh } from './refresh.ts';
import { alarmSharers, claimUsers, giveUpShared, leavingShared, peopleIn } from './shared-users.ts';
import {
  foldPeople,
  isLeasedByOther,
  loadContainers,
  loadPeople,
  loadThese,
  storeAll,
  trimPeople,
  type Workset,
  type WorksetDeps,
} from './workset.ts';

export interface DeliverDeps extends WorksetDeps, RefreshDeps, ExecuteDeps {
  policies: ReadonlyMap<string, Policy>;
  config: Pick<DirectoryConfig, 'tombstoneDays' | 'reconcile' | 'velt'>;
  /** How long after it was given up a call may still take effect at Velt (ms); a minute by default. */
  lateMs?: number | undefined;
  bury: Bury;
}

/** A message as the queue handed it over. */
export interface Received {
  messageId: string;
  body: string;
  attributes?:
    | { MessageGroupId?: string | undefined; ApproximateReceiveCount?: string | undefined }
    | undefined;
}

/** How the message groups begin in which items wait for a lease or for a read of one person: each holds nobody else up. */
const WAITING = 'waiting-';
/** After so many receives there, a read that gets no answer is left to the sweep, or to the daily run. */
const MAX_READS = 5;

/** A container that others keep writing is tried this often before its messages come back. */
const LEASE_TRIES = 3;

/**
 * Delivers a batch of messages: folds their changes into the mirror, calls Velt for the difference only, and records item
 * by item what Velt confirmed. Begins no call that could end after `deadline` (ms since the epoch).
 *
 * Returns the messages that must come back, each with the fault that held it up; all others are done. What Velt refused
 * about a single person is kept on that person's entry for the sweep and holds up nobody. What only waits for another
 * delivery's lease, or for a directory to tell of one person, goes on in a message group of its own, so that the rest of its
 * shard need not wait. What is about a source that is not configured is dropped; what nobody can read goes to the dead letters.
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
  const read = new Map(messages.map((message) => [message.messageId, readOf(message, deps)]));
  const receives = Math.max(
    1,
    ...messages.map(({ attributes }) => Number(attributes?.ApproximateReceiveCount ?? 1)),
  );
  const items = [...read.values()].flatMap((one) => one.items);
  const faults = await deliverItems(items, receives, deadline, deps);
  const faultsOf = (item: QueueItem) =>
    faults instanceof WorldFault ? [faults] : keysOf(item).flatMap((key) => faults.get(key) ?? []);
  for (const message of messages) {
    const { messageId } = message;
    const { items = [], unreadable } = read.get(messageId) ?? {};
    const waiting = items.filter((item) => faultsOf(item).length > 0);
    const fault =
      (await setAside(waiting, waiting.flatMap(faultsOf), message, deps)) ??
      // Once, and not each time that the message comes back for something else.
      (unreadable === undefined ? undefined : await buried({ ...message, body: unreadable }, deps));
    if (fault) failed.set(messageId, fault);
  }
  return failed;
}

/** Sends on what waits for itself alone. Returns the fault for which the message must come back, if there is one left. */
async function setAside(
  items: QueueItem[],
  faults: WorldFault[],
  { messageId, attributes = {} }: Omit<Received, 'body'>,
  { queue }: DeliverDeps,
): Promise<WorldFault | undefined> {
  const { MessageGroupId: group = WAITING, ApproximateReceiveCount: receives = '1' } = attributes;
  const other = faults.find(({ code, ofOne }) => code !== 'leased' && !ofOne);
  if (other || items.length === 0) return other;
  if (group.startsWith(WAITING)) return faults.find(({ ofOne }) => !ofOne || Number(receives) < MAX_READS);
  try {
    await queue.send(items, `${WAITING}${messageId}`);
    return undefined;
  } catch (error) {
    if (error instanceof WorldFault) return error;
    throw error;
  }
}

/** What a message says, and as a message of its own what of it nobody can read, such as the words of a newer version. */
function readOf({ body }: Received, deps: DeliverDeps): { items: QueueItem[]; unreadable?: string } {
  try {
    const { items, unknown } = readMessage(JSON.parse(body));
    return {
      items: withoutStrays(items, deps),
      ...(unknown.length > 0 && { unreadable: JSON.stringify({ v: 2, changes: unknown }) }),
    };
  } catch {
    return { items: [], unreadable: body };
  }
}

/** What is about a source that was taken out of the configuration never becomes anything, but for its removal. */
function withoutStrays(items: QueueItem[], { policies, log, meter }: DeliverDeps): QueueItem[] {
  const isRemoval = (item: QueueItem) => item.kind === 'recheck' && item.reason === 'removal';
  const isStray = (item: QueueItem) => !policies.has(item.source) && !isRemoval(item);
  const strays = Map.groupBy(items.filter(isStray), ({ source }) => source);
  for (const [source, { length: changes }] of strays) {
    log.warn('Dropped changes of a source that is not configured', { source, changes });
    meter.record({ ChangesDropped: changes }, { source });
  }
  return items.filter((item) => !isStray(item));
}

/** Moves what nobody can read to the dead letters. Returns why its message must come back, where those are out of reach. */
async function buried(message: Received, { bury, log, meter }: DeliverDeps): Promise<WorldFault | undefined> {
  try {
    await bury(message);
  } catch (error) {
    if (!(error instanceof WorldFault)) throw error;
    return new WorldFault('unreadable-message', 'a message of another version');
  }
  const { messageId } = message;
  log.error('Moved a message that nobody can read to the dead letters', { messageId });
  meter.record({ MessagesBuried: 1 });
  return undefined;
}

/** The entries that an item is about: for a membership the person's and the container's. */
function keysOf(item: QueueItem): string[] {
  return [personOf(item) ?? [], containersOf(item)].flat().map(entryKey);
}

/** Returns the fault of each entry that has something left to do, or the one fault that kept it from all of them. */
async function deliverItems(
  told: QueueItem[],
  receives: number,
  deadline: number,
  deps: DeliverDeps,
): Promise<Map<string, WorldFault> | WorldFault> {
  try {
    const work = await loadPeople(told, { owner: randomUUID(), receives }, deps);
    const items = await refresh(told, work, deadline, deps);
    foldPeople(items, work);
    trimPeople(work, deps);
    const departures = departuresOf(work, deps);
    // Joins are on record before the containers are read, and a container's end is on record before its members are
    // listed: whichever comes second sees the other, so that no membership outlives its group.
    await deps.mirror.join([...joinsOf(work, deps), ...nestingsOf(items)]);
    await loadContainers(items, work, deps);
    await recheckMembers(items, work, deps);
    tellWhoLacksUserId(work, deps);
    await claimUsers(desiredOf(work, deps), work, deps);

    const departing = new Set([
      ...departures.map(({ source, personId: id }) => entryKey({ source, kind: 'person', id })),
      ...leavingShared(desiredOf(work, deps), work, deps).map(({ key }) => key),
    ]);
    const known = peopleIn(work);
    await lease(items, departing, deadline, work, deps);
    await giveUpShared(known, (some) => desiredOf(some, deps), work, deps);
    const planned = peopleIn(work);
    await execute(planFor(items, work, deps), work, deadline, deps);

    const over = await alarmSharers(planned, work, deps);
    const isOurs = (key: string) => work.people.has(key);
    await deps.mirror.leave([
      ...departures.filter(({ source, personId: id }) => isOurs(entryKey({ source, kind: 'person', id }))),
      ...over,
    ]);
    await storeAll(work, (key) => work.late.get(key), deps);
    return work.faults;
  } catch (error) {
    if (error instanceof WorldFault) return error;
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
    const lost = [...tasks.keys()].filter((key) => work.containers.has(key) && work.faults.has(key));
    if (lost.length === 0 || attempt === LEASE_TRIES) return;
    for (const key of lost) work.faults.delete(key);
    await loadThese(
      lost.flatMap((key) => work.containers.get(key)?.entry ?? []),
      items,
      work,
      deps,
    );
  }
}

function desiredOf(work: Workset, { policies }: DeliverDeps): Map<string, Desired | undefined> {
  const containers = entriesOf(work);
  return new Map(
    [...work.people].map(([key, { entry }]) => {
      const policy = policies.get(entry.source);
      return [key, policy && desired(entry, containers, policy)];
    }),
  );
}

function entriesOf({ containers }: Workset): Map<string, ContainerEntry> {
  return new Map([...containers].map(([key, { entry }]) => [key, entry]));
}

/** Counts and logs whom something new was told of who cannot be in Velt for want of a user id. */
function tellWhoLacksUserId(work: Workset, { policies, log, meter }: DeliverDeps): void {
  const containers = entriesOf(work);
  for (const { entry, stored } of work.people.values()) {
    const { source, id } = entry;
    const policy = policies.get(source);
    const why = entry === stored.entry || !policy ? undefined : whyNoUserId(entry, containers, policy);
    if (why === undefined) continue;
    log.info(`Somebody is not in Velt: ${why}`, { source, person: id });
    meter.record({ PeopleWithoutUserId: 1 }, { source });
  }
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
  return plan(candidates, groups, entries, { batchSize, now: deps.clock() });
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
