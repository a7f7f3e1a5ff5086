import type { PageFault } from '../faults.ts';
import { type HttpAnswer, json } from '../http-server.ts';
import { firstAfter } from '../sorted.ts';
import { auth0Error, badQuery } from './error.ts';

export const OFFSET = ['page', 'per_page', 'include_totals'];
export const CHECKPOINT = ['from', 'take'];
export const FIELDS = ['fields', 'include_fields'];

const USUAL = 50;
const MOST = 100;
/** Numbered pages end here, whatever the list holds (auth0.com/docs, view-search-results-by-page, 2026-08). */
const WALL = 1_000;

/** A list to be served page by page: ascending keys, of which `from` to `to` are meant, and how each is shown. */
export type Auth0List = {
  keys: readonly string[];
  from?: number;
  to?: number;
  show: (key: string) => unknown;
};

export type Auth0Page = {
  query: URLSearchParams;
  /** What the list is called in the answer. */
  name: string;
  list: Auth0List;
  fault?: PageFault | undefined;
};

/** By checkpoint where the request has `from` or `take`, else by number, as lists are served that know both. */
export function serveEither(page: Auth0Page): HttpAnswer {
  const has = (names: string[]) => names.some((name) => page.query.has(name));
  if (!has(CHECKPOINT)) return serveNumbered(page);
  return has(OFFSET) ? badQuery('from and take exclude page and per_page') : serveCheckpoint(page);
}

/** A numbered page, counted only with `include_totals`. One that begins behind the wall is refused. */
export function serveNumbered({ query, name, list, fault }: Auth0Page): HttpAnswer {
  const page = wholeNumber(query, 'page', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const size = wholeNumber(query, 'per_page', 1, MOST) ?? USUAL;
  if (Number.isNaN(page)) return badQuery('page is not a valid integer');
  if (Number.isNaN(size)) return badQuery(`per_page is not an integer from 1 to ${MOST}`);
  const start = page * size;
  if (start >= WALL) {
    const where = 'https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation';
    const message = `You can only page through the first ${WALL} records. See ${where}`;
    return auth0Error(400, message, 'invalid_paging');
  }
  const { keys, from = 0, to = keys.length, show } = list;
  const end = Math.min(to, from + start + Math.min(size, fault?.items ?? size));
  const items = keys.slice(from + start, end).map(show);
  if (query.get('include_totals') !== 'true') return json(200, items);
  const total = fault?.kind === 'lost-next' ? start + items.length : to - from;
  return json(200, { start, limit: size, length: items.length, total, [name]: items });
}

/**
 * A page by checkpoint. The cursor stands for the last key shown, so that whoever is removed meanwhile loses nobody else; it
 * is there after every full page, also when nothing follows (recorded of organization members, 2026-04).
 */
export function serveCheckpoint({ query, name, list, fault }: Auth0Page): HttpAnswer {
  const take = wholeNumber(query, 'take', 1, MOST) ?? USUAL;
  if (Number.isNaN(take)) return badQuery(`take is not an integer from 1 to ${MOST}`);
  const cursor = query.get('from');
  const place = cursor === null ? { page: 0, last: '' } : readCursor(cursor);
  if (!place) return badQuery('from is no valid cursor');
  const { keys, from = 0, to = keys.length, show } = list;
  const start = cursor === null ? from : Math.max(from, firstAfter(keys, place.last));
  const page = keys.slice(start, Math.min(to, start + Math.min(take, fault?.items ?? take)));
  const following = writeCursor(place.page + 1, page.at(-1) ?? place.last);
  const next = () => {
    if (fault?.kind === 'repeated-cursor') return cursor ?? writeCursor(0, '');
    if (fault?.kind === 'lost-next') return undefined;
    return page.length === take || fault ? following : undefined;
  };
  return json(200, { [name]: page.map(show), next: next() });
}

/** What `fields` and `include_fields` leave of a thing. */
export function project(thing: object, query: URLSearchParams): object {
  const fields = query.get('fields')?.split(',') ?? [];
  if (fields.length === 0 || fields[0] === '') return thing;
  const wanted = query.get('include_fields') !== 'false';
  return Object.fromEntries(Object.entries(thing).filter(([key]) => fields.includes(key) === wanted));
}

/** What is wrong with the query of a request by the parameters that its endpoint knows. */
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

/** The number of the page is in it, so that an empty page does not repeat its cursor. */
const writeCursor = (page: number, last: string) => Buffer.from(`${page} ${last}`).toString('base64');

function readCursor(cursor: string) {
  const [, page, last] = /^(\d+) (.*)$/s.exec(Buffer.from(cursor, 'base64').toString()) ?? [];
  return page === undefined || last === undefined ? undefined : { page: Number(page), last };
}
