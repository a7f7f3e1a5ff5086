import { BadArguments, type Context, defineCommand } from '../command.ts';
import { CONFIG_FILE, readConfigFile } from '../config-file.ts';
import { dropParked, listParked, type Parked, type Replayed, replayParked } from '../parked.ts';
import { createQueues } from '../queues.ts';
import { tableText } from '../table.ts';
import { createWebhookCall } from '../webhook-call.ts';

export const command = defineCommand({
  takes: '[show|replay|drop] [id]',
  flags: {
    all: { type: 'boolean', about: 'replay: everything that is parked' },
    yes: { type: 'string', value: 'id', about: 'drop: the id once more, where nobody can type it' },
  },
  more: `Without a word it lists them, and names nobody. show prints one as it came: it is a customer's personal data.
replay sends one to the webhook function again, with the source's credential, and takes it away once that was taken.
drop takes one away for good.`,
  exits: { 1: 'it failed, or not all of it was taken' },
  async run({ args: [word = 'list', id], all = false, yes }, context) {
    if (all && (word !== 'replay' || id !== undefined))
      throw new BadArguments('--all is for replay, without an id');
    const act = Object.hasOwn(ACTS, word) ? ACTS[word] : undefined;
    if (!act) throw new BadArguments(`${word} is none of show, replay and drop`);
    if (word !== 'list' && id === undefined && !all)
      throw new BadArguments(`${word} needs an id of those that npm run sync -- parked lists`);
    return act({ id: id ?? '', all, yes }, context);
  },
});

type Act = (
  asked: { id: string; all: boolean; yes: string | undefined },
  context: Context,
) => Promise<boolean>;

const ACTS: Record<string, Act> = { list, show, replay, drop };

async function list(_asked: unknown, { place, terminal }: Context): Promise<boolean> {
  const parked = await listParked({ queues: createQueues(await place()) });
  const shown = parked.map(({ body, ...one }) => ({ ...one, bytes: body.length }));
  const rows = shown.map(({ id, at, source, reasons: [reason = '', ...more], bytes }) => [
    new Date(at).toISOString(),
    source,
    id,
    String(bytes),
    more.length > 0 ? `${reason} (and ${more.length} more)` : reason,
  ]);
  const head = ['parked at', 'source', 'id', 'bytes', 'why'];
  terminal.show(shown, rows.length > 0 ? tableText([head, ...rows]) : 'Nothing is parked.');
  return true;
}

async function show({ id }: { id: string }, { place, terminal }: Context): Promise<boolean> {
  const { body, ...one } = await find(id, createQueues(await place()));
  const text = body.toString();
  terminal.show({ ...one, body: text }, text);
  return true;
}

async function replay(
  { id, all }: { id: string; all: boolean },
  { place, terminal, clock }: Context,
): Promise<boolean> {
  const at = await place();
  const queues = createQueues(at);
  const config = readConfigFile(CONFIG_FILE);
  const ids = all ? (await listParked({ queues })).map((one) => one.id) : [(await find(id, queues)).id];
  const webhook = createWebhookCall(at, config, clock);
  const replayed = await replayParked(ids, { queues, config, clock, webhook });
  terminal.show(replayed, replayedText(replayed));
  return replayed.length === ids.length && replayed.every(({ outcome }) => outcome === 'taken');
}

async function drop(
  { id, yes }: { id: string; yes: string | undefined },
  { place, terminal, confirm }: Context,
): Promise<boolean> {
  const queues = createQueues(await place());
  const { source, reasons } = await find(id, queues);
  terminal.print(`Of ${source}: ${reasons.join('; ')}`);
  const dropped =
    (await confirm({ word: id, to: 'drop it for good', yes })) && (await dropParked(id, { queues }));
  terminal.show({ id, dropped }, dropped ? 'Dropped.' : 'It stays.');
  return dropped;
}

async function find(id: string, queues: ReturnType<typeof createQueues>): Promise<Parked> {
  const found = (await listParked({ queues })).find((one) => one.id === id);
  if (!found) throw new Error(`nothing that is parked has the id ${id}`);
  return found;
}

const OUTCOMES: Record<Replayed['outcome'], string> = {
  taken: 'taken',
  unreadable: 'stays: this version cannot read it either',
  parked: 'parked anew',
  failed: 'stays: it could not be sent',
};

function replayedText(replayed: Replayed[]): string {
  const rows = replayed.map(({ id, source, outcome, changes, why }) => [
    id,
    source,
    changes === undefined ? '' : `${changes} changes`,
    `${OUTCOMES[outcome]}${why === undefined ? '' : `: ${why}`}`,
  ]);
  return rows.length > 0 ? tableText([['id', 'source', '', ''], ...rows]) : 'Nothing is parked.';
}
