import { msOf } from '../age.ts';
import { BadArguments, defineCommand } from '../command.ts';
import { type Arrived, arrivedSince, OUTCOMES } from '../events.ts';
import { eventsText } from '../events-text.ts';
import { createLogs } from '../logs.ts';
import { hashesOf, saltOf } from '../salt.ts';

export const command = defineCommand({
  flags: {
    since: { type: 'string', value: '1h', default: '1d', about: 'no older ones: 30m, 2h, 3d' },
    source: { type: 'string', value: 'okta', about: 'only of this source' },
    type: { type: 'string', value: 'user.lifecycle.create', about: 'only with an event of this type' },
    person: { type: 'string', value: 'id', about: "only of this person, by the vendor's id" },
    event: { type: 'string', value: 'id', about: "only with this event, by the vendor's id of it" },
    hash: { type: 'string', value: 'hash', about: 'only of whom or what has this hash in the logs' },
    outcome: { type: 'string', value: 'refused', about: `only what became ${OUTCOMES.join(', ')}` },
    limit: { type: 'string', value: '200', default: '50', about: 'no more than the newest so many' },
  },
  more: `A line a delivery, from the logs of webhook and deliver: people and events by the hashes that stand there, of each delivery the
first twenty. What became of it is of the last delivery to Velt that was for its events; person tells how it stands now.
What is queued waits still, or is news of a group, of which no line tells.`,
  exits: { 0: 'something was found', 1: 'nothing was, or the logs could not be read' },
  async run({ since, source, type, person, event, hash, outcome, limit }, context) {
    const { place, terminal, clock, signal } = context;
    const from = clock() - msOf('since', since);
    const most = Number(limit);
    if (!Number.isSafeInteger(most) || most < 1) throw new BadArguments(`--limit is ${limit}, and no count`);
    if (outcome !== undefined && !OUTCOMES.includes(outcome))
      throw new BadArguments(`--outcome is one of ${OUTCOMES.join(', ')}`);
    const hashes = await hashesOf({ person, event, hash }, async () => saltOf(await place()));
    const logs = createLogs(await place(), signal);
    const arrived = await arrivedSince(from, hashes, logs);
    const isMeant = (one: Arrived) =>
      (source ?? one.source) === one.source &&
      (type === undefined || one.types.includes(type)) &&
      (outcome === undefined || one.outcomes.includes(outcome));
    const meant = arrived.filter(isMeant);
    const events = meant.slice(-most);
    const leftOut = meant.length - events.length;
    const shown = events.map(({ at, ...one }) => ({ time: new Date(at).toISOString(), ...one }));
    terminal.show({ events: shown, leftOut }, eventsText(events, { since: from, leftOut }));
    return events.length > 0;
  },
});
