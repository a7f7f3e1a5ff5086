import * as z from 'zod';
import { WorldFault } from '../../errors.ts';
import { type Http, type HttpRequest, type HttpResponse, jsonOf } from '../../http/client.ts';
import { type OktaCredentials, OktaGroup, OktaUser } from './schema.ts';
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

export interface OktaPage {
  users: OktaUser[];
  /** Users that could not be read; one of them does not cost the page. */
  unreadable: number;
  /** The whole address of the next page, to be followed as it is; absent on the last page. */
  next: string | undefined;
}

/** A read and the moment before it was asked for, by Okta's clock where it told the time (ms since the epoch). */
export interface Read<T> {
  value: T;
  readAt: number;
}

/**
 * What the mirror reads of Okta's management API. All throw WorldFault: `throttled` with the wait that Okta's rate-limit
 * headers ask for, also before a call that would eat into the head-room; `credentials`, `unavailable`,
 * `unreadable-answer`, and what the HTTP client throws.
 */
export interface OktaApi {
  /** One page of GET /api/v1/users, the first or the one at `next`. DEPROVISIONED users are left out by Okta. */
  readUsers(next: string | undefined): Promise<OktaPage>;
  /**
   * GET /api/v1/users/{id}; undefined when Okta does not know the user (any more). `calls` is how many calls about the user
   * are meant in all: they begin only when the head-room allows for every one of them.
   */
  readUser(id: string, calls?: number): Promise<Read<OktaUser | undefined>>;
  /** GET /api/v1/groups/{id}; undefined when Okta does not know the group (any more). */
  readGroup(id: string): Promise<Read<OktaGroup | undefined>>;
  /** Every group of GET /api/v1/users/{id}/groups. */
  readUserGroups(id: string): Promise<Read<OktaGroup[]>>;
}

/** What is known of one rate limit: Okta counts per minute and endpoint. */
interface Limit {
  limit: number;
  remaining: number;
  /** When the window ends, by our clock (ms). */
  resetAt: number;
}

const TRY_MS = 15_000;
const PAGE_SIZE = 200;
/** Calls that other containers may have under way, unknown to this one. */
const OTHERS = 10;
/** The wait after a 429 of the concurrency limit, whose reset is only a hint: a random share of this (ms). */
const CONCURRENCY_WAIT_MS = 5_000;

export function createOktaApi(deps: OktaApiDeps): OktaApi {
  const limits = new Map<string, Limit>();
  const tokens = createTokens(deps);
  let underWay = 0;

  return { readUsers, readUser, readGroup, readUserGroups };

  async function readUsers(next: string | undefined): Promise<OktaPage> {
    respectHeadroom('users', 1);
    const { response, address } = await get(next ?? `/api/v1/users?limit=${PAGE_SIZE}`, 'users');
    return pageOf(response, address, OktaUser);
  }

  async function readUser(id: string, calls = 1): Promise<Read<OktaUser | undefined>> {
    respectHeadroom('user', calls);
    const { response, readAt } = await get(`/api/v1/users/${encodeURIComponent(id)}`, 'user', [404]);
    if (response.status === 404) return { value: undefined, readAt };
    const user = OktaUser.safeParse(jsonOf(response));
    if (!user.success)
      throw new WorldFault('unreadable-answer', 'Okta answered with something that is no user');
    return { value: user.data, readAt };
  }

  async function readGroup(id: string): Promise<Read<OktaGroup | undefined>> {
    respectHeadroom('group', 1);
    const { response, readAt } = await get(`/api/v1/groups/${encodeURIComponent(id)}`, 'group', [404]);
    if (response.status === 404) return { value: undefined, readAt };
    const group = OktaGroup.safeParse(jsonOf(response));
    if (!group.success)
      throw new WorldFault('unreadable-answer', 'Okta answered with something that is no group');
    return { value: group.data, readAt };
  }

  async function readUserGroups(id: string): Promise<Read<OktaGroup[]>> {
    const groups: OktaGroup[] = [];
    let readAt = Number.POSITIVE_INFINITY;
    let next: string | undefined = `/api/v1/users/${encodeURIComponent(id)}/groups?limit=${PAGE_SIZE}`;
    while (next !== undefined) {
      const answer: Awaited<ReturnType<typeof get>> = await get(next, 'user');
      const page = pageOf(answer.response, answer.address, OktaGroup);
      groups.push(...page.users);
      readAt = Math.min(readAt, answer.readAt);
      next = page.next;
    }
    return { value: groups, readAt };
  }

  /** `bucket` names the rate limit that the endpoint counts towards. */
  async function get(path: string, bucket: string, expected: number[] = []) {
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
        `Okta refused the credentials (${response.status}): are they revoked, or lack the right to read users and groups?`,
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
    underWay += 1;
    const startedAt = deps.clock();
    try {
      const response = await deps.http(request);
      const tookMs = deps.clock() - startedAt;
      // Whole seconds of Okta's clock when it answered, less the time the answer took.
      const date = Date.parse(String(response.headers.date));
      return { ...response, askedAt: Number.isNaN(date) ? startedAt : date - tookMs };
    } finally {
      underWay -= 1;
    }
  }

  function respectHeadroom(bucket: string, calls: number): void {
    const known = limits.get(bucket);
    if (!known || deps.clock() >= known.resetAt) return;
    if (known.remaining - underWay - calls >= Math.ceil(known.limit * deps.headroom) + OTHERS) return;
    throw new WorldFault('throttled', "Okta's rate limit is left to others", {
      retryAfterMs: known.resetAt - deps.clock(),
    });
  }

  function note(bucket: string, { headers }: HttpResponse): void {
    const limit = Number(headers['x-rate-limit-limit']);
    const remaining = Number(headers['x-rate-limit-remaining']);
    const wait = waitOf(headers);
    if (limit > 0 && Number.isFinite(remaining) && wait !== undefined) {
      limits.set(bucket, { limit, remaining, resetAt: deps.clock() + wait });
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

/** Reads a list, one item by one: those that cannot be read are counted. A list of nothing readable is no list. */
function pageOf<T extends z.ZodType>(response: HttpResponse, address: string, schema: T) {
  const list = z.array(z.unknown()).safeParse(jsonOf(response)).data;
  const users = (list ?? []).flatMap((item) => {
    const { success, data } = schema.safeParse(item);
    return success ? [data as z.infer<T>] : [];
  });
  if (!list || (list.length > 0 && users.length === 0)) {
    throw new WorldFault(
      'unreadable-answer',
      'Okta answered with something that is no list of what was asked for',
    );
  }
  const next = nextLink(response.headers.link);
  return {
    users,
    unreadable: list.length - users.length,
    next: next === undefined ? undefined : new URL(next, address).href,
  };
}

/** Okta sends one Link header per relation; Node joins them with a comma. */
function nextLink(link: string | string[] | undefined): string | undefined {
  const links = Array.isArray(link) ? link.join(', ') : (link ?? '');
  return /<([^<>]+)>;\s*rel="next"/.exec(links)?.[1];
}
