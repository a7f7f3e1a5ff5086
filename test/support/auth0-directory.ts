import { readConfig } from '../../lib/config.ts';
import type { WorldFault } from '../../lib/errors.ts';
import type { HttpRequest } from '../../lib/http/client.ts';
import { createDirectories } from '../../lib/sources/directories.ts';
import { createAuth0Rates } from '../../local/doubles/auth0/rates.ts';
import { NOW } from './factories.ts';

export const url = 'https://acme.us.auth0.com';
export const connection = { url, clientId: 'cl1ent', clientSecret: 's3cret' };
export const now = new Date(NOW).toISOString();
export const updated_at = '2026-08-21T08:00:00.512Z';

export type Routes = Record<string, object | number>;

export const ada = {
  user_id: 'auth0|ada',
  created_at: '2026-08-20T09:15:30.120Z',
  updated_at,
  email: 'ada@example.com',
  name: 'Ada Example',
  identities: [
    { connection: 'acme-saml', user_id: 1 },
    { connection: 'acme-saml', user_id: 2 },
  ],
};
export const acme = { id: 'org_1', name: 'acme', display_name: 'Acme Inc.' };
export const admin = { id: 'rol_1', name: 'org-admin' };
export const engineers = { id: 'grp_1', name: 'Engineers', connection_id: 'con_1', updated_at };

/** Auth0 by route, the path below /api/v2/ with its cursor (`groups?from=b`): an answer, or a status. */
export function makeDirectory(routes: Routes, config: Record<string, unknown> = {}) {
  const source = { kind: 'auth0', organization: 'velt-acme', api: { headroom: 0 }, ...config };
  const requests: string[] = [];
  const http = async ({ url: address }: HttpRequest) => {
    if (address.endsWith('/oauth/token'))
      return { status: 200, headers: {}, body: '{"access_token":"t","expires_in":86400}' };
    const { pathname, searchParams } = new URL(address);
    const from = searchParams.get('from');
    const route = decodeURIComponent(pathname.replace('/api/v2/', '')) + (from ? `?from=${from}` : '');
    requests.push(route);
    const answer = routes[route] ?? 404;
    if (typeof answer === 'number') return { status: answer, headers: {}, body: '{}' };
    return { status: 200, headers: {}, body: JSON.stringify(answer) };
  };
  const directory = createDirectories(readConfig({ sources: { auth0: source } }), {
    ...{ http, clock: () => NOW, random: () => 0 },
    secret: async () => ({ auth0: connection }),
  }).get('auth0');
  if (!directory) throw new Error('no directory');
  return { directory, requests };
}

/** A person in so many organizations of a tenant with this limit for the roles of members: read until it is done. */
export async function readPatiently(organizations: number, limit: { burst: number; perMinute: number }) {
  let at = NOW;
  const rates = createAuth0Rates({ 'member-roles': limit }, () => at);
  const answers: [RegExp, object][] = [
    [/token$/, { access_token: 't', expires_in: 86_400 }],
    [
      /\/organizations\?/,
      {
        organizations: Array.from({ length: organizations }, (_, n) => ({ id: `org_${n}` })),
        total: organizations,
      },
    ],
    [/\/groups\?/, { groups: [] }],
    [/\/roles\?/, { roles: [admin], total: 1 }],
    [/./, ada],
  ];
  const http = async ({ url: address }: HttpRequest) => {
    const [, answer] = answers.find(([route]) => route.test(address)) ?? [];
    const rate = address.includes('/roles?') ? rates('member-roles') : { exhausted: false, headers: {} };
    const headers = { date: new Date(at).toUTCString(), ...rate.headers };
    return { status: rate.exhausted ? 429 : 200, headers, body: JSON.stringify(answer) };
  };
  const source = { kind: 'auth0', organization: 'velt-acme', api: {} };
  const directory = createDirectories(readConfig({ sources: { auth0: source } }), {
    ...{ http, clock: () => at, random: () => 0 },
    secret: async () => ({ auth0: connection }),
  }).get('auth0');
  for (let tries = 1; tries <= 10; tries += 1) {
    try {
      return await directory?.readPerson('auth0|ada', { memberships: true });
    } catch (error) {
      at += (error as WorldFault).retryAfterMs ?? 0;
    }
  }
  return undefined;
}

/** Every page of a listing, each by a directory of its own, as if by another process. */
export async function list(routes: Routes, config: Record<string, unknown> = {}) {
  const requests: string[] = [];
  const pages: Awaited<ReturnType<ReturnType<typeof makeDirectory>['directory']['readPage']>>[] = [];
  let cursor: string | undefined;
  do {
    const made = makeDirectory(routes, config);
    const page = await made.directory.readPage(cursor);
    requests.push(...made.requests);
    pages.push(page);
    cursor = page.next;
  } while (cursor !== undefined);
  return {
    requests,
    pages,
    changes: pages.flatMap(({ changes }) => changes),
    complete: pages.flatMap(({ complete }) => complete),
    unread: pages.flatMap(({ unread = [] }) => unread),
  };
}

export const users = { users: { users: [ada], total: 1 } };
export const organizations = { organizations: { organizations: [acme] } };
export const read = { source: 'auth0', askedAt: now };
