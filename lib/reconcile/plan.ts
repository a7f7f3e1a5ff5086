import * as z from 'zod';
import type { Mirror, Stored } from '../aws/mirror.ts';
import { Run, type Runs } from '../aws/runs.ts';
import { type ContainerNews, containersOf, personOf, type QueueItem } from '../directory/change.ts';
import { Effect, effectsOf, NO_EFFECT, plus } from '../directory/effect.ts';
import { type Entry, entryKey, newContainer, newPerson, type PersonEntry } from '../directory/entry.ts';
import { foldContainer, foldPerson } from '../directory/fold.ts';
import type { Policy } from '../directory/policy.ts';
import { Conflict, WorldFault } from '../errors.ts';
import { containersAround } from './diff.ts';
import { runSource } from './run.ts';
import type { Allowance, RunDeps } from './work.ts';

/** What a run would do about one person. */
const PlanItem = z.strictObject({
  /** The entry's, in the mirror. */
  key: z.string(),
  name: z.string().optional(),
  /** Why they would lose something, if they would. */
  reason: z.string().optional(),
  effect: Effect,
});

/** What a run would do, to look at, for programs to read, and to be applied. */
export const Plan = z.strictObject({
  v: z.literal(2),
  /** The run as it would stand at the breaker; `reason` is why it would stop there. */
  run: Run,
  /** Of the whole plan in Velt. */
  effect: Effect,
  groups: z.strictObject({ added: z.int(), changed: z.int(), ended: z.int() }),
  items: z.array(PlanItem),
});
export type Plan = z.infer<typeof Plan>;
export type PlanItem = z.infer<typeof PlanItem>;

/** So many people are worked out at a time. */
const AT_ONCE = 500;

/**
 * Works out what a run would do: it is the same run, which sends nothing and writes nothing. What it would queue is folded into
 * a copy of the entries instead, so that a person who is told of on several pages is one. Holds in memory what differs, about
 * two kilobytes a person. Throws as `runSource` does, and WorldFault when the run cannot be finished by now.
 */
export async function makePlan(source: string, deps: RunDeps): Promise<Plan> {
  const overlay = createOverlay(deps.mirror);
  const losses = new Map<string, PlanItem>();
  const run = await runSource({ source }, Number.MAX_SAFE_INTEGER, {
    ...deps,
    ...{ mirror: overlay.mirror, runs: createMemoryRuns(deps.runs), queue: { send: overlay.fold } },
    onLoss: (entry, effect, reason) => {
      losses.set(entryKey(entry), itemOf(entry, effect, reason));
    },
  });
  if (typeof run === 'string') throw new WorldFault('out-of-time', 'the run could not be planned');
  const policy = deps.policies.get(source) as Policy;
  const items = [...losses.values()];
  const people = overlay.changed().filter((entry): entry is PersonEntry => entry.kind === 'person');
  for (let start = 0; start < people.length; start += AT_ONCE) {
    const some = people.slice(start, start + AT_ONCE).filter((entry) => !losses.has(entryKey(entry)));
    const containers = await containersAround(some, [], overlay.mirror);
    const effects = effectsOf(some, containers, policy, deps.clock());
    for (const entry of some) {
      const effect = effects.get(entryKey(entry));
      if (effect) items.push(itemOf(entry, effect));
    }
  }
  const effect = items.map((item) => item.effect).reduce(plus, NO_EFFECT);
  return { v: 2, run, effect, groups: overlay.groups(), items };
}

/** What an operator allows by applying a plan. */
export function allowanceOf({ run, items }: Plan): Allowance {
  return {
    people: new Map(items.map(({ key, effect }) => [key, effect])),
    ...{ listed: run.people, unreadable: run.unreadable },
  };
}

function itemOf(entry: PersonEntry, effect: Effect, reason?: string): PlanItem {
  const name = entry.profile.name?.value;
  return { key: entryKey(entry), effect, ...(name && { name }), ...(reason && { reason }) };
}

/** The mirror as it would be after what is folded in; only what differs is held. */
function createOverlay(mirror: Mirror) {
  const changed = new Map<string, Stored>();
  return {
    mirror: {
      ...mirror,
      async read(refs) {
        const found = await mirror.read(refs.filter((ref) => !changed.has(entryKey(ref))));
        for (const ref of refs) {
          const known = changed.get(entryKey(ref));
          if (known) found.set(entryKey(ref), known);
        }
        return found;
      },
      async scan(source, cursor) {
        const { entries, next } = await mirror.scan(source, cursor);
        return { entries: entries.map((stored) => changed.get(entryKey(stored.entry)) ?? stored), next };
      },
    } satisfies Mirror,
    async fold(items: QueueItem[]): Promise<void> {
      const refs = items.flatMap((item) => [personOf(item) ?? [], containersOf(item)].flat());
      for (const [key, stored] of await mirror.read(refs.filter((ref) => !changed.has(entryKey(ref)))))
        changed.set(key, stored);
      for (const item of items) for (const entry of foldedBy(item)) changed.set(entryKey(entry.entry), entry);
    },
    changed: () => [...changed.values()].map(({ entry }) => entry),
    groups() {
      const groups = [...changed.values()].filter(({ entry }) => entry.kind === 'group');
      const ended = groups.filter(({ entry }) => entry.exists?.value === false).length;
      const added = groups.filter(({ revision }) => revision === 0).length;
      return { added, changed: groups.length - added - ended, ended };
    },
  };

  function foldedBy(item: QueueItem): Stored[] {
    const known = <T extends Entry>(entry: T) =>
      (changed.get(entryKey(entry)) ?? { entry, revision: 0 }) as Stored<T>;
    const person = personOf(item);
    const folded: Stored[] = [];
    if (person && (item.kind === 'person' || item.kind === 'membership')) {
      const stored = known(newPerson(person.source, person.id));
      folded.push({ ...stored, entry: foldPerson(stored.entry, item) });
    }
    if (item.kind === 'recheck' || item.kind === 'person') return folded;
    for (const ref of containersOf(item)) {
      const stored = known(newContainer(ref));
      folded.push({ ...stored, entry: foldContainer(stored.entry, item as ContainerNews) });
    }
    return folded;
  }
}

/** The records of one run in memory; it begins where the last one that is stored ended. */
function createMemoryRuns(stored: Runs): Runs {
  let current: { run: Run; revision: number } | undefined;
  return {
    ...stored,
    async current(source) {
      if (current) return current;
      const last = await stored.current(source);
      if (!last?.run) return undefined;
      const { lease: _, ...run } = last.run;
      // A run that is under way is not gone on with: this one is to see all of it.
      return { run: run.state === 'running' ? { ...run, state: 'stopped' } : run, revision: 0 };
    },
    async save(run, revision) {
      if ((current?.revision ?? 0) !== revision) throw new Conflict('not the newest run');
      current = { run, revision: revision + 1 };
      return revision + 1;
    },
    async writeListed() {},
    async *listed() {},
    async writeDeferred() {},
    async *deferred() {},
  };
}
