import { createFaults, type Fault, type PageFault } from '../faults.ts';
import { type Handle, type HttpAnswer, type HttpRequest, json, startHttpServer } from '../http-server.ts';
import { oktaError as error, faultStatus, notFound } from './error.ts';
import { type Challenge, createOktaHooks } from './hooks.ts';
import { createOktaLog } from './log.ts';
import { createOktaOperations } from './operations.ts';
import { createOktaOrg, type OktaOrgOptions } from './org.ts';
import { type OktaList, type PageSize, servePage } from './paging.ts';

// A double of what is used of Okta's Management API (developer.okta.com/docs/api, OpenAPI 2026.06.3): reading users,
// groups, memberships and the users of applications with cursor paging, polling the System Log, and event hooks; with
// rate-limit headers and Okta's error bodies.

export type { OktaGroup, OktaUser } from './org.ts';

export type OktaOptions = OktaOrgOptions & {
  /** Base of the links in answers, for example `https://example-org.okta.com`. */
  orgUrl: string;
  /** The API token of `Authorization: SSWS <token>`. */
  ssws?: string;
  /** Requests per window of `windowMs`, which opens with the first request; no limit by default. */
  rateLimit?: { limit: number; windowMs: number };
  /** How the verification of an event hook reaches the hook's URL; default: over HTTP. */
  challenge?: Challenge;
  /** Milliseconds since the epoch. */
  clock?: () => number;
};

export type OktaCall = { at: number; path: string; status: number };

type Request = Omit<HttpRequest, 'body'> & { body?: string };

/** How large pages are by list (developer.okta.com/docs/api, OpenAPI 2026.06.3). */
const SIZES = {
  users: { usual: 200, most: 200 },
  groups: { usual: 10_000, most: 10_000 },
  members: { usual: 1_000, most: 1_000 },
  appUsers: { usual: 50, most: 500 },
} satisfies Record<string, PageSize>;

/**
 * Okta in memory. `handle` answers as Okta does: cursors are opaque, a plain user list leaves DEPROVISIONED out,
 * `search` and `filter` include it (of their language only `lastUpdated gt "…"` and `status eq "…"` are
 * understood, the rest is tolerated), members stay listed after deactivation. Users and groups are listed in the order of their ids.
 */
export function createOkta(options: OktaOptions) {
  const { orgUrl, ssws = 'example-ssws-token', rateLimit, clock = Date.now } = options;
  const org = createOktaOrg(orgUrl, options);
  const log = createOktaLog(orgUrl, clock);
  const calls: OktaCall[] = [];
  const hooks = createOktaHooks({ orgUrl, clock, challenge: options.challenge });
  const faults = createFaults();
  let window = { opened: Number.NEGATIVE_INFINITY, used: 0 };

  const route = (url: URL, fault?: PageFault): HttpAnswer => {
    const [kind = '', id = '', sub, subId] = url.pathname
      .replace(/^\/api\/v1\//, '')
      .split('/')
      .map(decodeURIComponent);
    const query = url.searchParams;
    const page = (list: OktaList, size: PageSize) => servePage(orgUrl, url, list, size, fault);
    if (kind === 'logs' && !id) return log.serve(url);
    if (kind === 'users' && !id) {
      return page(org.userList(query.get('search') ?? query.get('filter')), SIZES.users);
    }
    if (kind === 'groups' && !id) return page(org.groupList(), SIZES.groups);
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
      return json(200, { status: 'ACTIVE', ...org.apps.get(id) });
    }
    if (kind === 'apps' && sub === 'users') {
      const expand = query.get('expand') === 'user';
      if (!org.apps.has(id)) return notFound(id, 'AppInstance');
      if (subId === undefined) return page(org.appUserList(id, expand), SIZES.appUsers);
      if (!org.isAssigned(id, subId)) return notFound(subId, 'AppUser');
      return json(200, org.showAppUser(id, subId, expand));
    }
    return notFound(url.pathname, 'Endpoint');
  };

  /** Counts the request; the headers Okta puts on every answer, and whether the window is used up. */
  const meter = () => {
    const { limit, windowMs } = rateLimit ?? { limit: Number.MAX_SAFE_INTEGER, windowMs: 60_000 };
    if (clock() >= window.opened + windowMs) window = { opened: clock(), used: 0 };
    window.used += 1;
    const headers = {
      'x-rate-limit-limit': String(limit),
      'x-rate-limit-remaining': String(Math.max(0, limit - window.used)),
      'x-rate-limit-reset': String(Math.ceil((window.opened + windowMs) / 1000)),
    };
    return { headers, exhausted: window.used > limit };
  };

  const answerTo = ({ method, path, headers, body: sent }: Request, verified: boolean): HttpAnswer => {
    if (headerOf(headers, 'authorization') !== `SSWS ${ssws}`) {
      return error(401, 'E0000011', 'Invalid token provided');
    }
    const { headers: rates, exhausted } = meter();
    const fault = exhausted ? ({ kind: 'status', status: 429 } as const) : faults.draw(path);
    const answer = (() => {
      const url = new URL(path, orgUrl);
      const ofHooks = hooks.owns(url.pathname);
      if (method !== 'GET' && !ofHooks)
        return error(405, 'E0000022', 'The endpoint does not support the HTTP method');
      if (fault?.kind === 'status') return faultStatus(fault.status);
      if (ofHooks) return hooks.route({ method, pathname: url.pathname, body: sent }, verified);
      return route(url, fault?.kind === 'cut-body' ? undefined : fault);
    })();
    const body = fault?.kind === 'cut-body' ? answer.body.slice(0, answer.body.length / 2) : answer.body;
    const remaining = answer.status === 429 && { 'x-rate-limit-remaining': '0' };
    return { ...answer, headers: { ...answer.headers, ...rates, ...remaining }, body };
  };

  const handle = (request: Request, verified = false): HttpAnswer => {
    const answer = answerTo(request, verified);
    calls.push({ at: clock(), path: request.path, status: answer.status });
    const stamp = {
      date: new Date(clock()).toUTCString(),
      'x-okta-request-id': `example-${String(calls.length).padStart(8, '0')}`,
    };
    return { ...answer, headers: { ...answer.headers, ...stamp } };
  };

  return {
    /** Answers at once, and so sends no challenge: the verification of an event hook fails here. */
    handle: (request: Request) => handle(request),
    /** Answers like `handle`, and verifies event hooks by really asking their URL. */
    answer: async (request: Request) => handle(request, await hooks.prove(request)),
    calls,
    /** Who and what is in the org; whom a group lists, in the order of their ids. */
    users: org.users,
    groups: org.groups,
    membersOf: (groupId: string): readonly string[] => org.memberList(groupId).ids,
    /** What an admin does: with events in the System Log. */
    ...createOktaOperations(org, log, clock),
    /** What nobody is told of: for the state that a test begins with, or events that Okta never made. */
    putUser: org.putUser,
    removeUser: org.removeUser,
    putGroup: org.putGroup,
    removeGroup: org.removeGroup,
    log,
    /** Only authorized requests count. */
    faults: { add: (fault: Fault) => faults.add(fault), clear: () => faults.clear() },
  };
}

export type Okta = ReturnType<typeof createOkta>;

/** {@link createOkta} behind HTTP on 127.0.0.1; its links point at the server unless `orgUrl` says otherwise. */
export async function startOkta({
  port,
  ...options
}: Omit<OktaOptions, 'orgUrl'> & { orgUrl?: string; port?: number } = {}) {
  const handle: Handle = (request) => okta.handle(request);
  const { url, close } = await startHttpServer({ ...(port !== undefined && { port }), handle });
  const okta = createOkta({ orgUrl: url, ...options });
  return { url, okta, close };
}

const headerOf = (headers: Record<string, unknown>, wanted: string) =>
  Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
