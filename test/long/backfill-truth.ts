import type { Okta } from '../../local/doubles/okta/okta.ts';
import type { Velt, VeltCall } from '../../local/doubles/velt/velt.ts';

/** What Velt holds, or should: users by id, each as one text, and the groups that have members. */
export interface Held {
  users: Map<string, string>;
  groups: Map<string, { name: string; members: Set<string> }>;
}

export const NOTHING: Held = { users: new Map(), groups: new Map() };

/** What Velt should hold of an Okta org: everyone who is neither deactivated nor suspended, in all of their groups. */
export function wantedOf(okta: Okta): Held {
  const users = new Map<string, string>();
  for (const { id, status, profile } of okta.users.values()) {
    if (status === 'DEPROVISIONED' || status === 'SUSPENDED') continue;
    users.set(id, profileOf({ name: `${profile.firstName} ${profile.lastName}`, email: profile.email }));
  }
  const groups = [...okta.groups.values()].map(
    ({ id, profile: { name } }) =>
      [id, { name, members: new Set(okta.membersOf(id).filter((member) => users.has(member))) }] as const,
  );
  return { users, groups: withMembers(groups) };
}

/** What the Velt double holds of an organization; without `id` of the only one. */
export function heldByVelt(velt: Velt | undefined, id?: string): Held {
  const organizations = velt?.state().organizations ?? {};
  const [only = '', ...others] = Object.keys(organizations);
  if (id === undefined && others.length > 0) throw new Error('Velt holds more than one organization');
  const organization = organizations[id ?? only];
  const users = Object.entries(organization?.users ?? {}).map(
    ([id, profile]) => [id, profileOf(profile)] as const,
  );
  const groups = Object.entries(organization?.groups ?? {}).map(
    ([id, { groupName, members }]) => [id, { name: groupName, members: new Set(members) }] as const,
  );
  return { users: new Map(users), groups: withMembers(groups) };
}

/** How many users, groups and memberships are in only one of two, or other there. */
export function unequal(one: Held, other: Held): number {
  const { items } = necessary(one, other, 1);
  return items;
}

/**
 * What it takes to bring Velt from one state to another: users, groups and memberships, and the calls for them when each
 * takes at most `batchSize` of one kind, and for memberships of one group.
 */
export function necessary(before: Held, after: Held, batchSize: number): { items: number; calls: number } {
  const batches = [
    [...after.users].filter(([id, profile]) => before.users.get(id) !== profile).length,
    missing(before.users, after.users),
    [...after.groups].filter(([id, { name }]) => before.groups.get(id)?.name !== name).length,
  ];
  for (const id of new Set([...before.groups.keys(), ...after.groups.keys()])) {
    const [was, is] = [before, after].map(({ groups }) => groups.get(id)?.members ?? new Set<string>());
    if (was && is) batches.push(missing(is, was), missing(was, is));
  }
  return {
    items: batches.reduce((sum, items) => sum + items, 0),
    calls: batches.reduce((sum, items) => sum + Math.ceil(items / batchSize), 0),
  };
}

/** How many people lose something on the way from one state of Velt to another. */
export function losersBetween(before: Held, after: Held): number {
  const losers = new Set([...before.users.keys()].filter((id) => !after.users.has(id)));
  for (const [id, { members }] of before.groups) {
    const left = after.groups.get(id)?.members;
    for (const member of members) if (!left?.has(member)) losers.add(member);
  }
  return losers.size;
}

/** The users, groups and memberships that were named in calls. */
export function itemsIn(calls: VeltCall[]): number {
  return calls.reduce((sum, { body }) => {
    const { data } = body as {
      data: { users?: unknown[]; userIds?: unknown[]; organizationUserGroups?: unknown[] };
    };
    return sum + (data.users ?? data.userIds ?? data.organizationUserGroups ?? []).length;
  }, 0);
}

type Keys = { keys(): Iterable<string>; has(key: string): boolean };

/** How many of `one` are not in `other`. */
function missing(one: Keys, other: Keys): number {
  return [...one.keys()].filter((key) => !other.has(key)).length;
}

export function withMembers(
  groups: (readonly [string, { name: string; members: Set<string> }])[],
): Held['groups'] {
  return new Map(groups.filter(([, { members }]) => members.size > 0));
}

/** A profile as one text, the same for the same. */
export function profileOf(profile: Record<string, unknown>): string {
  return JSON.stringify(Object.entries(profile).sort());
}
