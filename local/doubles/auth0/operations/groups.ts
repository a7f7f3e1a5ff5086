import type { Auth0Event } from '../streams.ts';
import { type Auth0Group, type Auth0GroupMember, memberKey, memberOfKey, pair } from '../tenant/objects.ts';
import { type Context, checkNew, groupRef, known } from './context.ts';

/** What an admin does with groups, their members and their roles in organizations. */
export function groupOperations(context: Context) {
  const { tenant, emit, now, groupOf, roleOf, organizationOf } = context;
  return {
    createGroup(group: Auth0Group): Auth0Event[] {
      checkNew(tenant.groups, group.id);
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
    /** Its members have no events of their own unless operations cascade. */
    deleteGroup: (id: string) => deleteGroup(context, id),
    addGroupMember(groupId: string, member: Auth0GroupMember): Auth0Event[] {
      const members = { user: tenant.users, connection: tenant.connections, group: tenant.groups };
      if (!members[member.member_type].has(member.id)) known(undefined, member.id);
      if (!tenant.groupMembers.add(groupOf(groupId).id, memberKey(member), now())) return [];
      return groupMember(context, 'added', groupId, member);
    },
    removeGroupMember: (groupId: string, member: Auth0GroupMember) =>
      removeGroupMember(context, groupId, member),
    /** Gives every member of the group a role in the organization. */
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
    removeOrganizationGroupRole: (organizationId: string, groupId: string, roleId: string) =>
      removeGroupRole(context, organizationId, groupId, roleId),
  };
}

export function deleteGroup(context: Context, id: string): Auth0Event[] {
  const { tenant, emit, cascades, groupOf } = context;
  const group = groupOf(id);
  const children = cascades
    ? [
        ...[...tenant.groupMembers.in(id)].flatMap((key) => removeGroupMember(context, id, memberOfKey(key))),
        ...[...tenant.organizationGroups.containersOf(id)].flatMap((organizationId) =>
          removeGroupRoles(context, organizationId, id),
        ),
      ]
    : [];
  tenant.removeGroup(id);
  return [...children, emit('group.deleted', { object: group })];
}

export function removeGroupMember(context: Context, groupId: string, member: Auth0GroupMember): Auth0Event[] {
  const { tenant, groupOf } = context;
  if (!tenant.groupMembers.remove(groupOf(groupId).id, memberKey(member))) return [];
  return groupMember(context, 'deleted', groupId, member);
}

/** Removes all roles of a group in an organization. */
export function removeGroupRoles(context: Context, organizationId: string, groupId: string): Auth0Event[] {
  const roleIds = [...context.tenant.groupRoles.in(pair(organizationId, groupId))];
  return roleIds.flatMap((roleId) => removeGroupRole(context, organizationId, groupId, roleId));
}

function removeGroupRole(
  { tenant, emit, now, organizationOf, groupOf }: Context,
  organizationId: string,
  groupId: string,
  roleId: string,
): Auth0Event[] {
  const [key, group] = [pair(organizationOf(organizationId).id, groupId), groupOf(groupId)];
  if (!tenant.groupRoles.remove(key, roleId)) return [];
  const isOwn = group.organization_id === organizationId;
  if (!isOwn && tenant.groupRoles.in(key).length === 0) {
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

function groupMember(
  { emit, groupOf }: Context,
  event: 'added' | 'deleted',
  groupId: string,
  { member_type, id }: Auth0GroupMember,
): Auth0Event[] {
  const member =
    member_type === 'connection'
      ? { member_type, id, type: 'connection', connection_id: id }
      : { member_type, id };
  const object = { group: groupRef(groupOf(groupId)), member };
  return [emit(`group.member.${event}`, { object })];
}
