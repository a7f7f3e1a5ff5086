import { planFileOf } from './plan-file.ts';
import { messagesIn } from './queue-depth.ts';
import type { QueueStatus, Status, Waiting } from './status.ts';
import { tableText } from './table.ts';

/** What to do about a queue that holds something, by a heading of docs/operations.md. */
const MENDS: Partial<Record<QueueStatus['name'], string>> = {
  'changes-dead': 'npm run sync -- dead shows them (docs/operations.md#dead-changes)',
  parked: 'docs/operations.md#parked-deliveries',
  'scheduler-dead': 'docs/operations.md#failed-schedules',
  'partner-events-dead': 'docs/operations.md#dead-partner-events',
};
const WHYS: Record<Waiting['why'], string> = {
  refused: 'Velt refuses it (docs/operations.md#refused-people)',
  unconfirmed: 'Velt has not confirmed it yet',
  unread: 'is to be read from the directory',
  members: 'everyone in it is to be looked at',
  expired: 'their access expired, and they are still there',
  unreadable: 'only a newer version can read it',
};

/** A status on one screen. `flags` is what the commands need to find the stack again. */
export function statusText(status: Status, { flags }: { flags: string }): string {
  return [
    ...deliveringText(status, flags),
    ...['Queues', queuesText(status), ''],
    ...['Runs', runsText(status, flags), ''],
    waitingText(status),
    ...(status.out ? ['', outText(status.out)] : []),
  ].join('\n');
}

function deliveringText({ delivering }: Status, flags: string): string[] {
  if (delivering === 'paused')
    return [
      `Delivering to Velt is paused: what comes in waits. npm run sync -- resume${flags} goes on with it.`,
      '',
    ];
  if (delivering === 'unknown')
    return [
      'Whether delivering to Velt is paused could not be looked at: that needs lambda:ListEventSourceMappings.',
      '',
    ];
  return [];
}

function queuesText({ queues }: Status): string {
  const rows = queues.map((queue) => {
    const messages = messagesIn(queue);
    return [queue.name, String(messages), messages > 0 ? (MENDS[queue.name] ?? '') : ''];
  });
  return tableText([['queue', 'messages', ''], ...rows]);
}

function runsText({ runs }: Status, flags: string): string {
  const rows = runs.map(({ source, run }) => {
    if (!run) return [source, 'none yet', '', ''];
    if (run === 'unknown') return [source, 'of another version', '', 'deploy that version again'];
    const { state, reason = '', people, startedAt, endedAt } = run;
    const mend =
      state === 'stopped'
        ? `; npm run sync -- plan --source ${source}${flags} makes ${planFileOf(source)}`
        : '';
    return [
      source,
      state,
      endedAt ?? `since ${startedAt}`,
      `${people.toLocaleString('en')} people${reason && `: ${reason}`}${mend}`,
    ];
  });
  return tableText([['source', 'last run', 'ended', ''], ...rows]);
}

function waitingText({ at, waiting: { first, count, isAll } }: Status): string {
  if (count === 0 && isAll) return 'Nobody waits.';
  const rows = first.map(({ source, kind, id, why, dueAt, attempts }) => [
    source,
    `${kind} ${id}`,
    dueAt <= at ? 'now' : new Date(dueAt).toISOString(),
    `${WHYS[why]}${attempts === undefined ? '' : `, ${attempts} times so far`}`,
  ]);
  const more = count > first.length || !isAll ? ` The first ${first.length}:` : '';
  const title = `${isAll ? '' : 'More than '}${count.toLocaleString('en')} wait for Velt or the directory.${more}`;
  return `${title}\n${tableText([['source', 'who or what', 'looked at', 'why'], ...rows])}`;
}

function outText(out: NonNullable<Status['out']>): string {
  if (out.length === 0) return 'Everyone who is known is meant to be in Velt.';
  const rows = out.map(({ source, id, why }) => [source, id, why]);
  const title = `Known, and not meant to be in Velt: ${out.length.toLocaleString('en')}`;
  return `${title}\n${tableText([['source', 'person', 'why'], ...rows])}`;
}
