import { hashed } from '../../lib/observability.ts';
import { msOf } from '../age.ts';
import { BadArguments, type Context, defineCommand } from '../command.ts';
import { type DeadInvocation, deadInvocations } from '../dead-invocations.ts';
import { deadChangesText, deadInvocationsText } from '../dead-text.ts';
import { createInvoke } from '../invoke.ts';
import { messageOf } from '../message.ts';
import { drop as dropFrom } from '../queue-walk.ts';
import { createQueues } from '../queues.ts';
import { type DeadChanges, type Redriven, redrive } from '../redrive.ts';
import { saltOf } from '../salt.ts';
import { createWebhookCall } from '../webhook-call.ts';

export const command = defineCommand({
  flags: {
    redrive: {
      type: 'boolean',
      about: 'moves them back, or invokes them again; mend the cause first, or they die again',
    },
    apply: { type: 'boolean', about: 'the old name of --redrive' },
    source: { type: 'string', value: 'okta', about: 'moves only what is about this source' },
    kind: {
      type: 'string',
      value: 'person',
      about: 'moves only changes of this kind, or schedule, or partner-event',
    },
    'older-than': { type: 'string', value: '2h', about: 'moves only what is queued for longer: 30m, 2h, 3d' },
    people: { type: 'boolean', about: 'ids instead of hashes of them' },
    drop: { type: 'string', value: 'id', about: 'takes one away for good, by its id' },
    yes: { type: 'string', value: 'id', about: 'with --drop: the id once more, where nobody can type it' },
  },
  more: `Changes go back to their queue, in their order. Schedules and a partner's events are invoked again. What only
another version can read stays, and --drop takes it away. Of changes ten a shard can be seen that stay: SQS locks a shard while some are out.`,
  exits: { 1: 'it failed, or something that was to be moved or dropped stays' },
  async run(asked, context) {
    const { config, place, terminal, clock, signal } = context;
    const { redrive: isAsked = false, apply: isMoved = isAsked, people = false, drop, yes } = asked;
    if (drop !== undefined && isMoved) throw new BadArguments('--drop and --redrive: one of them only');
    if (drop !== undefined) return dropDead(drop, yes, context);
    const meant = meantBy({ ...asked, olderThan: asked['older-than'] }, clock());
    const at = await place();
    const queues = createQueues(at);
    const { handOver } = createWebhookCall(at, config(), clock);
    const invoke = createInvoke(at);
    const [from = '', to = ''] = [await queues.urlOf('changes-dead'), await queues.urlOf('changes')];

    const found = await redrive({ sqs: queues.sqs, from, to, apply: isMoved, isMeant: meant.change, signal });
    const { changes, note } = people ? { changes: found } : await withHashes(found, () => saltOf(at));
    const schedules = await deadInvocations('scheduler-dead', {
      queues,
      isMeant: meant.invocationOf('schedule'),
      restart: isMoved ? (name, event) => invoke(name, event, 'event') : undefined,
    });
    const partnerEvents = await deadInvocations('partner-events-dead', {
      queues,
      isMeant: meant.invocationOf('partner-event'),
      restart: isMoved ? (_name, event) => handOver(event) : undefined,
    });
    const text = [
      deadChangesText(changes, isMoved),
      ...(note === undefined ? [] : [note]),
      ...(schedules.invocations.length > 0 ? [deadInvocationsText('Dead schedules', schedules)] : []),
      ...(partnerEvents.invocations.length > 0
        ? [deadInvocationsText("Dead events of a partner's stream", partnerEvents)]
        : []),
    ].join('\n');
    terminal.show({ changes, note, schedules: told(schedules), partnerEvents: told(partnerEvents) }, text);
    const stays = [schedules, partnerEvents].some(({ failed }) => Object.keys(failed).length > 0);
    return !stays && !(isMoved && changes.dead.some((dead) => !dead.isReadable && meant.change(dead)));
  },
});

/**
 * The same with ids as the logs have them, and a note where those cannot be had: then the ids are left out, for what is dead is
 * to be moved all the same.
 */
async function withHashes(
  { dead, ...rest }: Redriven,
  salt: () => Promise<string>,
): Promise<{ changes: Redriven; note?: string }> {
  const replaced = (idOf: (id: string) => string) => ({
    ...rest,
    dead: dead.map((one) => ({
      ...one,
      about: one.about.map((named) => ({ ...named, id: idOf(named.id) })),
    })),
  });
  if (dead.length === 0) return { changes: { ...rest, dead } };
  try {
    const known = await salt();
    return { changes: replaced((id) => hashed(id, known)) };
  } catch (error) {
    return {
      changes: replaced(() => ''),
      note: `Note: ids are left out, --people shows them: ${messageOf(error, ': ')}`,
    };
  }
}

async function dropDead(
  id: string,
  yes: string | undefined,
  { place, terminal, confirm }: Context,
): Promise<boolean> {
  const queues = createQueues(await place());
  const isMeant = await confirm({ word: id, to: 'drop it for good', yes });
  let dropped = false;
  for (const name of isMeant ? DEAD : []) {
    const url = await queues.urlOf(name);
    dropped ||= url !== undefined && (await dropFrom(queues.sqs, url, id));
  }
  const text = isMeant ? `Nothing that is dead has the id ${id}, or it cannot be seen now.` : 'It stays.';
  terminal.show({ id, dropped }, dropped ? 'Dropped.' : text);
  return dropped;
}

const DEAD = ['changes-dead', 'scheduler-dead', 'partner-events-dead'] as const;

/** Without the events, which may name people. */
function told({ invocations, ...rest }: Awaited<ReturnType<typeof deadInvocations>>) {
  return { ...rest, invocations: invocations.map(({ event: _, ...dead }) => dead) };
}

/** Which of the dead are to be moved. Throws BadArguments for an age that is none. */
function meantBy(
  {
    source,
    kind,
    olderThan,
  }: { source?: string | undefined; kind?: string | undefined; olderThan?: string | undefined },
  now: number,
) {
  const before = olderThan === undefined ? Number.POSITIVE_INFINITY : now - msOf('older-than', olderThan);
  const isOld = (at: number) => at < before;
  return {
    change: ({ at, about }: DeadChanges) =>
      isOld(at) &&
      ((source === undefined && kind === undefined) ||
        about.some((one) => (source ?? one.source) === one.source && (kind ?? one.kind) === one.kind)),
    /** No source is named by what was invoked. */
    invocationOf:
      (own: string) =>
      ({ at }: DeadInvocation) =>
        isOld(at) && source === undefined && (kind ?? own) === own,
  };
}
