import { drop, insert, isAmong } from '../sorted.ts';
import type { OktaList } from './paging.ts';
import { EPOCH, showAppUser, showGroup, showUser } from './shown.ts';

export type OktaStatus =
  | 'STAGED'
  | 'PROVISIONED'
  | 'ACTIVE'
  | 'RECOVERY'
  | 'PASSWORD_EXPIRED'
  | 'LOCKED_OUT'
  | 'SUSPENDED'
  | 'DEPROVISIONED';

/** The parts of a user that a test may give; the rest of Okta's User object is filled in when it is served. */
export type OktaUser = {
  id: string;
  /** Default ACTIVE. */
  status?: OktaStatus;
  transitioningToStatus?: 'ACTIVE' | 'DEPROVISIONED' | null;
  /** ISO instants. */
  created?: string;
  lastUpdated?: string;
  statusChanged?: string;
  profile: {
    login: string;
    email: string;
    firstName: string;
    lastName: string;
    [attribute: string]: unknown;
  };
};

/** Every user is a member of a BUILT_IN group, as of Okta's "Everyone". Default type OKTA_GROUP. */
export type OktaGroup = {
  id: string;
  type?: 'OKTA_GROUP' | 'APP_GROUP' | 'BUILT_IN';
  created?: string;
  lastUpdated?: string;
  lastMembershipUpdated?: string;
  profile: { name: string; description?: string | null };
};

export type OktaApp = { id: string; label: string; status?: 'ACTIVE' | 'INACTIVE'; lastUpdated?: string };

export type OktaOrgOptions = {
  users?: Iterable<OktaUser>;
  groups?: Iterable<OktaGroup>;
  /** Pairs of group id and user id. */
  members?: Iterable<readonly [groupId: string, userId: string]>;
  apps?: Iterable<OktaApp>;
  /** Pairs of application id and user id. */
  assignments?: Iterable<readonly [appId: string, userId: string]>;
};

/** Ids of users, ascending, by the id of the group or application that they are in. */
type Memberships = Map<string, string[]>;

type Org = {
  orgUrl: string;
  users: Map<string, OktaUser>;
  groups: Map<string, OktaGroup>;
  apps: Map<string, OktaApp>;
  idsByLogin: Map<string, string>;
  /** Ids in ascending order. */
  userIds: string[];
  /** Those of the users that a plain list has: all but the DEPROVISIONED. */
  plainUserIds: string[];
  groupIds: string[];
  members: Memberships;
  assigned: Memberships;
  /** What searches found since the last change, by their expression. */
  found: Map<string, string[]>;
};

export type OktaOrg = ReturnType<typeof createOktaOrg>;

/**
 * The users, groups and applications of an Okta org, and the lists that its API serves, each in the order of its ids. The
 * lists are kept in order while the org changes, so that a page of a large one costs no more than a page.
 */
export function createOktaOrg(orgUrl: string, options: OktaOrgOptions) {
  const users = new Map([...(options.users ?? [])].map((user) => [user.id, user]));
  const groups = new Map([...(options.groups ?? [])].map((group) => [group.id, group]));
  const userIds = [...users.keys()].sort();
  const org: Org = {
    orgUrl,
    users,
    groups,
    apps: new Map([...(options.apps ?? [])].map((app) => [app.id, app])),
    idsByLogin: new Map([...users.values()].map(({ id, profile }) => [profile.login, id])),
    userIds,
    plainUserIds: userIds.filter((id) => users.get(id)?.status !== 'DEPROVISIONED'),
    groupIds: [...groups.keys()].sort(),
    members: membershipsOf(users, options.members ?? []),
    assigned: membershipsOf(users, options.assignments ?? []),
    found: new Map(),
  };
  return {
    users: users as ReadonlyMap<string, OktaUser>,
    groups: groups as ReadonlyMap<string, OktaGroup>,
    apps: org.apps as ReadonlyMap<string, OktaApp>,
    idOf: (idOrLogin: string) => (users.has(idOrLogin) ? idOrLogin : org.idsByLogin.get(idOrLogin)),
    isAssigned: (appId: string, userId: string) => isAmong(org.assigned.get(appId) ?? [], userId),
    ...listsOf(org),
    ...changesOf(org),
  };
}

/** The single objects and the lists that the API serves. */
function listsOf(org: Org) {
  const { orgUrl, users, groups, members, assigned } = org;
  const isBuiltIn = (groupId: string) => groups.get(groupId)?.type === 'BUILT_IN';
  const showUserOf = (userId: string) => showUser(orgUrl, users.get(userId) as OktaUser);
  const showGroupOf = (groupId: string) => showGroup(orgUrl, groups.get(groupId) as OktaGroup);
  const showAppUserOf = (appId: string, userId: string, expand: boolean) =>
    showAppUser(orgUrl, appId, users.get(userId) as OktaUser, expand);

  return {
    showUser: showUserOf,
    showGroup: showGroupOf,
    showAppUser: showAppUserOf,

    /** A plain list leaves DEPROVISIONED users out, one by an expression does not. */
    userList: (expression: string | null): OktaList => ({
      ids: expression === null ? org.plainUserIds : findUsers(org, expression),
      show: showUserOf,
    }),
    groupList: (): OktaList => ({ ids: org.groupIds, show: showGroupOf }),
    memberList: (groupId: string): OktaList => ({
      ids: isBuiltIn(groupId) ? org.userIds : (members.get(groupId) ?? []),
      show: showUserOf,
    }),
    groupsOfUser: (userId: string): OktaList => ({
      ids: org.groupIds.filter((id) => isBuiltIn(id) || isAmong(members.get(id) ?? [], userId)),
      show: showGroupOf,
    }),
    appUserList: (appId: string, expand: boolean): OktaList => ({
      ids: assigned.get(appId) ?? [],
      show: (userId) => showAppUserOf(appId, userId, expand),
    }),
  };
}

/** Changes to the org; those of memberships return whether anything changed. */
function changesOf(org: Org) {
  const { users, groups, idsByLogin, userIds, plainUserIds, groupIds, members, assigned, found, apps } = org;
  return {
    /** Adds a user or replaces it. */
    putUser(user: OktaUser): void {
      idsByLogin.delete(users.get(user.id)?.profile.login ?? '');
      users.set(user.id, user);
      idsByLogin.set(user.profile.login, user.id);
      insert(userIds, user.id);
      if (user.status === 'DEPROVISIONED') drop(plainUserIds, user.id);
      else insert(plainUserIds, user.id);
      found.clear();
    },
    removeUser(userId: string): void {
      idsByLogin.delete(users.get(userId)?.profile.login ?? '');
      users.delete(userId);
      for (const ids of [userIds, plainUserIds, ...members.values(), ...assigned.values()]) drop(ids, userId);
      found.clear();
    },
    putApp: (app: OktaApp) => void apps.set(app.id, app),
    /** Adds a group or replaces it; its members stay. */
    putGroup(group: OktaGroup): void {
      groups.set(group.id, group);
      insert(groupIds, group.id);
    },
    removeGroup(groupId: string): void {
      groups.delete(groupId);
      members.delete(groupId);
      drop(groupIds, groupId);
    },
    link: (groupId: string, userId: string) => link(members, groupId, userId),
    unlink: (groupId: string, userId: string) => drop(members.get(groupId) ?? [], userId),
    assign: (appId: string, userId: string) => link(assigned, appId, userId),
    unassign: (appId: string, userId: string) => drop(assigned.get(appId) ?? [], userId),
  };
}

/**
 * The users that match a `search` or `filter` expression, of which only `lastUpdated gt "…"` and `status eq "…"` are
 * understood.
 */
function findUsers({ users, userIds, found }: Org, expression: string): string[] {
  const since = expression.match(/\blastUpdated gt "([^"]+)"/)?.[1] ?? '';
  const only = expression.match(/\bstatus eq "([^"]+)"/)?.[1];
  const matches = ({ lastUpdated = EPOCH, status = 'ACTIVE' }: Partial<OktaUser> = {}) =>
    lastUpdated > since && (only === undefined || status === only);
  const ids = found.get(expression) ?? userIds.filter((id) => matches(users.get(id)));
  found.set(expression, ids);
  return ids;
}

function membershipsOf(
  users: ReadonlyMap<string, OktaUser>,
  pairs: Iterable<readonly [containerId: string, userId: string]>,
): Memberships {
  const sets = new Map<string, Set<string>>();
  for (const [containerId, userId] of pairs) {
    if (!users.has(userId)) continue;
    const set = sets.get(containerId);
    if (set) set.add(userId);
    else sets.set(containerId, new Set([userId]));
  }
  return new Map([...sets].map(([containerId, ids]) => [containerId, [...ids].sort()]));
}

function link(memberships: Memberships, containerId: string, userId: string): boolean {
  const ids = memberships.get(containerId) ?? [];
  memberships.set(containerId, ids);
  return insert(ids, userId);
}
