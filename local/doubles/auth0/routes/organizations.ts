import type { HttpAnswer } from '../../http-server.ts';
import {
  CHECKPOINT,
  FIELDS,
  OFFSET,
  project,
  serveCheckpoint,
  serveEither,
  serveNumbered,
} from '../paging.ts';
import { pair } from '../tenant/objects.ts';
import {
  type Api,
  type Asked,
  all,
  insufficient,
  noGroup,
  noOrganization,
  noUser,
  one,
  type Route,
  route,
  within,
} from './route.ts';
import { showGroup, showMember, showOrganization, showRole } from './shown.ts';

const EITHER = [...OFFSET, ...CHECKPOINT];
const READ_MEMBER_ROLES = ['read:organization_member_roles'];
const READ_GROUP_ROLES = ['read:organization_group_roles'];

/** Organizations, their members and groups, and the roles of both. */
export function organizationRoutes(api: Api): Route[] {
  const { organizations, organizationGroups, ids } = api.tenant;
  const show = (id: string) => showOrganization(api, id);
  const groupsIn = (organizationId: string) => ({
    keys: organizationGroups.in(organizationId),
    show: (id: string) => showGroup(api, id),
  });

  return [
    route(
      'GET organizations',
      'organizations',
      ['read:organizations'],
      EITHER,
      all(ids.organizations, { serve: serveEither, name: 'organizations', show }),
    ),
    route(
      'GET organizations/*',
      'organizations',
      ['read:organizations'],
      [],
      one(organizations, noOrganization, show),
    ),
    route(
      'GET organizations/*/members',
      'members',
      ['read:organization_members'],
      [...EITHER, ...FIELDS],
      (asked) => listMembers(api, asked),
    ),
    route('GET organizations/*/members/*/roles', 'member-roles', READ_MEMBER_ROLES, OFFSET, (asked) =>
      listMemberRoles(api, asked),
    ),
    route(
      'GET organizations/*/groups',
      'groups',
      ['read:organization_groups'],
      CHECKPOINT,
      within(organizations, noOrganization, { serve: serveCheckpoint, name: 'groups', listOf: groupsIn }),
    ),
    route('GET organizations/*/groups/*/roles', 'groups', READ_GROUP_ROLES, CHECKPOINT, (asked) =>
      listGroupRoles(api, asked),
    ),
  ];
}

function listMembers(api: Api, { ids: [id = ''], query, scopes, fault }: Asked): HttpAnswer {
  const { tenant } = api;
  if (!tenant.organizations.has(id)) return noOrganization();
  const asksRoles =
    query.get('include_fields') !== 'false' && (query.get('fields') ?? '').split(',').includes('roles');
  if (asksRoles && !scopes.has('read:organization_member_roles')) return insufficient(READ_MEMBER_ROLES);
  const rolesOf = (userId: string) =>
    tenant.memberRoles
      .in(pair(id, userId))
      .map((roleId) => ({ id: roleId, name: tenant.roles.get(roleId)?.name }));
  const show = (userId: string) =>
    project({ ...showMember(api, userId), ...(asksRoles && { roles: rolesOf(userId) }) }, query);
  return serveEither({ query, name: 'members', list: { keys: tenant.members.in(id), show }, fault });
}

function listMemberRoles(api: Api, { ids: [id = '', userId = ''], query, fault }: Asked): HttpAnswer {
  const { organizations, members, memberRoles } = api.tenant;
  if (!organizations.has(id)) return noOrganization();
  if (!members.has(id, userId)) return noUser();
  const show = (roleId: string) => showRole(api, roleId);
  return serveNumbered({
    query,
    name: 'roles',
    list: { keys: memberRoles.in(pair(id, userId)), show },
    fault,
  });
}

function listGroupRoles(api: Api, { ids: [id = '', groupId = ''], query, fault }: Asked): HttpAnswer {
  const { organizations, groups, groupRoles } = api.tenant;
  if (!organizations.has(id)) return noOrganization();
  if (!groups.has(groupId)) return noGroup();
  const show = (roleId: string) => showRole(api, roleId);
  return serveCheckpoint({
    query,
    name: 'roles',
    list: { keys: groupRoles.in(pair(id, groupId)), show },
    fault,
  });
}
