import type { Queue } from '../aws/queue.ts';
import type { Runs } from '../aws/runs.ts';
import { causeOf } from '../cause.ts';
import type { DirectoryConfig, SourceConfig } from '../config.ts';
import type { QueueItem } from '../directory/change.ts';
import { Conflict, WorldFault } from '../errors.ts';
import type { Log, Meter } from '../observability.ts';
import type { Mapped } from '../sources/mapped.ts';
import type { Directory, EventPage, InboundRegistry } from '../sources/source.ts';
import { deliveredTo, mapEvent } from './map.ts';

export interface CatchUpDeps {
  config: DirectoryConfig;
  inbound: InboundRegistry;
  directories: ReadonlyMap<string, Directory>;
  runs: Runs;
  queue: Queue;
  clock: () => number;
  log: Log;
  meter: Meter;
}

/** Webhooks bring an event within seconds: what is older in the record they should have brought (ms). */
const BROUGHT_MS = 2 * 60_000;
/** What happened before the first run is the backfill's to find; webhooks may be an hour late at that moment (ms). */
const FIRST_LOOK_MS = 60 * 60_000;

/**
 * Reads what happened at each source out of the vendor's own record, from where the last run stopped, and queues it as if
 * its webhook had brought it: what the webhook did bring changes nothing the second time. One source out of reach does
 * not keep it from the others. Begins no page after `deadline` (ms since the epoch).
 *
 * Returns how many changes the record of each source held. Throws WorldFault when a source stayed out of reach.
 */
export async function catchUp(deadline: number, deps: CatchUpDeps): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  let fault: WorldFault | undefined;
  for (const [name, directory] of deps.directories) {
    try {
      found[name] = await catchUpWith(name, directory, deadline, deps);
    } catch (error) {
      if (!(error instanceof WorldFault)) throw error;
      // After a pause that the vendor asked for the next run goes on; a source may well live by its webhook alone.
      if (error.code === 'throttled' || error.code === 'no-credentials') continue;
      deps.log.error('Could not catch up', { source: name, ...causeOf(error) });
      fault ??= error;
    }
  }
  if (fault) throw fault;
  return found;
}

async function catchUpWith(name: string, directory: Directory, deadline: number, deps: CatchUpDeps) {
  const { runs, clock, log } = deps;
  let { cursor, revision } = await runs.place(name, 'catch-up');
  const since = clock() - FIRST_LOOK_MS;
  let count = 0;
  for (let more = true; more && clock() < deadline; ) {
    const page = await readOn(cursor);
    count += await queueEvents(name, page, deps);
    more = page.more;
    if (page.next === cursor) continue;
    try {
      await runs.move(name, 'catch-up', { cursor: page.next, revision });
    } catch (error) {
      // Another run is at it already.
      if (error instanceof Conflict) return count;
      throw error;
    }
    revision += 1;
    cursor = page.next;
  }
  if (count > 0) log.info('Caught up', { source: name, changes: count });
  return count;

  /** A cursor of another version leads nowhere: it begins anew, and the next backfill finds what lies between. */
  async function readOn(from: string | undefined): Promise<EventPage> {
    try {
      return await directory.readEvents(from, since);
    } catch (error) {
      if (from === undefined || !(error instanceof WorldFault) || error.code !== 'unreadable-message')
        throw error;
      log.error('Catching up begins anew', { source: name, ...causeOf(error) });
      return directory.readEvents(undefined, since);
    }
  }
}

/** Returns how many changes the events of a page came to. */
async function queueEvents(
  source: string,
  { events, logOnly = [], failedDeliveries, isSwitchedOff, fault }: EventPage,
  { config, inbound, queue, clock, log, meter }: CatchUpDeps,
): Promise<number> {
  const delivered = deliveredTo(source, config.sources[source] as SourceConfig, clock());
  const map = (event: unknown) => mapEvent(event, delivered, inbound);
  const marked = (one: Mapped) => ({
    ...one,
    changes: one.changes.map((change) => caughtUpBy(change, clock() - BROUGHT_MS)),
  });
  const mapped = [...events.map(map).map(marked), ...logOnly.map(map)];
  const changes = mapped.flatMap(({ changes }) => changes);
  const unreadable = mapped.filter(({ unreadable }) => unreadable.length > 0).length;
  if (changes.length > 0) await queue.send(changes);
  if (unreadable > 0) log.error('Left out events that could not be read', { source, count: unreadable });
  if (failedDeliveries > 0)
    log.warn('Deliveries of webhooks have failed', { source, count: failedDeliveries });
  if (fault) {
    log.error('Could not read one record of events', { source, ...causeOf(fault) });
    meter.record({ ReadsFailed: 1 }, { source });
  }
  if (isSwitchedOff) {
    log.error('The vendor sends nothing any more: its stream is switched off', { source });
    meter.record({ StreamsDisabled: 1 }, { source });
  }
  const AttributesLeftOut = mapped.reduce((sum, { leftOut = 0 }) => sum + leftOut, 0);
  const counts = { EventsCaughtUp: changes.length, HookDeliveriesFailed: failedDeliveries };
  meter.record({ ...counts, AttributesLeftOut }, { source });
  return changes.length;
}

/** Marks what the webhook should have brought by a moment (ms since the epoch). */
function caughtUpBy(change: QueueItem, brought: number): QueueItem {
  return Date.parse(change.at) <= brought ? { ...change, caughtUp: true } : change;
}
