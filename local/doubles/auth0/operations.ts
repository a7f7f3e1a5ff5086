import type { Auth0Event } from './streams.ts';
import {
  type Auth0Group,
  type Auth0GroupMember,
  type Auth0Identity,
  type Auth0Organization,
  type Auth0Tenant,
  type Auth0User,
  completeUser,
  memberKey,
  memberOfKey,
  type NewAuth0User,
  pair,
} from './tenant.ts';

type Data = { object: Record<string, unknown>; previous?: Record<string, unknown> | undefined };

export type Auth0OperationOptions = {
  /**
   * Whether the end of a user, a group or an organization, and of a membership, tells of everything that ends with it, before
   * it does. What Auth0 does is not documented; default false.
   */
  cascades?: boolean;
};

/**
 * What an admin does in an Auth0 tenant, and people who log in. Each operation changes the tenant, hands its events to `emit`
 * and returns them, for a test to deliver or to lose; where nothing changes there are none. Throws when somebody or something
 * does not exist, or is there already.
 */
export function createAuth0Operations(
  tenant: Auth0Tenant,
  {
    clock,
    emit,
    cascades = false,
  }: Auth0OperationOptions & { clock: () => number; emit: (type: string, data: Data) => Auth0Event },
) {
  const now = () => new Date(clock()).toISOString();
  const userOf = (id: string) => known(tenant.users.get(id), id);
  const organizationOf = (id: string) => known(tenant.organizations.get(id), id);
  const groupOf = (id: string) => known(tenant.groups.get(id), id);
  const roleOf = (id: string) => known(tenant.roles.get(id), id);

  function putUser(type: string, user: Auth0User): Auth0Event[] {
    const previous = type === 'user.updated' ? userOf(user.user_id) : undefined;
    tenant.putUser(user);
    return [emit(type, { object: user, previous })];
  }

  function updateUser(id: string, changes: Record<string, unknown>): Auth0Event[] {
    const user = userOf(id);
    const merged: Record<string, unknown> = { ...user, ...changes, updated_at: now() };
    for (const key of ['app_metadata', 'user_metadata']) {
      if (key in changes)
        merged[key] = withoutNulls({ ...(user[key] as object), ...(changes[key] as object) });
    }
    return putUser('user.updated', withoutNulls(merged) as Auth0User);
  }

  function deleteUser(id: string): Auth0Event[] {
    const user = userOf(id);
    const children = cascades ? endOfUser(id) : [];
    tenant.removeUser(id);
    return [...children, emit('user.deleted', { object: { ...user, deleted_at: now() } })];
  }

  function endOfUser(id: string): Auth0Event[] {
    const member = { member_type: 'user' as const, id };
    const groupIds = tenant.groupMembers.placesOf(memberKey(member));
    return [
      ...[...tenant.members.placesOf(id)].flatMap((organizationId) => removeMember(organizationId, id)),
      ...[...groupIds].flatMap((groupId) => removeGroupMember(groupId, member)),
    ];
  }

  function removeMember(organizationId: string, userId: string): Auth0Event[] {
    const { id, name } = organizationOf(organizationId);
    if (!tenant.members.has(id, userId)) return [];
    const place = pair(id, userId);
    const roleIds = [...tenant.memberRoles.in(place)];
    const children = cascades ? roleIds.flatMap((roleId) => unassignRole(id, userId, roleId)) : [];
    tenant.memberRoles.removePlace(place);
    tenant.members.remove(id, userId);
    const object = { organization: { id, name }, user: { user_id: userId } };
    return [...children, emit('organization.member.deleted', { object })];
  }

  function memberRole(event: 'assigned' | 'deleted', organizationId: string, userId: string, roleId: string) {
    const { id, name } = roleOf(roleId);
    const object = { organization: { id: organizationId }, user: { user_id: userId }, role: { id, name } };
    return [emit(`organization.member.role.${event}`, { object })];
  }

  function unassignRole(organizationId: string, userId: string, roleId: string): Auth0Event[] {
    if (!tenant.memberRoles.remove(pair(organizationOf(organizationId).id, userId), roleId)) return [];
    return memberRole('deleted', organizationId, userId, roleId);
  }

  function groupMember(event: 'added' | 'deleted', groupId: string, { member_type, id }: Auth0GroupMember) {
    const member =
      member_type === 'user'
        ? { member_type, id }
        : { member_type, id, type: 'connection', connection_id: id };
    const object = { group: groupRef(groupOf(groupId)), member };
    return [emit(`group.member.${event}`, { object })];
  }

  function removeGroupMember(groupId: string, member: Auth0GroupMember): Auth0Event[] {
    if (!tenant.groupMembers.remove(groupOf(groupId).id, memberKey(member))) return [];
    return groupMember('deleted', groupId, member);
  }

  function removeGroupRole(organizationId: string, groupId: string, roleId: string): Auth0Event[] {
    const [place, group] = [pair(organizationOf(organizationId).id, groupId), groupOf(groupId)];
    if (!tenant.groupRoles.remove(place, roleId)) return [];
    const isOwn = group.organization_id === organizationId;
    if (!isOwn && tenant.groupRoles.in(place).length === 0) {
      tenant.organizationGroups.remove(organizationId, groupId);
    }
    const object = {
      organization: { id: organizationId },
      group: groupRef(group),
      role: { id: roleId },
      deleted_at: now(),
    };
    return [emit('organization.group.role.deleted', { object })];
  }

  function endOfGroupRoles(organizationId: string, groupId: string): Auth0Event[] {
    const roleIds = [...tenant.groupRoles.in(pair(organizationId, groupId))];
    return roleIds.flatMap((roleId) => removeGroupRole(organizationId, groupId, roleId));
  }

  function deleteGroup(id: string): Auth0Event[] {
    const group = groupOf(id);
    const children = cascades
      ? [
          ...[...tenant.groupMembers.in(id)].flatMap((key) => removeGroupMember(id, memberOfKey(key))),
          ...[...tenant.organizationGroups.placesOf(id)].flatMap((place) => endOfGroupRoles(place, id)),
        ]
      : [];
    tenant.removeGroup(id);
    return [...children, emit('group.deleted', { object: group })];
  }

  function endOfOrganization(id: string): Auth0Event[] {
    const own = ownGroups(id).flatMap(deleteGroup);
    return [
      ...own,
      ...[...tenant.organizationGroups.in(id)].flatMap((groupId) => endOfGroupRoles(id, groupId)),
      ...[...tenant.members.in(id)].flatMap((userId) => removeMember(id, userId)),
    ];
  }

  const ownGroups = (organizationId: string) =>
    tenant.organizationGroups
      .in(organizationId)
      .filter((groupId) => groupOf(groupId).organization_id === organizationId);

  return {
    createUser(user: NewAuth0User): Auth0Event[] {
      fresh(tenant.users, user.user_id);
      return putUser('user.created', completeUser(user, now()));
    },
    /** Metadata is merged key by key, as Auth0 does; null takes an attribute or a key away. */
    updateUser,
    /** What Auth0 notes of a login is an update of the user. */
    login(id: string): Auth0Event[] {
      const logins_count = (userOf(id).logins_count ?? 0) + 1;
      return updateUser(id, { last_login: now(), last_ip: '203.0.113.10', logins_count });
    },
    blockUser: (id: string) => updateUser(id, { blocked: true }),
    unblockUser: (id: string) => updateUser(id, { blocked: false }),
    /** With the accounts linked to it, and without a word of its memberships unless told to cascade. */
    deleteUser,
    /** Makes the secondary account an identity of the primary: its metadata and memberships are gone. */
    link(primaryId: string, secondaryId: string): Auth0Event[] {
      const [primary, secondary] = [userOf(primaryId), userOf(secondaryId)];
      if (primaryId === secondaryId) throw new Error('Main identity and the new one are the same');
      const linked = secondary.identities.map((identity, nth) =>
        nth === 0 ? { ...identity, profileData: profileOf(secondary) } : identity,
      );
      return [
        ...deleteUser(secondaryId),
        ...updateUser(primaryId, { identities: [...primary.identities, ...linked] }),
      ];
    },
    /** The secondary account is a user of its own again, a new one. */
    unlink(primaryId: string, secondaryId: string): Auth0Event[] {
      const { identities } = userOf(primaryId);
      const identity = known(
        identities.slice(1).find((one) => idOfIdentity(one) === secondaryId),
        secondaryId,
      );
      const { profileData, ...own } = identity;
      const restored = completeUser({ ...profileData, user_id: secondaryId, identities: [own] }, now());
      return [
        ...updateUser(primaryId, { identities: identities.filter((one) => one !== identity) }),
        ...putUser('user.created', restored),
      ];
    },

    createOrganization(organization: Auth0Organization): Auth0Event[] {
      fresh(tenant.organizations, organization.id);
      tenant.putOrganization(organization);
      return [emit('organization.created', { object: organization })];
    },
    updateOrganization(id: string, changes: Partial<Omit<Auth0Organization, 'id'>>): Auth0Event[] {
      const previous = organizationOf(id);
      const organization = { ...previous, ...changes };
      tenant.putOrganization(organization);
      return [emit('organization.updated', { object: organization, previous })];
    },
    /** With its members and its own groups, and without a word of them unless told to cascade. */
    deleteOrganization(id: string): Auth0Event[] {
      const { branding: _, ...organization } = organizationOf(id);
      const children = cascades ? endOfOrganization(id) : [];
      for (const groupId of ownGroups(id)) tenant.removeGroup(groupId);
      tenant.removeOrganization(id);
      return [...children, emit('organization.deleted', { object: organization })];
    },
    addMember(organizationId: string, userId: string): Auth0Event[] {
      const { id, name } = organizationOf(organizationId);
      const { user_id } = userOf(userId);
      if (!tenant.members.add(id, user_id, now())) return [];
      const object = { organization: { id, name }, user: { user_id } };
      return [emit('organization.member.added', { object })];
    },
    /** With the roles of the member in the organization. */
    removeMember,
    /** A role of a member in an organization. */
    assignRole(organizationId: string, userId: string, roleId: string): Auth0Event[] {
      const isMember = tenant.members.has(organizationOf(organizationId).id, userId);
      if (!isMember) throw new Error(`${userId} is no member of ${organizationId}`);
      if (!tenant.memberRoles.add(pair(organizationId, userId), roleOf(roleId).id, now())) return [];
      return memberRole('assigned', organizationId, userId, roleId);
    },
    unassignRole,

    createGroup(group: Auth0Group): Auth0Event[] {
      fresh(tenant.groups, group.id);
      if (group.type === 'organization') organizationOf(group.organization_id);
      const { updated_at: _, ...object } = tenant.putGroup(group, now());
      return [emit('group.created', { object })];
    },
    updateGroup(id: string, changes: { name?: string; external_id?: string }): Auth0Event[] {
      const previous = groupOf(id);
      const group = { ...previous, ...changes, updated_at: now() };
      tenant.putGroup(group, now());
      return [emit('group.updated', { object: group, previous })];
    },
    /** Without a word of its members unless told to cascade. */
    deleteGroup,
    addGroupMember(groupId: string, member: Auth0GroupMember): Auth0Event[] {
      const members = member.member_type === 'user' ? tenant.users : tenant.connections;
      if (!members.has(member.id)) known(undefined, member.id);
      if (!tenant.groupMembers.add(groupOf(groupId).id, memberKey(member), now())) return [];
      return groupMember('added', groupId, member);
    },
    removeGroupMember,
    /** What every member of the group is in the organization. */
    assignOrganizationGroupRole(organizationId: string, groupId: string, roleId: string): Auth0Event[] {
      const [group, { id, name }] = [groupOf(groupId), roleOf(roleId)];
      if (!tenant.groupRoles.add(pair(organizationOf(organizationId).id, groupId), id, now())) return [];
      tenant.organizationGroups.add(organizationId, groupId, now());
      const object = {
        organization: { id: organizationId },
        group: groupRef(group),
        role: { id, name },
        created_at: now(),
      };
      return [emit('organization.group.role.assigned', { object })];
    },
    removeOrganizationGroupRole: removeGroupRole,
  };
}

function known<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw new Error(`there is no ${id} in this Auth0 tenant`);
  return value;
}

function fresh(things: ReadonlyMap<string, unknown>, id: string): void {
  if (things.has(id)) throw new Error(`${id} is in this Auth0 tenant already`);
}

/** A group as events about something else name it: without its name. */
function groupRef({ id, external_id, type, connection_id, organization_id }: Auth0Group) {
  return {
    id,
    ...(external_id !== undefined && { external_id }),
    type,
    ...(connection_id !== undefined && { connection_id }),
    ...(organization_id !== undefined && { organization_id }),
  };
}

function profileOf(user: Auth0User): Record<string, unknown> {
  const keys = [
    'email',
    'email_verified',
    'name',
    'nickname',
    'picture',
    'given_name',
    'family_name',
    'phone_number',
  ];
  return Object.fromEntries(Object.entries(user).filter(([key]) => keys.includes(key)));
}

const idOfIdentity = ({ provider, user_id }: Auth0Identity) => `${provider}|${user_id}`;

function withoutNulls(attributes: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null));
}
