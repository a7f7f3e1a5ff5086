import type { Bury, Queue } from '../aws/queue.ts';
import type { QueueItem } from '../directory/change.ts';
import { readMessage } from '../directory/message-v1.ts';
import type { Policy } from '../directory/policy.ts';
import { WorldFault } from '../errors.ts';
import type { Log, Meter } from '../observability.ts';

export interface MessageDeps {
  queue: Queue;
  policies: ReadonlyMap<string, Policy>;
  bury: Bury;
  log: Log;
  meter: Meter;
}

/** A message as the queue handed it over. */
export interface Received {
  messageId: string;
  body: string;
  attributes?:
    | { MessageGroupId?: string | undefined; ApproximateReceiveCount?: string | undefined }
    | undefined;
}

/** How the message groups begin in which items wait for what concerns them alone: each holds nobody else up. */
export const WAITING = 'waiting-';
/** Faults that meet nobody but those whom an item is about. */
const ALONE = ['leased', 'unreadable-entry'];
/** After so many receives there, a read that gets no answer is left to the sweep, or to the daily run. */
const MAX_READS = 5;

/** Sends on what waits for itself alone. Returns the fault for which the message must come back, if there is one left. */
export async function setAside(
  items: QueueItem[],
  faults: WorldFault[],
  { messageId, attributes = {} }: Omit<Received, 'body'>,
  { queue }: MessageDeps,
): Promise<WorldFault | undefined> {
  const { MessageGroupId: group = WAITING, ApproximateReceiveCount: receives = '1' } = attributes;
  const other = faults.find(({ code, ofOne }) => !ALONE.includes(code) && !ofOne);
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
export function readOf({ body }: Received, deps: MessageDeps): { items: QueueItem[]; unreadable?: string } {
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
function withoutStrays(items: QueueItem[], { policies, log, meter }: MessageDeps): QueueItem[] {
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
export async function buried(
  message: Received,
  { bury, log, meter }: MessageDeps,
): Promise<WorldFault | undefined> {
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
