import type { PageFault } from '../faults.ts';
import { type HttpAnswer, json } from '../http-server.ts';
import { firstAfter } from '../sorted.ts';
import { oktaError } from './error.ts';

/** A list that is served page by page: ids in ascending order, and how each is shown. */
export type OktaList = { ids: readonly string[]; show: (id: string) => unknown };

/** How many entries a page has by default, and at most. */
export type PageSize = { usual: number; most: number };

/**
 * Serves one page as Okta does. A cursor is opaque and stands for the last id that was shown, so that removing one entry
 * skips no other. The links to the page itself and to the next one are headers of their own.
 */
export function servePage(
  orgUrl: string,
  url: URL,
  { ids, show }: OktaList,
  { usual, most }: PageSize,
  fault?: PageFault,
): HttpAnswer {
  const limit = Number(url.searchParams.get('limit') ?? usual);
  const after = url.searchParams.get('after');
  const last = after === null ? '' : readCursor(after);
  if (!Number.isInteger(limit) || limit < 1) return invalid('limit');
  if (last === undefined) return invalid('after');
  const size = Math.min(limit, most, fault?.items ?? limit);
  const from = after === null ? 0 : firstAfter(ids, last);
  const page = ids.slice(from, from + size);
  const self = `<${orgUrl}${url.pathname}${url.search}>`;
  const links = [`${self}; rel="self"`];
  if (fault?.kind === 'repeated-cursor') links.push(`${self}; rel="next"`);
  else if (from + size < ids.length && fault?.kind !== 'lost-next') {
    const lost = fault?.kind === 'lost-query' ? fault.parameters : [];
    links.push(`<${withAfter(orgUrl, url, writeCursor(page.at(-1) ?? last), lost)}>; rel="next"`);
  }
  return json(200, page.map(show), { link: links });
}

/** The address of another page of the same list; it may have lost some parameters, as `expand` was seen to be. */
export function withAfter(orgUrl: string, url: URL, cursor: string, lost: string[] = []): string {
  const query = new URLSearchParams({ after: cursor });
  for (const [name, value] of url.searchParams) {
    if (!['after', 'since', ...lost].includes(name)) query.append(name, value);
  }
  return `${orgUrl}${url.pathname}?${query}`;
}

export const invalid = (parameter: string): HttpAnswer =>
  oktaError(400, 'E0000001', `Api validation failed: ${parameter}`);

const writeCursor = (id: string) => Buffer.from(`after:${id}`).toString('base64url');

function readCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  return text.startsWith('after:') ? text.slice('after:'.length) : undefined;
}
