import type { HttpAnswer } from '../../http-server.ts';
import { CHECKPOINT, FIELDS, OFFSET, project, serveCheckpoint, serveEither } from '../paging.ts';
import { memberOfKey } from '../tenant/objects.ts';
import { type Api, type Asked, all, noConnection, noGroup, one, type Route, route } from './route.ts';
import { showGroup } from './shown.ts';

/** Groups and their members, and connections. */
export function groupRoutes(api: Api): Route[] {
  const { groups, connections, ids } = api.tenant;
  const show = (id: string) => showGroup(api, id);
  const showConnection = (id: string) => ({ ...connections.get(id) });

  return [
    route(
      'GET groups',
      'groups',
      ['read:groups'],
      [...CHECKPOINT, ...FIELDS],
      all(ids.groups, { serve: serveCheckpoint, name: 'groups', show }),
    ),
    route('GET groups/*', 'groups', ['read:groups'], [], one(groups, noGroup, show)),
    route('GET groups/*/members', 'groups', ['read:group_members'], [...CHECKPOINT, ...FIELDS], (asked) =>
      listGroupMembers(api, asked),
    ),
    route(
      'GET connections',
      'other',
      ['read:connections'],
      [...OFFSET, ...CHECKPOINT, ...FIELDS],
      all(ids.connections, { serve: serveEither, name: 'connections', show: showConnection }),
    ),
    route(
      'GET connections/*',
      'other',
      ['read:connections'],
      FIELDS,
      one(connections, noConnection, showConnection),
    ),
  ];
}

function listGroupMembers({ tenant }: Api, { ids: [id = ''], query, fault }: Asked): HttpAnswer {
  const group = tenant.groups.get(id);
  if (!group) return noGroup();
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
