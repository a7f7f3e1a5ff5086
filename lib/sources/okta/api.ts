import * as z from 'zod';
import { WorldFault } from '../../errors.ts';
import type { HttpResponse } from '../../http/client.ts';
import type { Mapping } from '../mapping.ts';
import type { Answer, ListPage, Query, Question, RestDeps } from '../rest.ts';
import { createRest, is404, nextLink, pathOf, progressed, readEvery, readItems, readOne } from '../rest.ts';
import { createOktaTokens, type OktaCredentials } from './credentials.ts';
import { OktaApp, OktaAppUser, OktaGroup, usersBy } from './schema.ts';

const PAGE_SIZE = 200;
const APP_PAGE_SIZE = 500;
const LOG_PAGE_SIZE = 1_000;

/** Okta's own SDK waits for reset - date + 1 s (developer.okta.com/docs/reference/rl-best-practices). */
const LIMITS = { prefix: 'x-rate-limit-', marginMs: 1_000, unknownMs: 60_000 };

/**
 * What the mirror reads of Okta's management API; all throw what `ask` of rest.ts throws. Lists come a page at a time, the first
 * or the one at `next`, which is Okta's own address of it, with the page sizes that Okta recommends or allows
 * (developer.okta.com/docs/api/openapi, 2026.06.3). Users come with what `mapping` makes of them.
 */
export type OktaApi = ReturnType<typeof createOktaApi>;

export function createOktaApi(deps: RestDeps<OktaCredentials>, mapping?: Mapping | undefined) {
  const { OktaUser, OktaAppUserWithUser } = usersBy(mapping);
  const tokens = createOktaTokens(deps);
  const { ask, respect } = createRest({ name: 'Okta', tokens, limits: LIMITS, explain }, deps);
  const { one, page, pageIfAny } = createReads(ask);
  return {
    respect,
    /** DEPROVISIONED users are left out by Okta. */
    readUsers: (next: string | undefined) =>
      page(to('users', '/api/v1/users', { limit: PAGE_SIZE }), next, OktaUser),
    readDeactivated: (next: string | undefined) => {
      const query = { filter: 'status eq "DEPROVISIONED"', limit: PAGE_SIZE };
      return page(to('users', '/api/v1/users', query), next, OktaUser);
    },
    readUser: (id: string) => one(to('user', pathOf`/api/v1/users/${id}`), OktaUser),
    /** All pages of them; `respect` was asked about it together with `readUser`. */
    readUserGroups: (id: string) => {
      const question = to('user', pathOf`/api/v1/users/${id}/groups`, { limit: PAGE_SIZE });
      return readEvery<OktaGroup>((next) => page({ ...question, isRespected: true }, next, OktaGroup));
    },
    /** Those of applications and the built-in "Everyone" included. */
    readGroups: (next: string | undefined) =>
      page(to('groups', '/api/v1/groups', { limit: PAGE_SIZE }), next, OktaGroup),
    /** Users of any status; undefined when Okta does not know the group (any more). */
    readGroupUsers: (id: string, next: string | undefined) => {
      const question = to('group', pathOf`/api/v1/groups/${id}/users`, { limit: PAGE_SIZE });
      return pageIfAny({ ...question, isMissing: is404 }, next, OktaUser);
    },
    readGroup: (id: string) => one(to('group', pathOf`/api/v1/groups/${id}`), OktaGroup),
    /** Throws `unavailable` when Okta does not know it. */
    readApp: async (id: string) => {
      const { value, askedAt } = readOne(await ask(to('app', pathOf`/api/v1/apps/${id}`)), OktaApp);
      return { app: value as OktaApp, askedAt };
    },
    /** As the users they are and not as the application knows them. */
    readAppUsers: async (id: string, next: string | undefined) => {
      const query = { expand: 'user', limit: APP_PAGE_SIZE };
      const question = to('app', pathOf`/api/v1/apps/${id}/users`, query);
      const users = await page(question, next, OktaAppUserWithUser);
      return { ...users, items: users.items.map(({ _embedded }) => _embedded.user) };
    },
    /** Undefined when the user is not assigned. Throws `unavailable` when it is the application that Okta does not know. */
    readAppUser: (app: string, user: string) => {
      const isMissing = (answer: HttpResponse) => {
        // E0000007 names what was not found. An application that is gone must not look like one that nobody may use.
        const message = 'Okta does not know the application that decides who is mirrored';
        if (is404(answer) && answer.body.includes(app)) throw new WorldFault('unavailable', message);
        return is404(answer);
      };
      return one({ ...to('app', pathOf`/api/v1/apps/${app}/users/${user}`), isMissing }, OktaAppUser);
    },
    readLogs: createLogReader(ask),
  };
}

/**
 * Events of these types from `next` on, or published since then (ms since the epoch). A page is in the order in which
 * Okta stored them, and there is always another: `next` leads to what is stored later, and an empty page means that
 * nothing is yet (developer.okta.com/docs/reference/system-log-query, 2026-08). `more` after a full page. Throws
 * `unreadable-message` when Okta does not take `next` (any more).
 */
function createLogReader(ask: (question: Question) => Promise<Answer>) {
  return async (types: readonly string[], since: number, next: string | undefined) => {
    const filter = types.map((type) => `eventType eq "${type}"`).join(' or ');
    const own = { sortOrder: 'ASCENDING', limit: LOG_PAGE_SIZE, filter };
    const answer = await ask({
      ...{ bucket: 'logs', path: next ?? '/api/v1/logs' },
      query: next === undefined ? { since: new Date(since).toISOString(), ...own } : own,
      isMissing: ({ status }) => next !== undefined && (status === 400 || status === 404),
    });
    // A place that Okta forgot will not come back.
    const forgotten = `Okta does not take this place in its log (${answer.status})`;
    if (!answer.found) throw new WorldFault('unreadable-message', forgotten);
    const { items: events } = readItems(answer, answer.json, z.unknown());
    const later = nextLink(answer, own);
    if (later === undefined)
      throw new WorldFault('unreadable-answer', 'Okta answered with something that is no page of its log');
    return { events, next: later, more: events.length >= LOG_PAGE_SIZE };
  };
}

/** The ways in which Okta answers: one thing, or a list whose next page is in the Link header. */
function createReads(ask: (question: Question) => Promise<Answer>) {
  return { ask, one, page, pageIfAny };

  /** Undefined when Okta does not know it (any more). */
  async function one<T>(question: Question, schema: z.ZodType<T>) {
    return readOne(await ask({ isMissing: is404, ...question }), schema);
  }

  async function page<T>(question: Question, next: string | undefined, schema: z.ZodType<T>) {
    return (await pageIfAny(question, next, schema)) as ListPage<T>;
  }

  async function pageIfAny<T>(question: Question, next: string | undefined, schema: z.ZodType<T>) {
    const answer = await ask({ ...question, path: next ?? question.path });
    if (!answer.found) return undefined;
    const following = progressed(answer, nextLink(answer, question.query), answer.address);
    return { ...readItems(answer, answer.json, schema), next: following };
  }
}

/** `bucket` is the rate limit that the endpoint counts towards. */
function to(bucket: string, path: string, query: Query = {}): Question {
  return { bucket, path, query };
}

function explain({ status }: HttpResponse): string {
  return `Okta refused the credentials (${status}): are they revoked, or lack the right to read what was asked for?`;
}
