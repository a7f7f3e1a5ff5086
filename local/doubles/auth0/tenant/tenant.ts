import { drop, insert } from '../../sorted.ts';
import {
  type Auth0Connection,
  type Auth0Group,
  type Auth0GroupMember,
  type Auth0Organization,
  type Auth0Role,
  type Auth0User,
  completeGroup,
  EPOCH,
  memberKey,
  memberOfKey,
  type NewAuth0User,
  pair,
  type StoredGroup,
} from './objects.ts';
import { createPairs } from './pairs.ts';
import { type Auth0Users, createUsers } from './users.ts';

/** What a tenant begins with. */
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
  /** Roles in the tenant, outside of organizations; they have no events. */
  userRoles?: Iterable<readonly [userId: string, roleId: string]>;
};

export type Auth0TenantState = {
  users: Record<string, Auth0User>;
  organizations: Record<
    string,
    Auth0Organization & { members: Record<string, string[]>; groupRoles: Record<string, string[]> }
  >;
  groups: Record<string, Auth0Group & { users: string[]; connections: string[] }>;
};

type Pairs = ReturnType<typeof createPairs>;

type Tenant = {
  users: Auth0Users;
  organizations: Map<string, Auth0Organization>;
  roles: Map<string, Auth0Role>;
  groups: Map<string, StoredGroup>;
  connections: Map<string, Auth0Connection>;
  /** Ids in ascending order. */
  ids: Record<'organizations' | 'roles' | 'groups' | 'connections', string[]>;
  /** Users in organizations. */
  members: Pairs;
  /** Roles of users in organizations, by the `pair` of both. */
  memberRoles: Pairs;
  /** Users and connections in groups, by their `memberKey`. */
  groupMembers: Pairs;
  /** Groups of an organization, and others with roles in it. */
  organizationGroups: Pairs;
  /** Roles of groups in organizations, by the `pair` of both. */
  groupRoles: Pairs;
  /** Roles of users in the tenant. */
  userRoles: Pairs;
};

export type Auth0Tenant = ReturnType<typeof createAuth0Tenant>;

/**
 * The users, organizations, roles, groups and connections of an Auth0 tenant. All lists are kept in order while the tenant
 * changes, so that a page of a large one costs no more than a page.
 */
export function createAuth0Tenant(directory: Auth0Directory) {
  const tenant = tenantOf(directory);
  const { users, ids } = tenant;
  return {
    users: users.byId,
    organizations: tenant.organizations as ReadonlyMap<string, Auth0Organization>,
    roles: tenant.roles as ReadonlyMap<string, Auth0Role>,
    groups: tenant.groups as ReadonlyMap<string, StoredGroup>,
    connections: tenant.connections as ReadonlyMap<string, Auth0Connection>,
    ids: ids as Readonly<Record<keyof typeof ids, readonly string[]>>,
    members: tenant.members,
    memberRoles: tenant.memberRoles,
    groupMembers: tenant.groupMembers,
    organizationGroups: tenant.organizationGroups,
    groupRoles: tenant.groupRoles,
    userRoles: tenant.userRoles,
    userOfKey: users.ofKey,
    find: users.find,
    putUser: users.put,
    ...changesOf(tenant),
    /** A copy of everything that a mirror can be compared with. */
    state: () => stateOf(tenant),
  };
}

function tenantOf(directory: Auth0Directory): Tenant {
  const organizations = byId(directory.organizations);
  const roles = byId(directory.roles);
  const groups = new Map<string, StoredGroup>();
  for (const group of directory.groups ?? []) groups.set(group.id, completeGroup(group, EPOCH));
  const connections = byId(directory.connections);
  const groupRoles = createPairs(rolesIn(directory.organizationGroupRoles), EPOCH);
  const organizationGroups = createPairs(
    groupRoles.containers().map((key) => key.split(' ') as [string, string]),
    EPOCH,
  );
  for (const { id, type, organization_id } of groups.values()) {
    if (type === 'organization') organizationGroups.add(organization_id, id, EPOCH);
  }
  return {
    users: createUsers(directory.users ?? []),
    organizations,
    roles,
    groups,
    connections,
    ids: {
      organizations: [...organizations.keys()].sort(),
      roles: [...roles.keys()].sort(),
      groups: [...groups.keys()].sort(),
      connections: [...connections.keys()].sort(),
    },
    members: createPairs(directory.members, EPOCH),
    memberRoles: createPairs(rolesIn(directory.memberRoles), EPOCH),
    groupMembers: createPairs(groupPairs(directory.groupMembers), EPOCH),
    organizationGroups,
    groupRoles,
    userRoles: createPairs(directory.userRoles, EPOCH),
  };
}

function changesOf(tenant: Tenant) {
  const { users, organizations, groups, ids } = tenant;
  const { members, memberRoles, groupMembers, organizationGroups, groupRoles, userRoles } = tenant;
  return {
    /** Removes a user with their memberships and roles. */
    removeUser(id: string): void {
      if (!users.remove(id)) return;
      for (const organizationId of members.containersOf(id))
        memberRoles.removeContainer(pair(organizationId, id));
      members.removeMember(id);
      userRoles.removeContainer(id);
      groupMembers.removeMember(memberKey({ member_type: 'user', id }));
    },
    putOrganization(organization: Auth0Organization): void {
      organizations.set(organization.id, organization);
      insert(ids.organizations, organization.id);
    },
    /** Removes an organization with its memberships and roles. Its own groups stay, see `removeGroup`. */
    removeOrganization(id: string): void {
      organizations.delete(id);
      drop(ids.organizations, id);
      for (const userId of members.in(id)) memberRoles.removeContainer(pair(id, userId));
      for (const groupId of organizationGroups.in(id)) groupRoles.removeContainer(pair(id, groupId));
      members.removeContainer(id);
      organizationGroups.removeContainer(id);
    },
    /** Adds a group or replaces it; its members stay. Returns it complete. */
    putGroup(group: Auth0Group, at: string): StoredGroup {
      const complete = completeGroup(group, at);
      groups.set(group.id, complete);
      insert(ids.groups, group.id);
      if (group.type === 'organization') organizationGroups.add(group.organization_id, group.id, at);
      return complete;
    },
    /** Removes a group with its members and roles. */
    removeGroup(id: string): void {
      groups.delete(id);
      drop(ids.groups, id);
      for (const organizationId of organizationGroups.containersOf(id))
        groupRoles.removeContainer(pair(organizationId, id));
      organizationGroups.removeMember(id);
      groupMembers.removeContainer(id);
    },
  };
}

function stateOf(tenant: Tenant): Auth0TenantState {
  const { members, memberRoles, groupMembers, organizationGroups, groupRoles } = tenant;
  const show = <T, S>(from: ReadonlyMap<string, T>, of: (one: T, id: string) => S) =>
    Object.fromEntries([...from].map(([id, one]) => [id, structuredClone(of(one, id))]));
  const rolesOf = (pairs: Pairs, organizationId: string, ones: readonly string[]) =>
    Object.fromEntries(ones.map((one) => [one, [...pairs.in(pair(organizationId, one))]]));
  return {
    users: show(tenant.users.byId, (user) => user),
    organizations: show(tenant.organizations, (organization, id) => ({
      ...organization,
      members: rolesOf(memberRoles, id, members.in(id)),
      groupRoles: rolesOf(groupRoles, id, organizationGroups.in(id)),
    })),
    groups: show(tenant.groups, (group, id) => {
      const all = groupMembers.in(id).map(memberOfKey);
      const of = (type: string) => all.filter((one) => one.member_type === type).map((one) => one.id);
      return { ...group, users: of('user'), connections: of('connection') };
    }),
  };
}

function byId<T extends { id: string }>(things: Iterable<T> = []): Map<string, T> {
  return new Map([...things].map((thing) => [thing.id, thing]));
}

function* rolesIn(triples: Iterable<readonly [organizationId: string, one: string, roleId: string]> = []) {
  for (const [organizationId, one, roleId] of triples) yield [pair(organizationId, one), roleId] as const;
}

function* groupPairs(pairs: Iterable<readonly [groupId: string, member: Auth0GroupMember]> = []) {
  for (const [groupId, member] of pairs) yield [groupId, memberKey(member)] as const;
}
