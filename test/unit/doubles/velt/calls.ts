import { createVelt, type Velt, type VeltOptions } from '../../../../local/doubles/velt/velt.ts';

export const credentials = { apiKey: 'example-key', authToken: 'example-token' };
export const ada = { userId: 'ada', name: 'Ada Example', email: 'ada@example.com' };
export const grace = { userId: 'grace', name: 'Grace Example', email: 'grace@example.com' };

export const makeVelt = (options: Partial<VeltOptions> = {}) =>
  createVelt({ ...credentials, clock: () => 1_000, ...options });

export const headersOf = ({ apiKey, authToken }: typeof credentials) => ({
  'Content-Type': 'application/json',
  'X-Velt-Api-Key': apiKey,
  'X-Velt-Auth-Token': authToken,
});

export function send(
  velt: Velt,
  path: string,
  data: unknown,
  headers: Record<string, string> = headersOf(credentials),
) {
  const reply = velt.handle({ method: 'POST', path, headers, body: JSON.stringify({ data }) });
  if ('misbehaviour' in reply) throw new Error(`unexpected ${reply.misbehaviour}`);
  const isJson = String(reply.headers['content-type']).includes('json');
  return { ...reply, json: isJson ? JSON.parse(reply.body) : undefined };
}

export const addUsers = (velt: Velt, users: unknown[], more: object = {}) =>
  send(velt, '/v1/users/add', { organizationId: 'acme', users, ...more });

export const deleteUsers = (velt: Velt, userIds: string[], more: object = {}) =>
  send(velt, '/v2/users/delete', { organizationId: 'acme', userIds, ...more });

export const addGroup = (velt: Velt, groupId: string, groupName = groupId) =>
  send(velt, '/v2/organizations/usergroups/add', {
    organizationId: 'acme',
    organizationUserGroups: [{ groupId, groupName }],
  });

export const groupUsers = (velt: Velt, verb: 'add' | 'delete', groupId: string, more: object) =>
  send(velt, `/v2/organizations/usergroups/users/${verb}`, {
    organizationId: 'acme',
    organizationUserGroupId: groupId,
    ...more,
  });
