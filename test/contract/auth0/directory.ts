import { auth0 as face } from '../../../lib/sources/auth0/directory.ts';
import { createAuth0 } from '../../../local/doubles/auth0/auth0.ts';
import { type DirectoryContract, TEN } from '../contract.ts';

const url = 'https://example-tenant.us.auth0.com';
const credentials = { url, clientId: 'client', clientSecret: 'leak-me' };
const group = { id: 'grp_engineers', name: 'Engineers' };
const people = TEN.map((name) => `auth0|${name}`);

export const auth0: DirectoryContract = {
  face,
  config: { organization: 'acme' },
  credentials,
  http: ({ clock }) => {
    const { clientId, clientSecret } = credentials;
    const tenant = createAuth0({
      ...{ tenantUrl: url, clock, random: () => 0, clientId, clientSecret },
      directory: {
        users: people.map((user_id, n) => ({
          ...{ user_id, name: `Person ${n}` },
          created_at: new Date(Date.parse('2026-01-05T08:00:00.000Z') + n).toISOString(),
        })),
        groups: [{ ...group, type: 'tenant' }],
        groupMembers: people.slice(0, 3).map((id) => [group.id, { member_type: 'user', id }] as const),
      },
    });
    return async ({ method, headers, body = '', url: address }) =>
      tenant.handle({ method, headers, body, path: address.slice(url.length) }) as never;
  },
  people,
  nobody: 'auth0|nobody',
  group,
};
