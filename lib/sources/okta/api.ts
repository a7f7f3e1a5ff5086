import * as z from 'zod';
import { WorldFault } from '../../errors.ts';
import { type Http, type HttpRequest, type HttpResponse, jsonOf } from '../../http/client.ts';
import { createRateLimits } from '../rate-limits.ts';
import {
  OktaApp,
  OktaAppUser,
  OktaAppUserWithUser,
  type OktaCredentials,
  OktaGroup,
  OktaUser,
} from './schema.ts';
import { createTokens } from './token.ts';

export interface OktaApiDeps {
  http: Http;
  clock: () => number;
  random: () => number;
  /** The connection; `refused` hands back the one that Okta did not accept. */
  credentials: (options?: { refused?: OktaCredentials }) => Promise<OktaCredentials>;
  /** The share of each rate limit that is left to the customer's other tools. */
  headroom: number;
}

/** One page of a list. */
export interface OktaPage<T> {
  items: T[];
  /** Items that could not be read; one of them does not cost the page. */
  unreadable: number;
  /** The whole address of the next page, to be followed as it is; absent on the last page. */
  next: string | undefined;
  /** The moment before the page was asked for, by Okta's clock where it told the time (ms since the epoch). */
  readAt: number;
}

/** A read and the moment before it was asked for, by Okta's clock where it told the time (ms since the epoch). */
export interface Read<T> {
  value: T;
  readAt: number;
}

/** Where to begin reading the System Log: at events published since then (ms since the epoch), of these types only. */
export interface LogStart {
  since: number;
  types: readonly string[];
}

/**
 * What the mirror reads of Okta's management API. All throw WorldFault: `throttled` with the wait that Okta's rate-limit
 * headers ask for, also before a call that would eat into the head-room; `credentials`, `unavailable`,
 * `unreadable-answer`, and what the HTTP client throws.
 *
 * Lists come a page at a time, the first or the one at `next`, with the page sizes that Okta recommends or allows
 * (developer.okta.com/docs/api/openapi, 2026.06.3). A page whose `next` is itself is `unreadable-answer`.
 */
export interface OktaApi {
  /** GET /api/v1/users. DEPROVISIONED users are left out by Okta. */
  readUsers(next: string | undefined): Promise<OktaPage<OktaUser>>;
  /** GET /api/v1/users, those that are DEPROVISIONED. */
  readDeactivated(next: string | undefined): Promise<OktaPage<OktaUser>>;
  /** GET /api/v1/groups, those of applications and the built-in "Everyone" included. */
  readGroups(next: string | undefined): Promise<OktaPage<OktaGroup>>;
  /** GET /api/v1/groups/{id}/users, of any status; undefined when Okta does not know the group (any more). */
  readGroupUsers(id: string, next: string | undefined): Promise<OktaPage<OktaUser> | undefined>;
  /** Whether GET /api/v1/apps/{id} says that the application is ACTIVE. Throws `unavailable` when Okta does not know it. */
  isActiveApp(id: string): Promise<boolean>;
  /** GET /api/v1/apps/{id}/users, as the users they are and not as the application knows them. */
  readAppUsers(id: string, next: string | undefined): Promise<OktaPage<OktaUser>>;
  /**
   * GET /api/v1/apps/{id}/users/{id}; undefined when the user is not assigned to the application. Throws `unavailable`
   * when it is the application that Okta does not know.
   */
  readAppUser(appId: string, userId: string): Promise<Read<OktaAppUser | undefined>>;
  /**
   * GET /api/v1/users/{id}; undefined when Okta does not know the user (any more). `calls` is how many calls about the user
   * are meant in all: they begin only when the head-room allows for every one of them.
   */
  readUser(id: string, calls?: number): Promise<Read<OktaUser | undefined>>;
  /** GET /api/v1/groups/{id}; undefined when Okta does not know the group (any more). */
  readGroup(id: string): Promise<Read<OktaGroup | undefined>>;
  /** Every group of GET /api/v1/users/{id}/groups, of all pages. */
  readUserGroups(id: string): Promise<Read<OktaGroup[]> & { unreadable: number }>;
  /**
   * One page of GET /api/v1/logs in the order in which Okta stored the events, which never ends: `next` leads to what is
   * stored later, and an empty page means that nothing is yet (developer.okta.com/docs/reference/system-log-query, 2026-08).
   * `more` after a full page. Throws `unreadable-message` when Okta does not take `next` (any more), or it is on another host.
   */
  readLogs(from: LogStart | string): Promise<{ events: unknown[]; next: string; more: boolean }>;
}

const TRY_MS = 15_000;
const PAGE_SIZE = 200;
const APP_PAGE_SIZE = 500;
const LOG_PAGE_SIZE = 1_000;
/** The wait after a 429 of the concurrency limit, whose reset is only a hint: a random share of this (ms). */
const CONCURRENCY_WAIT_MS = 5_000;

export function createOktaApi(deps: OktaApiDeps): OktaApi {
  const limits = createRateLimits({ vendor: 'Okta', ...deps });
  const tokens = createTokens(deps);

  return {
    readUsers,
    readDeactivated,
    readGroups,
    readGroupUsers,
    isActiveApp,
    readAppUsers,
    readAppUser,
    readUser,
    readGroup,
    readUserGroups,
    readLogs,
  };

  async function readUsers(next: string | undefined): Promise<OktaPage<OktaUser>> {
    limits.respect('users', 1);
    return pageOf(await get(next ?? `/api/v1/users?limit=${PAGE_SIZE}`, 'users'), OktaUser);
  }

  async function readDeactivated(next: string | undefined): Promise<OktaPage<OktaUser>> {
    limits.respect('users', 1);
    const filter = encodeURIComponent('status eq "DEPROVISIONED"');
    return pageOf(await get(next ?? `/api/v1/users?filter=${filter}&limit=${PAGE_SIZE}`, 'users'), OktaUser);
  }

  async function readGroups(next: string | undefined): Promise<OktaPage<OktaGroup>> {
    limits.respect('groups', 1);
    return pageOf(await get(next ?? `/api/v1/groups?limit=${PAGE_SIZE}`, 'groups'), OktaGroup);
  }

  async function readGroupUsers(id: string, next: string | undefined) {
    limits.respect('group', 1);
    const first = `/api/v1/groups/${encodeURIComponent(id)}/users?limit=${PAGE_SIZE}`;
    const answer = await get(next ?? first, 'group', [404]);
    return answer.response.status === 404 ? undefined : pageOf(answer, OktaUser);
  }

  async function isActiveApp(id: string): Promise<boolean> {
    limits.respect('app', 1);
    const app = itemOf(await get(`/api/v1/apps/${encodeURIComponent(id)}`, 'app'), OktaApp, 'application');
    return app.value?.status === 'ACTIVE';
  }

  async function readAppUsers(id: string, next: string | undefined): Promise<OktaPage<OktaUser>> {
    limits.respect('app', 1);
    const first = `/api/v1/apps/${encodeURIComponent(id)}/users?expand=user&limit=${APP_PAGE_SIZE}`;
    const page = pageOf(await get(next ?? first, 'app'), OktaAppUserWithUser);
    return { ...page, items: page.items.map(({ _embedded }) => _embedded.user) };
  }

  async function readAppUser(appId: string, userId: string): Promise<Read<OktaAppUser | undefined>> {
    limits.respect('app', 1);
    const path = `/api/v1/apps/${encodeURIComponent(appId)}/users/${encodeURIComponent(userId)}`;
    const answer = await get(path, 'app', [404]);
    // E0000007 names what was not found. An application that is gone must not look like one that nobody may use.
    if (answer.response.status === 404 && answer.response.body.includes(appId)) {
      throw new WorldFault('unavailable', 'Okta does not know the application that decides who is mirrored');
    }
    return itemOf(answer, OktaAppUser, 'user of an application');
  }

  async function readUser(id: string, calls = 1): Promise<Read<OktaUser | undefined>> {
    limits.respect('user', calls);
    return itemOf(await get(`/api/v1/users/${encodeURIComponent(id)}`, 'user', [404]), OktaUser, 'user');
  }

  async function readGroup(id: string): Promise<Read<OktaGroup | undefined>> {
    limits.respect('group', 1);
    return itemOf(await get(`/api/v1/groups/${encodeURIComponent(id)}`, 'group', [404]), OktaGroup, 'group');
  }

  async function readUserGroups(id: string) {
    const pages: OktaPage<OktaGroup>[] = [];
    let next: string | undefined = `/api/v1/users/${encodeURIComponent(id)}/groups?limit=${PAGE_SIZE}`;
    while (next !== undefined) {
      const page: OktaPage<OktaGroup> = pageOf(await get(next, 'user'), OktaGroup);
      pages.push(page);
      next = page.next;
    }
    return {
      value: pages.flatMap(({ items }) => items),
      readAt: Math.min(...pages.map(({ readAt }) => readAt)),
      unreadable: pages.reduce((sum, { unreadable }) => sum + unreadable, 0),
    };
  }

  async function readLogs(from: LogStart | string) {
    limits.respect('logs', 1);
    const isPlace = typeof from === 'string';
    const { url } = await deps.credentials();
    // As after the org got another name: what it stored by its old one cannot be asked for any more.
    if (isPlace && new URL(from).origin !== new URL(url).origin)
      throw new WorldFault('unreadable-message', "this place in Okta's log is on another host");
    const { response, address } = await get(
      isPlace ? from : logAddress(from),
      'logs',
      isPlace ? [400, 404] : [],
    );
    // A place that Okta forgot will not come back.
    if (response.status !== 200)
      throw new WorldFault(
        'unreadable-message',
        `Okta does not take this place in its log (${response.status})`,
      );
    const events = z.array(z.unknown()).safeParse(jsonOf(response)).data;
    const next = nextLink(response, address);
    if (!events || next === undefined) {
      throw new WorldFault('unreadable-answer', 'Okta answered with something that is no page of its log');
    }
    return { events, next, more: events.length >= LOG_PAGE_SIZE };
  }

  /** `bucket` names the rate limit that the endpoint counts towards. */
  async function get(path: string, bucket: string, expected: number[] = []): Promise<Answer> {
    const connection = await deps.credentials();
    const address = new URL(path, connection.url);
    if (address.origin !== new URL(connection.url).origin) {
      throw new WorldFault('unreadable-answer', "Okta's next page is on another host");
    }
    const response = await send(connection, address.href);
    note(bucket, response);
    if (response.status === 429) throw throttled(response);
    if (response.status === 401 || response.status === 403) {
      throw new WorldFault(
        'credentials',
        `Okta refused the credentials (${response.status}): are they revoked, or lack the right to read what was asked for?`,
      );
    }
    if (response.status !== 200 && !expected.includes(response.status)) {
      throw new WorldFault('unavailable', `Okta answered ${response.status}`);
    }
    return { response, address: address.href, readAt: response.askedAt };
  }

  /** Asks once more with what the secret holds by then, should Okta not accept what it held before. */
  async function send(connection: OktaCredentials, url: string): Promise<HttpResponse & { askedAt: number }> {
    const first = await ask(connection, url);
    if (first.status !== 401) return first;
    tokens.forget();
    return ask(await deps.credentials({ refused: connection }), url);
  }

  async function ask(connection: OktaCredentials, url: string): Promise<HttpResponse & { askedAt: number }> {
    const authorization = await tokens.authorization(connection);
    const request: HttpRequest = {
      method: 'GET',
      url,
      headers: { accept: 'application/json', authorization },
      timeoutMs: TRY_MS,
    };
    const startedAt = deps.clock();
    const response = await limits.during(() => deps.http(request));
    const tookMs = deps.clock() - startedAt;
    // Whole seconds of Okta's clock when it answered, less the time the answer took.
    const date = Date.parse(String(response.headers.date));
    return { ...response, askedAt: Number.isNaN(date) ? startedAt : date - tookMs };
  }

  function note(bucket: string, { headers }: HttpResponse): void {
    const limit = Number(headers['x-rate-limit-limit']);
    const remaining = Number(headers['x-rate-limit-remaining']);
    const resetInMs = waitOf(headers);
    if (limit > 0 && Number.isFinite(remaining) && resetInMs !== undefined) {
      limits.note(bucket, { limit, remaining, resetInMs });
    }
  }

  function throttled({ headers }: HttpResponse): WorldFault {
    const ofConcurrency = Number(headers['x-rate-limit-limit']) === 0;
    const retryAfterMs = ofConcurrency
      ? 1_000 + deps.random() * CONCURRENCY_WAIT_MS
      : Math.max(1_000, waitOf(headers) ?? 60_000);
    return new WorldFault('throttled', 'Okta asks for patience', { retryAfterMs });
  }

  /** Okta's own SDK waits for reset - date + 1 s; the reset is in epoch seconds (okta.com/docs/reference/rl-best-practices). */
  function waitOf(headers: HttpResponse['headers']): number | undefined {
    const reset = Number(headers['x-rate-limit-reset']) * 1000;
    const date = Date.parse(String(headers.date));
    if (!Number.isFinite(reset) || reset === 0) return undefined;
    return reset - (Number.isNaN(date) ? deps.clock() : date) + 1_000;
  }
}

/** An answer with the whole address it came from, and the moment before it was asked for. */
interface Answer {
  response: HttpResponse;
  address: string;
  readAt: number;
}

function itemOf<T extends z.ZodType>(
  { response, readAt }: Answer,
  schema: T,
  what: string,
): Read<z.infer<T> | undefined> {
  if (response.status === 404) return { value: undefined, readAt };
  const item = schema.safeParse(jsonOf(response));
  if (!item.success)
    throw new WorldFault('unreadable-answer', `Okta answered with something that is no ${what}`);
  return { value: item.data, readAt };
}

/** Reads a list, one item by one: those that cannot be read are counted. A list of nothing readable is no list. */
function pageOf<T extends z.ZodType>({ response, address, readAt }: Answer, schema: T): OktaPage<z.infer<T>> {
  const list = z.array(z.unknown()).safeParse(jsonOf(response)).data;
  const items = (list ?? []).flatMap((item) => {
    const { success, data } = schema.safeParse(item);
    return success ? [data] : [];
  });
  if (!list || (list.length > 0 && items.length === 0)) {
    throw new WorldFault(
      'unreadable-answer',
      'Okta answered with something that is no list of what was asked for',
    );
  }
  const next = nextLink(response, address);
  if (next === address) throw new WorldFault('unreadable-answer', 'Okta repeated a page');
  return { items, unreadable: list.length - items.length, next, readAt };
}

/** Okta sends one Link header per relation; Node joins them with a comma. */
function nextLink({ headers: { link } }: HttpResponse, address: string): string | undefined {
  const links = Array.isArray(link) ? link.join(', ') : (link ?? '');
  const next = /<([^<>]+)>;\s*rel="next"/.exec(links)?.[1];
  return next === undefined ? undefined : new URL(next, address).href;
}

function logAddress({ since, types }: LogStart): string {
  const query = new URLSearchParams({
    since: new Date(since).toISOString(),
    sortOrder: 'ASCENDING',
    limit: String(LOG_PAGE_SIZE),
    filter: types.map((type) => `eventType eq "${type}"`).join(' or '),
  });
  return `/api/v1/logs?${query}`;
}
