import pMap from 'p-map';
import { sharersOf } from '../aws/around.ts';
import type { Mirror } from '../aws/mirror.ts';
import type { Queue } from '../aws/queue.ts';
import type { Rows } from '../aws/rows.ts';
import { plan } from '../directory/calls.ts';
import { type EntryRef, recheckOf } from '../directory/change.ts';
import { chunk } from '../directory/chunk.ts';
import { type Effect, NO_EFFECT } from '../directory/effect.ts';
import {
  confirmationsOf,
  type Entry,
  entryKey,
  innerOf,
  type PersonEntry,
  parseEntryKey,
} from '../directory/entry.ts';
import { isGroup, type Policy } from '../directory/policy.ts';
import { ConfigError, WorldFault } from '../errors.ts';
import { itemOf, type PlanItem } from './plan.ts';
import { laneOf } from './work.ts';

export interface RemovalDeps {
  mirror: Mirror;
  rows: Rows;
  queue: Queue;
  policies: ReadonlyMap<string, Policy>;
  clock: () => number;
  sleep: (ms: number) => Promise<void>;
  /** How long a delivery that began before the deployment may go on (ms); a minute by default. */
  lingerMs?: number | undefined;
  /** Told how many people are still at Velt. */
  onLeft?: ((left: number) => void) | undefined;
}
type Reading = Pick<RemovalDeps, 'mirror' | 'policies'>;

/** What taking a source out of Velt comes to. */
export interface Removal {
  /** Who would lose something. */
  losing: PlanItem[];
  /** Who would lose nothing, since another source has all of it at Velt as well. */
  staying: PlanItem[];
  /** Groups that are at Velt; there they stay, without members. */
  groups: number;
}

/** As long as `custom.deliverTimeout` in serverless.yml (ms). */
const LINGER_MS = 60_000;
/** How often the mirror is asked whether they are gone (ms), after how many such looks the order is given again, and given up. */
const LOOK_MS = 2_000;
const LOOKS_UNTIL_AGAIN = 15;
const MOST_LOOKS = 150;
const LOOKED_AT_ONCE = 100;
const READS_AT_ONCE = 16;

/**
 * Works out what it would do to take a source out of Velt, and does nothing. Throws ConfigError when neither the configuration
 * nor the table knows of the source, and WorldFault.
 */
export async function planRemoval(
  source: string,
  deps: Reading & Pick<RemovalDeps, 'rows'>,
): Promise<Removal> {
  const removal: Removal = { losing: [], staying: [], groups: 0 };
  let known = deps.policies.has(source);
  for await (const entries of entriesOf(source, deps)) {
    known ||= entries.length > 0;
    removal.groups += entries.filter((entry) => isGroup(entry) && isAtVelt(entry)).length;
    for (const { entry, effect, reason } of await lossesAmong(entries, deps)) {
      const item = itemOf(entry, effect);
      if (reason === undefined) removal.losing.push(item);
      else removal.staying.push({ ...item, reason });
    }
  }
  if (known) return removal;
  const names = await deps.rows.sources();
  if (names.has(source)) return removal;
  const all = [...new Set([...deps.policies.keys(), ...names])].sort().join(', ');
  throw new ConfigError('removal', [
    { path: 'source', message: `nothing is known of ${source}; there is ${all}` },
  ]);
}

/**
 * Takes everyone of a source that is not configured any more out of Velt, but for those of whom another source has all of it
 * there as well, and then deletes whatever the table holds of the source. Delivery makes the calls, by an order for each person,
 * which is given again where nothing comes of it. May be interrupted at any point, and called again.
 *
 * Returns how many people are left, of these how many Velt refuses to delete for now, and how many rows of the table were
 * deleted: none while somebody is left. Throws ConfigError while the source is configured, for its next event would bring people
 * back, and WorldFault.
 */
export async function removeSource(
  source: string,
  deps: RemovalDeps,
): Promise<{ left: number; refused: number; forgotten: number }> {
  if (deps.policies.has(source))
    throw new ConfigError('removal', [{ path: 'source', message: `${source} is still configured` }]);
  const { clock, lingerMs = LINGER_MS } = deps;
  const quiet = clock() + lingerMs;
  for (;;) {
    const lookedAt = clock();
    const { open, refused } = await lookAt(source, deps);
    const stuck = await takeOut(source, open, deps);
    if (stuck > 0 || (open.length === 0 && refused > 0))
      return { left: stuck + refused, refused, forgotten: 0 };
    if (open.length > 0) continue;
    if (lookedAt >= quiet) return { left: 0, refused, forgotten: await deps.rows.forget(source) };
    await deps.sleep(quiet - lookedAt);
  }
}

/** Who of a source is to leave Velt: those for whom there is a call to make, and how many Velt refuses for now. */
async function lookAt(source: string, deps: RemovalDeps): Promise<{ open: EntryRef[]; refused: number }> {
  const open: EntryRef[] = [];
  let refused = 0;
  for await (const entries of entriesOf(source, deps)) {
    for (const { entry, reason } of await lossesAmong(entries, deps)) {
      if (reason !== undefined) continue;
      if (owes(entry, deps)) open.push({ source, kind: 'person', id: entry.id });
      else refused += 1;
    }
  }
  return { open, refused };
}

/** Has these people taken out of Velt. Returns how many are there after minutes in which nobody left. */
async function takeOut(source: string, refs: EntryRef[], deps: RemovalDeps): Promise<number> {
  const order = (people: EntryRef[]) =>
    deps.queue.send(
      people.map((ref) => recheckOf(ref, deps.clock(), { reason: 'removal' })),
      laneOf(source),
    );
  await order(refs);
  let left = refs.length;
  for (const part of chunk(refs, { count: LOOKED_AT_ONCE })) {
    let [open, looks] = [part, 0];
    while (open.length > 0) {
      const found = await deps.mirror.read(open);
      const before = open.length;
      open = open.filter((ref) => {
        const entry = found.get(entryKey(ref))?.entry;
        return entry !== undefined && isPerson(entry) && owes(entry, deps);
      });
      left -= before - open.length;
      deps.onLeft?.(left);
      if (open.length === 0) break;
      looks = open.length < before ? 0 : looks + 1;
      if (looks === MOST_LOOKS) return left;
      await deps.sleep(LOOK_MS);
      if (looks > 0 && looks % LOOKS_UNTIL_AGAIN === 0) await order(open);
    }
  }
  return left;
}

async function* entriesOf(source: string, { mirror }: Pick<RemovalDeps, 'mirror'>): AsyncGenerator<Entry[]> {
  let cursor: string | undefined;
  do {
    const { entries, unreadable, next } = await mirror.scan(source, cursor);
    if (unreadable)
      throw new WorldFault('mirror', 'there are entries of a newer version: deploy that one first');
    yield entries.map(({ entry }) => entry);
    cursor = next;
  } while (cursor !== undefined);
}

/** What everyone among these who is at Velt loses with their source; `reason` is set where that is nothing. */
function lossesAmong(
  entries: Entry[],
  deps: Reading,
): Promise<{ entry: PersonEntry; effect: Effect; reason: string | undefined }[]> {
  return pMap(
    entries.filter(isPerson).filter(isAtVelt),
    async (entry) => {
      const others = await othersOf(entry, deps);
      const lost = confirmationsOf(entry).filter(
        ({ userId, key }) => !others.some(({ delivered }) => delivered[userId]?.[key]?.present),
      );
      const leaves = lost.filter(({ scope }) => innerOf(scope) !== undefined).length;
      const effect = { ...NO_EFFECT, removes: lost.length - leaves, leaves };
      const sources = new Set(others.map(({ source }) => source));
      return { entry, effect, reason: lost.length > 0 ? undefined : `also of ${[...sources].join(', ')}` };
    },
    { concurrency: READS_AT_ONCE },
  );
}

/** The people of other configured sources who are the same user of Velt. */
async function othersOf(entry: PersonEntry, { mirror, policies }: Reading): Promise<PersonEntry[]> {
  const others = new Map([...policies].filter(([source]) => source !== entry.source));
  if (others.size === 0) return [];
  const refs: EntryRef[] = [];
  for (const userId of Object.keys(entry.delivered)) {
    const sharers = await sharersOf(userId, entryKey(entry), { mirror, policies: others });
    refs.push(...sharers.map(parseEntryKey).filter(({ source }) => others.has(source)));
  }
  return [...(await mirror.read(refs)).values()].map((stored) => stored.entry).filter(isPerson);
}

/** Whether there is a call to make until nothing of somebody is at Velt: not what Velt refused a moment ago. */
function owes(entry: PersonEntry, { clock }: Pick<RemovalDeps, 'clock'>): boolean {
  const nobody = { entry, desired: undefined };
  return plan([nobody], [], new Map(), { batchSize: 1, now: clock() }).length > 0;
}

function isPerson(entry: Entry): entry is PersonEntry {
  return entry.kind === 'person';
}

function isAtVelt({ delivered }: Entry): boolean {
  return Object.keys(delivered).length > 0;
}
