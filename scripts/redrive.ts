import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { containersOf, personOf, type QueueItem } from '../lib/directory/change.ts';
import { readMessage } from '../lib/directory/message-v1.ts';
import { type Message, sentAt, walk } from './queue-walk.ts';

/** Something that a message is about: a change or recheck of one kind, and the id of whom or what it names. */
export interface About {
  source: string;
  kind: string;
  id: string;
}

/** A dead message of changes. */
export interface DeadChanges {
  id: string;
  /** Since when it is queued (ms since the epoch). */
  at: number;
  about: About[];
  /** Whether this version can read all of it. What it cannot is never moved: it would come back at once. */
  isReadable: boolean;
}

/** How many messages hold changes of one kind of one source, and since when the first of them was queued (ms since the epoch). */
export interface Waiting {
  source: string;
  kind: string;
  messages: number;
  oldest: number;
}

export interface Redriven {
  /** How many messages the queue held at the start, as SQS counts: about. */
  held: number;
  /** How many were looked at, and what they hold, oldest first; a message with several kinds counts for each. */
  seen: number;
  waiting: Waiting[];
  dead: DeadChanges[];
  moved: number;
}

/**
 * Looks at the messages of the FIFO queue `from` (both are queue URLs). With `apply` each that can be read and `isMeant` goes back
 * to `to`: in its old group and order, under a deduplication id of its own (SQS may still remember the first one), and is deleted
 * only after it was sent. A run that was cut off, as by `signal`, and is repeated within five minutes puts nothing there twice;
 * later, a repeated change changes nothing.
 *
 * Without `apply` everything stays where it is, and only the first ten messages of each group can be seen: a group is
 * locked while some of its messages are out. Throws what SQS throws; nothing is lost then.
 */
export async function redrive({
  sqs,
  from,
  to,
  apply,
  isMeant = () => true,
  signal,
}: {
  sqs: Pick<SQSClient, 'send'>;
  from: string;
  to: string;
  apply: boolean;
  isMeant?: (dead: DeadChanges) => boolean;
  signal?: AbortSignal;
}): Promise<Redriven> {
  const visit = async (message: Message) => {
    const dead = deadIn(message);
    const isMoved = apply && dead.isReadable && isMeant(dead);
    if (isMoved) await move(sqs, to, message);
    return isMoved;
  };
  const { held, seen, done } = await walk(sqs, from, visit, { ...(signal && { signal }) });
  const dead = seen.map(deadIn).toSorted((a, b) => a.at - b.at);
  return { held, seen: seen.length, waiting: summaryOf(dead), dead, moved: done };
}

async function move(
  sqs: Pick<SQSClient, 'send'>,
  to: string,
  { MessageId, Body, Attributes }: Message,
): Promise<void> {
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: to,
      MessageBody: Body,
      MessageGroupId: Attributes?.MessageGroupId,
      // SQS gives every message that is sent an id of its own: the same for a repeated run, another for another death.
      MessageDeduplicationId: `redrive-${MessageId}`,
    }),
  );
}

function summaryOf(dead: DeadChanges[]): Waiting[] {
  const rows = new Map<string, Waiting>();
  for (const { at, about, isReadable } of dead) {
    const named = isReadable ? about : [...about, { source: '?', kind: 'unreadable' }];
    for (const key of new Set(named.map(({ source, kind }) => JSON.stringify([source, kind])))) {
      const [source, kind] = JSON.parse(key) as [string, string];
      const row = rows.get(key) ?? { source, kind, messages: 0, oldest: at };
      rows.set(key, { ...row, messages: row.messages + 1, oldest: Math.min(row.oldest, at) });
    }
  }
  return [...rows.values()].toSorted((a, b) => a.oldest - b.oldest);
}

function deadIn(message: Message): DeadChanges {
  const [id, at] = [message.MessageId ?? '', sentAt(message)];
  try {
    const { items, unknown } = readMessage(JSON.parse(message.Body ?? ''));
    return { id, at, about: items.map(aboutOf), isReadable: unknown.length === 0 };
  } catch {
    return { id, at, about: [], isReadable: false };
  }
}

/** Of a recheck what is to be looked at. */
function aboutOf(item: QueueItem): About {
  const { source, kind } = item;
  const [named] = [personOf(item) ?? [], containersOf(item)].flat();
  return { source, kind: kind === 'recheck' ? item.of.kind : kind, id: named?.id ?? '' };
}
