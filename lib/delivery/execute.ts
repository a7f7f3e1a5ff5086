import pMap from 'p-map';
import { type Call, type Item, stageOf, veltGroup } from '../directory/calls.ts';
import { forgetGroup, type ItemOutcome, recordGroup, recordPerson } from '../directory/confirmations.ts';
import { WorldFault } from '../errors.ts';
import type { Log, Meter } from '../observability.ts';
import type { Applied, Velt } from '../velt/client.ts';
import { leased, type Workset, type WorksetDeps } from './workset.ts';

export interface ExecuteDeps extends WorksetDeps {
  velt: Pick<Velt, 'apply'>;
  log: Log;
  meter: Meter;
}

const CALLS_AT_ONCE = 4;

/**
 * Makes the calls of a plan stage by stage, a few at once, and records every answer on the entries it is about: only on those
 * that this delivery leased. After a fault of the world no further call is begun. Notes that fault for every entry with
 * something left to do, and of calls that may still take effect until when.
 */
export async function execute(
  calls: Call[],
  work: Workset,
  deadline: number,
  deps: ExecuteDeps,
): Promise<void> {
  /** Items that were refused, and those that another delivery's lease keeps from being called, with the fault. */
  const refused = new Set<string>();
  const waiting = new Map<string, WorldFault>();
  const known: { call: Call; item: Item }[] = [];
  let fault: WorldFault | undefined;

  for (const [, ofStage] of Map.groupBy(calls, stageOf)) {
    await pMap(ofStage, run, { concurrency: CALLS_AT_ONCE });
    // Velt knew these users already, perhaps by an older profile.
    const updates = Map.groupBy(known.splice(0), ({ call }) => call);
    await pMap(
      updates,
      ([{ scope }, tasks]) => run({ kind: 'users.update', scope, items: tasks.map(({ item }) => item) }),
      { concurrency: CALLS_AT_ONCE },
    );
  }
  if (refused.size > 0) deps.meter.record({ ItemsRefused: refused.size });

  async function run(call: Call): Promise<void> {
    const items = call.items.filter((item) => isReady(call, item));
    if (items.length === 0) return;
    const applied: Applied = fault
      ? { outcomes: new Map<string, ItemOutcome>(), fault }
      : await deps.velt.apply({ ...call, items }, deadline);
    fault ??= applied.fault;
    for (const item of items) {
      const outcome = applied.outcomes.get(item.id);
      if (outcome) {
        note(call, item, outcome);
        continue;
      }
      keepWaiting(item, applied.fault ?? new WorldFault('unreadable-answer', 'no outcome'));
      const { landsUntil } = applied;
      if (landsUntil === undefined) continue;
      for (const owner of item.owners) work.late.set(owner, Math.max(landsUntil, work.late.get(owner) ?? 0));
    }
  }

  function isReady(call: Call, item: Item): boolean {
    const needed = prerequisitesOf(call, item);
    if (needed.some((name) => refused.has(name))) return false;
    const blocked = needed.flatMap((name) => waiting.get(name) ?? [])[0] ?? leaseFault(item);
    if (!blocked) return true;
    waiting.set(nameOf(call, item), blocked);
    keepWaiting(item, blocked);
    return false;
  }

  /** Why an item must not be called by this delivery: somebody it is called for is not under its lease. */
  function leaseFault({ owners }: Item): WorldFault | undefined {
    for (const owner of owners) {
      const loaded = work.people.get(owner) ?? work.containers.get(owner);
      if (loaded && loaded.stored.lease?.owner !== work.owner) return leased(loaded, deps);
    }
    return undefined;
  }

  function keepWaiting({ owners }: Item, why: WorldFault): void {
    for (const owner of owners) work.faults.set(owner, why);
  }

  function note(call: Call, item: Item, outcome: ItemOutcome): void {
    const { organizationId, groupId } = call.scope;
    for (const owner of item.owners) {
      const person = work.people.get(owner);
      if (person) person.entry = recordPerson(person.entry, call, item, outcome, deps.clock());
      const group = work.containers.get(owner);
      if (group) group.entry = recordGroup(group.entry, organizationId, item, outcome, deps.clock());
    }
    if (outcome.kind === 'exists' && call.kind === 'users.add' && item.digest !== undefined)
      known.push({ call, item });
    if (outcome.kind !== 'refused') return;
    refused.add(nameOf(call, item));
    deps.log.warn('Velt refused an item', { call: call.kind, item: item.id });
    if (outcome.prerequisite !== 'group' || groupId === undefined) return;
    for (const owner of item.owners) {
      const source = work.people.get(owner)?.entry.source;
      const group = source === undefined ? undefined : veltGroup(work.containers, source, groupId);
      if (group) group.entry = forgetGroup(group.entry, organizationId);
    }
  }
}

/** What an item brings about, as a name for those that stand on it. */
function nameOf({ kind, scope }: Pick<Call, 'kind' | 'scope'>, { id }: Pick<Item, 'id'>): string {
  return JSON.stringify([kind, scope, id]);
}

/** What must have gone well before: a member's user and group, and for a folder or a document the organization. */
function prerequisitesOf({ kind, scope }: Call, { id }: Item): string[] {
  const { organizationId, groupId, folderId, documentId } = scope;
  const user = nameOf({ kind: 'users.add', scope: { organizationId } }, { id });
  if (kind === 'group.users.add' && groupId !== undefined) {
    return [user, nameOf({ kind: 'groups.add', scope: { organizationId } }, { id: groupId })];
  }
  return kind === 'users.add' && (folderId ?? documentId) !== undefined ? [user] : [];
}
