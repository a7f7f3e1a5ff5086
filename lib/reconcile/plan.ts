import * as z from 'zod';
import { containersAround } from '../aws/around.ts';
import type { Mirror, Stored } from '../aws/mirror.ts';
import { Run, type Runs } from '../aws/runs.ts';
import { type ContainerNews, containersOf, personOf, type QueueItem } from '../directory/change.ts';
import { Effect, meansTheSameContainer, NO_EFFECT, outlooksOf, plus } from '../directory/effect.ts';
import { type Entry, entryKey, newContainer, newPerson, type PersonEntry } from '../directory/entry.ts';
import { foldContainer, foldPerson } from '../directory/fold.ts';
import type { Policy } from '../directory/policy.ts';
import { Conflict, WorldFault } from '../errors.ts';
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
  /** Each scope that they would lose. */
  lost: z.array(z.string()).optional(),
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
  const items = new Map<string, PlanItem>();
  const deferred: ContainerNews[] = [];
  const run = await runSource({ source }, Number.MAX_SAFE_INTEGER, {
    ...deps,
    ...{ mirror: overlay.mirror, runs: createMemoryRuns(deps.runs), queue: { send: overlay.fold } },
    planning: {
      loss: (entry, { effect, lost }, reason) =>
        void items.set(entryKey(entry), { ...itemOf(entry, effect), reason, lost }),
      deferred: (news) => void deferred.push(...news),
    },
  });
  if (typeof run === 'string') throw new WorldFault('out-of-time', 'the run could not be planned');
  await overlay.fold(deferred);
  const policy = deps.policies.get(source) as Policy;
  for await (const people of deferred.length > 0 ? overlay.everyone(source) : overlay.changed()) {
    const others = people.filter((entry) => !items.has(entryKey(entry)));
    const containers = await containersAround(others, [], overlay.mirror);
    const outlooks = outlooksOf(others, containers, policy, deps.clock());
    for (const entry of others) {
      const outlook = outlooks.get(entryKey(entry));
      if (outlook) items.set(entryKey(entry), itemOf(entry, outlook.effect));
    }
  }
  const all = [...items.values()];
  const effect = all.map((item) => item.effect).reduce(plus, NO_EFFECT);
  return { v: 2, run, effect, groups: overlay.groups(), items: all };
}

/** What an operator allows by applying a plan. */
export function allowanceOf({ run, items }: Plan): Allowance {
  return {
    people: new Map(items.map(({ key, lost = [] }) => [key, new Set(lost)])),
    listed: run.people,
  };
}

export function itemOf(entry: PersonEntry, effect: Effect): PlanItem {
  const name = entry.profile.name?.value;
  return { key: entryKey(entry), effect, ...(name && { name }) };
}

/** The mirror as it would be after what is folded in; only what differs is held. */
function createOverlay(mirror: Mirror) {
  const changed = new Map<string, Stored>();
  const changedContainers = new Set<string>();
  const overlaid = {
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
  } satisfies Mirror;
  return { mirror: overlaid, fold, changed: changedPeople, everyone, groups };

  async function fold(items: QueueItem[]): Promise<void> {
    const refs = items.flatMap((item) => [personOf(item) ?? [], containersOf(item)].flat());
    for (const [key, stored] of await overlaid.read(refs)) changed.set(key, stored);
    for (const item of items) {
      const person = personOf(item);
      if (person && (item.kind === 'person' || item.kind === 'membership'))
        replace(newPerson(person.source, person.id), (entry) => foldPerson(entry, item));
      if (item.kind === 'recheck' || item.kind === 'person') continue;
      for (const ref of containersOf(item)) {
        const [before, after] = replace(newContainer(ref), (entry) => foldContainer(entry, item));
        if (!meansTheSameContainer(before, after)) changedContainers.add(entryKey(ref));
      }
    }
  }

  function replace<T extends Entry>(unknown: T, fold: (entry: T) => T): [before: T, after: T] {
    const stored = (changed.get(entryKey(unknown)) ?? { entry: unknown, revision: 0 }) as Stored<T>;
    const entry = fold(stored.entry);
    changed.set(entryKey(unknown), { ...stored, entry });
    return [stored.entry, entry];
  }

  /** The people of whom something was folded in, some at a time. */
  async function* changedPeople(): AsyncGenerator<PersonEntry[]> {
    const people = peopleAmong([...changed.values()]);
    for (let start = 0; start < people.length; start += AT_ONCE) yield people.slice(start, start + AT_ONCE);
  }

  /** These, and all others of a source. */
  async function* everyone(source: string): AsyncGenerator<PersonEntry[]> {
    yield* changedPeople();
    let cursor: string | undefined;
    do {
      const { entries, next } = await mirror.scan(source, cursor);
      yield peopleAmong(entries.filter(({ entry }) => !changed.has(entryKey(entry))));
      cursor = next;
    } while (cursor !== undefined);
  }

  function groups(): Plan['groups'] {
    const stored = [...changedContainers].flatMap((key) => changed.get(key) ?? []);
    const news = stored.filter(({ entry }) => entry.kind === 'group');
    const ended = news.filter(({ entry: { exists } }) => exists?.value === false).length;
    const added = news.filter(({ entry: { exists }, revision }) => revision === 0 && exists?.value !== false);
    return { added: added.length, changed: news.length - added.length - ended, ended };
  }
}

function peopleAmong(stored: Stored[]): PersonEntry[] {
  return stored.map(({ entry }) => entry).filter((entry): entry is PersonEntry => entry.kind === 'person');
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
