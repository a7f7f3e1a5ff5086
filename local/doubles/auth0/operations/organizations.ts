import type { Auth0Event } from '../streams.ts';
import { type Auth0Organization, pair } from '../tenant/objects.ts';
import { type Context, checkNew } from './context.ts';
import { deleteGroup, removeGroupRoles } from './groups.ts';

/** What an admin does with organizations, their members and the members' roles. */
export function organizationOperations(context: Context) {
  const { tenant, emit, cascades, now, userOf, organizationOf, roleOf } = context;
  return {
    createOrganization(organization: Auth0Organization): Auth0Event[] {
      checkNew(tenant.organizations, organization.id);
      tenant.putOrganization(organization);
      return [emit('organization.created', { object: organization })];
    },
    updateOrganization(id: string, changes: Partial<Omit<Auth0Organization, 'id'>>): Auth0Event[] {
      const previous = organizationOf(id);
      const organization = { ...previous, ...changes };
      tenant.putOrganization(organization);
      return [emit('organization.updated', { object: organization, previous })];
    },
    /** Also deletes its memberships and its own groups, which have no events of their own unless operations cascade. */
    deleteOrganization(id: string): Auth0Event[] {
      const { branding: _, ...organization } = organizationOf(id);
      const children = cascades ? emptyOrganization(context, id) : [];
      for (const groupId of ownGroups(context, id)) tenant.removeGroup(groupId);
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
    /** Also removes the roles of the member in the organization. */
    removeMember: (organizationId: string, userId: string) => removeMember(context, organizationId, userId),
    /** Gives a member a role in the organization. */
    assignRole(organizationId: string, userId: string, roleId: string): Auth0Event[] {
      const isMember = tenant.members.has(organizationOf(organizationId).id, userId);
      if (!isMember) throw new Error(`${userId} is no member of ${organizationId}`);
      if (!tenant.memberRoles.add(pair(organizationId, userId), roleOf(roleId).id, now())) return [];
      return memberRole(context, 'assigned', organizationId, userId, roleId);
    },
    unassignRole: (organizationId: string, userId: string, roleId: string) =>
      unassignRole(context, organizationId, userId, roleId),
  };
}

export function removeMember(context: Context, organizationId: string, userId: string): Auth0Event[] {
  const { tenant, emit, cascades, organizationOf } = context;
  const { id, name } = organizationOf(organizationId);
  if (!tenant.members.has(id, userId)) return [];
  const key = pair(id, userId);
  const roleIds = [...tenant.memberRoles.in(key)];
  const children = cascades ? roleIds.flatMap((roleId) => unassignRole(context, id, userId, roleId)) : [];
  tenant.memberRoles.removeContainer(key);
  tenant.members.remove(id, userId);
  const object = { organization: { id, name }, user: { user_id: userId } };
  return [...children, emit('organization.member.deleted', { object })];
}

function unassignRole(
  context: Context,
  organizationId: string,
  userId: string,
  roleId: string,
): Auth0Event[] {
  const { tenant, organizationOf } = context;
  if (!tenant.memberRoles.remove(pair(organizationOf(organizationId).id, userId), roleId)) return [];
  return memberRole(context, 'deleted', organizationId, userId, roleId);
}

function memberRole(
  { emit, roleOf }: Context,
  event: 'assigned' | 'deleted',
  organizationId: string,
  userId: string,
  roleId: string,
): Auth0Event[] {
  const { id, name } = roleOf(roleId);
  const object = { organization: { id: organizationId }, user: { user_id: userId }, role: { id, name } };
  return [emit(`organization.member.role.${event}`, { object })];
}

/** Removes everything in an organization, with an event each. */
function emptyOrganization(context: Context, id: string): Auth0Event[] {
  const { tenant } = context;
  const own = ownGroups(context, id).flatMap((groupId) => deleteGroup(context, groupId));
  return [
    ...own,
    ...[...tenant.organizationGroups.in(id)].flatMap((groupId) => removeGroupRoles(context, id, groupId)),
    ...[...tenant.members.in(id)].flatMap((userId) => removeMember(context, id, userId)),
  ];
}

function ownGroups({ tenant, groupOf }: Context, organizationId: string): string[] {
  return tenant.organizationGroups
    .in(organizationId)
    .filter((groupId) => groupOf(groupId).organization_id === organizationId);
}
