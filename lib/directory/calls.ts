import { chunk } from './chunk.ts';
import type { Desired, User } from './desired.ts';
import {
  type Confirmation,
  type ContainerEntry,
  confirmationsOf,
  entryKey,
  innerOf,
  type PersonEntry,
  type Scope,
  scopeKey,
} from './entry.ts';
import type { Containers } from './graph.ts';
import { type Role, toldIn, wayTo } from './roles.ts';

/** The calls a plan is made of. */
export type CallKind =
  | 'groups.add'
  | 'users.add'
  | 'users.update'
  | 'group.users.add'
  | 'group.users.delete'
  | 'users.delete';

/** One user or group of a call. `owners` are the keys of the entries it is made for. */
export interface Item {
  /** The Velt user id, or for `groups.add` the Velt group id: what Velt's answer is matched by. */
  id: string;
  owners: string[];
  /** What the content amounts to, where the call carries any: a profile, a role or a group's name. */
  digest?: string;
  /** By owner, what their own content amounts to: two people can be one user of Velt, and only one profile is sent. */
  digests?: Record<string, string>;
  user?: User;
  role?: Role;
  /** Set where an add with a role may meet somebody who is there, and may have another one. */
  mayBeThere?: true;
  /** Set where Velt answered this before without naming it: alone in a call, its silence is about nobody else. */
  isAlone?: true;
  groupName?: string;
}

/** One request to Velt: at most a batch of items, all of one scope. */
export interface Call {
  kind: CallKind;
  scope: Scope;
  items: Item[];
}

export function isRemoval({ kind }: Pick<Call, 'kind'>): boolean {
  return kind.endsWith('.delete');
}

/** A person of the batch with what Velt should hold for them. */
export interface Candidate {
  entry: PersonEntry;
  desired: Desired | undefined;
}

/** A group that the batch itself is about, with the Velt organizations that should know it. */
export interface GroupCandidate {
  entry: ContainerEntry;
  organizationIds: string[];
}

/** Each item by its id, in the call it belongs to. */
type Add = (kind: CallKind, scope: Scope, item: Item) => void;

/**
 * Plans the calls that take what was delivered to what is desired, for a whole batch together: one array call per
 * organization, scope and group, at most `batchSize` items each, in the order in which Velt needs them; nothing for what
 * is in place already. What was refused is left out until its time has come (`now`, ms since the epoch) or its content
 * has changed, and with it what stands on it.
 */
export function plan(
  people: Candidate[],
  groups: GroupCandidate[],
  containers: Containers,
  { batchSize, now }: { batchSize: number; now: number },
): Call[] {
  const calls = new Map<string, { kind: CallKind; scope: Scope; items: Map<string, Item> }>();
  const add: Add = (kind, scope, item) => {
    const key = `${kind} ${scopeKey(scope)}`;
    const { items } = calls.get(key) ?? { items: new Map<string, Item>() };
    calls.set(key, { kind, scope, items });
    const same = items.get(item.id);
    if (same) join(same, item);
    else items.set(item.id, item);
  };
  for (const { entry, organizationIds } of groups) {
    for (const organizationId of organizationIds) addGroup(entry, organizationId, now, add);
  }
  for (const { entry, desired } of people) {
    if (desired) addPerson(entry, desired, containers, now, add);
    removePerson(entry, desired, now, add);
  }
  return [...calls.values()]
    .map(({ items, ...call }) => ({ ...call, items: [...items.values()] }))
    .sort((a, b) => stageOf(a) - stageOf(b))
    .flatMap((call) => {
      const { alone = [], others = [] } = Object.groupBy(call.items, ({ isAlone }) =>
        isAlone ? 'alone' : 'others',
      );
      const batches = [...chunk(others, { count: batchSize }), ...alone.map((item) => [item])];
      return batches.map((items) => ({ ...call, items }));
    });
}

function addGroup(entry: ContainerEntry, organizationId: string, now: number, add: Add): void {
  const { id, delivered } = entry;
  const name = groupName(entry);
  const before = delivered[organizationId];
  if (!isOwed(before, 'groups.add', name, now)) return;
  const item = { id, owners: [entryKey(entry)], digest: name, groupName: name };
  add('groups.add', { organizationId }, { ...item, ...company(before, 'groups.add', name) });
}

function addPerson(
  entry: PersonEntry,
  desired: Desired,
  containers: Containers,
  now: number,
  add: Add,
): void {
  const { user, scopes } = desired;
  const known = entry.delivered[user.userId] ?? {};
  for (const [key, scope] of scopes) {
    const { organizationId, groupId } = scope;
    const before = known[key];
    const told = toldIn(scope, desired, before);
    const { kind, mayBeThere } = wayTo(scope, desired, told, before);
    if (!isOwed(before, kind, told.digest, now)) continue;
    const item = { id: user.userId, owners: [entryKey(entry)], ...company(before, kind, told.digest) };
    if (innerOf(scope) !== undefined) {
      const outer = known[scopeKey({ organizationId })];
      const { digest } = toldIn({ organizationId }, desired, outer);
      if (!isReachable(outer, 'users.add', digest, now)) continue;
    }
    if (groupId === undefined) {
      add(kind, scope, { ...item, user, ...told, ...(mayBeThere && { mayBeThere }) });
      continue;
    }
    const group = veltGroup(containers, entry.source, groupId);
    if (group && !isReachable(group.delivered[organizationId], 'groups.add', groupName(group), now)) continue;
    if (group) addGroup(group, organizationId, now, add);
    add(kind, scope, item);
  }
}

function removePerson(entry: PersonEntry, desired: Desired | undefined, now: number, add: Add): void {
  for (const { userId, key, scope, ...known } of confirmationsOf(entry)) {
    const isWanted = desired?.user.userId === userId && desired.scopes.has(key);
    const kind = scope.groupId === undefined ? 'users.delete' : 'group.users.delete';
    if (isWanted || isBackingOff(known, kind, undefined, now)) continue;
    add(kind, scope, { id: userId, owners: [entryKey(entry)], ...company(known, kind, undefined) });
  }
}

function join(item: Item, other: Item): void {
  const digestsOf = ({ owners, digest, digests }: Item) =>
    digests ?? Object.fromEntries(digest === undefined ? [] : owners.map((owner) => [owner, digest]));
  const digests = { ...digestsOf(item), ...digestsOf(other) };
  if (Object.keys(digests).length > 0) item.digests = digests;
  // Only one of them may have been told a role before none was given any more.
  if (item.role === undefined && other.role !== undefined) item.role = other.role;
  if (item.digest === undefined && other.digest !== undefined) item.digest = other.digest;
  if (other.mayBeThere) item.mayBeThere = true;
  if (other.isAlone) item.isAlone = true;
  item.owners = [...new Set([...item.owners, ...other.owners])];
}

/**
 * The order of calls. A group needs its organization, a member needs the group and must be an organization user
 * (docs.velt.dev/key-concepts/overview, 2026-08-19); removals come last, so that a person whose Velt user id changes is
 * never without access.
 */
const STAGES = [
  'groups.add',
  'users.add',
  'users.update',
  'users.add inside',
  'users.update inside',
  'group.users.add',
  'group.users.delete',
  'users.delete inside',
  'users.delete',
];

/** When a call may be made: every call of a lower stage must have ended. */
export function stageOf({ kind, scope }: Pick<Call, 'kind' | 'scope'>): number {
  const isInside = (scope.folderId ?? scope.documentId) !== undefined;
  return STAGES.indexOf(isInside ? `${kind} inside` : kind);
}

/** The entry of what is this group in Velt: a group, or a role; the ids of the two never meet. */
export function veltGroup<T>(containers: ReadonlyMap<string, T>, source: string, id: string): T | undefined {
  const entryOf = (kind: string) => containers.get(entryKey({ source, kind, id }));
  return entryOf('group') ?? entryOf('role');
}

/** What Velt calls a group: its name, or its id while no event has told the name. */
export function groupName(entry: ContainerEntry): string {
  return entry.name?.value || entry.id;
}

/** One text for what a call would do with an item, so that a refusal holds for just that. An update is the end of an add. */
export function contentOf(kind: CallKind, digest: string | undefined): string {
  return `${kind === 'users.update' ? 'users.add' : kind} ${digest ?? ''}`;
}

type Known = Confirmation | undefined;

function isOwed(known: Known, kind: CallKind, digest: string | undefined, now: number): boolean {
  const isInPlace = known?.present === true && (digest === undefined || known.digest === digest);
  return !isInPlace && !isBackingOff(known, kind, digest, now);
}

/** Whether what stands on this scope may be planned: it is there, or this plan brings it. */
function isReachable(known: Known, kind: CallKind, digest: string | undefined, now: number): boolean {
  return known?.present === true || !isBackingOff(known, kind, digest, now);
}

/** Who has to be alone in a call: of several whom an answer does not name, any may be the one whom it has no place for. */
function company(known: Known, kind: CallKind, digest: string | undefined): Pick<Item, 'isAlone'> {
  return isUnproven(known, kind, digest) ? { isAlone: true } : {};
}

/** Whether Velt answered a call for the same before without naming it. */
export function isUnproven(known: Known, kind: CallKind, digest: string | undefined): boolean {
  return known?.unproven === contentOf(kind, digest);
}

function isBackingOff(known: Known, kind: CallKind, digest: string | undefined, now: number): boolean {
  const refusal = known?.refusal;
  return refusal !== undefined && refusal.dueAt > now && refusal.content === contentOf(kind, digest);
}
