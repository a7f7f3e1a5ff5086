import type { PageFault } from '../faults.ts';
import { type HttpAnswer, json } from '../http-server.ts';
import { notFound, oktaError } from './error.ts';
import { groupFilter } from './group-search.ts';
import type { OktaLog } from './log.ts';
import type { OktaGroup, OktaOrg } from './org.ts';
import { type OktaList, type PageSize, servePage } from './paging.ts';
import { showApp } from './shown.ts';

/** How large pages are by list (developer.okta.com/docs/api, OpenAPI 2026.06.3). */
const SIZES = {
  users: { usual: 200, most: 200 },
  groups: { usual: 10_000, most: 10_000 },
  members: { usual: 1_000, most: 1_000 },
  appUsers: { usual: 50, most: 500 },
} satisfies Record<string, PageSize>;

/** Answers an authorized GET from what is in the org and its log. */
export function answerFrom(
  org: OktaOrg,
  log: OktaLog,
  { orgUrl, url, fault }: { orgUrl: string; url: URL; fault: PageFault | undefined },
): HttpAnswer {
  const [kind = '', id = '', sub, subId] = url.pathname
    .replace(/^\/api\/v1\//, '')
    .split('/')
    .map(decodeURIComponent);
  const query = url.searchParams;
  const page = (list: OktaList, size: PageSize) => servePage(orgUrl, url, list, size, fault);
  if (kind === 'logs' && !id) return log.serve(url, fault);
  if (kind === 'users' && !id) {
    return page(org.userList(query.get('search') ?? query.get('filter')), SIZES.users);
  }
  if (kind === 'groups' && !id) {
    const matches = groupFilter(query);
    if (!matches) return oktaError(400, 'E0000031', 'Invalid search criteria.');
    const { ids, show } = org.groupList();
    const narrows = ['q', 'filter', 'search'].some((name) => query.has(name));
    const found = narrows ? ids.filter((groupId) => matches(org.groups.get(groupId) as OktaGroup)) : ids;
    return page({ ids: found, show }, SIZES.groups);
  }
  if (kind === 'users') {
    const userId = org.idOf(id);
    if (userId === undefined) return notFound(id, 'User');
    if (sub === undefined) return json(200, org.showUser(userId));
    if (sub === 'groups') return page(org.groupsOfUser(userId), SIZES.users);
  }
  if (kind === 'groups') {
    if (!org.groups.has(id)) return notFound(id, 'UserGroup');
    if (sub === undefined) return json(200, org.showGroup(id));
    if (sub === 'users') return page(org.memberList(id), SIZES.members);
  }
  if (kind === 'apps' && sub === undefined && org.apps.has(id)) {
    return json(200, showApp(org.apps.get(id)));
  }
  if (kind === 'apps' && sub === 'users') {
    const expand = query.get('expand') === 'user';
    if (!org.apps.has(id)) return notFound(id, 'AppInstance');
    if (subId === undefined) return page(org.appUserList(id, expand), SIZES.appUsers);
    if (!org.isAssigned(id, subId)) return notFound(subId, 'AppUser');
    return json(200, org.showAppUser(id, subId, expand));
  }
  return oktaError(404, 'E0000008', 'The requested path was not found');
}
