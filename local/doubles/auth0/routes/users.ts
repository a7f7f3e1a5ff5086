import { type HttpAnswer, json } from '../../http-server.ts';
import { badQuery } from '../error.ts';
import {
  type Auth0List,
  CHECKPOINT,
  FIELDS,
  OFFSET,
  project,
  serveCheckpoint,
  serveEither,
  serveNumbered,
} from '../paging.ts';
import { type Auth0User, memberKey } from '../tenant/objects.ts';
import { readUserQuery } from '../tenant/search.ts';
import { type Api, type Asked, all, noRole, noUser, one, type Route, route, within } from './route.ts';
import { showGroup, showMember, showOrganization, showRole } from './shown.ts';

const SEARCH = [...OFFSET, ...FIELDS, 'sort', 'q', 'search_engine', 'primary_order'];
const EITHER = [...OFFSET, ...CHECKPOINT];

/** Users, what they are in, and the roles of the tenant. */
export function userRoutes(api: Api): Route[] {
  const { tenant, exports } = api;
  const { users, roles, ids } = tenant;
  const role = (id: string) => showRole(api, id);
  const organizationsOf = (userId: string) => ({
    keys: tenant.members.containersOf(userId),
    show: (id: string) => showOrganization(api, id),
  });
  const rolesOf = (userId: string) => ({ keys: tenant.userRoles.in(userId), show: role });
  const usersOf = (roleId: string) => ({
    keys: tenant.userRoles.containersOf(roleId),
    show: (id: string) => showMember(api, id),
  });
  const ofUser = (serve: typeof serveNumbered, name: string, listOf: (id: string) => Auth0List) =>
    within(users, noUser, { serve, name, listOf });

  return [
    route('GET users', 'users', ['read:users'], SEARCH, (asked) => searchUsers(api, asked)),
    route('GET users-by-email', 'users', ['read:users'], [...FIELDS, 'email'], ({ query }) => {
      const found = [...users.values()].filter(({ email }) => email === query.get('email'));
      return json(
        200,
        found.map((user) => project(user, query)),
      );
    }),
    route(
      'GET users/*',
      'users',
      ['read:users'],
      FIELDS,
      one(users, noUser, (id) => users.get(id) as Auth0User),
    ),
    route(
      'GET users/*/organizations',
      'other',
      ['read:organizations'],
      OFFSET,
      ofUser(serveNumbered, 'organizations', organizationsOf),
    ),
    route(
      'GET users/*/roles',
      'other',
      ['read:users', 'read:roles'],
      OFFSET,
      ofUser(serveNumbered, 'roles', rolesOf),
    ),
    route(
      'GET users/*/groups',
      'groups',
      ['read:groups'],
      CHECKPOINT,
      ofUser(serveCheckpoint, 'groups', (id) => groupsOf(api, id)),
    ),
    route(
      'GET roles',
      'other',
      ['read:roles'],
      OFFSET,
      all(ids.roles, { serve: serveNumbered, name: 'roles', show: role }),
    ),
    route(
      'GET roles/*/users',
      'other',
      ['read:users', 'read:role_members'],
      EITHER,
      within(roles, noRole, { serve: serveEither, name: 'users', listOf: usersOf }),
    ),
    route('POST jobs/users-exports', 'other', ['read:users'], [], ({ body }) => exports.create(body)),
    route('GET jobs/*', 'other', ['read:users'], [], ({ ids: [id = ''] }) => exports.read(id)),
  ];
}

function searchUsers({ tenant, clock }: Api, { query, fault, lagMs }: Asked): HttpAnswer {
  const found = readUserQuery(query.get('q'));
  if (!found) return badQuery('q is no query that this double understands');
  if ((query.get('sort') ?? 'created_at:1') !== 'created_at:1')
    return badQuery('sort can be created_at:1 only');
  if ((query.get('search_engine') ?? 'v3') !== 'v3') return badQuery('search_engine can be v3 only');
  if (lagMs > 0) {
    const latest = new Date(clock() - lagMs).toISOString();
    const { to = latest } = found.created ?? {};
    found.created = { ...found.created, to: to < latest ? to : latest };
  }
  const show = (key: string) => project(tenant.userOfKey(key), query);
  return serveNumbered({ query, name: 'users', list: { ...tenant.find(found), show }, fault });
}

function groupsOf(api: Api, userId: string): Auth0List {
  const { groupMembers } = api.tenant;
  const key = memberKey({ member_type: 'user', id: userId });
  const show = (id: string) => ({
    ...showGroup(api, id),
    membership_created_at: groupMembers.since(id, key),
  });
  return { keys: groupMembers.containersOf(key), show };
}
