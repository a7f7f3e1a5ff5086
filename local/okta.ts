import { type Handle, type HttpAnswer, type HttpRequest, json, startHttpServer } from './http-server.ts';
import { oktaError as error, notFound } from './okta-error.ts';
import { type Challenge, createOktaHooks } from './okta-hooks.ts';

// A double of what is used of Okta's Management API (developer.okta.com/docs/api, OpenAPI 2026.06.3): reading users,
// groups and memberships with cursor paging, and event hooks; with rate-limit headers and Okta's error bodies.

const MAX_LIMIT = 200;
const EPOCH = '2026-09-01T09:15:04.000Z';

export type OktaStatus =
  | 'STAGED'
  | 'PROVISIONED'
  | 'ACTIVE'
  | 'RECOVERY'
  | 'PASSWORD_EXPIRED'
  | 'LOCKED_OUT'
  | 'SUSPENDED'
  | 'DEPROVISIONED';

/** What a test says of a user; the rest of Okta's User object is filled in when it is served. */
export type OktaUser = {
  id: string;
  /** Default ACTIVE. */
  status?: OktaStatus;
  transitioningToStatus?: 'ACTIVE' | 'DEPROVISIONED' | null;
  /** ISO instants. */
  created?: string;
  lastUpdated?: string;
  profile: {
    login: string;
    email: string;
    firstName: string;
    lastName: string;
    [attribute: string]: unknown;
  };
};

/** Every user is a member of a BUILT_IN group, as of Okta's "Everyone". Default type OKTA_GROUP. */
export type OktaGroup = {
  id: string;
  type?: 'OKTA_GROUP' | 'APP_GROUP' | 'BUILT_IN';
  created?: string;
  lastUpdated?: string;
  lastMembershipUpdated?: string;
  profile: { name: string; description?: string | null };
};

export type OktaOptions = {
  /** Base of the links in answers, for example `https://example-org.okta.com`. */
  orgUrl: string;
  users?: Iterable<OktaUser>;
  groups?: Iterable<OktaGroup>;
  /** Pairs of group id and user id. */
  members?: Iterable<readonly [groupId: string, userId: string]>;
  /** The API token of `Authorization: SSWS <token>`. */
  ssws?: string;
  /** Requests per window of `windowMs`, which opens with the first request; no limit by default. */
  rateLimit?: { limit: number; windowMs: number };
  /** How the verification of an event hook reaches the hook's URL; default: over HTTP. */
  challenge?: Challenge;
  /** Milliseconds since the epoch. */
  clock?: () => number;
};

/**
 * A fault for the next `times` authorized requests whose path starts with `path`: an error status, a page of only
 * `items` entries (its next link is right), a body cut in half, or a first page that looks like the last.
 */
export type OktaFault = {
  path?: string;
  times?: number;
  answer:
    | { kind: 'status'; status: number }
    | { kind: 'short-page'; items: number }
    | { kind: 'cut-body' }
    | { kind: 'lost-next' };
};

export type OktaCall = { at: number; path: string; status: number };

type Request = Omit<HttpRequest, 'body'> & { body?: string };

type Page = { ids: string[]; show: (id: string) => unknown };

/**
 * Okta in memory. `handle` answers as Okta does: cursors are opaque, a plain user list leaves DEPROVISIONED out,
 * `search` and `filter` include it (of their language only `lastUpdated gt "…"` is understood, the rest is
 * tolerated), members stay listed after deactivation. Users and groups are listed in the order of their ids.
 */
export function createOkta(options: OktaOptions) {
  const { orgUrl, ssws = 'example-ssws-token', rateLimit, clock = Date.now } = options;
  const users = new Map([...(options.users ?? [])].map((user) => [user.id, user]));
  const groups = new Map([...(options.groups ?? [])].map((group) => [group.id, group]));
  const membersOf = new Map<string, Set<string>>();
  const sorted = new Map<string, string[]>();
  const calls: OktaCall[] = [];
  const hooks = createOktaHooks({ orgUrl, clock, challenge: options.challenge });
  let faults: Required<OktaFault>[] = [];
  let window = { opened: Number.NEGATIVE_INFINITY, used: 0 };

  const link = (groupId: string, userId: string) => {
    const members = membersOf.get(groupId);
    if (members) members.add(userId);
    else membersOf.set(groupId, new Set([userId]));
  };
  for (const [groupId, userId] of options.members ?? []) link(groupId, userId);

  const isBuiltIn = (groupId: string) => groups.get(groupId)?.type === 'BUILT_IN';
  const touchMembership = (groupId: string) => {
    const group = groups.get(groupId);
    if (group) {
      groups.set(groupId, { ...group, lastMembershipUpdated: new Date(clock()).toISOString() });
    }
    sorted.clear();
  };

  /** Ids in order; kept until the directory changes, because a backfill asks once for every page. */
  const inOrder = (key: string, ids: () => Iterable<string>): string[] => {
    const known = sorted.get(key) ?? [...ids()].sort();
    sorted.set(key, known);
    return known;
  };

  const userList = (query: URLSearchParams): Page => {
    const expression = query.get('search') ?? query.get('filter');
    const since = expression?.match(/\blastUpdated gt "([^"]+)"/)?.[1] ?? '';
    const listed = (user: OktaUser) =>
      (expression !== null || user.status !== 'DEPROVISIONED') && (user.lastUpdated ?? EPOCH) > since;
    const ids = inOrder(`users ${expression}`, () =>
      [...users.values()].filter(listed).map((user) => user.id),
    );
    return { ids, show: showUser };
  };

  const memberList = (groupId: string): Page => ({
    ids: inOrder(`members ${groupId}`, () =>
      isBuiltIn(groupId)
        ? users.keys()
        : [...(membersOf.get(groupId) ?? [])].filter((userId) => users.has(userId)),
    ),
    show: showUser,
  });

  const groupList = (): Page => ({ ids: inOrder('groups', () => groups.keys()), show: showGroup });

  const groupsOfUser = (userId: string): Page => ({
    ids: inOrder('groups', () => groups.keys()).filter(
      (groupId) => isBuiltIn(groupId) || membersOf.get(groupId)?.has(userId),
    ),
    show: showGroup,
  });

  const showUser = (userId: string) => {
    const { profile, ...user } = users.get(userId) as OktaUser;
    const { status = 'ACTIVE', created = EPOCH, lastUpdated = created } = user;
    return {
      id: userId,
      status,
      ...(user.transitioningToStatus !== undefined && { transitioningToStatus: user.transitioningToStatus }),
      created,
      activated: status === 'STAGED' ? null : created,
      statusChanged: created,
      lastLogin: null,
      lastUpdated,
      passwordChanged: null,
      type: { id: 'otyb7type0EXAMPLE1d7' },
      profile: { mobilePhone: null, secondEmail: null, ...profile },
      credentials: { provider: { type: 'OKTA', name: 'OKTA' } },
      _links: { self: { href: `${orgUrl}/api/v1/users/${userId}` } },
    };
  };

  const showGroup = (groupId: string) => {
    const { profile, ...group } = groups.get(groupId) as OktaGroup;
    const { type = 'OKTA_GROUP', created = EPOCH, lastUpdated = created } = group;
    return {
      id: groupId,
      created,
      lastUpdated,
      lastMembershipUpdated: group.lastMembershipUpdated ?? lastUpdated,
      objectClass: ['okta:user_group'],
      type,
      profile: { description: null, ...profile },
      _links: { users: { href: `${orgUrl}/api/v1/groups/${groupId}/users` } },
    };
  };

  const servePage = (url: URL, { ids, show }: Page, defaultLimit: number, fault?: OktaFault['answer']) => {
    const limit = Number(url.searchParams.get('limit') ?? defaultLimit);
    const after = url.searchParams.get('after');
    const last = after === null ? '' : readCursor(after);
    if (!Number.isInteger(limit) || limit < 1) return error(400, 'E0000001', 'Api validation failed: limit');
    if (last === undefined) return error(400, 'E0000001', 'Api validation failed: after');
    const size = Math.min(limit, defaultLimit, fault?.kind === 'short-page' ? fault.items : limit);
    const from = after === null ? 0 : firstAfter(ids, last);
    const page = ids.slice(from, from + size);
    const links = [`<${orgUrl}${url.pathname}${url.search}>; rel="self"`];
    if (from + size < ids.length && fault?.kind !== 'lost-next') {
      const next = new URLSearchParams({ after: writeCursor(page.at(-1) ?? last) });
      for (const [name, value] of url.searchParams) if (name !== 'after') next.append(name, value);
      links.push(`<${orgUrl}${url.pathname}?${next}>; rel="next"`);
    }
    return json(200, page.map(show), { link: links });
  };

  const route = (url: URL, fault?: OktaFault['answer']): HttpAnswer => {
    const [kind = '', rawId, sub] = url.pathname.replace(/^\/api\/v1\//, '').split('/');
    const id = decodeURIComponent(rawId ?? '');
    const page = (found: Page, limit = MAX_LIMIT) => servePage(url, found, limit, fault);
    if (kind === 'users' && !id) return page(userList(url.searchParams));
    if (kind === 'groups' && !id) return page(groupList(), 10_000);
    if (kind === 'users') {
      const user = users.get(id) ?? [...users.values()].find(({ profile }) => profile.login === id);
      if (!user) return notFound(id, 'User');
      if (sub === undefined) return json(200, showUser(user.id));
      if (sub === 'groups') return page(groupsOfUser(user.id));
    }
    if (kind === 'groups') {
      if (!groups.has(id)) return notFound(id, 'UserGroup');
      if (sub === undefined) return json(200, showGroup(id));
      if (sub === 'users') return page(memberList(id), 1000);
    }
    return notFound(url.pathname, 'Endpoint');
  };

  const drawFault = (path: string) => {
    const fault = faults.find((candidate) => candidate.times > 0 && path.startsWith(candidate.path));
    if (fault) fault.times -= 1;
    return fault?.answer;
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
    const fault = exhausted ? ({ kind: 'status', status: 429 } as const) : drawFault(path);
    const answer = (() => {
      const url = new URL(path, orgUrl);
      const ofHooks = hooks.owns(url.pathname);
      if (method !== 'GET' && !ofHooks)
        return error(405, 'E0000022', 'The endpoint does not support the HTTP method');
      if (fault?.kind === 'status') return faultStatus(fault.status);
      if (ofHooks) return hooks.route({ method, pathname: url.pathname, body: sent }, verified);
      return route(url, fault);
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
    /** Adds a user or replaces it. */
    putUser(user: OktaUser) {
      users.set(user.id, user);
      sorted.clear();
    },
    removeUser(userId: string) {
      users.delete(userId);
      for (const members of membersOf.values()) members.delete(userId);
      sorted.clear();
    },
    /** Adds a group or replaces it; its members stay. */
    putGroup(group: OktaGroup) {
      groups.set(group.id, group);
      sorted.clear();
    },
    removeGroup(groupId: string) {
      groups.delete(groupId);
      membersOf.delete(groupId);
      sorted.clear();
    },
    addMember(groupId: string, userId: string) {
      link(groupId, userId);
      touchMembership(groupId);
    },
    removeMember(groupId: string, userId: string) {
      membersOf.get(groupId)?.delete(userId);
      touchMembership(groupId);
    },
    faults: {
      add(fault: OktaFault) {
        faults.push({ path: '/', times: Number.POSITIVE_INFINITY, ...fault });
      },
      clear() {
        faults = [];
      },
    },
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

/**
 * A directory that looks like a company's: names beyond ASCII, one login in ten that is not the e-mail address,
 * all statuses, `lastUpdated` spread over the first half of 2026. The same seed gives the same directory. Users and
 * memberships are made while they are iterated, so that a large directory costs memory only where it is kept.
 */
export function makeDirectory(size: {
  users: number;
  groups: number;
  membershipsPerUser: number;
  seed: number;
}) {
  const groups = Array.from({ length: size.groups }, (_, index): OktaGroup => {
    const name = GROUP_NAMES[index % GROUP_NAMES.length] ?? '';
    const round = Math.floor(index / GROUP_NAMES.length);
    return { id: oktaId('00g', index), profile: { name: round === 0 ? name : `${name} ${round + 1}` } };
  });
  const perUser = Math.min(size.membershipsPerUser, groups.length);
  return {
    groups,
    users: {
      *[Symbol.iterator]() {
        for (let index = 0; index < size.users; index += 1) yield makeUser(index, size.seed);
      },
    },
    members: {
      *[Symbol.iterator](): Generator<readonly [groupId: string, userId: string]> {
        for (let index = 0; index < size.users; index += 1) {
          const random = makeRandom(size.seed + 1, index);
          const chosen = new Set<number>();
          while (chosen.size < perUser) chosen.add(Math.floor(random() * groups.length));
          for (const group of chosen) yield [oktaId('00g', group), oktaId('00u', index)];
        }
      },
    },
  };
}

const FIRST_NAMES = ['Ada', 'Zoë', 'Łukasz', 'José', 'Nguyễn', '美咲', 'Søren', 'Grace', 'Олена', 'Siobhán'];
const LAST_NAMES = [
  'Example',
  'Müller',
  "O'Neill",
  'Kowalska',
  '山田',
  'García López',
  'van den Berg',
  'Øst',
];
const GROUP_NAMES = [
  'Engineering',
  'Design',
  'Sales',
  'Finance',
  'Støtte',
  'Legal & Privacy',
  'Field / EMEA',
];
const STATUSES: readonly OktaStatus[] = [
  'PROVISIONED',
  'STAGED',
  'SUSPENDED',
  'LOCKED_OUT',
  'PASSWORD_EXPIRED',
  'RECOVERY',
  'DEPROVISIONED',
];

function makeUser(index: number, seed: number): OktaUser {
  const random = makeRandom(seed, index);
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  const email = `user.${index}@example.com`;
  const created = new Date(Date.UTC(2025, 0, 1) + Math.floor(random() * 31_536_000_000));
  const lastUpdated = new Date(Date.UTC(2026, 0, 1) + Math.floor(random() * 15_638_400_000));
  return {
    id: oktaId('00u', index),
    status: random() < 0.9 ? 'ACTIVE' : pick(STATUSES),
    created: created.toISOString(),
    lastUpdated: lastUpdated.toISOString(),
    profile: {
      firstName: pick(FIRST_NAMES),
      lastName: pick(LAST_NAMES),
      login: random() < 0.1 ? `user.${index}@corp.example.com` : email,
      email,
    },
  };
}

/** Twenty characters, as Okta's ids are, ascending with the index. */
const oktaId = (prefix: '00u' | '00g', index: number) => `${prefix}b7gen${String(index).padStart(9, '0')}5d7`;

/** Mulberry32, started from the seed and the place in the directory. */
function makeRandom(seed: number, index: number) {
  let state = Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const writeCursor = (id: string) => Buffer.from(`after:${id}`).toString('base64url');

function readCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  return text.startsWith('after:') ? text.slice('after:'.length) : undefined;
}

/** Where a page begins: the place of the first id beyond `last`, which may have been deleted since. */
function firstAfter(ids: string[], last: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] as string) <= last) low = middle + 1;
    else high = middle;
  }
  return low;
}

const headerOf = (headers: Record<string, unknown>, wanted: string) =>
  Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];

function faultStatus(status: number): HttpAnswer {
  if (status === 429) return error(429, 'E0000047', 'API call exceeded rate limit due to too many requests.');
  if (status === 401) return error(401, 'E0000011', 'Invalid token provided');
  if (status === 403) {
    return error(403, 'E0000006', 'You do not have permission to perform the requested action');
  }
  return error(status, 'E0000009', 'Internal Server Error');
}
