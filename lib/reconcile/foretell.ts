import { containersAround } from '../aws/around.ts';
import type { Mirror } from '../aws/mirror.ts';
import type { Runs } from '../aws/runs.ts';
import type { DirectoryConfig } from '../config.ts';
import { type DeliverDeps, deliver } from '../delivery/deliver.ts';
import { WAITING } from '../delivery/messages.ts';
import type { Call } from '../directory/calls.ts';
import type { QueueItem } from '../directory/change.ts';
import type { Entry, PersonEntry } from '../directory/entry.ts';
import { whyNotAtVelt } from '../directory/explain.ts';
import type { Policy } from '../directory/policy.ts';
import type { WorldFault } from '../errors.ts';
import type { Log, LogFields } from '../observability.ts';
import type { Directory } from '../sources/source.ts';
import { createOverlay } from './overlay.ts';

export interface ForetellDeps {
  mirror: Parameters<typeof createOverlay>[0];
  runs: Pick<Runs, 'current'>;
  policies: ReadonlyMap<string, Policy>;
  config: Pick<DirectoryConfig, 'tombstoneDays' | 'reconcile' | 'velt'>;
  /** Who is to be read is read from these; nobody of a source that is missing. */
  directories: ReadonlyMap<string, Directory>;
  clock: () => number;
}

/** What a delivery would do. */
export interface Foretold {
  /** In the order in which they would be made, as if Velt confirmed each. */
  calls: Call[];
  /** Every entry that it looks at, as the table has it and as it would be. */
  entries: { key: string; before: Entry | undefined; after: Entry | undefined }[];
  /** People of these entries who would not be in Velt then, and why, by entry key. */
  whyNot: Map<string, string>;
  /** What could not be delivered now and would come back, and why. */
  waiting: { item: QueueItem; fault: WorldFault }[];
  /** What would be queued for later deliveries and is not followed here: it is too much. */
  left: QueueItem[];
  /** What the log of the delivery would say. */
  log: { message: string; fields: LogFields }[];
}

/** So many items that a delivery queues are delivered here too. */
const FOLLOWED = 500;
/** Nobody waits for this delivery, and none of its calls is sent (ms). */
const TIME_MS = 15 * 60_000;

/**
 * Works out what changes would do, by delivering them: to an overlay in memory, and to a Velt that confirms everything and hears
 * nothing. What the delivery queues, such as a look at everyone in a group that ended, is delivered after it. People are read from
 * the directory as a delivery reads them. Throws WorldFault where the table is out of reach.
 */
export async function foretell(changes: QueueItem[], deps: ForetellDeps): Promise<Foretold> {
  const overlay = createOverlay(deps.mirror);
  const calls: Call[] = [];
  const lines: Foretold['log'] = [];
  const queued: QueueItem[] = [];
  const say = (message: string, fields: LogFields = {}) => void lines.push({ message, fields });
  const log: Log = { info: say, warn: say, error: say };
  const whole: DeliverDeps = {
    ...deps,
    mirror: overlay.mirror,
    velt: {
      apply: async (call) => {
        calls.push(call);
        return { outcomes: new Map(call.items.map(({ id }) => [id, { kind: 'done' }])) };
      },
      applyRefused: async () => ({ outcomes: new Map() }),
    },
    queue: { send: async (items) => void queued.push(...items) },
    bury: async () => {},
    meter: { record: () => {}, gauge: () => {} },
    log,
  };
  const waiting = await deliverAll(changes, whole);
  for (let followed = 0; queued.length > 0 && followed < FOLLOWED; ) {
    const next = queued.splice(0, FOLLOWED - followed);
    followed += next.length;
    waiting.push(...(await deliverAll(next, whole)));
  }
  const entries = overlay.entries();
  return {
    ...{ calls, entries, waiting, left: queued, log: lines },
    whyNot: await reasonsOf(entries, overlay.mirror, deps),
  };
}

/** Each item is a message of its own, in a group of those that wait for themselves alone: each fault is told of its item. */
async function deliverAll(items: QueueItem[], deps: DeliverDeps): Promise<Foretold['waiting']> {
  const messages = items.map((item, index) => ({
    messageId: String(index),
    body: JSON.stringify({ v: 2, changes: [item] }),
    attributes: { MessageGroupId: WAITING },
  }));
  const faults = await deliver(messages, deps.clock() + TIME_MS, deps);
  return items.flatMap((item, index) => {
    const fault = faults.get(String(index));
    return fault ? { item, fault } : [];
  });
}

async function reasonsOf(
  entries: Foretold['entries'],
  mirror: Pick<Mirror, 'read'>,
  { policies, clock }: ForetellDeps,
): Promise<Map<string, string>> {
  const people = entries.filter(
    (one): one is { key: string; before: Entry | undefined; after: PersonEntry } =>
      one.after?.kind === 'person',
  );
  const containers = await containersAround(
    people.map(({ after }) => after),
    [],
    mirror,
  );
  return new Map(
    people.flatMap(({ key, after }) => {
      const policy = policies.get(after.source);
      const why = policy && whyNotAtVelt(after, containers, policy, clock());
      return why === undefined ? [] : [[key, why] as const];
    }),
  );
}
