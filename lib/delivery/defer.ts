import { containersAround, membersOf } from '../aws/around.ts';
import type { Mirror } from '../aws/mirror.ts';
import { lastDelivered, type Runs } from '../aws/runs.ts';
import type { DirectoryConfig } from '../config.ts';
import type { ContainerNews, EntryRef } from '../directory/change.ts';
import { chunk } from '../directory/chunk.ts';
import { isUncertain } from '../directory/desired.ts';
import { isWithin, limitOf, mattersToMembers, outlooksOf, takesAway } from '../directory/effect.ts';
import { type ContainerEntry, entryKey, type PersonEntry } from '../directory/entry.ts';
import { foldContainer } from '../directory/fold.ts';
import type { Policy } from '../directory/policy.ts';
import type { Log, Meter } from '../observability.ts';

export interface DeferDeps {
  mirror: Mirror;
  runs: Pick<Runs, 'current'>;
  policies: ReadonlyMap<string, Policy>;
  config: Pick<DirectoryConfig, 'reconcile'>;
  clock: () => number;
  log: Log;
  meter: Meter;
}

/** A source of which no run was heard for so long (ms) has none any more. */
const RUNS_MS = 7 * 24 * 60 * 60_000;
/** So many people are worked out at a time. */
const AT_ONCE = 500;

/**
 * Folds news into a container, and notes where everyone in it is to be looked at for it. What events tell is left out where it
 * would take something from more people than the breaker lets pass, or from more than can be looked at in half of the time until
 * `deadline` (ms since the epoch): the next run finds the same, and where it is too much stops for it, until an operator applies
 * its plan. Throws WorldFault.
 */
export async function foldNews(
  entry: ContainerEntry,
  news: ContainerNews[],
  deadline: number,
  deps: DeferDeps,
): Promise<ContainerEntry> {
  const hasPassed = (change: ContainerNews) => 'passed' in change && change.passed === true;
  const [free, guarded] = [news.filter(hasPassed), news.filter((change) => !hasPassed(change))];
  const passed = free.reduce(foldContainer, entry);
  const told = guarded.reduce(foldContainer, passed);
  // What comes into a container brings its people something: nobody need be looked at to know that.
  const onlyAdds = guarded.every((change) => change.kind === 'nesting' && change.member);
  const mayTake = onlyAdds
    ? mattersToMembers(passed, told, deps.policies.get(entry.source))
    : matters(passed, told, deps);
  const after = mayTake && (await takesFromTooMany(passed, told, deadline, deps)) ? passed : told;
  return matters(entry, after, deps) ? { ...after, membersDue: true } : after;
}

function matters(before: ContainerEntry, after: ContainerEntry, { policies }: DeferDeps): boolean {
  return (
    after.memberships !== before.memberships || mattersToMembers(before, after, policies.get(before.source))
  );
}

/**
 * Whether more people would lose something by a container as it would be, and as it is would not, than may at once; of whom nobody
 * can say, or before `deadline` (ms since the epoch), counts as one of them. Never of a source that no run goes through, for none
 * would find it again.
 */
async function takesFromTooMany(
  before: ContainerEntry,
  entry: ContainerEntry,
  deadline: number,
  deps: DeferDeps,
): Promise<boolean> {
  const { source, kind, id: item } = entry;
  const { mirror, runs, config, policies, clock, log, meter } = deps;
  const members = new Map<string, EntryRef<'person'>>();
  for await (const people of membersOf(entry, mirror))
    for (const person of people) members.set(entryKey(person), person);
  if (members.size <= config.reconcile.removalsAtLeast) return false;
  const run = (await runs.current(source))?.run;
  const delivered = run && lastDelivered(run);
  const policy = policies.get(source);
  if (delivered === undefined || !policy) return false;
  if (clock() - Date.parse(run?.savedAt ?? '') > RUNS_MS) return false;
  const limit = limitOf(delivered, config.reconcile);
  if (members.size <= limit) return false;
  // The other half is for what comes with it: a message that came back for want of time would get no further the next time.
  const until = clock() + (deadline - clock()) / 2;
  let losing = 0;
  for (const refs of chunk([...members.values()], { count: AT_ONCE })) {
    losing += clock() < until ? await countLosing(refs, [before, entry], policy, deps) : refs.length;
    if (losing <= limit) continue;
    log.warn('News of a container waits for the breaker: npm run sync -- plan shows what it would take', {
      ...{ source, kind, item, people: members.size, count: limit },
    });
    meter.record({ EventsDeferred: 1 }, { source });
    return true;
  }
  return false;
}

async function countLosing(
  refs: EntryRef<'person'>[],
  [before, after]: [ContainerEntry, ContainerEntry],
  policy: Policy,
  { mirror, clock }: DeferDeps,
): Promise<number> {
  const people = [...(await mirror.read(refs)).values()].map((stored) => stored.entry as PersonEntry);
  const around = await containersAround(people, [], mirror);
  const at = clock();
  const lookWith = (entry: ContainerEntry) => {
    const containers = new Map([...around, [entryKey(entry), entry]]);
    return { containers, outlooks: outlooksOf(people, containers, policy, at) };
  };
  const [now, then] = [lookWith(before), lookWith(after)];
  // What they lose anyway, as after a change of the configuration, no news takes from them.
  const losing = [...then.outlooks].filter(
    ([key, outlook]) => takesAway(outlook.effect) && !isWithin(outlook, new Set(now.outlooks.get(key)?.lost)),
  );
  return losing.length + people.filter((person) => isUncertain(person, then.containers, policy, at)).length;
}
