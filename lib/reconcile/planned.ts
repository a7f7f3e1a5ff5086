import * as z from 'zod';
import type { Mirror } from '../aws/mirror.ts';
import { Effect as EffectCounts, Run, RunItem, type Runs } from '../aws/runs.ts';
import type { DirectoryConfig, SourceConfig } from '../config.ts';
import type { Effect } from '../directory/effect.ts';
import { parseEntryKey } from '../directory/entry.ts';
import { differences } from './diff.ts';

/** What a run would do, to look at, and for programs to read. */
export const Plan = z.strictObject({
  v: z.literal(1),
  run: Run,
  /** Of the whole plan in Velt, the ends of groups included. */
  effect: EffectCounts,
  /** For each entry one item with what the directory says, and one with what was not listed. */
  items: z.array(RunItem),
});
export type Plan = z.infer<typeof Plan>;

interface PlannedDeps {
  config: DirectoryConfig;
  mirror: Mirror;
  runs: Runs;
  clock: () => number;
}

/** So many people are compared with the mirror at a time. */
const AT_ONCE = 500;

/**
 * Reads what a run that ended would do. A directory tells of a person on several pages, and the run wrote an item for
 * each: here these are one, and what they would do is worked out for all of them together, as things stand now. Throws
 * WorldFault `mirror`.
 */
export async function readPlan(run: Run, deps: PlannedDeps): Promise<Plan> {
  const written: RunItem[] = [];
  for await (const { items } of deps.runs.items(run, 0)) written.push(...items);
  const byEntry = Map.groupBy(written, ({ key, confirm }) => `${confirm ?? 'told'} ${key}`);
  const items = [...byEntry.values()].map(merged);
  const told = items.filter(({ key, confirm }) => isPerson(key) && !confirm);
  const places = items.filter(({ key, confirm }) => !isPerson(key) && !confirm);
  const effects = await effectsOfAll(told, places, deps.config.sources[run.source] as SourceConfig, deps);
  const whole = items.map((item) => ({ ...item, effect: effects.get(item) ?? item.effect }));
  const together = whole.map(({ effect }) => effect).reduce(plus, run.effect);
  const apart = items.map(({ effect }) => effect).reduce(plus, NOTHING);
  return { v: 1, run, effect: minus(together, apart), items: whole };
}

async function effectsOfAll(
  people: RunItem[],
  places: RunItem[],
  source: SourceConfig,
  deps: PlannedDeps,
): Promise<Map<RunItem, Effect>> {
  const effects = new Map<RunItem, Effect>();
  for (let start = 0; start < people.length; start += AT_ONCE) {
    const some = people.slice(start, start + AT_ONCE);
    const changes = [...places, ...some].flatMap((item) =>
      item.changes.filter((change) => change.kind !== 'recheck'),
    );
    const found = await differences(changes, source, deps);
    const byKey = new Map(found.people.map(({ key, effect }) => [key, effect]));
    for (const item of some) effects.set(item, byKey.get(item.key) ?? NOTHING);
  }
  return effects;
}

function merged(items: RunItem[]): RunItem {
  const [first] = items as [RunItem];
  return {
    ...first,
    changes: items.flatMap(({ changes }) => changes),
    effect: items.map(({ effect }) => effect).reduce(plus),
  };
}

const NOTHING: Effect = { adds: 0, updates: 0, joins: 0, removes: 0, leaves: 0 };

function plus(one: Effect, other: Effect): Effect {
  return {
    adds: one.adds + other.adds,
    updates: one.updates + other.updates,
    joins: one.joins + other.joins,
    removes: one.removes + other.removes,
    leaves: one.leaves + other.leaves,
  };
}

function minus(one: Effect, { adds, updates, joins, removes, leaves }: Effect): Effect {
  return plus(one, { adds: -adds, updates: -updates, joins: -joins, removes: -removes, leaves: -leaves });
}

function isPerson(key: string): boolean {
  return parseEntryKey(key).kind === 'person';
}
