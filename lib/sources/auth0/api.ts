import * as z from 'zod';
import { WorldFault } from '../../errors.ts';
import type { HttpResponse } from '../../http/client.ts';
import type { Mapping } from '../mapping.ts';
import type { Answer, Listing, ListPage, Query, Question, RestDeps } from '../rest.ts';
import { createRest, is404, pathOf, progressed, readEvery, readItems, readOne } from '../rest.ts';
import { type Auth0Credentials, createAuth0Tokens, explainRefusal, missingScopes } from './credentials.ts';
import * as Auth0 from './schema.ts';

/** Endpoints that share a rate limit (auth0.com/docs, rate-limit-configurations, 2026-08). */
export type Bucket = 'users' | 'organizations' | 'members' | 'member-roles' | 'groups' | 'other';

/** A range of a list without a cursor: after how many it begins, and the most that are asked for at once. */
interface Range {
  offset: number;
  size: number;
}

/** A place in the list of users by creation: among those created at `since` or later. */
export interface UsersCursor extends Range {
  since?: string | undefined;
}

const PAGE_SIZE = 100;
/** Containers at a time are fewer: those of a page that wait for their members to be read travel in a cursor. */
const CONTAINERS = 50;
/** Auth0 shows no more of a list without a cursor (auth0.com/docs/manage-users/user-search, 2026-08). */
const MOST_SHOWN = 1_000;
export const START: Range = { offset: 0, size: PAGE_SIZE };
/** OpenAPI description, 2026-06-25. */
const LIMITS = { prefix: 'x-ratelimit-', marginMs: 0, unknownMs: 0 };

/**
 * What the mirror reads of Auth0's Management API; all throw what `ask` of rest.ts throws, `credentials` with the scope that is
 * missing. Undefined is what Auth0 does not know (any more), or what the tenant does not have. A page begins at the `from`
 * that is the `next` of another, which may be empty and not the last. Users come with what `mapping` makes of them.
 */
export type Auth0Api = ReturnType<typeof createAuth0Api>;

export function createAuth0Api(deps: RestDeps<Auth0Credentials>, mapping?: Mapping | undefined) {
  const { User } = Auth0.usersBy(mapping);
  // Not asked for: metadata that no rule looks at, which may be large, and anything else that is personal and of no use.
  const userFields = fields([...new Set([...Auth0.USER_FIELDS, ...(mapping?.roots ?? [])])].join());
  const tokens = createAuth0Tokens(deps);
  const vendor = { name: 'Auth0', tokens, limits: LIMITS, explain: explainRefusal };
  const { ask, respect, mostAtOnce } = createRest(vendor, deps);
  const { one, page, every, everyNumbered } = createReads(ask);
  return {
    respect,
    mostAtOnce,
    readUser: (id: string) => one(to('users', pathOf`users/${id}`, userFields), User),
    /** Upper and lower case differ (auth0.com/docs/manage-users/user-search, 2026-08). */
    readUsersByEmail: async (email: string) => {
      const answer = await ask(to('users', 'users-by-email', { email, ...userFields }, () => false));
      return readItems(answer, answer.json, User);
    },
    readUsers: createUsersReader(ask, User, userFields),
    readUserOrganizations: (id: string) =>
      everyNumbered(to('other', pathOf`users/${id}/organizations`), 'organizations', Auth0.Organization),
    /** The roles that were given to the member, not those of groups. */
    readMemberRoles: (organization: string, id: string) => {
      const path = pathOf`organizations/${organization}/members/${id}/roles`;
      return everyNumbered(to('member-roles', path), 'roles', Auth0.Role);
    },
    readUserGroups: (id: string) =>
      every(to('groups', pathOf`users/${id}/groups`, {}, isAbsent), 'groups', Auth0.ListedGroup),
    readOrganizations: (from?: string) =>
      page(to('organizations', 'organizations'), 'organizations', Auth0.Organization, from, CONTAINERS),
    readOrganization: (id: string) =>
      one(to('organizations', pathOf`organizations/${id}`), Auth0.Organization),
    readMembers: (organization: string, { roles, from }: { roles: boolean; from?: string | undefined }) => {
      const query = fields(roles ? 'user_id,roles' : 'user_id');
      const question = to('members', pathOf`organizations/${organization}/members`, query);
      return page(question, 'members', Auth0.Member, from);
    },
    /** Early Access (2026-08): undefined also where the application lacks the right. */
    readOrganizationGroups: (organization: string, from?: string) => {
      const question = to('groups', pathOf`organizations/${organization}/groups`, {}, isOptional);
      return page(question, 'groups', Auth0.ListedGroup, from, CONTAINERS);
    },
    /** What every member of a group is in an organization; undefined as above. */
    readGroupRoles: (organization: string, group: string) => {
      const path = pathOf`organizations/${organization}/groups/${group}/roles`;
      return every(to('groups', path, {}, isOptional), 'roles', Auth0.Role);
    },
    readGroups: (from?: string) =>
      page(to('groups', 'groups', {}, isAbsent), 'groups', Auth0.ListedGroup, from, CONTAINERS),
    /** Undefined when the tenant has no groups: that does not mean that this one is gone. */
    readGroup: async (id: string) => {
      const answer = await ask(to('groups', pathOf`groups/${id}`, {}, isAbsent));
      return answer.status === 403 ? undefined : readOne(answer, Auth0.ListedGroup);
    },
    readGroupMembers: (id: string, from?: string) =>
      page(to('groups', pathOf`groups/${id}/members`), 'members', Auth0.GroupMember, from),
    readConnection: (id: string) =>
      one(to('other', pathOf`connections/${id}`, fields('id,name')), Auth0.Connection),
    readEventStreams: () =>
      every(to('other', 'event-streams', {}, isAbsent), 'eventStreams', Auth0.EventStream),
    readFailedDeliveries: createFailuresReader(ask),
    /** Asks Auth0 to deliver what failed of a stream since a moment (ms) again; false when it may or can not. */
    redeliver: async (stream: string, since: number) => {
      const { found } = await ask({
        ...to('other', pathOf`event-streams/${stream}/redeliver`),
        ...{ method: 'POST', body: { date_from: wholeSeconds(since), statuses: ['failed'] } },
        isMissing: ({ status }) => [403, 404, 409].includes(status),
      });
      return found;
    },
  };
}

type Ask = (question: Question) => Promise<Answer>;

/**
 * At most 100 users, oldest first; from the beginning without a cursor. Each page begins where the one before ended, by
 * creation: Auth0 lists no more than 1,000 users of one search, and by number of page a deletion meanwhile would hide
 * somebody. Whoever was created since the last but one of a page is listed again, so that one wrong `created_at` hides nobody. A
 * page that contradicts Auth0's count of them has one more who could not be read.
 */
function createUsersReader(ask: Ask, User: z.ZodType<Auth0.User>, userFields: Query) {
  return async ({ since, ...range }: UsersCursor = START): Promise<ListPage<Auth0.User, UsersCursor>> => {
    const search = { q: `created_at:[${since ?? '*'} TO *]`, sort: 'created_at:1', search_engine: 'v3' };
    const query = { ...search, ...numbered(range), ...userFields };
    const { list, listed, total, next } = numberedList(
      await ask(to('users', 'users', query)),
      { key: 'users', schema: User },
      range,
    );
    const isContrary = total !== undefined && (listed === 0 ? total !== range.offset : next.offset > total);
    const page = { ...list, unreadable: list.unreadable + (isContrary ? 1 : 0) };
    if (listed === 0 || next.offset === total) return { ...page, next: undefined };
    const created = list.items.flatMap(({ created_at }) => created_at ?? []);
    const past = created.filter((at) => Date.parse(at) <= list.askedAt).toSorted();
    const isFull = next.offset >= MOST_SHOWN;
    // The newest may be wrong, and would hide everyone until then; the second newest is no newer than somebody who came.
    const place = past.at(past.length === 1 || isFull ? -1 : -2);
    if (place && place > (since ?? '')) return { ...page, next: { since: place, ...START } };
    if (!isFull) return { ...page, next: { since, ...next } };
    const hidden = 'Auth0 lists 1,000 users with the same created_at, and shows nobody beyond them';
    throw new WorldFault('unreadable-answer', hidden);
  };
}

/**
 * Deliveries of an event stream that failed, since a moment (ms since the epoch): a plain list that goes on after the id
 * of its last until nothing follows (OpenAPI description, 2026-06-25), or a list by checkpoint (node-auth0 from 6.2.0).
 */
function createFailuresReader(ask: Ask) {
  return async (
    stream: string,
    { since, from }: { since: number; from?: string | undefined },
  ): Promise<ListPage<Auth0.FailedDelivery> | undefined> => {
    const query = { statuses: 'failed', date_from: wholeSeconds(since), take: PAGE_SIZE, from };
    const answer = await ask(to('other', pathOf`event-streams/${stream}/deliveries`, query));
    if (!answer.found) return undefined;
    const { list, next } = listOf(answer, 'deliveries', Auth0.FailedDelivery);
    const following = Array.isArray(answer.json) ? list.items.findLast(({ id }) => id)?.id : next;
    return { ...list, next: progressed(answer, following || undefined, from) };
  };
}

/** The ways in which Auth0 answers: one thing, a list by checkpoint, a list by number of page. */
function createReads(ask: Ask) {
  return { one, page, every, everyNumbered };

  async function one<T>(question: Question, schema: z.ZodType<T>) {
    return readOne(await ask(question), schema);
  }

  /** One page by checkpoint: it goes on for as long as Auth0 names a next one, be the page empty. */
  async function page<T>(
    question: Question,
    key: string,
    schema: z.ZodType<T>,
    from?: string | undefined,
    take = PAGE_SIZE,
  ): Promise<ListPage<T> | undefined> {
    const answer = await ask({ ...question, query: { ...question.query, take, from } });
    if (!answer.found) return undefined;
    const { list, next } = listOf(answer, key, schema);
    return { ...list, next: progressed(answer, next, from) };
  }

  function every<T>(question: Question, key: string, schema: z.ZodType<T>) {
    return readEvery<T, undefined>((from) => page(question, key, schema, from));
  }

  /**
   * Every page of a list that goes by number of page, until one is empty or everything counted has come. A list that ends
   * otherwise, or contradicts any of its counts, has one more item that could not be read: it is not whole.
   */
  async function everyNumbered<T extends { id: string }>(
    question: Question,
    key: string,
    schema: z.ZodType<T>,
  ): Promise<Listing<T> | undefined> {
    const items = new Map<string, T>();
    const totals = new Set<number>();
    let [unreadable, askedAt] = [0, Number.POSITIVE_INFINITY];
    for (let range = START; ; ) {
      const answer = await ask({ ...question, query: numbered(range) });
      if (!answer.found) return undefined;
      const { list, listed, total, next } = numberedList(answer, { key, schema }, range);
      const before = items.size + unreadable;
      for (const item of list.items) items.set(item.id, item);
      unreadable += list.unreadable;
      askedAt = Math.min(askedAt, list.askedAt);
      if (total !== undefined) totals.add(total);
      const came = items.size + unreadable;
      const isEnd = listed === 0 || came === total;
      if (!isEnd && came > before && next.offset < MOST_SHOWN) {
        range = next;
        continue;
      }
      const isWhole = isEnd && [...totals].every((told) => told === came);
      return { items: [...items.values()], unreadable: unreadable + (isWhole ? 0 : 1), askedAt };
    }
  }
}

function to(
  bucket: Bucket,
  path: string,
  query: Query = {},
  isMissing: Question['isMissing'] = is404,
): Question {
  return { bucket, path: `/api/v2/${path}`, query, isMissing };
}

function fields(fields: string) {
  return { fields, include_fields: true };
}

/** Auth0 is asked for a page by its number: the largest of those that begin at the place exactly. */
function numbered({ offset, size }: Range) {
  let per_page = size;
  while (offset % per_page !== 0) per_page -= 1;
  return { page: offset / per_page, per_page, include_totals: true };
}

const Count = z.int().nonnegative().optional().catch(undefined);
const Envelope = z.looseObject({ next: z.string().nullish(), total: Count, limit: Count });

/** The list of an answer; where Auth0 leaves the envelope out, the answer is the list itself. */
function listOf<T>(answer: Answer, key: string, schema: z.ZodType<T>) {
  const envelope = Envelope.safeParse(answer.json).data;
  const list = readItems(answer, envelope ? envelope[key] : answer.json, schema);
  const { next, total, limit } = envelope ?? {};
  return { list, listed: list.items.length + list.unreadable, next: next || undefined, total, limit };
}

/** A page of a list without a cursor. The next goes on by what came, and asks for no more at once than Auth0 gives. */
function numberedList<T>(
  answer: Answer,
  { key, schema }: { key: string; schema: z.ZodType<T> },
  range: Range,
) {
  const { list, listed, total, limit = listed } = listOf(answer, key, schema);
  const size = limit < numbered(range).per_page ? Math.max(1, limit) : range.size;
  return { list, listed, total, next: { offset: range.offset + listed, size } };
}

/** Auth0 takes no part of a second here. */
function wholeSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Whether the tenant's plan does not have it, by a 403 that names no scope. */
function isAbsent(answer: HttpResponse): boolean {
  return is404(answer) || (answer.status === 403 && missingScopes(answer) === undefined);
}

/** The same of what nobody has to grant: a missing scope is taken for a missing thing. */
function isOptional({ status }: HttpResponse): boolean {
  return status === 404 || status === 403;
}
