import * as z from 'zod';
import { WorldFault } from '../../errors.ts';
import type { HttpResponse } from '../../http/client.ts';
import type { LimitHeaders } from '../rate-limits.ts';
import {
  type Answer,
  createRest,
  type ListPage,
  progressed,
  type Question,
  type RestDeps,
  readEvery,
  readItems,
  readOne,
} from '../rest.ts';
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
import { type Auth0Credentials, createAuth0Tokens, explainRefusal, missingScopes } from './credentials.ts';

/** Endpoints that share a rate limit (auth0.com/docs, rate-limit-configurations, 2026-08). */
export type Bucket = 'users' | 'organizations' | 'members' | 'member-roles' | 'groups' | 'other';

/** A place in the list of users by creation: the page among those created at `since` or later. */
export interface UsersCursor {
  since?: string | undefined;
  page: number;
}

const PAGE_SIZE = 100;
/** Containers at a time are fewer: those of a page that wait for their members to be read travel in a cursor. */
const CONTAINERS = 50;
/** Auth0 shows 1,000 users of one search (auth0.com/docs/manage-users/user-search, 2026-08). */
const MAX_PAGES = 10;
/** Not asked for: metadata, which may be large, and anything else that is personal and of no use. */
const USER_FIELDS = Object.keys(User.shape).join();

/** OpenAPI description, 2026-06-25. */
const LIMITS: LimitHeaders = {
  limit: 'x-ratelimit-limit',
  remaining: 'x-ratelimit-remaining',
  reset: 'x-ratelimit-reset',
  marginMs: 0,
  unknownMs: 0,
};

/** A question to the Management API; a path is what follows `/api/v2/`. */
interface Ask extends Question {
  bucket: Bucket;
}

/** Where the list is in an answer, and of what. */
interface List<T extends z.ZodType> {
  key: string;
  schema: T;
}

/**
 * What the mirror reads of Auth0's Management API; all throw what `Rest.ask` throws, `credentials` with the scope that is
 * missing. Undefined is what Auth0 does not know (any more), or what the tenant does not have. A page begins at the `from`
 * that is the `next` of another, which may be empty and not the last.
 */
export type Auth0Api = ReturnType<typeof createAuth0Api>;

export function createAuth0Api(deps: RestDeps<Auth0Credentials>) {
  const tokens = createAuth0Tokens(deps);
  const rest = createRest({ name: 'Auth0', tokens, limits: LIMITS, explain: explainRefusal }, deps);
  const ask = (question: Ask) => rest.ask({ ...question, path: `/api/v2/${question.path}` });

  return {
    /** Throws WorldFault `throttled` unless the head-room allows for every one of these calls. */
    respect: (calls: Partial<Record<Bucket, number>>) => {
      for (const [bucket, count] of Object.entries(calls)) rest.respect(bucket, count);
    },
    /** How many calls in a row the head-room ever allows, as far as is known; at least one. */
    mostAtOnce: (bucket: Bucket) => rest.mostAtOnce(bucket),

    readUser: (id: string) => {
      const query = { fields: USER_FIELDS, include_fields: true };
      return one({ bucket: 'users', path: pathTo('users', id), query, isMissing: is404 }, User);
    },

    /**
     * At most 100 users, oldest first; from the beginning without a cursor. Each page begins where the one before ended, by
     * creation: Auth0 lists no more than 1,000 users of one search, and by number of page a deletion meanwhile would hide
     * somebody. Whoever was created in the same millisecond as the last of a page is listed again.
     */
    readUsers: async (
      { since, page: number }: UsersCursor = { page: 0 },
    ): Promise<ListPage<User, UsersCursor>> => {
      const query = {
        q: `created_at:[${since ?? '*'} TO *]`,
        ...{ sort: 'created_at:1', search_engine: 'v3' },
        ...{ page: number, per_page: PAGE_SIZE, include_totals: true },
        ...{ fields: USER_FIELDS, include_fields: true },
      };
      const answer = await ask({ bucket: 'users', path: 'users', query });
      const { listed, total, items, unreadable } = listOf(answer, USERS);
      const told = { items, unreadable, askedAt: answer.askedAt };
      if (isLast(number, listed, total)) return { ...told, next: undefined };
      const last = items.at(-1)?.created_at;
      if (last && last > (since ?? '')) return { ...told, next: { since: last, page: 0 } };
      if (number + 1 < MAX_PAGES) return { ...told, next: { since, page: number + 1 } };
      throw new WorldFault(
        'unreadable-answer',
        'Auth0 lists 1,000 users with the same created_at, and shows nobody beyond them',
      );
    },

    readUserOrganizations: (id: string) => {
      const path = `${pathTo('users', id)}/organizations`;
      return everyOffset({ bucket: 'other', path, isMissing: is404 }, ORGANIZATIONS);
    },

    /** The roles that were given to the member, not those of groups. */
    readMemberRoles: (organization: string, id: string) => {
      const path = `${pathTo('organizations', organization)}/members/${encodeURIComponent(id)}/roles`;
      return everyOffset({ bucket: 'member-roles', path, isMissing: is404 }, ROLES);
    },

    readUserGroups: (id: string) =>
      every({ bucket: 'groups', path: `${pathTo('users', id)}/groups`, isMissing: isAbsent }, GROUPS),

    readOrganizations: (from?: string) => {
      const question: Ask = { bucket: 'organizations', path: 'organizations', isMissing: is404 };
      return page(question, ORGANIZATIONS, from, CONTAINERS);
    },

    readMembers: (organization: string, { roles, from }: { roles: boolean; from?: string | undefined }) => {
      const path = `${pathTo('organizations', organization)}/members`;
      const query = { fields: roles ? 'user_id,roles' : 'user_id', include_fields: true };
      return page({ bucket: 'members', path, query, isMissing: is404 }, MEMBERS, from);
    },

    /** Early Access (2026-08): undefined also where the application lacks the right. */
    readOrganizationGroups: (organization: string, from?: string) => {
      const path = `${pathTo('organizations', organization)}/groups`;
      return page({ bucket: 'groups', path, isMissing: isOptional }, GROUPS, from, CONTAINERS);
    },

    /** What every member of a group is in an organization; undefined as above. */
    readGroupRoles: (organization: string, group: string) => {
      const path = `${pathTo('organizations', organization)}/${pathTo('groups', group)}/roles`;
      return every({ bucket: 'groups', path, isMissing: isOptional }, ROLES);
    },

    readGroups: (from?: string) =>
      page({ bucket: 'groups', path: 'groups', isMissing: isAbsent }, GROUPS, from, CONTAINERS),

    /** Undefined when the tenant has no groups: that does not mean that this one is gone. */
    readGroup: async (id: string) => {
      const answer = await ask({ bucket: 'groups', path: pathTo('groups', id), isMissing: isAbsent });
      return answer.status === 403 ? undefined : readOne(answer, Group, 'group');
    },

    readGroupMembers: (id: string, from?: string) => {
      const path = `${pathTo('groups', id)}/members`;
      return page({ bucket: 'groups', path, isMissing: is404 }, GROUP_MEMBERS, from);
    },

    readConnection: (id: string) => {
      const query = { fields: 'id,name', include_fields: true };
      return one({ bucket: 'other', path: pathTo('connections', id), query, isMissing: is404 }, Connection);
    },

    readEventStreams: () =>
      every({ bucket: 'other', path: 'event-streams', isMissing: isAbsent }, EVENT_STREAMS),

    /**
     * Deliveries of an event stream that failed, since a moment (ms since the epoch): a plain list that goes on after the id
     * of its last (OpenAPI description, 2026-06-25), or a list by checkpoint (node-auth0 from 6.2.0).
     */
    readFailedDeliveries: async (
      stream: string,
      { since, from }: { since: number; from?: string | undefined },
    ): Promise<ListPage<FailedDelivery> | undefined> => {
      const path = `${pathTo('event-streams', stream)}/deliveries`;
      const query = { statuses: 'failed', date_from: wholeSeconds(since), take: PAGE_SIZE, from };
      const answer = await ask({ bucket: 'other', path, query, isMissing: is404 });
      if (!answer.found) return undefined;
      const { items, unreadable, listed, next } = listOf(answer, FAILED_DELIVERIES);
      const last = listed < PAGE_SIZE ? undefined : items.at(-1)?.id;
      const after = Array.isArray(answer.json) ? last : next;
      return { items, unreadable, askedAt: answer.askedAt, next: progressed(answer, after, from) };
    },

    /** Asks Auth0 to deliver what failed of a stream since a moment (ms) again; false when it may or can not. */
    redeliver: async (stream: string, since: number) => {
      const path = `${pathTo('event-streams', stream)}/redeliver`;
      const body = { date_from: wholeSeconds(since), statuses: ['failed'] };
      const isMissing = ({ status }: HttpResponse) => [403, 404, 409].includes(status);
      return (await ask({ method: 'POST', bucket: 'other', path, body, isMissing })).found;
    },
  };

  async function one<T extends z.ZodType>(question: Ask, schema: T) {
    return readOne(await ask(question), schema, 'thing of what was asked for');
  }

  /** One page by checkpoint: it goes on for as long as Auth0 names a next one, be the page empty. */
  async function page<T extends z.ZodType>(
    question: Ask,
    list: List<T>,
    from: string | undefined,
    take = PAGE_SIZE,
  ): Promise<ListPage<z.infer<T>> | undefined> {
    const answer = await ask({ ...question, query: { ...question.query, take, from } });
    if (!answer.found) return undefined;
    const { items, unreadable, next } = listOf(answer, list);
    return { items, unreadable, askedAt: answer.askedAt, next: progressed(answer, next, from) };
  }

  function every<T extends z.ZodType>(question: Ask, list: List<T>) {
    return readEvery<z.infer<T>, undefined>((from) => page(question, list, from));
  }

  /** Every page of a list that goes by number of page. */
  function everyOffset<T extends z.ZodType>(question: Ask, list: List<T>) {
    return readEvery<z.infer<T>, undefined>(async (from = '0') => {
      const query = { page: from, per_page: PAGE_SIZE, include_totals: true };
      const answer = await ask({ ...question, query });
      if (!answer.found) return undefined;
      const { items, unreadable, listed, total } = listOf(answer, list);
      const next = isLast(Number(from), listed, total) ? undefined : String(Number(from) + 1);
      return { items, unreadable, askedAt: answer.askedAt, next };
    });
  }
}

const USERS = { key: 'users', schema: User };
const ORGANIZATIONS = { key: 'organizations', schema: Organization };
const ROLES = { key: 'roles', schema: Role };
const GROUPS = { key: 'groups', schema: Group };
const MEMBERS = { key: 'members', schema: Member };
const GROUP_MEMBERS = { key: 'members', schema: GroupMember };
const EVENT_STREAMS = { key: 'eventStreams', schema: EventStream };
const FAILED_DELIVERIES = { key: 'deliveries', schema: FailedDelivery };

const Envelope = z.object({ next: z.string().nullish(), total: z.number().nullish() });

/** The list of an answer; where Auth0 leaves the envelope out, the answer is the list itself. */
function listOf<T extends z.ZodType>(answer: Answer, { key, schema }: List<T>) {
  const envelope = Envelope.safeParse(answer.json).data;
  const list = envelope ? (answer.json as Record<string, unknown>)[key] : answer.json;
  const { next, total } = envelope ?? {};
  return { ...readItems(answer, list, schema), next: next || undefined, total: total ?? undefined };
}

/** By Auth0's count where there is one: a page may be short, as when somebody on it was just deleted. */
function isLast(page: number, listed: number, total: number | undefined): boolean {
  return total === undefined ? listed < PAGE_SIZE : (page + 1) * PAGE_SIZE >= total;
}

/** Auth0 takes no part of a second here. */
function wholeSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

function pathTo(what: string, id: string): string {
  return `${what}/${encodeURIComponent(id)}`;
}

function is404({ status }: HttpResponse): boolean {
  return status === 404;
}

/** Whether the tenant's plan does not have it, by a 403 that names no scope. */
function isAbsent(answer: HttpResponse): boolean {
  return is404(answer) || (answer.status === 403 && missingScopes(answer) === undefined);
}

/** The same of what nobody has to grant: a missing scope is taken for a missing thing. */
function isOptional({ status }: HttpResponse): boolean {
  return status === 404 || status === 403;
}
