import { chunk } from './chunk.ts';
import type { Desired, User } from './desired.ts';
import {
  type ContainerEntry,
  type Delivery,
  entryKey,
  type PersonEntry,
  parseScopeKey,
  type Scope,
  scopeKey,
} from './entry.ts';
import type { Containers } from './graph.ts';

/** The calls a plan is made of. */
export type StepKind =
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
  /** What the content amounts to, where the call carries any: a profile or a group's name. */
  digest?: string;
  /** By owner, what their own content amounts to: two people can be one user of Velt, and only one profile is sent. */
  digests?: Record<string, string>;
  user?: User;
  groupName?: string;
}

/** One Velt call: at most a batch of items, all of one scope. */
export interface Step {
  kind: StepKind;
  scope: Scope;
  items: Item[];
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
): Step[] {
  const steps = new Map<string, { kind: StepKind; scope: Scope; items: Map<string, Item> }>();
  const add = (kind: StepKind, scope: Scope, item: Item) => {
    const key = `${kind} ${scopeKey(scope)}`;
    const step = steps.get(key) ?? { kind, scope, items: new Map() };
    steps.set(key, step);
    const same = step.items.get(item.id);
    if (same) join(same, item);
    else step.items.set(item.id, item);
  };
  const addGroup = (entry: ContainerEntry, organizationId: string) => {
    const name = groupName(entry);
    if (!owed(entry.delivered[organizationId], 'groups.add', name, now)) return;
    add(
      'groups.add',
      { organizationId },
      { id: entry.id, owners: [entryKey(entry)], digest: name, groupName: name },
    );
  };

  for (const { entry, organizationIds } of groups) {
    for (const organizationId of organizationIds) addGroup(entry, organizationId);
  }
  for (const { entry, desired } of people) {
    const owner = entryKey(entry);
    if (desired) {
      const { user, digest } = desired;
      const delivered = entry.delivered[user.userId] ?? {};
      for (const [key, scope] of desired.scopes) {
        const organization = delivered[scopeKey({ organizationId: scope.organizationId })];
        const kind = scope.groupId === undefined ? 'users.add' : 'group.users.add';
        const isOrganization = key === scopeKey({ organizationId: scope.organizationId });
        if (!owed(delivered[key], kind, isOrganization ? digest : undefined, now)) continue;
        if (!isOrganization && !reachable(organization, 'users.add', digest, now)) continue;
        if (scope.groupId !== undefined) {
          const group = veltGroup(containers, entry.source, scope.groupId);
          const state = group?.delivered[scope.organizationId];
          if (group && !reachable(state, 'groups.add', groupName(group), now)) continue;
          if (group) addGroup(group, scope.organizationId);
          add(kind, scope, { id: user.userId, owners: [owner] });
        } else {
          add(kind, scope, { id: user.userId, owners: [owner], user, ...(isOrganization && { digest }) });
        }
      }
    }
    for (const [userId, scopes] of Object.entries(entry.delivered)) {
      for (const [key, delivery] of Object.entries(scopes)) {
        const wanted = desired?.user.userId === userId && desired.scopes.has(key);
        const scope = parseScopeKey(key);
        const kind = scope.groupId === undefined ? 'users.delete' : 'group.users.delete';
        if (wanted || isBackingOff(delivery, kind, undefined, now)) continue;
        add(kind, scope, { id: userId, owners: [owner] });
      }
    }
  }

  return [...steps.values()]
    .map(({ kind, scope, items }) => ({ kind, scope, items: [...items.values()] }))
    .sort((a, b) => stageOf(a) - stageOf(b))
    .flatMap((step) => chunk(step.items, { count: batchSize }).map((items) => ({ ...step, items })));
}

function join(item: Item, other: Item): void {
  if (item.digest !== undefined && other.digest !== undefined) {
    const digestsOf = ({ owners, digest, digests }: Item) =>
      digests ?? Object.fromEntries(owners.map((owner) => [owner, digest ?? '']));
    item.digests = { ...digestsOf(item), ...digestsOf(other) };
  }
  item.owners = [...new Set([...item.owners, ...other.owners])];
}

/**
 * When a step may run: every step of a lower stage must have ended. A group needs its organization, a member needs the
 * group and must be an organization user (docs.velt.dev/key-concepts/overview, 2026-08-19); removals come last, so that
 * a person whose Velt user id changes is never without access.
 */
export function stageOf({ kind, scope }: Pick<Step, 'kind' | 'scope'>): number {
  const inner = scope.folderId !== undefined || scope.documentId !== undefined;
  switch (kind) {
    case 'groups.add':
      return 0;
    case 'users.add':
      return inner ? 3 : 1;
    case 'users.update':
      return 2;
    case 'group.users.add':
      return 4;
    case 'group.users.delete':
      return 5;
    case 'users.delete':
      return inner ? 6 : 7;
  }
}

/** The entry of what is this group in Velt: a group, or a role; the ids of the two never meet. */
export function veltGroup<T>(containers: ReadonlyMap<string, T>, source: string, id: string): T | undefined {
  return (
    containers.get(entryKey({ source, kind: 'group', id })) ??
    containers.get(entryKey({ source, kind: 'role', id }))
  );
}

/** What Velt calls a group: its name, or its id while no event has told the name. */
export function groupName(entry: ContainerEntry): string {
  return entry.name?.value || entry.id;
}

/** One text for what a call would do with an item, so that a refusal holds for just that. */
export function contentOf(kind: StepKind, digest: string | undefined): string {
  return `${kind} ${digest ?? ''}`;
}

function owed(
  delivery: Delivery | undefined,
  kind: StepKind,
  digest: string | undefined,
  now: number,
): boolean {
  if (isBackingOff(delivery, kind, digest, now)) return false;
  return delivery?.present !== true || (digest !== undefined && delivery.digest !== digest);
}

/** Whether what stands on this scope may be planned: it is there, or this plan brings it. */
function reachable(delivery: Delivery | undefined, kind: StepKind, digest: string, now: number): boolean {
  return delivery?.present === true || !isBackingOff(delivery, kind, digest, now);
}

function isBackingOff(
  delivery: Delivery | undefined,
  kind: StepKind,
  digest: string | undefined,
  now: number,
): boolean {
  const refusal = delivery?.refusal;
  return refusal !== undefined && refusal.dueAt > now && refusal.content === contentOf(kind, digest);
}
