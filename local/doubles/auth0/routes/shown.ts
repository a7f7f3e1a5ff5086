import type { Auth0User, StoredGroup } from '../tenant/objects.ts';
import type { Api } from './route.ts';

// Things as the Management API shows them.

export function showOrganization({ tenant }: Api, id: string): object {
  return { ...tenant.organizations.get(id) };
}

export function showRole({ tenant }: Api, id: string): object {
  return { description: '', ...tenant.roles.get(id) };
}

export function showGroup({ tenant, tenantName, groupsTellOrganization }: Api, id: string): object {
  const { type: _, organization_id, ...group } = tenant.groups.get(id) as StoredGroup;
  const owner = groupsTellOrganization && organization_id !== undefined && { organization_id };
  return { ...group, ...owner, tenant_name: tenantName };
}

/** A user in a list of members. */
export function showMember({ tenant }: Api, id: string): object {
  const { user_id, email, name, picture } = tenant.users.get(id) as Auth0User;
  return { user_id, ...(email !== undefined && { email }), name, picture };
}
