import { drop, insert, isAmong } from '../sorted.ts';
import type { OktaList } from './paging.ts';

const EPOCH = '2026-09-01T09:15:04.000Z';

export type OktaStatus =
  | 'STAGED'
  | 'PROVISIONED'
  | 'ACTIVE'
  | 'RECOVERY'
  | 'PASSWORD_EXPIRED'
  | 'LOCKED_OUT'
  | 'SUSPENDED'
  | 'DEPROVISIONED';

/** What a test says of a user; the rest of Okta's User object is filled in when it is served. */
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

export type OktaApp = { id: string; label: string; status?: 'ACTIVE' | 'INACTIVE' };

export type OktaOrgOptions = {
  users?: Iterable<OktaUser>;
  groups?: Iterable<OktaGroup>;
  /** Pairs of group id and user id. */
  members?: Iterable<readonly [groupId: string, userId: string]>;
  apps?: Iterable<OktaApp>;
  /** Pairs of application id and user id. */
  assignments?: Iterable<readonly [appId: string, userId: string]>;
};

/** Whom a place holds, by the place's id and in the order of their ids. */
type Holdings = Map<string, string[]>;

/**
 * Who and what is in an Okta org, and the lists that its API serves, each in the order of its ids. The lists are kept in
 * order while the org changes, so that a page of a large one costs no more than a page.
 */
export function createOktaOrg(orgUrl: string, options: OktaOrgOptions) {
  const users = new Map([...(options.users ?? [])].map((user) => [user.id, user]));
  const groups = new Map([...(options.groups ?? [])].map((group) => [group.id, group]));
  const apps = new Map([...(options.apps ?? [])].map((app) => [app.id, app]));
  const idsByLogin = new Map([...users.values()].map(({ id, profile }) => [profile.login, id]));
  const userIds = [...users.keys()].sort();
  const plainUserIds = userIds.filter((id) => users.get(id)?.status !== 'DEPROVISIONED');
  const groupIds = [...groups.keys()].sort();
  const members = hold(options.members ?? []);
  const assigned = hold(options.assignments ?? []);
  const found = new Map<string, string[]>();

  function hold(pairs: Iterable<readonly [placeId: string, userId: string]>): Holdings {
    const sets = new Map<string, Set<string>>();
    for (const [placeId, userId] of pairs) {
      if (!users.has(userId)) continue;
      const set = sets.get(placeId);
      if (set) set.add(userId);
      else sets.set(placeId, new Set([userId]));
    }
    return new Map([...sets].map(([placeId, ids]) => [placeId, [...ids].sort()]));
  }

  function link(holdings: Holdings, placeId: string, userId: string): boolean {
    const ids = holdings.get(placeId) ?? [];
    holdings.set(placeId, ids);
    return insert(ids, userId);
  }

  const isBuiltIn = (groupId: string) => groups.get(groupId)?.type === 'BUILT_IN';

  /** Users by a `search` or `filter` expression, of which only `lastUpdated gt "…"` is understood. */
  const findUsers = (expression: string): string[] => {
    const since = expression.match(/\blastUpdated gt "([^"]+)"/)?.[1] ?? '';
    const only = expression.match(/\bstatus eq "([^"]+)"/)?.[1];
    const isMeant = ({ lastUpdated = EPOCH, status = 'ACTIVE' }: Partial<OktaUser> = {}) =>
      lastUpdated > since && (only === undefined || status === only);
    const known = found.get(expression) ?? userIds.filter((id) => isMeant(users.get(id)));
    found.set(expression, known);
    return known;
  };

  const showUser = (userId: string) => {
    const { profile, ...user } = users.get(userId) as OktaUser;
    const { status = 'ACTIVE', created = EPOCH, lastUpdated = created, statusChanged = created } = user;
    return {
      id: userId,
      status,
      ...(user.transitioningToStatus !== undefined && { transitioningToStatus: user.transitioningToStatus }),
      created,
      activated: status === 'STAGED' ? null : created,
      statusChanged,
      lastLogin: null,
      lastUpdated,
      passwordChanged: null,
      type: { id: 'otyb7type0EXAMPLE1d7' },
      profile: { mobilePhone: null, secondEmail: null, ...profile },
      credentials: { provider: { type: 'OKTA', name: 'OKTA' } },
      _links: { self: { href: `${orgUrl}/api/v1/users/${userId}` } },
    };
  };

  const showGroup = (groupId: string) => {
    const { profile, ...group } = groups.get(groupId) as OktaGroup;
    const { type = 'OKTA_GROUP', created = EPOCH, lastUpdated = created } = group;
    return {
      id: groupId,
      created,
      lastUpdated,
      lastMembershipUpdated: group.lastMembershipUpdated ?? lastUpdated,
      objectClass: ['okta:user_group'],
      type,
      profile: { description: null, ...profile },
      _links: { users: { href: `${orgUrl}/api/v1/groups/${groupId}/users` } },
    };
  };

  /** An application's view of a user; with `expand` the whole user beside it. */
  const showAppUser = (appId: string, userId: string, expand: boolean) => {
    const user = showUser(userId);
    const { id, created, lastUpdated, statusChanged, profile } = user;
    return {
      id,
      externalId: null,
      created,
      lastUpdated,
      scope: 'USER',
      status: 'ACTIVE',
      statusChanged,
      passwordChanged: null,
      syncState: 'DISABLED',
      credentials: { userName: profile.login },
      profile: { email: profile.email },
      _links: {
        app: { href: `${orgUrl}/api/v1/apps/${appId}` },
        user: { href: `${orgUrl}/api/v1/users/${userId}` },
      },
      ...(expand && { _embedded: { user } }),
    };
  };

  return {
    users: users as ReadonlyMap<string, OktaUser>,
    groups: groups as ReadonlyMap<string, OktaGroup>,
    apps: apps as ReadonlyMap<string, OktaApp>,
    showUser,
    showGroup,
    showAppUser,
    idOf: (idOrLogin: string) => (users.has(idOrLogin) ? idOrLogin : idsByLogin.get(idOrLogin)),
    isAssigned: (appId: string, userId: string) => isAmong(assigned.get(appId) ?? [], userId),

    /** A plain list leaves DEPROVISIONED users out, one by an expression does not. */
    userList: (expression: string | null): OktaList => ({
      ids: expression === null ? plainUserIds : findUsers(expression),
      show: showUser,
    }),
    groupList: (): OktaList => ({ ids: groupIds, show: showGroup }),
    memberList: (groupId: string): OktaList => ({
      ids: isBuiltIn(groupId) ? userIds : (members.get(groupId) ?? []),
      show: showUser,
    }),
    groupsOfUser: (userId: string): OktaList => ({
      ids: groupIds.filter((id) => isBuiltIn(id) || isAmong(members.get(id) ?? [], userId)),
      show: showGroup,
    }),
    appUserList: (appId: string, expand: boolean): OktaList => ({
      ids: assigned.get(appId) ?? [],
      show: (userId) => showAppUser(appId, userId, expand),
    }),

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
    /** These say whether anything changed. */
    link: (groupId: string, userId: string) => link(members, groupId, userId),
    unlink: (groupId: string, userId: string) => drop(members.get(groupId) ?? [], userId),
    assign: (appId: string, userId: string) => link(assigned, appId, userId),
    unassign: (appId: string, userId: string) => drop(assigned.get(appId) ?? [], userId),
  };
}

export type OktaOrg = ReturnType<typeof createOktaOrg>;
