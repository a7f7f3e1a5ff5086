import type { Mirror } from '../aws/mirror.ts';
import type { Queue } from '../aws/queue.ts';
import type { DirectoryConfig } from '../config.ts';
import { recheckOf } from '../directory/change.ts';
import type { Log, Meter } from '../observability.ts';

export interface SweepDeps {
  config: Pick<DirectoryConfig, 'sources'>;
  mirror: Mirror;
  queue: Queue;
  clock: () => number;
  log: Log;
  meter: Meter;
}

/** About how many entries one sweep queues; the next one takes the rest. */
const MAX_ENTRIES = 2_000;

/**
 * Queues every entry whose time has come for another look: what Velt refused, what was begun and never
 * confirmed, and whose access expires. The
 * retry itself, and when the next one is due, is `deliver`'s. What a source owes that is not configured any more is left
 * alone. Returns how many entries were queued. Throws WorldFault.
 */
export async function sweep({
  config,
  mirror,
  queue,
  clock,
  log,
  meter,
}: SweepDeps): Promise<{ swept: number }> {
  const due = await mirror.due(clock(), MAX_ENTRIES, (source) => Object.hasOwn(config.sources, source));
  const now = clock();
  await queue.send(due.map((ref) => recheckOf(ref, now, { reason: 'sweep' })));
  meter.record({ EntriesSwept: due.length });
  log.info('Sweep queued entries', { count: due.length });
  return { swept: due.length };
}
