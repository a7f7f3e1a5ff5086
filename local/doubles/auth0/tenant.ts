import { drop, firstAfter, insert } from '../sorted.ts';
import { createPairs } from './pairs.ts';
import { isWithin, type Range, type UserQuery } from './search.ts';

const EPOCH = '2026-01-05T08:00:00.000Z';
/** Sorts behind everything that begins with the same text. */
const LAST = '\uffff';

export type Auth0Identity = {
  connection: string;
  provider: string;
  user_id: string | number;
  isSocial: boolean;
  /** What the account was before it was linked; the primary identity has none. */
  profileData?: Record<string, unknown>;
};

/** A user as Auth0 shows it. Instants are ISO with milliseconds. */
export type Auth0User = {
  user_id: string;
  created_at: string;
  updated_at: string;
  identities: Auth0Identity[];
  email?: string;
  email_verified?: boolean;
  name?: string;
  nickname?: string;
  picture?: string;
  blocked?: boolean;
  last_login?: string;
  logins_count?: number;
  [attribute: string]: unknown;
};

/** What a test says of a user: what is missing, its identity too, is filled in as Auth0 does it at a sign-up. */
export type NewAuth0User = Partial<Auth0User> & { user_id: string };

export type Auth0Organization = {
  id: string;
  name: string;
  display_name?: string;
  metadata?: Record<string, string>;
  branding?: Record<string, unknown>;
};

export type Auth0Role = { id: string; name: string; description?: string };

/** A group of an enterprise connection, of an organization, or of the whole tenant. */
export type Auth0Group = {
  id: string;
  name: string;
  external_id?: string;
  created_at?: string;
  updated_at?: string;
} & (
  | { type: 'connection'; connection_id: string; organization_id?: never }
  | { type: 'organization'; organization_id: string; connection_id?: never }
  | { type: 'tenant'; connection_id?: never; organization_id?: never }
);

export type StoredGroup = Auth0Group & { created_at: string; updated_at: string };

export type Auth0Connection = { id: string; name: string; strategy: string };

/** A user, or everybody of a connection. */
export type Auth0GroupMember = { member_type: 'user' | 'connection'; id: string };

/** What is in a tenant at first. */
export type Auth0Directory = {
  users?: Iterable<NewAuth0User>;
  organizations?: Iterable<Auth0Organization>;
  roles?: Iterable<Auth0Role>;
  groups?: Iterable<Auth0Group>;
  connections?: Iterable<Auth0Connection>;
  members?: Iterable<readonly [organizationId: string, userId: string]>;
  memberRoles?: Iterable<readonly [organizationId: string, userId: string, roleId: string]>;
  groupMembers?: Iterable<readonly [groupId: string, member: Auth0GroupMember]>;
  /** Roles that every member of a group has in an organization. */
  organizationGroupRoles?: Iterable<readonly [organizationId: string, groupId: string, roleId: string]>;
  /** Roles in the tenant, outside of organizations; no event tells of them. */
  userRoles?: Iterable<readonly [userId: string, roleId: string]>;
};

/** Users in the order of their creation, as keys; see `userOfKey`. */
export type FoundUsers = { keys: readonly string[]; from: number; to: number };

export type Auth0TenantState = {
  users: Record<string, Auth0User>;
  organizations: Record<
    string,
    Auth0Organization & { members: Record<string, string[]>; groupRoles: Record<string, string[]> }
  >;
  groups: Record<string, Auth0Group & { users: string[]; connections: string[] }>;
};

/**
 * Who and what is in an Auth0 tenant. Everything that is listed is kept in its order while the tenant changes, so that a page
 * of a large list costs no more than a page.
 */
export function createAuth0Tenant(directory: Auth0Directory) {
  const users = new Map<string, Auth0User>();
  for (const user of directory.users ?? []) users.set(user.user_id, completeUser(user, EPOCH));
  const organizations = byId(directory.organizations);
  const roles = byId(directory.roles);
  const groups = new Map<string, StoredGroup>();
  for (const group of directory.groups ?? []) groups.set(group.id, completeGroup(group, EPOCH));
  const connections = byId(directory.connections);
  const ids = {
    organizations: [...organizations.keys()].sort(),
    roles: [...roles.keys()].sort(),
    groups: [...groups.keys()].sort(),
    connections: [...connections.keys()].sort(),
  };
  const members = createPairs(directory.members, EPOCH);
  const memberRoles = createPairs(rolesIn(directory.memberRoles), EPOCH);
  const groupMembers = createPairs(groupPairs(directory.groupMembers), EPOCH);
  const groupRoles = createPairs(rolesIn(directory.organizationGroupRoles), EPOCH);
  const userRoles = createPairs(directory.userRoles, EPOCH);
  /** Groups of an organization, and others with roles in it. */
  const organizationGroups = createPairs(
    groupRoles.places().map((place) => place.split(' ') as [string, string]),
    EPOCH,
  );
  for (const { id, type, organization_id } of groups.values()) {
    if (type === 'organization') organizationGroups.add(organization_id, id, EPOCH);
  }

  const byCreation = [...users.values()].map(creationKey).sort();
  const byUpdate = [...users.values()].map(updateKey).sort();
  const byConnection = new Map<string, string[]>();
  for (const user of users.values()) {
    for (const name of connectionsOf(user)) inConnection(name).push(creationKey(user));
  }
  for (const keys of byConnection.values()) keys.sort();
  let found: { by: string; keys: readonly string[] } | undefined;

  function inConnection(name: string): string[] {
    const known = byConnection.get(name);
    if (known) return known;
    const keys: string[] = [];
    byConnection.set(name, keys);
    return keys;
  }

  function index(user: Auth0User, change: (keys: string[], key: string) => boolean): void {
    change(byCreation, creationKey(user));
    change(byUpdate, updateKey(user));
    for (const name of connectionsOf(user)) change(inConnection(name), creationKey(user));
    found = undefined;
  }

  function search(query: UserQuery): readonly string[] {
    const { created = {}, updated = {}, connection } = query;
    const updatedThen = spanOf(byUpdate, updated);
    const candidates =
      connection === undefined
        ? byUpdate.slice(updatedThen.from, updatedThen.to).map((key) => creationKey(userOfKey(key)))
        : inConnection(connection).slice();
    const matches = candidates.filter((key) => {
      const user = userOfKey(key);
      return isWithin(user.created_at, created) && isWithin(user.updated_at, updated);
    });
    return matches.sort();
  }

  const userOfKey = (key: string) => users.get(key.slice(key.indexOf(' ') + 1)) as Auth0User;

  return {
    users: users as ReadonlyMap<string, Auth0User>,
    organizations: organizations as ReadonlyMap<string, Auth0Organization>,
    roles: roles as ReadonlyMap<string, Auth0Role>,
    groups: groups as ReadonlyMap<string, StoredGroup>,
    connections: connections as ReadonlyMap<string, Auth0Connection>,
    ids: ids as Readonly<Record<keyof typeof ids, readonly string[]>>,
    members,
    memberRoles,
    groupMembers,
    organizationGroups,
    groupRoles,
    userRoles,
    userOfKey,

    /** Users by creation. What one range of creation asks for is told without a copy; of other searches the last is kept. */
    find(query: UserQuery): FoundUsers {
      if (query.updated === undefined && query.connection === undefined) {
        return { keys: byCreation, ...spanOf(byCreation, query.created ?? {}) };
      }
      const by = JSON.stringify(query);
      found = found?.by === by ? found : { by, keys: search(query) };
      return { keys: found.keys, from: 0, to: found.keys.length };
    },

    /** Adds a user or replaces it. */
    putUser(user: Auth0User): void {
      const before = users.get(user.user_id);
      if (before) index(before, drop);
      users.set(user.user_id, user);
      index(user, insert);
    },
    /** With memberships and roles. */
    removeUser(id: string): void {
      const user = users.get(id);
      if (!user) return;
      index(user, drop);
      users.delete(id);
      for (const place of members.placesOf(id)) memberRoles.removePlace(pair(place, id));
      members.removeOne(id);
      userRoles.removePlace(id);
      groupMembers.removeOne(memberKey({ member_type: 'user', id }));
    },
    putOrganization(organization: Auth0Organization): void {
      organizations.set(organization.id, organization);
      insert(ids.organizations, organization.id);
    },
    /** With memberships, and what groups are in it; groups of its own stay, see `removeGroup`. */
    removeOrganization(id: string): void {
      organizations.delete(id);
      drop(ids.organizations, id);
      for (const userId of members.in(id)) memberRoles.removePlace(pair(id, userId));
      for (const groupId of organizationGroups.in(id)) groupRoles.removePlace(pair(id, groupId));
      members.removePlace(id);
      organizationGroups.removePlace(id);
    },
    /** Adds a group or replaces it; its members stay. Returns it complete. */
    putGroup(group: Auth0Group, at: string): StoredGroup {
      const complete = completeGroup(group, at);
      groups.set(group.id, complete);
      insert(ids.groups, group.id);
      if (group.type === 'organization') organizationGroups.add(group.organization_id, group.id, at);
      return complete;
    },
    removeGroup(id: string): void {
      groups.delete(id);
      drop(ids.groups, id);
      for (const place of organizationGroups.placesOf(id)) groupRoles.removePlace(pair(place, id));
      organizationGroups.removeOne(id);
      groupMembers.removePlace(id);
    },

    /** A copy of everything that a mirror may be held against. */
    state(): Auth0TenantState {
      const show = <T, S>(from: ReadonlyMap<string, T>, of: (one: T, id: string) => S) =>
        Object.fromEntries([...from].map(([id, one]) => [id, structuredClone(of(one, id))]));
      const rolesOf = (pairs: typeof memberRoles, place: string, ones: readonly string[]) =>
        Object.fromEntries(ones.map((one) => [one, [...pairs.in(pair(place, one))]]));
      return {
        users: show(users, (user) => user),
        organizations: show(organizations, (organization, id) => ({
          ...organization,
          members: rolesOf(memberRoles, id, members.in(id)),
          groupRoles: rolesOf(groupRoles, id, organizationGroups.in(id)),
        })),
        groups: show(groups, (group, id) => {
          const all = groupMembers.in(id).map(memberOfKey);
          const of = (type: string) => all.filter((one) => one.member_type === type).map((one) => one.id);
          return { ...group, users: of('user'), connections: of('connection') };
        }),
      };
    },
  };
}

export type Auth0Tenant = ReturnType<typeof createAuth0Tenant>;

/** One id of two, for somebody or a group in an organization. */
export const pair = (place: string, one: string) => `${place} ${one}`;

export const memberKey = ({ member_type, id }: Auth0GroupMember) => `${member_type} ${id}`;

export function memberOfKey(key: string): Auth0GroupMember {
  const space = key.indexOf(' ');
  return {
    member_type: key.slice(0, space) as Auth0GroupMember['member_type'],
    id: key.slice(space + 1),
  };
}

/** Whom a user id names as Auth0 gives it out: a provider, and who they are there, with the connection where there are several. */
export function identityOf(userId: string): Auth0Identity {
  const bar = userId.indexOf('|');
  if (bar < 1 || bar === userId.length - 1) throw new Error(`${userId} is no Auth0 user id`);
  const [provider, id] = [userId.slice(0, bar), userId.slice(bar + 1)];
  const connection = provider === 'auth0' ? 'Username-Password-Authentication' : provider;
  const isSocial = ['google-oauth2', 'github', 'linkedin', 'windowslive', 'apple'].includes(provider);
  return {
    connection: id.includes('|') ? id.slice(0, id.indexOf('|')) : connection,
    provider,
    user_id: id,
    isSocial,
  };
}

/** Fills in what Auth0 knows of everybody: `name` is the e-mail address or the telephone number where nobody says otherwise. */
export function completeUser(user: NewAuth0User, now: string): Auth0User {
  const { created_at = now, updated_at = created_at, identities = [identityOf(user.user_id)] } = user;
  const said = user.email ?? user.phone_number;
  return {
    ...(user.email !== undefined && { email_verified: false }),
    ...(said !== undefined && { name: String(said) }),
    ...(user.email !== undefined && { nickname: user.email.split('@')[0] ?? user.email }),
    picture: 'https://cdn.auth0.com/avatars/default.png',
    ...user,
    identities,
    created_at: new Date(created_at).toISOString(),
    updated_at: new Date(updated_at).toISOString(),
  };
}

function completeGroup(group: Auth0Group, now: string): StoredGroup {
  const { created_at = now, updated_at = created_at } = group;
  return { ...group, created_at, updated_at };
}

const creationKey = (user: Auth0User) => `${user.created_at} ${user.user_id}`;
const updateKey = (user: Auth0User) => `${user.updated_at} ${user.user_id}`;
const connectionsOf = ({ identities }: Auth0User) => new Set(identities.map(({ connection }) => connection));

function byId<T extends { id: string }>(things: Iterable<T> = []): Map<string, T> {
  return new Map([...things].map((thing) => [thing.id, thing]));
}

/** The part of ascending keys whose moment is in a range. */
function spanOf(keys: readonly string[], { from, after, to, before }: Range) {
  const start = Math.max(
    from === undefined ? 0 : firstAfter(keys, from),
    after === undefined ? 0 : firstAfter(keys, after + LAST),
  );
  const end = Math.min(
    to === undefined ? keys.length : firstAfter(keys, to + LAST),
    before === undefined ? keys.length : firstAfter(keys, before),
  );
  return { from: start, to: Math.max(start, end) };
}

function* rolesIn(triples: Iterable<readonly [place: string, one: string, roleId: string]> = []) {
  for (const [place, one, roleId] of triples) yield [pair(place, one), roleId] as const;
}

function* groupPairs(pairs: Iterable<readonly [groupId: string, member: Auth0GroupMember]> = []) {
  for (const [groupId, member] of pairs) yield [groupId, memberKey(member)] as const;
}
