import type { Origin } from '../lib/directory/version.ts';
import { lineText } from './log-text.ts';
import type { LogLine } from './logs.ts';
import type { AtVelt, PersonReport } from './person.ts';
import type { QueuesAbout } from './person-queues.ts';
import { plain } from './plan-text.ts';
import { containerText, outcomeTables, placeText, table } from './preview-text.ts';

/** All that a command found out of somebody. */
export interface Answer {
  who: string;
  people: PersonReport[];
  /** Whom a directory has, and of whom nothing was heard. */
  unheard: { source: string; id: string }[];
  notes: string[];
  queues: QueuesAbout;
  /** The last log lines about them. */
  lines: LogLine[];
}

const LENGTH = 60;
const STATES: Record<AtVelt['state'], string> = {
  confirmed: 'confirmed',
  owed: 'owed: the next delivery calls for it',
  leaving: 'to be taken away by the next delivery',
  refused: 'refused',
  waiting: 'waits for what it stands on',
};

/** Everything that is known of somebody as an operator reads it, the answer first. `flags` names the stage again. */
export function personText(
  { who, people, unheard, notes, queues, lines }: Answer,
  { flags }: { flags: string },
): string {
  const nobody =
    people.length + unheard.length > 0
      ? []
      : [
          `Nothing was heard of ${plain(who, LENGTH)}: no event and no read told of them. --scan also looks for an address.`,
        ];
  const backfill = (source: string) => `npm run sync -- backfill --source ${source}${flags} brings them`;
  return [
    ...people.map(reportText),
    ...unheard.map(
      ({ source, id }) =>
        `${plain(id, LENGTH)} is in the directory of ${source}, and nothing was heard of them: no event arrived. ${backfill(source)}.`,
    ),
    ...nobody,
    ...notes.map((note) => `Note: ${note}.`),
    queuesText(queues),
    ...(lines.length > 0 ? [['The last log lines about them:', ...lines.map(lineText)].join('\n')] : []),
  ].join('\n\n');
}

function reportText(report: PersonReport): string {
  const { source, id, facts, memberships, explained, atVelt, unreadable } = report;
  const name = facts.find(({ fact }) => fact === 'name')?.value;
  const who = `${typeof name === 'string' ? `${plain(name)} (${plain(id, LENGTH)})` : plain(id, LENGTH)} of ${source}`;
  if (unreadable) return `${who} is known, and only a newer version can read the entry.`;
  return [
    `${who} ${verdictOf(report)}`,
    ...timesOf(report),
    ...table(
      ['fact', 'value', 'as of', 'by'],
      facts.map((fact) => [fact.fact, valueText(fact.value), ...originText(fact.by)]),
    ),
    ...table(
      ['told to be in', '', 'as of', 'by'],
      memberships.map((one) => [containerText(one), one.member ? 'in' : 'left', ...originText(one.by)]),
    ),
    ...(explained ? outcomeTables(explained) : []),
    ...table(['at Velt', 'user', 'state'], atVelt.map(placeRow)),
  ].join('\n');
}

/** What became of somebody, in one line. */
function verdictOf({ source, explained, atVelt }: PersonReport): string {
  if (!explained) return `stays as they are: ${source} is not configured.`;
  const open = atVelt.filter(({ state }) => state !== 'confirmed').length;
  const rest = open === 0 ? '' : `, and ${open} of ${atVelt.length} places there are not as they should be`;
  if (explained.why !== undefined) return `is not meant to be in Velt: ${explained.why}${rest}.`;
  const user = `is ${plain(explained.user?.userId ?? '', LENGTH)} in Velt`;
  return open === 0 ? `${user}: Velt confirmed all of it.` : `is to be ${user.slice(3)}${rest}.`;
}

function timesOf({ lastEvent, readAt, membershipsReadAt, leasedUntil, dueAt }: PersonReport): string[] {
  return [
    lastEvent
      ? `The last event that told something of them: ${plain(lastEvent.id ?? '', LENGTH)} of ${lastEvent.at}.`
      : 'No event told anything of them that is still the newest.',
    ...(readAt === undefined ? [] : [`Read from the directory at ${readAt}.`]),
    ...(membershipsReadAt === undefined || membershipsReadAt === readAt
      ? []
      : [`Read with all that they are in at ${membershipsReadAt}.`]),
    ...(leasedUntil === undefined
      ? []
      : [`A delivery works on them now, until ${time(leasedUntil)} at the latest.`]),
    ...(dueAt === undefined ? [] : [`The sweep looks at them at ${time(dueAt)}.`]),
  ];
}

function originText({ at, id, askedAt }: Origin): [string, string] {
  if (askedAt !== undefined) return [at, `read ${askedAt}`];
  return [at, id === undefined ? '' : `event ${plain(id, LENGTH)}`];
}

function valueText(value: unknown): string {
  return value === null ? '–' : plain([value].flat().map(String).join(', '), LENGTH);
}

function placeRow({ userId, scope, state, refusal }: AtVelt): string[] {
  const why = refusal
    ? ` ${refusal.of === 'group' ? '(the group) ' : ''}${refusal.attempts} times: ${plain(refusal.reason, 2 * LENGTH)}; tried again at ${time(refusal.dueAt)}`
    : '';
  return [placeText(scope), plain(userId, LENGTH), `${STATES[state]}${why}`];
}

function queuesText({ changes, others }: QueuesAbout): string {
  const rows = others.map(({ queue, held, seen, naming }) => {
    const looked = held > seen ? ` of the ${seen} looked at` : '';
    return [queue, String(held), `${naming}${looked}`];
  });
  const { visible, inFlight, delayed } = changes;
  const onTheWay = [
    'changes',
    String(visible + inFlight + delayed),
    'not looked at: that would hold them up',
  ];
  return table(['queue', 'messages', 'name them'], [onTheWay, ...rows])
    .join('\n')
    .trimStart();
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
