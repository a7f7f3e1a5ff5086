import pMap from 'p-map';
import { type Call, contentOf, type Item, isRemoval, stageOf, veltGroup } from '../directory/calls.ts';
import {
  type Answered,
  forgetGroup,
  type ItemOutcome,
  recordGroup,
  recordPerson,
} from '../directory/confirmations.ts';
import { type Scope, scopeKey } from '../directory/entry.ts';
import { WorldFault } from '../errors.ts';
import type { Log, Meter } from '../observability.ts';
import type { Applied, Velt } from '../velt/client.ts';
import { leased, type Workset, type WorksetDeps } from './workset.ts';

export interface ExecuteDeps extends WorksetDeps {
  velt: Pick<Velt, 'apply' | 'applyRefused'>;
  log: Log;
  meter: Meter;
}

const CALLS_AT_ONCE = 4;
/** Faults that would meet every other call too. */
const STOPS = ['throttled', 'credentials', 'no-credentials', 'secret', 'out-of-time'];
/** From this receive on, what Velt fails on alone while it answers others is taken for the culprit. */
const ALONE_FROM = 3;

interface Task {
  call: Call;
  item: Item;
}

type Failed = Task & { fault: WorldFault };

/** How far the calls of a plan have come. */
interface Execution {
  work: Workset;
  deadline: number;
  deps: ExecuteDeps;
  /** Items that were refused, and those that another delivery's lease or a fault keeps from being called, by their names. */
  refused: Set<string>;
  waiting: Map<string, WorldFault>;
  /** What is called for after the removals, and its names. */
  postponed: Map<Call, Item[]>;
  later: Set<string>;
  /** What Velt answered about people, by entry key: recorded in the end, in one go. */
  answers: Map<string, Answered[]>;
  /** Users whom Velt said that it knew, or may have known: their profile may be an older one. */
  known: Task[];
  /** Items that have something left to do, and those that a call failed for alone. */
  left: Failed[];
  alone: Failed[];
  failures: number;
  isAnswered: boolean;
  /** Why no further call is begun. */
  stop?: WorldFault;
}

/**
 * Makes the calls of a plan stage by stage, a few at once, and records every answer on the entries it is about: only on those
 * that this delivery leased. After a fault the removals come before what is left, and only what stands on the failed call
 * waits. No further one is begun after a fault that would meet every call, or while Velt answers none of several: more of them
 * each time the messages come back. Notes the fault for every entry with something left to do, and of calls that may still take
 * effect until when.
 *
 * What Velt keeps failing on alone while it answers other calls counts as refused, and so does what was refused before: it is
 * tried by id and name alone, and then by the sweep, so that the messages need not come back for it. Returns what Velt answered
 * about people, by entry key.
 */
export async function execute(
  calls: Call[],
  work: Workset,
  deadline: number,
  deps: ExecuteDeps,
): Promise<ReadonlyMap<string, Answered[]>> {
  const execution: Execution = {
    ...{ work, deadline, deps, refused: new Set(), waiting: new Map(), postponed: new Map() },
    answers: new Map(),
    ...{ later: new Set(), known: [], left: [], alone: [], failures: 0, isAnswered: false },
  };
  await inOrder(calls, runOrPostpone, execution);
  const postponed = [...execution.postponed].map(([call, items]) => ({ ...call, items }));
  await inOrder(postponed, run, execution);

  // For want of an answer to anything nobody is a culprit, nor was everyone called for who has that fault.
  const culprits = execution.alone.filter(
    (task) => task.fault !== execution.stop && isCulprit(task, execution),
  );
  for (const { call, item, fault } of culprits)
    await inOrder([{ ...call, items: [item] }], (one) => refuse(one, fault, execution), execution);
  for (const [owner, answers] of execution.answers) {
    const person = work.people.get(owner);
    if (person) person.entry = recordPerson(person.entry, answers, deps.clock());
  }
  // What stands on a culprit that is there after all goes on when the messages come back.
  const isRefused = ({ call, item }: Task) => execution.refused.has(nameOf(call, item));
  const over = new Set(culprits.filter(isRefused).map(({ fault }) => fault));
  for (const task of execution.left)
    if (!culprits.includes(task) && !over.has(task.fault))
      for (const owner of task.item.owners) work.faults.set(owner, task.fault);
  if (execution.refused.size > 0) deps.meter.record({ ItemsRefused: execution.refused.size });
  return execution.answers;
}

type Make = (call: Call, execution: Execution) => Promise<void>;

async function inOrder(calls: Call[], make: Make, execution: Execution): Promise<void> {
  const makeAll = (calls: Call[]) =>
    pMap(calls, (call) => make(call, execution), { concurrency: CALLS_AT_ONCE });
  for (const [, ofStage] of Map.groupBy(calls, stageOf)) {
    await makeAll(ofStage);
    // Velt knew these users already, perhaps by an older profile.
    const updates = Map.groupBy(execution.known.splice(0), ({ call }) => call);
    await makeAll(
      [...updates].map(([{ scope }, tasks]) => ({
        ...{ kind: 'users.update', scope },
        items: tasks.map(({ item }) => item),
      })),
    );
  }
}

/** After a fault, only removals are called for that stand on nothing which is still to come. */
async function runOrPostpone(call: Call, execution: Execution): Promise<void> {
  const { failures, later, postponed } = execution;
  const isFirst = (item: Item) =>
    isRemoval(call) ? !prerequisitesOf(call, item).some((name) => later.has(name)) : failures === 0;
  const { now = [], after = [] } = Object.groupBy(call.items, (item) => (isFirst(item) ? 'now' : 'after'));
  if (after.length > 0) postponed.set(call, after);
  for (const item of after) for (const name of namesOf(call, item)) later.add(name);
  await run({ ...call, items: now }, execution);
}

async function run(call: Call, execution: Execution): Promise<void> {
  const { work, deadline, deps, alone } = execution;
  const items = call.items.filter((item) => isReady(call, item, execution));
  if (items.length === 0) return;
  const applied: Applied = execution.stop
    ? { outcomes: new Map<string, ItemOutcome>(), fault: execution.stop }
    : await deps.velt.apply({ ...call, items }, deadline);
  const { outcomes, fault, landsUntil } = applied;
  if (outcomes.size > 0) execution.isAnswered = true;
  if (fault) execution.failures += 1;
  const isAway = !execution.isAnswered && execution.failures >= CALLS_AT_ONCE * work.receives;
  if (fault && (isAway || STOPS.includes(fault.code))) execution.stop ??= fault;
  for (const item of items) {
    const outcome = outcomes.get(item.id);
    if (outcome) {
      note(call, item, outcome, execution);
      continue;
    }
    const why = fault ?? new WorldFault('unreadable-answer', 'no outcome');
    const task = keepWaiting(call, item, why, execution);
    if (items.length === 1) alone.push(task);
    noteLate(item, landsUntil, work);
  }
}

/** Takes a fault for a refusal: as after every other, whoever has attributes is tried without. */
async function refuse(call: Call, { message: reason }: WorldFault, execution: Execution): Promise<void> {
  const { work, deadline, deps, stop } = execution;
  const { outcomes, fault, landsUntil }: Applied = stop
    ? { outcomes: new Map() }
    : await deps.velt.applyRefused(call, reason, deadline);
  if (fault && STOPS.includes(fault.code)) execution.stop ??= fault;
  for (const item of call.items) {
    note(call, item, outcomes.get(item.id) ?? { kind: 'refused', reason }, execution);
    noteLate(item, landsUntil, work);
  }
}

function noteLate({ owners }: Item, landsUntil: number | undefined, { late }: Workset): void {
  if (landsUntil === undefined) return;
  for (const owner of owners) late.set(owner, Math.max(landsUntil, late.get(owner) ?? 0));
}

function isCulprit({ call, item, fault }: Failed, execution: Execution): boolean {
  const { work, isAnswered } = execution;
  if (STOPS.includes(fault.code)) return false;
  if (isAnswered && work.receives >= ALONE_FROM) return true;
  const { organizationId } = call.scope;
  const known = item.owners.flatMap((owner) => [
    work.people.get(owner)?.entry.delivered[item.id]?.[scopeKey(call.scope)],
    work.containers.get(owner)?.entry.delivered[organizationId],
  ]);
  return known.some((one) => one?.refusal?.content === contentOf(call.kind, item.digest));
}

function isReady(call: Call, item: Item, execution: Execution): boolean {
  const needed = prerequisitesOf(call, item);
  if (needed.some((name) => execution.refused.has(name))) return false;
  const blocked =
    needed.flatMap((name) => execution.waiting.get(name) ?? [])[0] ?? leaseFault(item, execution);
  if (blocked) keepWaiting(call, item, blocked, execution);
  return !blocked;
}

/**
 * Why an item must not be called by this delivery: somebody it is called for is not under its lease, or shares their user with
 * somebody who cannot be read.
 */
function leaseFault({ owners }: Item, { work, deps }: Execution): WorldFault | undefined {
  for (const owner of owners) {
    const known = work.faults.get(owner);
    if (known?.code === 'unreadable-entry') return known;
    const loaded = work.people.get(owner) ?? work.containers.get(owner);
    if (loaded && loaded.stored.lease?.owner !== work.owner) return leased(loaded, deps);
  }
  return undefined;
}

function keepWaiting(call: Call, item: Item, fault: WorldFault, { waiting, left }: Execution): Failed {
  for (const name of namesOf(call, item)) waiting.set(name, fault);
  const failed = { call, item, fault };
  left.push(failed);
  return failed;
}

function note(call: Call, item: Item, answered: ItemOutcome, execution: Execution): void {
  const mayBeOld = call.kind === 'users.add' && item.mayBeThere && ['done', 'partly'].includes(answered.kind);
  const outcome: ItemOutcome = mayBeOld ? { kind: 'exists' } : answered;
  const { work, deps, known, refused, answers } = execution;
  const { organizationId, groupId } = call.scope;
  for (const owner of item.owners) {
    if (work.people.has(owner)) {
      const ofOwner = answers.get(owner) ?? [];
      ofOwner.push({ call, item, outcome });
      answers.set(owner, ofOwner);
    }
    const group = work.containers.get(owner);
    if (group) group.entry = recordGroup(group.entry, organizationId, item, outcome, deps.clock());
  }
  const isThere =
    outcome.kind === 'exists' || (outcome.kind === 'unproven' && isUnprovenAgain(call, item, execution));
  if (isThere && call.kind === 'users.add' && item.digest !== undefined) known.push({ call, item });
  if (outcome.kind === 'partly') {
    const fields = { call: call.kind, item: item.id, fields: outcome.attributes };
    deps.log.warn('Velt refused attributes of somebody, who is there without them', fields);
    deps.meter.record({ AttributesRefused: outcome.attributes.length });
  }
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

/** Whether Velt answered the same call before without a word on this item, which was there already, or may have been. */
function isUnprovenAgain({ scope }: Call, item: Item, { work }: Execution): boolean {
  const isThere = (owner: string) =>
    work.people.get(owner)?.entry.delivered[item.id]?.[scopeKey(scope)]?.present === true;
  return item.isAlone === true && (item.mayBeThere === true || item.owners.some(isThere));
}

/** What an item brings about, as a name for those that stand on it. */
function nameOf({ kind, scope }: Pick<Call, 'kind' | 'scope'>, { id }: Pick<Item, 'id'>): string {
  return JSON.stringify([kind, scope, id]);
}

/** By what names others may stand on an item: its own, and for removals what an owner gets in a scope or around it. */
function namesOf(call: Call, item: Item): string[] {
  const { scope, kind } = call;
  const { organizationId } = scope;
  const gets = item.owners.flatMap((owner) => [
    nameOfGain(owner, scope),
    nameOfGain(owner, { organizationId }),
  ]);
  return [nameOf(call, item), ...(isRemoval({ kind }) ? [] : gets)];
}

function nameOfGain(owner: string, scope: Scope): string {
  return JSON.stringify([owner, scopeKey(scope)]);
}

/**
 * What must have gone well before: a member's user and group, and for a folder or a document the organization. Somebody whose
 * Velt user id changes leaves by the old one only once the new one is there.
 */
function prerequisitesOf({ kind, scope }: Call, { id, owners }: Item): string[] {
  const { organizationId, groupId, folderId, documentId } = scope;
  const user = nameOf({ kind: 'users.add', scope: { organizationId } }, { id });
  if (kind === 'group.users.add' && groupId !== undefined) {
    return [user, nameOf({ kind: 'groups.add', scope: { organizationId } }, { id: groupId })];
  }
  if (isRemoval({ kind })) return owners.map((owner) => nameOfGain(owner, scope));
  return (folderId ?? documentId) !== undefined ? [user] : [];
}
