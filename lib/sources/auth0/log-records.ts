import { recheckOf } from '../../directory/change.ts';
import { eventTime } from '../../directory/version.ts';
import { type Mapped, mappedBy, undated } from '../mapped.ts';
import type { Delivered } from '../source.ts';
import type { Auth0Config } from './config.ts';
import type { LogData, LogRecord } from './schema.ts';

const WHOLE_RUN = 'the next backfill brings what it did';

/** Whom a record of each type is about (auth0.com/docs/deploy-monitor/logs, log event type codes, 2026-08-20). */
const subjects: Record<string, string | ((data: LogData) => string[] | string)> = {
  ss: subject,
  sdu: subject,
  sce: subject,
  scu: subject,
  scpn: subject,
  sv: ({ details, user_id }) => [details?.query?.user_id ?? user_id].filter(isId),
  organization_member_added: subject,
  // The record's own user is who called the API, not whom the call was about.
  sapi: ofCall,
  sui: WHOLE_RUN,
  sscim: WHOLE_RUN,
  directory_sync_completed: WHOLE_RUN,
};

/**
 * Maps one record of a log stream: a hint that somebody is to be read, and never more, for logs come in any order, may be
 * masked and leave things out. Without an API there is nothing to do with a hint.
 */
export function mapLogRecord(
  { log_id: id, data }: LogRecord,
  path: string,
  { source, latest, config }: Delivered<Pick<Auth0Config, 'api'>>,
): Mapped {
  const { type } = data;
  const subjectsOf =
    (Object.hasOwn(subjects, type) && subjects[type]) || 'this type of log record is not mirrored';
  const people = typeof subjectsOf === 'string' ? subjectsOf : subjectsOf(data);
  if (typeof people === 'string') return mappedBy(people, { type, id });
  if (people.length === 0) return mappedBy('it names no user', { type, id });
  if (!config.api)
    return mappedBy('a log record is a hint to read somebody, and no api is configured', { type, id });
  const at = eventTime(data.date, latest);
  if (at === undefined) return undated(`${path}data.date`);
  const rechecks = [...new Set(people)].map((personId) =>
    recheckOf({ source, kind: 'person', id: personId }, at, { reason: 'event', read: 'memberships', id }),
  );
  return mappedBy(rechecks, { type, id });
}

function subject({ user_id }: LogData): string[] {
  return [user_id].filter(isId);
}

/** A write through the Management API: whom it was about stands in its path, or in what was sent or answered. */
function ofCall({ details }: LogData): string[] | string {
  const { method, path, body } = details?.request ?? {};
  if (!method || method.toUpperCase() === 'GET') return 'it changed nothing';
  const [plain = ''] = (path ?? '').split('?', 1);
  const [, , version, what, id, inside, member, account] = plain.split('/').map(decoded);
  if (version !== 'v2') return [];
  if (what === 'users' && inside === 'identities')
    return [id, ...(member ? accountOf(member, account) : linkedBy(body))].filter(isId);
  if (what === 'users') return [id ?? details?.response?.body?.user_id].filter(isId);
  if (what === 'organizations' && inside === 'members')
    return [member ?? fieldsOf(body).members].flat().filter(isId);
  if (what === 'roles' && inside === 'users') return 'roles of the tenant are not mirrored';
  return 'it is about nobody who is mirrored';
}

/** The account that is linked to a user, which is none of its own any more; a token that stands for it cannot be read. */
function linkedBy(body: unknown): string[] {
  const { provider, user_id: account } = fieldsOf(body);
  return isId(account) && account.includes('|') ? [account] : accountOf(provider, account);
}

function accountOf(provider: unknown, account: unknown): string[] {
  return isId(provider) && isId(account) ? [`${provider}|${account}`] : [];
}

function fieldsOf(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function isId(id: unknown): id is string {
  return typeof id === 'string' && id !== '';
}
