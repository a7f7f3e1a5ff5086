import type * as z from 'zod';
import { WorldFault } from '../errors.ts';
import { type Http, type HttpResponse, jsonOf } from '../http/client.ts';
import { jsonRequest } from '../http/json-request.ts';
import { leftOut } from './attributes.ts';
import type { Tokens } from './oauth.ts';
import { createRateLimits, type LimitHeaders } from './rate-limits.ts';
import { createVendorClock } from './vendor-clock.ts';

export interface RestDeps<Credentials> {
  http: Http;
  clock: () => number;
  random: () => number;
  /** The connection; `refused` hands back the one that the vendor did not accept. */
  credentials(options?: { refused?: Credentials }): Promise<Credentials>;
  /** The share of each rate limit that is left to the customer's other tools. */
  headroom: number;
  /** Told how many attributes of an answer are of no use and were left out, where there are any. */
  onLeftOut?: ((count: number) => void) | undefined;
}

/** What is different in the API of one vendor. */
export interface Vendor<Credentials> {
  name: string;
  tokens: Tokens<Credentials>;
  limits: LimitHeaders;
  /** What to mend where the credentials of a request are refused (401, after new ones, or 403). */
  explain(answer: HttpResponse, bucket: string): string;
}

/** A list, or one page of it, as of the moment before the earliest of its requests (ms since the epoch). */
export interface Listing<T> {
  items: T[];
  /** Items that could not be read; one of them does not cost the others. */
  unreadable: number;
  askedAt: number;
}

/** `next` is where the next page begins; absent on the last one. A page may be empty and not be the last. */
export interface ListPage<T, Next = string> extends Listing<T> {
  next: Next | undefined;
}

export type Query = Record<string, string | number | boolean | undefined>;

export interface Question {
  method?: 'GET' | 'POST';
  /** The rate limit that the endpoint counts towards. */
  bucket: string;
  /** Whether `respect` was asked about this call before one that it belongs to: half of a person is of no use. */
  isRespected?: boolean;
  /** Below the vendor's host, or the whole address of a next page. */
  path: string;
  /** Is set where the address lacks it: a vendor may leave it out of its next page. */
  query?: Query;
  body?: object;
  /** Whether an answer other than 2xx means that there is no such thing. */
  isMissing?: (answer: HttpResponse) => boolean;
}

export interface Answer {
  vendor: string;
  /** False when there is no such thing. */
  found: boolean;
  status: number;
  headers: HttpResponse['headers'];
  /** Undefined where the answer is no JSON. */
  json: unknown;
  address: string;
  /** The moment before the request (ms since the epoch; see vendor-clock.ts). */
  askedAt: number;
  onLeftOut: RestDeps<never>['onLeftOut'];
}

const TRY_MS = 15_000;

/** A client of one vendor's REST API, with JSON both ways. */
export function createRest<Credentials extends { url: string }>(
  { name: vendor, tokens, limits: names, explain }: Vendor<Credentials>,
  deps: RestDeps<Credentials>,
) {
  const limits = createRateLimits(vendor, names, deps);
  const momentBefore = createVendorClock();
  return { respect: limits.respect, mostAtOnce: limits.mostAtOnce, ask };

  /**
   * Sends one request, and once more with new credentials and a new token after a 401. Throws WorldFault: `throttled` with
   * the wait, also before a call that would eat into the head-room; `credentials` with what to mend, and `forbidden` where
   * they are good and may not read this one thing; `unreadable-message` for an address on another host; `unreadable-answer`
   * when the request itself is refused (400); `unavailable`, and what the HTTP client throws.
   */
  async function ask(question: Question): Promise<Answer> {
    const { bucket, isRespected, isMissing = () => false } = question;
    if (!isRespected) limits.respect({ [bucket]: 1 });
    const { response, address, askedAt, forget } = await send(question);
    limits.note(bucket, response);
    const { status, headers } = response;
    const { onLeftOut } = deps;
    const answer = { vendor, status, headers, json: jsonOf(response), address, askedAt, onLeftOut };
    if (status >= 200 && status < 300) return { ...answer, found: true };
    if (isMissing(response)) return { ...answer, found: false };
    if (status === 429) throw limits.reached(response);
    if (status === 401 || status === 403) {
      const isOfOne = status === 403 && !lacksScope(response);
      // A scope that is granted now is in new tokens only.
      if (!isOfOne) forget();
      throw new WorldFault(isOfOne ? 'forbidden' : 'credentials', explain(response, bucket));
    }
    // Above all an id that the vendor takes for none: waiting mends nothing, and other requests are answered.
    if (status === 400) throw new WorldFault('unreadable-answer', `${vendor} rejected the request (400)`);
    throw new WorldFault('unavailable', `${vendor} answered ${status}`);
  }

  async function send(question: Question) {
    const connection = await deps.credentials();
    const first = await exchange(connection, question);
    if (first.response.status !== 401) return first;
    first.forget();
    return exchange(await deps.credentials({ refused: connection }), question);
  }

  async function exchange(connection: Credentials, { method = 'GET', path, query, body }: Question) {
    const url = withQuery(new URL(path, connection.url), query);
    // As after the tenant got another name; the token must not go there.
    if (url.origin !== new URL(connection.url).origin)
      throw new WorldFault('unreadable-message', `this address is not on ${vendor}'s host`);
    const authorization = await tokens.authorization(connection);
    const request = jsonRequest({ method, url: url.href, authorization, body, timeoutMs: TRY_MS });
    const startedAt = deps.clock();
    const response = await limits.during(() => deps.http(request));
    const { date } = response.headers;
    return {
      response,
      address: url.href,
      askedAt: momentBefore({ startedAt, endedAt: deps.clock(), date }),
      forget: () => tokens.forget(authorization),
    };
  }
}

/** Whether a 403 is about every request of its kind (RFC 6750, 3.1): Okta says so in a header, Auth0 in the body. */
function lacksScope({ headers, body }: HttpResponse): boolean {
  return [headers['www-authenticate'], body].flat().some((text) => text?.includes('insufficient_scope'));
}

/** A path, with each id in it as it has to be in an address. */
export function pathOf(parts: TemplateStringsArray, ...ids: string[]): string {
  return String.raw({ raw: parts }, ...ids.map(encodeURIComponent));
}

export function is404({ status }: { status: number }): boolean {
  return status === 404;
}

/** Reads one thing; its value is undefined when there is none. Throws WorldFault `unreadable-answer` for something else. */
export function readOne<T>(answer: Answer, schema: z.ZodType<T>) {
  const { found, json, askedAt } = answer;
  const [{ success, data }] = readAll(answer, [json], schema) as [z.ZodSafeParseResult<T>];
  if (found && !success) throw unreadable(answer, 'answered with something else than was asked for');
  return { value: found ? data : undefined, askedAt };
}

/**
 * Reads a list of an answer, item by item: those that cannot be read are counted, be they all of them. Nobody is taken for gone
 * by that: whoever was not listed is asked about, and what cannot be asked about does not end in a list with such items. Throws
 * WorldFault `unreadable-answer` when it is no list.
 */
export function readItems<T>(answer: Answer, json: unknown, schema: z.ZodType<T>): Listing<T> {
  if (!Array.isArray(json)) throw unreadable(answer, 'answered with something that is no list');
  const items = readAll(answer, json, schema).filter(({ success }) => success);
  return {
    items: items.map(({ data }) => data as T),
    unreadable: json.length - items.length,
    askedAt: answer.askedAt,
  };
}

function readAll<T>({ onLeftOut }: Answer, values: unknown[], schema: z.ZodType<T>) {
  const read = values.map((value) => schema.safeParse(value));
  const count = values.reduce((sum: number, value, index) => sum + leftOut(value, read[index]?.data), 0);
  if (count > 0) onLeftOut?.(count);
  return read;
}

/**
 * The next page by the Link header, with what `query` has and the vendor left out. Node joins several such headers with a
 * comma. Throws WorldFault `unreadable-answer` when it is on another host, where the token must not go.
 */
export function nextLink(answer: Answer, query?: Query): string | undefined {
  const next = /<([^<>]+)>;\s*rel="next"/.exec([answer.headers.link].flat().join(', '))?.[1];
  if (next === undefined) return undefined;
  const url = withQuery(new URL(next, answer.address), query);
  if (url.origin !== new URL(answer.address).origin)
    throw unreadable(answer, 'has its next page on another host');
  return url.href;
}

/** The place of the next page. Throws WorldFault `unreadable-answer` when it is that of this one. */
export function progressed(answer: Answer, next: string | undefined, current: string | undefined) {
  if (next !== undefined && next === current)
    throw unreadable(answer, 'repeated a page: its list would never end');
  return next;
}

function unreadable({ vendor }: Answer, what: string): WorldFault {
  return new WorldFault('unreadable-answer', `${vendor} ${what}`);
}

/** Ten times as many as a list of 100,000 has, by 100 to a page. */
const MOST_PAGES = 10_000;

/**
 * Every page of a list; undefined when one of them says that there is none. Throws WorldFault `unreadable-answer` when the
 * pages go in a circle, or on and on.
 */
export async function readEvery<T, None extends undefined = never>(
  read: (next: string | undefined) => Promise<ListPage<T> | None>,
): Promise<Listing<T> | None> {
  const all: Listing<T> = { items: [], unreadable: 0, askedAt: Number.POSITIVE_INFINITY };
  const places = new Set<string | undefined>();
  let next: string | undefined;
  do {
    if (places.has(next) || places.size === MOST_PAGES)
      throw new WorldFault('unreadable-answer', 'the pages of a list do not end');
    places.add(next);
    const page = await read(next);
    if (page === undefined) return page;
    all.items.push(...page.items);
    all.unreadable += page.unreadable;
    all.askedAt = Math.min(all.askedAt, page.askedAt);
    next = page.next;
  } while (next !== undefined);
  return all;
}

/** The address with each parameter that it lacks; with none lacking, as it is. */
function withQuery(url: URL, query: Query = {}): URL {
  const lacking = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined || url.searchParams.has(name) ? [] : [[name, String(value)]],
  );
  if (lacking.length === 0) return url;
  // In a query `+` is a blank by HTML's rules only.
  const added = String(new URLSearchParams(lacking)).replaceAll('+', '%20');
  const complete = new URL(url);
  complete.search = [url.search.slice(1), added].filter(Boolean).join('&');
  return complete;
}
