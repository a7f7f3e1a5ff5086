import { type DirectoryConfig, policyOf } from '../config.ts';
import { type Candidate, type GroupCandidate, plan } from '../directory/calls.ts';
import { containersOf, type QueueItem } from '../directory/change.ts';
import { begin, beginGroup } from '../directory/confirmations.ts';
import { desired, isWanted } from '../directory/desired.ts';
import { type ContainerEntry, entryKey } from '../directory/entry.ts';
import { readMessage } from '../directory/message-v1.ts';
import { isGroup } from '../directory/policy.ts';
import { ConfigError, WorldFault } from '../errors.ts';
import type { Log, Meter } from '../observability.ts';
import type { Velt } from '../velt/client.ts';
import { carryOut } from './execute.ts';
import { type RefreshDeps, refresh } from './refresh.ts';
import { alarmSharers, claimUsers } from './shared-users.ts';
import {
  departuresOf,
  foldInto,
  type HeldContainers,
  type HeldDeps,
  holdContainers,
  holdPeople,
  joinsOf,
  keysOf,
  lookAtMembers,
  nestingsOf,
  type People,
  storeContainers,
  storePeople,
} from './workset.ts';

export interface DeliverDeps extends HeldDeps, RefreshDeps {
  velt: Pick<Velt, 'apply'>;
  log: Log;
  meter: Meter;
}

/** A message as the queue handed it over. */
export interface Received {
  messageId: string;
  body: string;
}

/**
 * Delivers a batch of messages: folds their changes into the mirror, calls Velt for the difference only, and records item
 * by item what Velt confirmed. Begins no call that could end after `deadline` (ms since the epoch).
 *
 * Returns the messages that must come back, each with the fault that held it up; all others are done. What Velt refused
 * about a single person is kept on that person's entry for the sweep and holds up nobody.
 *
 * The mirror knows what a call may do before the call is made, so that after a crash at any point the entry still owes
 * both the call and its undoing.
 */
export async function deliver(
  messages: Received[],
  deadline: number,
  deps: DeliverDeps,
): Promise<Map<string, WorldFault>> {
  const failed = new Map<string, WorldFault>();
  const readable = new Map<string, QueueItem[]>();
  for (const { messageId, body } of messages) {
    try {
      readable.set(messageId, changesOf(body, deps.config));
    } catch (error) {
      failed.set(
        messageId,
        new WorldFault('unreadable-message', 'a message of another version or source', { cause: error }),
      );
    }
  }
  const faults = await deliverChanges([...readable.values()].flat(), deadline, deps);
  for (const [messageId, changes] of readable) {
    const fault =
      faults instanceof WorldFault
        ? faults
        : changes
            .flatMap(keysOf)
            .map((key) => faults.get(key))
            .find(Boolean);
    if (fault) failed.set(messageId, fault);
  }
  return failed;
}

/** Returns the fault of each entry that has something left to do, or the one fault that kept it from all of them. */
async function deliverChanges(
  told: QueueItem[],
  deadline: number,
  deps: DeliverDeps,
): Promise<Map<string, WorldFault> | WorldFault> {
  try {
    const people = await holdPeople(told, deps);
    const { changes, faults: unread } = await refresh(told, people, deadline, deps);
    foldInto(people, changes);
    const departures = departuresOf(people);
    // Joins are on record before the containers are read, and a container's end is on record before its members are
    // listed: whichever comes second sees the other, so that no membership outlives its group.
    await deps.mirror.join([...joinsOf(people), ...nestingsOf(changes)]);
    const containers = await holdContainers(changes, people, deps);
    await lookAtMembers(changes, containers, deps);

    await claimUsers(people, desiredOf(people, containers, deps), deps);

    const tasks = Map.groupBy(
      planFor(changes, people, containers, deps).flatMap((step) =>
        step.items.flatMap((item) => item.owners.map((owner) => ({ owner, step, item }))),
      ),
      ({ owner }) => owner,
    );
    for (const [key, held] of people) held.entry = begin(held.entry, tasks.get(key) ?? []);
    for (const [key, held] of containers)
      held.entry = beginGroup(held.entry, tasks.get(key) ?? [], deps.clock());
    await storeContainers(containers, deps);
    const unwritten = await storePeople(people, deps);

    const steps = planFor(changes, people, containers, deps);
    const unfinished = await carryOut(steps, people, containers, deadline, deps);
    const claims = await alarmSharers(people, deps);
    const unrecorded = await storePeople(people, deps);
    await storeContainers(containers, deps);
    const recorded = departures.filter(({ source, personId: id }) =>
      people.has(entryKey({ source, kind: 'person', id })),
    );
    await deps.mirror.leave([...recorded, ...claims.filter(({ personId }) => people.has(personId))]);
    return new Map([...unread, ...unfinished, ...unwritten, ...unrecorded]);
  } catch (error) {
    if (error instanceof WorldFault) return error;
    throw error;
  }
}

function desiredOf(people: People, containers: HeldContainers, { config }: Pick<DeliverDeps, 'config'>) {
  const entries = entriesOf(containers);
  return new Map(
    [...people].map(([key, { entry }]) => {
      const source = config.sources[entry.source];
      return [key, source && desired(entry, entries, policyOf(source))];
    }),
  );
}

function entriesOf(containers: HeldContainers): Map<string, ContainerEntry> {
  return new Map([...containers].map(([key, { entry }]) => [key, entry]));
}

function planFor(
  changes: QueueItem[],
  people: People,
  containers: HeldContainers,
  { config, clock }: DeliverDeps,
) {
  const entries = entriesOf(containers);
  const desires = desiredOf(people, containers, { config });
  const candidates = [...people].map(([key, { entry }]): Candidate => ({ entry, desired: desires.get(key) }));
  const told = new Set(changes.flatMap(containersOf).map(entryKey));
  const groups = [...told]
    .map((key) => entries.get(key) as ContainerEntry)
    .filter(isGroup)
    .map((entry) => groupCandidate(entry, config));
  return plan(candidates, groups, entries, { batchSize: config.velt.batchSize, now: clock() });
}

/**
 * A group keeps its newest name wherever it was delivered before. It gets there with its first member, and not earlier:
 * Velt has no call that takes a group away again.
 */
function groupCandidate(entry: ContainerEntry, config: DirectoryConfig): GroupCandidate {
  const source = config.sources[entry.source];
  const wanted = isWanted(entry, source && policyOf(source));
  return { entry, organizationIds: wanted ? Object.keys(entry.delivered) : [] };
}

/** Throws ConfigError when the text is not a message of this version, or is about a source that is not configured. */
function changesOf(body: string, config: DirectoryConfig): QueueItem[] {
  const changes = readMessage(JSON.parse(body));
  const unknown = changes.find(({ source }) => !Object.hasOwn(config.sources, source));
  if (unknown)
    throw new ConfigError('message', [
      { path: 'source', message: 'no such source in directory.config.json' },
    ]);
  return changes;
}
