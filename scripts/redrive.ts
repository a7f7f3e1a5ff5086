import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { readMessage } from '../lib/directory/message-v1.ts';
import { type Message, sentAt, walk } from './queue-walk.ts';
import { tableText } from './table.ts';

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
  moved: number;
}

/**
 * Looks at the messages of the FIFO queue `from` (both are queue URLs). With `apply` each goes back to `to`: in its old
 * group and order, under a deduplication id of its own (SQS may still remember the first one), and is deleted only after
 * it was sent. A run that was cut off and is repeated within five minutes puts nothing there twice; later, a repeated
 * change changes nothing.
 *
 * Without `apply` everything stays where it is, and only the first ten messages of each group can be seen: a group is
 * locked while some of its messages are out. Throws what SQS throws; nothing is lost then.
 */
export async function redrive({
  sqs,
  from,
  to,
  apply,
}: {
  sqs: Pick<SQSClient, 'send'>;
  from: string;
  to: string;
  apply: boolean;
}): Promise<Redriven> {
  const { held, seen, done } = await walk(sqs, from, async (message) => {
    if (apply) await move(sqs, to, message);
    return apply;
  });
  return { held, seen: seen.length, waiting: summaryOf(seen), moved: done };
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

function summaryOf(messages: Message[]): Waiting[] {
  const rows = new Map<string, Waiting>();
  for (const message of messages) {
    const at = sentAt(message);
    for (const key of kindsIn(message.Body)) {
      const [source, kind] = JSON.parse(key) as [string, string];
      const row = rows.get(key) ?? { source, kind, messages: 0, oldest: at };
      rows.set(key, { ...row, messages: row.messages + 1, oldest: Math.min(row.oldest, at) });
    }
  }
  return [...rows.values()].sort((a, b) => a.oldest - b.oldest);
}

/** The pairs of source and kind in a message, as JSON; nothing else of it, for the rest may name people. */
function kindsIn(body: string | undefined): Set<string> {
  const pairs = pairsIn(body);
  return new Set(pairs.map((pair) => JSON.stringify(pair)));
}

function pairsIn(body = ''): [source: string, kind: string][] {
  try {
    return readMessage(JSON.parse(body)).items.map(({ source, kind }) => [source, kind]);
  } catch {
    return [['?', 'unreadable']];
  }
}

/** What was found and moved, as a table: no ids. */
export function redriveText({ held, seen, waiting, moved }: Redriven, apply: boolean): string {
  const rows = waiting.map(({ source, kind, messages, oldest }) => [
    new Date(oldest).toISOString(),
    source,
    kind,
    String(messages),
  ]);
  return [
    `About ${held} dead messages, ${seen} looked at.`,
    ...(rows.length > 0 ? [tableText([['queued since', 'source', 'kind', 'messages'], ...rows])] : []),
    apply ? `${moved} moved back.` : 'Nothing was moved; --redrive moves all of them back.',
  ].join('\n');
}
