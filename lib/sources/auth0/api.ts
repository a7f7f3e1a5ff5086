import * as z from 'zod';
import { WorldFault } from '../../errors.ts';
import { type Http, type HttpResponse, jsonOf } from '../../http/client.ts';
import { jsonRequest } from '../../http/json-request.ts';
import { createRateLimits } from '../rate-limits.ts';
import {
  Connection,
  EventStream,
  FailedDelivery,
  Group,
  GroupMember,
  Member,
  Organization,
  Role,
  User,
} from './answers.ts';
import { type Auth0Credentials, createAuth0Tokens } from './token.ts';

export interface Auth0ApiDeps {
  http: Http;
  clock: () => number;
  random: () => number;
  /** The connection; `refused` hands back the one that Auth0 did not accept. */
  credentials: (options?: { refused?: Auth0Credentials }) => Promise<Auth0Credentials>;
  /** The share of each rate limit that is left to the customer's other tools. */
  headroom: number;
}

/** Endpoints that share a rate limit (auth0.com/docs, rate-limit-configurations, 2026-08). */
export type Bucket = 'users' | 'organizations' | 'members' | 'member-roles' | 'groups' | 'other';

/** A read and the moment before it was asked for, by Auth0's clock where it told the time (ms since the epoch). */
export interface Read<T> {
  value: T;
  readAt: number;
}

/** What a list, or one page of it, told. */
export interface Listing<T> {
  items: T[];
  /** Items that could not be read; one of them does not cost the others. */
  unreadable: number;
  /** As of the earliest of its answers. */
  readAt: number;
}

/** `next` is where the next page begins; absent on the last one. A page may be empty and not be the last. */
export interface ListPage<T, Next = string> extends Listing<T> {
  next: Next | undefined;
}

/** A place in the list of users by creation: the page among those created at `since` or later. */
export interface UsersCursor {
  since?: string | undefined;
  page: number;
}

/**
 * What the mirror reads of Auth0's Management API. All throw WorldFault: `throttled` with the wait that Auth0's headers
 * ask for, also before a call that would eat into the head-room; `credentials`, which names the scope that is missing;
 * `unavailable`, `unreadable-answer`, and what the HTTP client throws.
 */
export interface Auth0Api {
  /** Throws WorldFault `throttled` unless the head-room allows for every one of these calls. */
  respect(calls: Partial<Record<Bucket, number>>): void;
  /** How many calls in a row the head-room ever allows, as far as is known; at least one. */
  mostAtOnce(bucket: Bucket): number;
  /** Undefined when Auth0 does not know the user (any more). */
  readUser(id: string): Promise<Read<User | undefined>>;
  /**
   * At most 100 users, oldest first; from the beginning without a cursor. Each page begins where the one before ended, by
   * creation: Auth0 lists no more than 1,000 users of one search, and by number of page a deletion meanwhile would hide
   * somebody. Whoever was created in the same millisecond as the last of a page is listed again.
   */
  readUsers(cursor?: UsersCursor): Promise<ListPage<User, UsersCursor>>;
  /** Undefined when Auth0 does not know the user (any more). */
  readUserOrganizations(id: string): Promise<Listing<Organization> | undefined>;
  /** The roles that were given to the member, not those of groups; undefined when they are no member (any more). */
  readMemberRoles(organization: string, id: string): Promise<Listing<Role> | undefined>;
  /** Undefined when there is no such user, or the tenant has no groups. */
  readUserGroups(id: string): Promise<Listing<Group> | undefined>;
  /** Undefined when the tenant has no organizations. */
  readOrganizations(from?: string): Promise<ListPage<Organization> | undefined>;
  /** Undefined when Auth0 does not know the organization (any more). */
  readMembers(
    organization: string,
    options: { roles: boolean; from?: string | undefined },
  ): Promise<ListPage<Member> | undefined>;
  /** Early Access (2026-08): undefined when the tenant does not have it, or the application lacks the right. */
  readOrganizationGroups(organization: string, from?: string): Promise<ListPage<Group> | undefined>;
  /** What every member of a group is in an organization; undefined as above. */
  readGroupRoles(organization: string, group: string): Promise<Listing<Role> | undefined>;
  /** Undefined when the tenant has no groups. */
  readGroups(from?: string): Promise<ListPage<Group> | undefined>;
  /** Undefined when the tenant has no groups: that does not mean that this one is gone. */
  readGroup(id: string): Promise<Read<Group | undefined> | undefined>;
  /** Undefined when Auth0 does not know the group (any more). */
  readGroupMembers(id: string, from?: string): Promise<ListPage<GroupMember> | undefined>;
  readConnection(id: string): Promise<Read<Connection | undefined>>;
  /** Undefined when the tenant has no event streams. */
  readEventStreams(): Promise<Listing<EventStream> | undefined>;
  /**
   * One page of the deliveries of an event stream that failed, since a moment (ms since the epoch; Auth0 takes whole
   * seconds). Undefined when there is no such stream (any more).
   */
  readFailedDeliveries(
    stream: string,
    options: { since: number; from?: string | undefined },
  ): Promise<ListPage<FailedDelivery> | undefined>;
  /** Asks Auth0 to deliver what failed of a stream since a moment (ms) again; false when it may or can not. */
  redeliver(stream: string, since: number): Promise<boolean>;
}

const TRY_MS = 15_000;
const PAGE_SIZE = 100;
/** Containers at a time are fewer: those of a page that wait for their members to be read travel in a cursor. */
const CONTAINERS = 50;
/** Auth0 shows 1,000 users of one search (auth0.com/docs/manage-users/user-search, 2026-08). */
const MAX_PAGES = 10;
/** Not asked for: metadata, which may be large, and anything else that is personal and of no use. */
const USER_FIELDS = Object.keys(User.shape).join();

interface Ask {
  method?: 'GET' | 'POST';
  bucket: Bucket;
  path: string;
  body?: object;
  query?: Record<string, string | number | boolean | undefined>;
  /** Statuses by which Auth0 says that there is no such thing. */
  missing?: number[];
  /** Whether a missing scope is taken for a missing thing. */
  optional?: boolean;
}

interface Answer {
  /** Undefined when there is no such thing, or the answer is no JSON. */
  json: unknown;
  found: boolean;
  status: number;
  readAt: number;
}

export function createAuth0Api(deps: Auth0ApiDeps): Auth0Api {
  const limits = createRateLimits({ vendor: 'Auth0', ...deps });
  const tokens = createAuth0Tokens(deps);
  const userPath = (id: string) => `users/${encodeURIComponent(id)}`;
  const organizationPath = (id: string) => `organizations/${encodeURIComponent(id)}`;
  const groupPath = (id: string) => `groups/${encodeURIComponent(id)}`;

  return {
    respect: (calls) => {
      for (const [bucket, count] of Object.entries(calls)) limits.respect(bucket, count);
    },
    mostAtOnce: limits.mostAtOnce,
    readUser: (id) => {
      const query = { fields: USER_FIELDS, include_fields: true };
      return one({ bucket: 'users', path: userPath(id), query, missing: [404] }, User);
    },
    readUsers,
    readUserOrganizations: (id) => {
      const path = `${userPath(id)}/organizations`;
      return everyOffset({ bucket: 'other', path, missing: [404] }, 'organizations', Organization);
    },
    readMemberRoles: (organization, id) => {
      const path = `${organizationPath(organization)}/members/${encodeURIComponent(id)}/roles`;
      return everyOffset({ bucket: 'member-roles', path, missing: [404] }, 'roles', Role);
    },
    readUserGroups: (id) => {
      const path = `${userPath(id)}/groups`;
      return every((from) => page({ bucket: 'groups', path, missing: [403, 404] }, 'groups', Group, from));
    },
    readOrganizations: (from) => {
      const ask: Ask = { bucket: 'organizations', path: 'organizations', missing: [404] };
      return page(ask, 'organizations', Organization, from, CONTAINERS);
    },
    readMembers: (organization, { roles, from }) => {
      const path = `${organizationPath(organization)}/members`;
      const query = { fields: roles ? 'user_id,roles' : 'user_id', include_fields: true };
      return page({ bucket: 'members', path, query, missing: [404] }, 'members', Member, from);
    },
    readOrganizationGroups: (organization, from) => {
      const path = `${organizationPath(organization)}/groups`;
      return page(
        { bucket: 'groups', path, missing: [403, 404], optional: true },
        'groups',
        Group,
        from,
        CONTAINERS,
      );
    },
    readGroupRoles: (organization, group) => {
      const path = `${organizationPath(organization)}/${groupPath(group)}/roles`;
      const ask: Ask = { bucket: 'groups', path, missing: [403, 404], optional: true };
      return every((from) => page(ask, 'roles', Role, from));
    },
    readGroups: (from) =>
      page({ bucket: 'groups', path: 'groups', missing: [403, 404] }, 'groups', Group, from, CONTAINERS),
    readGroup: async (id) => {
      const answer = await ask({ bucket: 'groups', path: groupPath(id), missing: [403, 404] });
      return answer.status === 403 ? undefined : oneOf(answer, Group);
    },
    readGroupMembers: (id, from) => {
      const path = `${groupPath(id)}/members`;
      return page({ bucket: 'groups', path, missing: [404] }, 'members', GroupMember, from);
    },
    readConnection: (id) => {
      const path = `connections/${encodeURIComponent(id)}`;
      const query = { fields: 'id,name', include_fields: true };
      return one({ bucket: 'other', path, query, missing: [404] }, Connection);
    },
    readEventStreams: () => {
      const ask: Ask = { bucket: 'other', path: 'event-streams', missing: [403, 404] };
      return every((from) => page(ask, 'eventStreams', EventStream, from));
    },
    readFailedDeliveries,
    redeliver: async (stream, since) => {
      const path = `event-streams/${encodeURIComponent(stream)}/redeliver`;
      const body = { date_from: wholeSeconds(since), statuses: ['failed'] };
      const missing = [403, 404, 409];
      return (await ask({ method: 'POST', bucket: 'other', path, body, missing, optional: true })).found;
    },
  };

  async function readUsers({ since, page: number }: UsersCursor = { page: 0 }) {
    const { json, readAt } = await ask({
      bucket: 'users',
      path: 'users',
      query: {
        q: `created_at:[${since ?? '*'} TO *]`,
        sort: 'created_at:1',
        search_engine: 'v3',
        page: number,
        per_page: PAGE_SIZE,
        include_totals: true,
        fields: USER_FIELDS,
        include_fields: true,
      },
    });
    const { items, unreadable, listed, total } = listOf(json, 'users', User);
    const told = { items, unreadable, readAt };
    if (isLast(number, listed, total)) return { ...told, next: undefined };
    const last = items.at(-1)?.created_at;
    if (last && last > (since ?? '')) return { ...told, next: { since: last, page: 0 } };
    if (number + 1 < MAX_PAGES) return { ...told, next: { since, page: number + 1 } };
    throw new WorldFault(
      'unreadable-answer',
      'Auth0 lists 1,000 users with the same created_at, and shows nobody beyond them',
    );
  }

  /** Deliveries are a plain list that goes on after the id of the last one (OpenAPI description, 2026-06-25). */
  async function readFailedDeliveries(
    stream: string,
    { since, from }: { since: number; from?: string | undefined },
  ) {
    const path = `event-streams/${encodeURIComponent(stream)}/deliveries`;
    const query = { statuses: 'failed', date_from: wholeSeconds(since), take: PAGE_SIZE, from };
    const { found, json, readAt } = await ask({ bucket: 'other', path, query, missing: [404] });
    if (!found) return undefined;
    const { items, unreadable, listed } = listOf(json, undefined, FailedDelivery);
    const next = listed < PAGE_SIZE ? undefined : items.at(-1)?.id;
    return { items, unreadable, readAt, next: progressed(next, from) };
  }

  async function one<T extends z.ZodType>(what: Ask, schema: T): Promise<Read<z.infer<T> | undefined>> {
    return oneOf(await ask(what), schema);
  }

  function oneOf<T extends z.ZodType>(
    { found, json, readAt }: Answer,
    schema: T,
  ): Read<z.infer<T> | undefined> {
    if (!found) return { value: undefined, readAt };
    const { success, data } = schema.safeParse(json);
    if (!success)
      throw new WorldFault('unreadable-answer', 'Auth0 answered with something else than was asked for');
    return { value: data, readAt };
  }

  /** One page by checkpoint: it goes on for as long as Auth0 names a next one, be the page empty. */
  async function page<T extends z.ZodType>(
    what: Ask,
    key: string,
    schema: T,
    from: string | undefined,
    take = PAGE_SIZE,
  ): Promise<ListPage<z.infer<T>> | undefined> {
    const { found, json, readAt } = await ask({ ...what, query: { ...what.query, take, from } });
    if (!found) return undefined;
    const { items, unreadable, next } = listOf(json, key, schema);
    return { items, unreadable, readAt, next: progressed(next, from) };
  }

  /** Every page of a list that goes by number of page. */
  function everyOffset<T extends z.ZodType>(what: Ask, key: string, schema: T) {
    return every(async (from = '0') => {
      const query = { page: from, per_page: PAGE_SIZE, include_totals: true };
      const { found, json, readAt } = await ask({ ...what, query });
      if (!found) return undefined;
      const { items, unreadable, listed, total } = listOf(json, key, schema);
      const next = isLast(Number(from), listed, total) ? undefined : String(Number(from) + 1);
      return { items, unreadable, readAt, next };
    });
  }

  async function ask({
    method = 'GET',
    bucket,
    path,
    query = {},
    body,
    missing = [],
    optional = false,
  }: Ask): Promise<Answer> {
    limits.respect(bucket, 1);
    const address = `/api/v2/${path}${queryOf(query)}`;
    const { response, readAt, forget } = await send(method, address, body);
    note(bucket, response);
    const { status } = response;
    if (status >= 200 && status < 300) return { found: true, status, json: jsonOf(response), readAt };
    const scopes = status === 403 ? missingScopes(response) : undefined;
    if (missing.includes(status) && (optional || scopes === undefined)) {
      return { found: false, status, json: undefined, readAt };
    }
    if (status === 429)
      throw new WorldFault('throttled', 'Auth0 asks for patience', { retryAfterMs: patience(response) });
    if (status === 401) {
      throw new WorldFault(
        'credentials',
        'Auth0 refused a new access token (401): check the url and the audience.',
      );
    }
    if (status === 403) {
      // A scope that is granted now is in new tokens only.
      forget();
      const mend = scopes ? `grant the application the scope ${scopes}` : 'it may not do this';
      throw new WorldFault('credentials', `Auth0 refused the application (403) at ${bucket}: ${mend}.`);
    }
    // Above all a user id that Auth0 takes for none: waiting mends nothing, and other questions are answered.
    if (status === 400) throw new WorldFault('unreadable-answer', 'Auth0 takes the question for none (400)');
    throw new WorldFault('unavailable', `Auth0 answered ${status}`);
  }

  /** Asks once more with what the secret holds by then and a new token, should Auth0 not accept the one in use. */
  async function send(method: 'GET' | 'POST', address: string, body: object | undefined) {
    const connection = await deps.credentials();
    const first = await exchange(connection, method, address, body);
    if (first.response.status !== 401) return first;
    first.forget();
    const second = await exchange(await deps.credentials({ refused: connection }), method, address, body);
    if (second.response.status === 401) second.forget();
    return second;
  }

  async function exchange(
    connection: Auth0Credentials,
    method: 'GET' | 'POST',
    address: string,
    body: object | undefined,
  ) {
    const authorization = await tokens.authorization(connection);
    const url = new URL(address, connection.url).href;
    const request = jsonRequest({ method, url, authorization, body, timeoutMs: TRY_MS });
    const startedAt = deps.clock();
    const response = await limits.during(() => deps.http(request));
    // Whole seconds of Auth0's clock when it answered, less the time the answer took.
    const date = Date.parse(String(response.headers.date));
    const readAt = Number.isNaN(date) ? startedAt : date - (deps.clock() - startedAt);
    return { response, readAt, forget: () => tokens.forget(authorization) };
  }

  function note(bucket: Bucket, { headers }: HttpResponse): void {
    const limit = Number(headers['x-ratelimit-limit']);
    const remaining = Number(headers['x-ratelimit-remaining'] ?? Number.NaN);
    const resetInMs = untilReset(headers);
    if (limit > 0 && remaining >= 0 && resetInMs !== undefined) {
      limits.note(bucket, { limit, remaining, resetInMs });
    }
  }

  /** Retry-After in seconds, or else the reset; a random part of a second keeps those who wait from coming at once. */
  function patience({ headers }: HttpResponse): number {
    const seconds = Number(headers['retry-after'] ?? Number.NaN);
    const wait = Number.isNaN(seconds) ? (untilReset(headers) ?? 0) : seconds * 1000;
    return Math.max(1_000, wait) + Math.floor(deps.random() * 1_000);
  }

  /** The reset is in epoch seconds (OpenAPI description, 2026-06-25): it is held against Auth0's own clock. */
  function untilReset(headers: HttpResponse['headers']): number | undefined {
    const reset = Number(headers['x-ratelimit-reset']) * 1000;
    if (!(reset > 0)) return undefined;
    const date = Date.parse(String(headers.date));
    return reset - (Number.isNaN(date) ? deps.clock() : date);
  }
}

/** Every page of a list; undefined when one of them says that there is none. */
async function every<T>(
  read: (from?: string) => Promise<ListPage<T> | undefined>,
): Promise<Listing<T> | undefined> {
  const all: Listing<T> = { items: [], unreadable: 0, readAt: Number.POSITIVE_INFINITY };
  let from: string | undefined;
  do {
    const page = await read(from);
    if (!page) return undefined;
    all.items.push(...page.items);
    all.unreadable += page.unreadable;
    all.readAt = Math.min(all.readAt, page.readAt);
    from = page.next;
  } while (from !== undefined);
  return all;
}

/** Auth0 takes no part of a second here. */
function wholeSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

const Envelope = z.object({ next: z.string().nullish(), total: z.number().nullish() });

/**
 * Reads a list, item by item: those that cannot be read are counted. A list of nothing readable is no list. Without a key,
 * and where Auth0 leaves the envelope out, the answer is the list itself.
 */
function listOf<T extends z.ZodType>(json: unknown, key: string | undefined, schema: T) {
  const envelope = Envelope.safeParse(json).data;
  const inside = envelope && key ? (json as Record<string, unknown>)[key] : json;
  const list = z.array(z.unknown()).safeParse(inside).data;
  const items = (list ?? []).flatMap((item): z.infer<T>[] => {
    const { success, data } = schema.safeParse(item);
    return success ? [data] : [];
  });
  if (!list || (list.length > 0 && items.length === 0)) {
    throw new WorldFault(
      'unreadable-answer',
      'Auth0 answered with something that is no list of what was asked for',
    );
  }
  return {
    items,
    unreadable: list.length - items.length,
    next: envelope?.next || undefined,
    listed: list.length,
    total: envelope?.total ?? undefined,
  };
}

/** By Auth0's count where there is one: a page may be short, as when somebody on it was just deleted. */
function isLast(page: number, listed: number, total: number | undefined): boolean {
  return total === undefined ? listed < PAGE_SIZE : (page + 1) * PAGE_SIZE >= total;
}

function progressed(next: string | undefined, from: string | undefined): string | undefined {
  if (next === undefined || next !== from) return next;
  throw new WorldFault('unreadable-answer', 'Auth0 repeated a cursor: its list would never end');
}

const InsufficientScope = z.object({
  errorCode: z.literal('insufficient_scope'),
  message: z.string().default(''),
});

/** The scopes that Auth0 asks for, any of which will do; undefined when a scope is not what is missing. */
function missingScopes(response: HttpResponse): string | undefined {
  const { success, data } = InsufficientScope.safeParse(jsonOf(response));
  if (!success) return undefined;
  return data.message.match(/\b[a-z]+:[a-z_]+\b/g)?.join(' or ') ?? 'that Auth0 asks for';
}

function queryOf(query: NonNullable<Ask['query']>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? '' : `?${parameters}`;
}
