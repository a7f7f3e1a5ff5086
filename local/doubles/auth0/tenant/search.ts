/** ISO times; a bound that is absent is open. */
export type Range = { from?: string; after?: string; to?: string; before?: string };

export type UserQuery = { created?: Range; updated?: Range; connection?: string };

const RANGE = /^(created|updated)_at:([[{])(\S+) TO (\S+)([\]}])$/;
const CONNECTION = /^identities\.connection:"([^"]+)"$/;

/**
 * Reads a query (auth0.com/docs/manage-users/user-search/user-search-query-syntax, 2026-08). Only ranges of the times of
 * creation and last update, and a connection, joined by AND, are understood; undefined for anything else.
 */
export function readUserQuery(q: string | null): UserQuery | undefined {
  const query: UserQuery = {};
  for (const term of q === null ? [] : q.split(' AND ')) {
    const connection = CONNECTION.exec(term)?.[1];
    const [, field, open, from = '', to = '', close] = RANGE.exec(term) ?? [];
    if (connection !== undefined) query.connection = connection;
    else {
      const [lower, upper] = [momentOf(from), momentOf(to)];
      if (lower === undefined || upper === undefined) return undefined;
      const range: Range = {
        ...(lower !== '*' && (open === '[' ? { from: lower } : { after: lower })),
        ...(upper !== '*' && (close === ']' ? { to: upper } : { before: upper })),
      };
      if (field === 'created') query.created = range;
      else query.updated = range;
    }
  }
  return query;
}

function momentOf(bound: string): string | undefined {
  if (bound === '*') return bound;
  const ms = /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(bound) ? Date.parse(bound) : Number.NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

export function isWithin(moment: string, { from = '', after = '', to, before }: Range): boolean {
  return (
    moment >= from &&
    moment > after &&
    (to === undefined || moment <= to) &&
    (before === undefined || moment < before)
  );
}
