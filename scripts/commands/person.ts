import { SourceName } from '../../lib/config.ts';
import { BadArguments, defineCommand } from '../command.ts';
import { findPeople } from '../find-person.ts';
import { lineJson } from '../log-text.ts';
import { createLogs } from '../logs.ts';
import { type PersonReport, reportOf } from '../person.ts';
import { linesAbout } from '../person-lines.ts';
import { queuesAbout } from '../person-queues.ts';
import { type Answer, personText } from '../person-text.ts';
import { walk } from '../queue-walk.ts';
import { createQueues } from '../queues.ts';
import { saltOf } from '../salt.ts';

/** So many messages of a queue are looked at: each is given back by a call of its own. */
const LOOKED_AT = 100;

export const command = defineCommand({
  takes: '<id or address>',
  flags: {
    source: {
      type: 'string',
      value: 'okta',
      about: 'only in this source, also where it is not configured any more',
    },
    scan: { type: 'boolean', about: 'also goes through the whole table for an e-mail address' },
    'no-queues': { type: 'boolean', about: 'looks into no queue for messages that name them: faster' },
  },
  more: `Somebody by the vendor's id, by their id at Velt or, where the directory can search, by e-mail address.
It shows what Velt said of them, which may name them: status and the logs do not. The log lines are the last twenty of a day.`,
  exits: {
    0: 'somebody was found, and everything about them is at Velt as it should be',
    1: 'nobody was found, or something about them is refused, owed, dead or parked',
  },
  async run({ source, scan = false, args: [who = ''], ...given }, { place, stack, terminal, clock, signal }) {
    if (source !== undefined && !SourceName.safeParse(source).success)
      throw new BadArguments('--source is the name of one source');
    if (who.trim() === '') throw new BadArguments('<id or address> is empty');
    const connected = await stack();
    const { policies, mirror } = connected;
    const sources = source === undefined ? [...policies.keys()] : [source];
    const { known, unheard, notes } = await findPeople({ who, sources, scan }, connected);
    const reports = known.map((stored) =>
      reportOf(stored, policies.get(stored.entry.source), { mirror, clock }),
    );
    const people = await Promise.all(reports);
    const at = await place();
    const { sqs, urlOf, depthOf } = createQueues(at);
    const queues = await queuesAbout(
      [who, ...known.flatMap(({ entry }) => [entry.id, entry.profile.email?.value ?? []].flat())],
      {
        depthOf,
        look: async (name) =>
          walk(sqs, (await urlOf(name)) ?? '', undefined, { most: LOOKED_AT, isBrief: true }),
        ...(given['no-queues'] && { names: [] }),
      },
    );
    const { lines, note } = await linesAbout([who, ...idsOf(people), ...unheard.map(({ id }) => id)], {
      ...{ logs: createLogs(at, signal), clock },
      salt: () => saltOf(at),
    });
    if (note !== undefined) notes.push(note);
    const answer: Answer = { who, people, unheard, notes, queues, lines };
    terminal.show({ ...answer, lines: lines.map(lineJson) }, personText(answer, connected));
    return isWell(answer);
  },
});

function isWell({ people, unheard, queues }: Answer): boolean {
  const isConfirmed = people.every(
    ({ unreadable, atVelt }) => !unreadable && atVelt.every(({ state }) => state === 'confirmed'),
  );
  return (
    people.length > 0 &&
    unheard.length === 0 &&
    isConfirmed &&
    queues.others.every(({ naming, held, seen }) => naming === 0 && held <= seen)
  );
}

/** Ids that log lines may name them by. */
function idsOf(people: PersonReport[]): string[] {
  return people.flatMap(({ id, atVelt }) => [id, ...atVelt.map(({ userId }) => userId)]);
}
