import * as z from 'zod';
import {
  type Endpoint,
  type Endpoints,
  endpoint,
  flag,
  hasScope,
  id,
  list,
  type Sides,
  text,
  veltId,
} from './endpoint.ts';
import { Refused } from './refused.ts';
import {
  byId,
  findScope,
  openOrganization,
  openScope,
  putUser,
  type ScopeOf,
  type Store,
  scopesOf,
} from './store.ts';

const MAX_IDS_PER_READ = 30;
const DEFAULT_PAGE_SIZE = 1000;

const hexColor = z
  .string()
  .regex(/^#?[0-9a-f]{3,8}$/i)
  .optional();
const profileFields = {
  photoUrl: z.url().optional(),
  plan: text,
  type: text,
  color: hexColor,
  textColor: hexColor,
  initial: text,
  isAdmin: flag,
  isReadOnly: flag,
  isAnonymous: flag,
  isGuest: flag,
  accessRole: z.enum(['viewer', 'editor']).optional(),
};
const scopeFields = { organizationId: id, folderId: id.optional(), documentId: id.optional() };
const inOneScope = ({ folderId, documentId }: ScopeOf) => folderId === undefined || documentId === undefined;
const scopeIssue = { message: 'Give folderId or documentId', path: ['documentId'] };

/** `users/add` in both versions, and `users/update`, `delete` and `get`. */
export const userEndpoints: Endpoints = (store, sides) => [
  ['/v1/users/add', addUsers('v1', store, sides)],
  ['/v2/users/add', addUsers('v2', store, sides)],
  ['/v2/users/update', updateUsers(store)],
  ['/v2/users/delete', deleteUsers(store, sides)],
  ['/v2/users/get', getUsers(store, sides)],
];

function addUsers(version: 'v1' | 'v2', store: Store, sides: Sides): Endpoint {
  const { repeatAdd, missingScope, requireEmail } = sides;
  const user = z.strictObject({
    userId: id,
    name: id,
    email: requireEmail ? z.email() : z.email().optional(),
    ...profileFields,
  });
  const createFlags = { createOrganization: flag, createFolder: flag, createDocument: flag };
  const schema = z.strictObject({
    ...scopeFields,
    users: list(user),
    ...(version === 'v2' && createFlags),
  });
  return endpoint(schema.refine(inOneScope, scopeIssue), (data, item) => {
    const { createFolder, createDocument } = data as { createFolder?: boolean; createDocument?: boolean };
    const mayCreate = missingScope === 'created' || createFolder === true || createDocument === true;
    if (!mayCreate && hasScope(data) && !findScope(store.organizations.get(data.organizationId), data)) {
      throw new Refused('NOT_FOUND', 'Folder or document does not exist');
    }
    const scope = openScope(store, openOrganization(store, data.organizationId), data);
    for (const { userId, accessRole: asked, ...profile } of data.users) {
      item('userId', userId, () => {
        if (repeatAdd === 'already-exists' && scope.has(userId)) {
          const message = 'User already exists';
          return { success: false, id: veltId(userId), message, code: 'already-exists' };
        }
        // v1 takes a role for nothing, and so does an add of somebody who is there: neither says so.
        const { accessRole = version === 'v2' && !scope.has(userId) ? asked : undefined } =
          scope.get(userId) ?? {};
        putUser(store, scope, userId, { ...profile, ...(accessRole !== undefined && { accessRole }) });
        return { success: true, id: veltId(userId), message: 'User added.' };
      });
    }
    return { message: 'User(s) processed successfully.' };
  });
}

function updateUsers(store: Store): Endpoint {
  const user = z.strictObject({
    userId: id,
    name: id.optional(),
    email: z.email().optional(),
    ...profileFields,
  });
  return endpoint(
    z.strictObject({ ...scopeFields, users: list(user) }).refine(inOneScope, scopeIssue),
    (data, item) => {
      const scope = findScope(store.organizations.get(data.organizationId), data);
      for (const { userId, ...profile } of data.users) {
        item('userId', userId, () => {
          const known = scope?.get(userId);
          if (!scope || !known)
            return { success: false, id: veltId(userId), message: 'User does not exist.' };
          putUser(store, scope, userId, { ...known, ...profile });
          return { success: true, id: veltId(userId), message: 'User updated.' };
        });
      }
      return { message: 'User(s) processed successfully.' };
    },
  );
}

function deleteUsers(store: Store, { deleteKeepsGroups, deleteUnknown }: Sides): Endpoint {
  return endpoint(
    z.strictObject({ ...scopeFields, userIds: list(id) }).refine(inOneScope, scopeIssue),
    (data, item) => {
      const organization = store.organizations.get(data.organizationId);
      const named = findScope(organization, data);
      const scopes = hasScope(data) ? (named ? [named] : []) : scopesOf(organization);
      const isKnown = (userId: string) => scopes.some((scope) => scope.has(userId));
      if (deleteUnknown === 'call' && !data.userIds.every(isKnown))
        throw new Refused('NOT_FOUND', 'User not found.');
      for (const userId of data.userIds) {
        item('userId', userId, () => {
          if (!isKnown(userId)) {
            return { success: false, message: 'User does not exist.' };
          }
          for (const scope of scopes) scope.delete(userId);
          store.changed = true;
          if (!deleteKeepsGroups && !hasScope(data)) {
            for (const group of organization?.groups.values() ?? []) group.members.delete(userId);
          }
          return { success: true, message: 'User removed.' };
        });
      }
      return { message: 'User(s) deleted successfully.' };
    },
  );
}

function getUsers(store: Store, { advancedQueries, listsRoles }: Sides): Endpoint {
  return endpoint(
    z
      .strictObject({
        ...scopeFields,
        userIds: z.array(id).max(MAX_IDS_PER_READ).optional(),
        organizationUserGroupIds: z.array(id).max(MAX_IDS_PER_READ).optional(),
        pageSize: z.number().int().positive().optional(),
        pageToken: z.string().optional(),
      })
      .refine(inOneScope, scopeIssue),
    ({ userIds, organizationUserGroupIds, pageSize = DEFAULT_PAGE_SIZE, pageToken, ...of }) => {
      if (advancedQueries === 'refused') throw new Refused('NOT_FOUND', 'Advanced queries are not enabled.');
      if (advancedQueries === 'empty') return { message: 'User(s) retrieved successfully.', data: [] };
      const organization = store.organizations.get(of.organizationId);
      const inGroups = organizationUserGroupIds?.map((groupId) => organization?.groups.get(groupId)?.members);
      const found = [...(findScope(organization, of) ?? [])]
        .filter(([userId]) => userIds?.includes(userId) ?? true)
        .filter(([userId]) => inGroups?.some((members) => members?.has(userId)) ?? true)
        .sort(byId);
      const from = pageToken === undefined ? 0 : Number(Buffer.from(pageToken, 'base64url').toString());
      if (!Number.isInteger(from)) throw new Refused('INVALID_ARGUMENT', 'Invalid page token.');
      const to = from + pageSize;
      return {
        message: 'User(s) retrieved successfully.',
        data: found.slice(from, to).map(([userId, { accessRole, ...profile }]) => ({
          ...profile,
          ...(listsRoles && accessRole !== undefined && { accessRole }),
          userId,
        })),
        ...(to < found.length && { nextPageToken: Buffer.from(String(to)).toString('base64url') }),
      };
    },
  );
}
