import type { PageFault } from '../faults.ts';
import { type HttpAnswer, json } from '../http-server.ts';
import { auth0Error, badQuery, missing } from './error.ts';
import type { createAuth0Exports } from './exports.ts';
import {
  type Auth0List,
  CHECKPOINT,
  FIELDS,
  OFFSET,
  project,
  serveCheckpoint,
  serveEither,
  serveNumbered,
} from './paging.ts';
import type { Auth0Bucket } from './rates.ts';
import { readUserQuery } from './search.ts';
import type { Auth0Streams } from './streams.ts';
import {
  type Auth0Tenant,
  type Auth0User,
  memberKey,
  memberOfKey,
  pair,
  type StoredGroup,
} from './tenant.ts';

/** A request for a route: what its path names, and what it said. */
export type Asked = {
  ids: string[];
  query: URLSearchParams;
  body: unknown;
  scopes: ReadonlySet<string>;
  fault: PageFault | undefined;
  lagMs: number;
};

export type Route = {
  method: string;
  /** Below `/api/v2/`; a `*` stands for an id. */
  path: string;
  bucket: Auth0Bucket;
  /** Any of them will do. */
  scopes: string[];
  /** The parameters that the query may have. */
  query: string[];
  answer: (asked: Asked) => HttpAnswer;
};

/** The endpoints of the Management API that are here (auth0.com/docs/api/management/v2, OpenAPI 2026-06). */
export function createAuth0Routes({
  tenant,
  tenantName,
  streams,
  exports,
  clock,
  groupsTellOrganization,
}: {
  tenant: Auth0Tenant;
  tenantName: string;
  streams: Auth0Streams;
  exports: ReturnType<typeof createAuth0Exports>;
  clock: () => number;
  groupsTellOrganization: boolean;
}): Route[] {
  const { users, organizations, roles, groups, connections, ids } = tenant;
  const noUser = () => auth0Error(404, 'The user does not exist.', 'inexistent_user');
  const noOrganization = () =>
    auth0Error(404, 'No organization found by that id or name', 'inexistent_organization');
  const showRole = (id: string) => ({ description: '', ...tenant.roles.get(id) });
  const showOrganization = (id: string) => ({ ...tenant.organizations.get(id) });

  function showGroup(id: string) {
    const { type: _, organization_id, ...group } = tenant.groups.get(id) as StoredGroup;
    const owner = groupsTellOrganization && organization_id !== undefined && { organization_id };
    return { ...group, ...owner, tenant_name: tenantName };
  }

  const memberOf = (id: string) => {
    const { user_id, email, name, picture } = tenant.users.get(id) as Auth0User;
    return { user_id, ...(email !== undefined && { email }), name, picture };
  };

  function listUsers({ query, fault, lagMs }: Asked): HttpAnswer {
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

  function listMembers({ ids: [id = ''], query, scopes, fault }: Asked): HttpAnswer {
    if (!tenant.organizations.has(id)) return noOrganization();
    const asksRoles =
      query.get('include_fields') !== 'false' && (query.get('fields') ?? '').split(',').includes('roles');
    if (asksRoles && !scopes.has('read:organization_member_roles')) {
      return insufficient(['read:organization_member_roles']);
    }
    const rolesOf = (userId: string) =>
      tenant.memberRoles
        .in(pair(id, userId))
        .map((roleId) => ({ id: roleId, name: tenant.roles.get(roleId)?.name }));
    const show = (userId: string) =>
      project({ ...memberOf(userId), ...(asksRoles && { roles: rolesOf(userId) }) }, query);
    return serveEither({ query, name: 'members', list: { keys: tenant.members.in(id), show }, fault });
  }

  function listGroupMembers({ ids: [id = ''], query, fault }: Asked): HttpAnswer {
    const group = tenant.groups.get(id);
    if (!group) return missing('group', 'group');
    const show = (key: string) => {
      const { member_type, id: memberId } = memberOfKey(key);
      const connection_id = member_type === 'connection' ? memberId : group.connection_id;
      return project(
        {
          id: memberId,
          member_type,
          ...(connection_id !== undefined && { type: 'connection', connection_id }),
          created_at: tenant.groupMembers.since(id, key),
        },
        query,
      );
    };
    return serveCheckpoint({
      query,
      name: 'members',
      list: { keys: tenant.groupMembers.in(id), show },
      fault,
    });
  }

  /** A list of something inside of a thing that must exist. */
  const within =
    (things: ReadonlyMap<string, unknown>, absent: () => HttpAnswer) =>
    (serve: typeof serveNumbered, name: string, listOf: (id: string) => Auth0List) =>
    ({ ids: [id = ''], query, fault }: Asked): HttpAnswer =>
      things.has(id) ? serve({ query, name, list: listOf(id), fault }) : absent();

  const one =
    (things: ReadonlyMap<string, unknown>, absent: () => HttpAnswer, show: (id: string) => object) =>
    ({ ids: [id = ''], query }: Asked): HttpAnswer =>
      things.has(id) ? json(200, project(show(id), query)) : absent();

  const all =
    (keys: readonly string[], serve: typeof serveNumbered, name: string, show: (id: string) => object) =>
    ({ query, fault }: Asked): HttpAnswer =>
      serve({ query, name, list: { keys, show: (id) => project(show(id), query) }, fault });

  const noGroup = () => missing('group', 'group');
  const groupsOf = (userId: string): Auth0List => {
    const key = memberKey({ member_type: 'user', id: userId });
    const show = (id: string) => ({
      ...showGroup(id),
      membership_created_at: tenant.groupMembers.since(id, key),
    });
    return { keys: tenant.groupMembers.placesOf(key), show };
  };
  const memberRoles = ({ ids: [id = '', userId = ''], query, fault }: Asked): HttpAnswer => {
    if (!tenant.organizations.has(id)) return noOrganization();
    if (!tenant.members.has(id, userId)) return noUser();
    const list = { keys: tenant.memberRoles.in(pair(id, userId)), show: showRole };
    return serveNumbered({ query, name: 'roles', list, fault });
  };
  const groupRoles = ({ ids: [id = '', groupId = ''], query, fault }: Asked): HttpAnswer => {
    if (!tenant.organizations.has(id)) return noOrganization();
    if (!tenant.groups.has(groupId)) return noGroup();
    const list = { keys: tenant.groupRoles.in(pair(id, groupId)), show: showRole };
    return serveCheckpoint({ query, name: 'roles', list, fault });
  };

  const noRole = () => missing('role', 'role');
  const noConnection = () => missing('connection', 'connection');
  const showUser = (id: string) => users.get(id) as Auth0User;
  const showConnection = (id: string) => ({ ...connections.get(id) });
  const organizationsOf = (userId: string) => ({
    keys: tenant.members.placesOf(userId),
    show: showOrganization,
  });
  const rolesOf = (userId: string) => ({ keys: tenant.userRoles.in(userId), show: showRole });
  const usersOf = (roleId: string) => ({ keys: tenant.userRoles.placesOf(roleId), show: memberOf });
  const groupsIn = (organizationId: string) => ({
    keys: tenant.organizationGroups.in(organizationId),
    show: showGroup,
  });

  /** `METHOD path`, the group of its rate limit, the scopes and the parameters it knows. */
  const route = (
    endpoint: string,
    bucket: Auth0Bucket,
    scopes: string[],
    query: string[],
    answer: Route['answer'],
  ): Route => {
    const [method = '', path = ''] = endpoint.split(' ');
    return { method, path, bucket, scopes, query, answer };
  };
  const onStream = (
    endpoint: string,
    scopes: string[],
    query: string[],
    answer: (streamId: string, asked: Asked, eventId: string) => HttpAnswer,
  ) =>
    route(endpoint, 'other', scopes, query, (asked) => answer(asked.ids[0] ?? '', asked, asked.ids[1] ?? ''));

  const NONE: string[] = [];
  const SEARCH = [...OFFSET, ...FIELDS, 'sort', 'q', 'search_engine', 'primary_order'];
  const EITHER = [...OFFSET, ...CHECKPOINT];
  const FILTERS = [...CHECKPOINT, 'statuses', 'event_types', 'date_from', 'date_to'];
  const READ_ROLES = ['read:organization_member_roles'];
  const READ_GROUP_ROLES = ['read:organization_group_roles'];
  const READ_FAILED = ['read:event_streams', 'read:event_deliveries'];
  const READ_STREAMS = ['read:event_streams'];
  const CHANGE_STREAMS = ['update:event_streams'];
  const REDELIVER = ['update:event_deliveries'];
  const ofUser = within(users, noUser);
  const ofOrganization = within(organizations, noOrganization);

  return [
    route('GET users', 'users', ['read:users'], SEARCH, listUsers),
    route('GET users/*', 'users', ['read:users'], FIELDS, one(users, noUser, showUser)),
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
      ofUser(serveCheckpoint, 'groups', groupsOf),
    ),

    route(
      'GET organizations',
      'organizations',
      ['read:organizations'],
      EITHER,
      all(ids.organizations, serveEither, 'organizations', showOrganization),
    ),
    route(
      'GET organizations/*',
      'organizations',
      ['read:organizations'],
      NONE,
      one(organizations, noOrganization, showOrganization),
    ),
    route(
      'GET organizations/*/members',
      'members',
      ['read:organization_members'],
      [...EITHER, ...FIELDS],
      listMembers,
    ),
    route('GET organizations/*/members/*/roles', 'member-roles', READ_ROLES, OFFSET, memberRoles),
    route(
      'GET organizations/*/groups',
      'groups',
      ['read:organization_groups'],
      CHECKPOINT,
      ofOrganization(serveCheckpoint, 'groups', groupsIn),
    ),
    route('GET organizations/*/groups/*/roles', 'groups', READ_GROUP_ROLES, CHECKPOINT, groupRoles),

    route('GET roles', 'other', ['read:roles'], OFFSET, all(ids.roles, serveNumbered, 'roles', showRole)),
    route(
      'GET roles/*/users',
      'other',
      ['read:users', 'read:role_members'],
      EITHER,
      within(roles, noRole)(serveEither, 'users', usersOf),
    ),

    route(
      'GET groups',
      'groups',
      ['read:groups'],
      [...CHECKPOINT, ...FIELDS],
      all(ids.groups, serveCheckpoint, 'groups', showGroup),
    ),
    route('GET groups/*', 'groups', ['read:groups'], NONE, one(groups, noGroup, showGroup)),
    route(
      'GET groups/*/members',
      'groups',
      ['read:group_members'],
      [...CHECKPOINT, ...FIELDS],
      listGroupMembers,
    ),

    route(
      'GET connections',
      'other',
      ['read:connections'],
      [...EITHER, ...FIELDS],
      all(ids.connections, serveEither, 'connections', showConnection),
    ),
    route(
      'GET connections/*',
      'other',
      ['read:connections'],
      FIELDS,
      one(connections, noConnection, showConnection),
    ),

    route('POST jobs/users-exports', 'other', ['read:users'], NONE, ({ body }) => exports.create(body)),
    route('GET jobs/*', 'other', ['read:users'], NONE, ({ ids: [id = ''] }) => exports.read(id)),

    onStream('POST event-streams', ['create:event_streams'], NONE, (_, { body }) => streams.create(body)),
    onStream('GET event-streams', READ_STREAMS, CHECKPOINT, (_, { query, fault }) =>
      streams.list(query, fault),
    ),
    onStream('GET event-streams/*', READ_STREAMS, NONE, streams.read),
    onStream('PATCH event-streams/*', CHANGE_STREAMS, NONE, (id, { body }) => streams.update(id, body)),
    onStream('DELETE event-streams/*', ['delete:event_streams'], NONE, streams.remove),
    onStream('POST event-streams/*/test', CHANGE_STREAMS, NONE, (id, { body }) => streams.test(id, body)),
    onStream('GET event-streams/*/deliveries', READ_FAILED, FILTERS, (id, { query }) =>
      streams.deliveries(id, query),
    ),
    onStream('GET event-streams/*/deliveries/*', ['read:event_deliveries'], NONE, (id, _, eventId) =>
      streams.delivery(id, eventId),
    ),
    onStream('POST event-streams/*/redeliver', REDELIVER, NONE, (id, { body }) =>
      streams.redeliverMany(id, body),
    ),
    onStream('POST event-streams/*/redeliver/*', REDELIVER, NONE, (id, _, eventId) =>
      streams.redeliverOne(id, eventId),
    ),
  ];
}

export const insufficient = (scopes: string[]) =>
  auth0Error(403, `Insufficient scope, expected any of: ${scopes.join(',')}`, 'insufficient_scope');
