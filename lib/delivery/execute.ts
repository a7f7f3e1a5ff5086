import pMap from 'p-map';
import { type Item, type Step, stageOf, veltGroup } from '../directory/calls.ts';
import { doubtGroup, type ItemOutcome, recordGroup, recordPerson } from '../directory/confirmations.ts';
import { WorldFault } from '../errors.ts';
import type { Log, Meter } from '../observability.ts';
import type { Velt } from '../velt/client.ts';
import type { HeldContainers, People } from './workset.ts';

const CALLS_AT_ONCE = 4;

/**
 * Carries a plan out stage by stage, a few calls at once, and records every answer on the entries it is about. After a
 * fault of the world no further call is begun. Returns that fault for every entry with something left to do.
 */
export async function carryOut(
  steps: Step[],
  people: People,
  containers: HeldContainers,
  deadline: number,
  { velt, clock, log, meter }: { velt: Pick<Velt, 'apply'>; clock: () => number; log: Log; meter: Meter },
): Promise<Map<string, WorldFault>> {
  const faults = new Map<string, WorldFault>();
  const refused = new Set<string>();
  const known: { step: Step; item: Item }[] = [];
  let fault: WorldFault | undefined;

  for (const [, ofStage] of Map.groupBy(steps, stageOf)) {
    await pMap(ofStage, run, { concurrency: CALLS_AT_ONCE });
    // Velt knew these users already, perhaps by an older profile.
    const updates = Map.groupBy(known.splice(0), ({ step }) => step);
    await pMap(
      updates,
      ([{ scope }, tasks]) => run({ kind: 'users.update', scope, items: tasks.map(({ item }) => item) }),
      { concurrency: CALLS_AT_ONCE },
    );
  }
  if (refused.size > 0) meter.record({ ItemsRefused: refused.size });
  return faults;

  async function run(step: Step): Promise<void> {
    const items = step.items.filter((item) => !prerequisitesOf(step, item).some((name) => refused.has(name)));
    if (items.length === 0) return;
    const { outcomes, fault: newFault } = fault
      ? { outcomes: new Map<string, ItemOutcome>(), fault }
      : await velt.apply({ ...step, items }, deadline);
    fault ??= newFault;
    for (const item of items) {
      const outcome = outcomes.get(item.id);
      if (outcome) note(step, item, outcome);
      else
        for (const owner of item.owners)
          faults.set(owner, newFault ?? new WorldFault('unreadable-answer', 'no outcome'));
    }
  }

  function note(step: Step, item: Item, outcome: ItemOutcome): void {
    const { organizationId, groupId } = step.scope;
    for (const owner of item.owners) {
      const person = people.get(owner);
      if (person) person.entry = recordPerson(person.entry, step, item, outcome, clock());
      const group = containers.get(owner);
      if (group) group.entry = recordGroup(group.entry, organizationId, item, outcome, clock());
    }
    if (outcome.kind === 'exists' && step.kind === 'users.add' && item.digest !== undefined)
      known.push({ step, item });
    if (outcome.kind !== 'refused') return;
    refused.add(nameOf(step, item));
    log.warn('Velt refused an item', { step: step.kind, item: item.id });
    if (outcome.prerequisite !== 'group' || groupId === undefined) return;
    for (const { entry } of item.owners
      .map((owner) => people.get(owner))
      .filter((person) => person !== undefined)) {
      const group = veltGroup(containers, entry.source, groupId);
      if (group) group.entry = doubtGroup(group.entry, organizationId);
    }
  }
}

/** What an item brings about, as a name for those that stand on it. */
function nameOf({ kind, scope }: Pick<Step, 'kind' | 'scope'>, { id }: Pick<Item, 'id'>): string {
  return JSON.stringify([kind, scope, id]);
}

/** What must have gone well before: a member's user and group, and for a folder or a document the organization. */
function prerequisitesOf({ kind, scope }: Step, { id }: Item): string[] {
  const { organizationId, groupId, folderId, documentId } = scope;
  const user = nameOf({ kind: 'users.add', scope: { organizationId } }, { id });
  if (kind === 'group.users.add' && groupId !== undefined) {
    return [user, nameOf({ kind: 'groups.add', scope: { organizationId } }, { id: groupId })];
  }
  return kind === 'users.add' && (folderId ?? documentId) !== undefined ? [user] : [];
}
