import * as z from 'zod';
import { type Endpoint, type Endpoints, endpoint, flag, id, list, text, veltId } from './endpoint.ts';
import { Refused } from './refused.ts';
import { type Group, type Organization, openOrganization, type Store } from './store.ts';

/** `organizations/add`, and `usergroups/add`, `usergroups/users/add` and `usergroups/users/delete`. */
export const organizationEndpoints: Endpoints = (store) => [
  ['/v2/organizations/add', addOrganizations(store)],
  ['/v2/organizations/usergroups/add', addGroups(store)],
  ['/v2/organizations/usergroups/users/add', addGroupUsers(store)],
  ['/v2/organizations/usergroups/users/delete', deleteGroupUsers(store)],
];

const groupFields = { organizationId: id, organizationUserGroupId: id };

function addOrganizations(store: Store): Endpoint {
  return endpoint(
    z.strictObject({ organizations: list(z.strictObject({ organizationId: id, organizationName: text })) }),
    (data, item) => {
      for (const { organizationId, organizationName } of data.organizations) {
        item('organizationId', organizationId, () => {
          const organization = openOrganization(store, organizationId);
          if (organizationName !== undefined && organization.name !== organizationName) {
            organization.name = organizationName;
            store.changed = true;
          }
          return { success: true, id: veltId(organizationId), message: 'Added Successfully' };
        });
      }
      return { message: 'Organization(s) added successfully.' };
    },
  );
}

function addGroups(store: Store): Endpoint {
  return endpoint(
    z.strictObject({
      organizationId: id,
      organizationUserGroups: list(z.strictObject({ groupId: id, groupName: id })),
      createOrganization: flag,
    }),
    (data, item) => {
      if (!store.organizations.has(data.organizationId) && !data.createOrganization) {
        throw new Refused('NOT_FOUND', 'Organization does not exist.');
      }
      const { groups } = openOrganization(store, data.organizationId);
      for (const { groupId, groupName } of data.organizationUserGroups) {
        item('groupId', groupId, () => {
          const known = groups.get(groupId);
          if (known?.groupName !== groupName) {
            groups.set(groupId, { groupName, members: known?.members ?? new Set() });
            store.changed = true;
          }
          return { success: true, id: veltId(groupId), message: 'Organization user group added.' };
        });
      }
      return { message: 'Organization User Groups added successfully.' };
    },
  );
}

function addGroupUsers(store: Store): Endpoint {
  return endpoint(z.strictObject({ ...groupFields, userIds: list(id) }), (data, item) => {
    const { organization, group } = findGroup(store, data);
    const { organizationUserGroupId } = data;
    for (const userId of data.userIds) {
      item('userId', userId, () => {
        // docs.velt.dev key-concepts/overview, 2026-08: only organization users can join user groups.
        if (!organization.users.has(userId)) {
          return { success: false, organizationUserGroupId, message: 'User is not an organization user.' };
        }
        if (!group.members.has(userId)) store.changed = true;
        group.members.add(userId);
        return { success: true, organizationUserGroupId, message: 'User added to organization user group.' };
      });
    }
    return { message: 'Added organization users to group successfully.' };
  });
}

function deleteGroupUsers(store: Store): Endpoint {
  return endpoint(
    z
      .strictObject({ ...groupFields, userIds: list(id).optional(), deleteAll: z.literal(true).optional() })
      .refine((data) => (data.userIds === undefined) !== (data.deleteAll === undefined), {
        message: 'Give userIds or deleteAll',
        path: ['userIds'],
      }),
    (data, item) => {
      const { group } = findGroup(store, data);
      const { organizationUserGroupId } = data;
      for (const userId of data.userIds ?? [...group.members]) {
        item('userId', userId, () => {
          if (!group.members.delete(userId)) {
            return { success: false, organizationUserGroupId, message: 'User does not exist in group.' };
          }
          store.changed = true;
          const message = 'User deleted from organization user group.';
          return { success: true, organizationUserGroupId, message };
        });
      }
      return { message: 'Deleted users from group successfully.' };
    },
  );
}

/** @throws {Refused} when there is no such group. */
function findGroup(
  { organizations }: Store,
  { organizationId, organizationUserGroupId }: { organizationId: string; organizationUserGroupId: string },
): { organization: Organization; group: Group } {
  const organization = organizations.get(organizationId);
  const group = organization?.groups.get(organizationUserGroupId);
  if (!organization || !group) throw new Refused('NOT_FOUND', 'Organization user group does not exist.');
  return { organization, group };
}
