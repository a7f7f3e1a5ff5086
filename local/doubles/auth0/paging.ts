import type { PageFault } from '../faults.ts';
import { type HttpAnswer, json } from '../http-server.ts';
import { firstAfter } from '../sorted.ts';
import { auth0Error, badQuery } from './error.ts';

export const OFFSET = ['page', 'per_page', 'include_totals'];
/** The SDK asks for totals of every list, and Auth0 takes it (node-auth0 7.1.0, 2026-11). */
export const CHECKPOINT = ['from', 'take', 'include_totals'];
const BY_NUMBER = ['page', 'per_page'];
export const FIELDS = ['fields', 'include_fields'];

const DEFAULT_SIZE = 50;
const MAX_SIZE = 100;
/** Numbered pages end here, however long the list is (auth0.com/docs, view-search-results-by-page, 2026-08). */
const MAX_RECORDS = 1_000;

/** A list that is served page by page: ascending keys, of which those `from` to `to` are in it, and how each is shown. */
export type Auth0List = {
  keys: readonly string[];
  from?: number;
  to?: number;
  show: (key: string) => unknown;
};

export type Auth0Page = {
  query: URLSearchParams;
  /** The name of the list in the answer. */
  name: string;
  list: Auth0List;
  fault?: PageFault | undefined;
};

/** Serves a list that knows both: by checkpoint when the request has `from` or `take`, else by number. */
export function serveEither(page: Auth0Page): HttpAnswer {
  const has = (names: string[]) => names.some((name) => page.query.has(name));
  if (!has(['from', 'take'])) return serveNumbered(page);
  return has(BY_NUMBER) ? badQuery('from and take exclude page and per_page') : serveCheckpoint(page);
}

/** Serves a numbered page, with a total only for `include_totals`. A page that begins after the 1,000th entry is refused. */
export function serveNumbered({ query, name, list, fault }: Auth0Page): HttpAnswer {
  const page = wholeNumber(query, 'page', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const asked = wholeNumber(query, 'per_page', 1, MAX_SIZE) ?? DEFAULT_SIZE;
  const size = fault?.kind === 'low-limit' ? Math.min(asked, fault.items) : asked;
  if (Number.isNaN(page)) return badQuery('page is not a valid integer');
  if (Number.isNaN(size)) return badQuery(`per_page is not an integer from 1 to ${MAX_SIZE}`);
  const start = page * size;
  if (start >= MAX_RECORDS) {
    const where = 'https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation';
    const message = `You can only page through the first ${MAX_RECORDS} records. See ${where}`;
    return auth0Error(400, message, 'invalid_paging');
  }
  const { keys, from = 0, to = keys.length, show } = list;
  const end = Math.min(to, from + start + Math.min(size, fault?.items ?? size));
  const items = keys.slice(from + start, end).map(show);
  if (query.get('include_totals') !== 'true') return json(200, items);
  return json(200, {
    start,
    limit: (fault?.kind === 'low-limit' && fault.told) || size,
    // Of other lists Auth0 does not say so (recorded answers, 2026-04).
    ...(name === 'users' && { length: items.length }),
    total: totalBy(fault, { shown: start + items.length, total: to - from }),
    [name]: items,
  });
}

function totalBy(fault: PageFault | undefined, { shown, total }: { shown: number; total: number }) {
  if (fault?.kind === 'wrong-total') return fault.total;
  return fault?.kind === 'lost-next' ? shown : total;
}

/**
 * Serves a page by checkpoint. The cursor stands for the last key shown, so that removing one entry skips no other. Every
 * full page has a cursor, also when nothing follows (recorded of organization members, 2026-04).
 */
export function serveCheckpoint({ query, name, list, fault }: Auth0Page): HttpAnswer {
  const take = wholeNumber(query, 'take', 1, MAX_SIZE) ?? DEFAULT_SIZE;
  if (Number.isNaN(take)) return badQuery(`take is not an integer from 1 to ${MAX_SIZE}`);
  const cursor = query.get('from');
  const after = cursor === null ? { page: 0, last: '' } : readCursor(cursor);
  if (!after) return badQuery('from is no valid cursor');
  const { keys, from = 0, to = keys.length, show } = list;
  const start = cursor === null ? from : Math.max(from, firstAfter(keys, after.last));
  const page = keys.slice(start, Math.min(to, start + Math.min(take, fault?.items ?? take)));
  const following = writeCursor(after.page + 1, page.at(-1) ?? after.last);
  const next = () => {
    if (fault?.kind === 'repeated-cursor') return cursor ?? writeCursor(0, '');
    if (fault?.kind === 'lost-next') return undefined;
    return page.length === take || fault ? following : undefined;
  };
  return json(200, { [name]: page.map(show), next: next() });
}

/** The properties of a thing that `fields` and `include_fields` ask for. */
export function project(thing: object, query: URLSearchParams): object {
  const fields = query.get('fields')?.split(',') ?? [];
  if (fields.length === 0 || fields[0] === '') return thing;
  const wanted = query.get('include_fields') !== 'false';
  return Object.fromEntries(Object.entries(thing).filter(([key]) => fields.includes(key) === wanted));
}

/** What is wrong with a request's query, if its endpoint knows only these parameters. */
export function faultInQuery(query: URLSearchParams, known: string[]): string | undefined {
  for (const [name, value] of query) {
    if (!known.includes(name)) return `Additional properties not allowed: ${name}`;
    if (name.startsWith('include_') && value !== 'true' && value !== 'false') return `${name} is no boolean`;
  }
  return undefined;
}

function wholeNumber(query: URLSearchParams, name: string, least: number, most: number) {
  const text = query.get(name);
  if (text === null) return undefined;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return number >= least && number <= most ? number : Number.NaN;
}

/** Has the number of the page in it, so that the cursor after an empty page is another one. */
const writeCursor = (page: number, last: string) => Buffer.from(`${page} ${last}`).toString('base64');

function readCursor(cursor: string) {
  const [, page, last] = /^(\d+) (.*)$/s.exec(Buffer.from(cursor, 'base64').toString()) ?? [];
  return page === undefined || last === undefined ? undefined : { page: Number(page), last };
}
