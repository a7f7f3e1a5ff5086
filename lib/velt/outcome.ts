import type { Call, CallKind, Item } from '../directory/calls.ts';
import type { ItemOutcome } from '../directory/confirmations.ts';
import { CallRefused, WorldFault } from '../errors.ts';
import { type HttpResponse, jsonOf } from '../http/client.ts';
import { Answer, ItemMap, ItemResult, type ListedUser, Listing } from './schema.ts';

/**
 * Thrown when Velt did not accept the credentials, or with code `forbidden` did not for what was asked, such as one organization;
 * the caller may fetch them anew and try once more.
 */
export class CredentialsRefused extends WorldFault {
  constructor(code: 'credentials' | 'forbidden', message: string) {
    super(code, message);
  }
}

/**
 * Reads Velt's answer to one call: what became of each item, by the id it was sent with.
 *
 * A map of items counts wherever it stands (`result.data`, `error.details`, `error.data`) and whatever the HTTP status
 * is: documented calls answer 500 with items that were applied (docs.velt.dev/api-reference/rest-apis/v2/documents,
 * 2026-08-19). An item that it does not name, or says nothing readable of, is missing from what is returned: of that one nothing is
 * proven. Success without a map, as the Node SDK's examples show it (docs.velt.dev/backend-sdks/node, 2026-08), names nobody.
 *
 * `now` (ms since the epoch) is what a Retry-After date is counted from.
 *
 * Throws CredentialsRefused, WorldFault (try the whole call again later) or CallRefused (some item is at fault). What Velt
 * wrote may name a person: it stands in refusals, which are stored, and not in faults, which are logged.
 */
export function readAnswer(
  { kind, items }: Pick<Call, 'kind' | 'items'>,
  response: HttpResponse,
  now: number,
): Map<string, ItemOutcome> {
  const answer = Answer.safeParse(jsonOf(response)).data;
  const ids = items.map(({ id }) => id);
  const map = answer && itemsOf(answer, ids);
  const isSuccess = response.status < 300 && !answer?.error && (map || answer?.result?.status === 'success');
  const named = ids.filter((id) => map?.has(id));
  if (named.length === 0 && !isSuccess) throw faultOf(response, answer?.error, now, items);
  return new Map(named.map((id) => [id, outcomeOf(kind, map?.get(id) as ItemResult)]));
}

/**
 * Reads a page of users. The key of the next page is spelt in two ways (docs.velt.dev/api-reference/rest-apis/v2/users,
 * get-users-v2, 2026-08-19). Throws as `readAnswer` does; an answer without a list is a fault.
 */
export function readListing(
  response: HttpResponse,
  now: number,
): { users: ListedUser[]; next: string | undefined } {
  const body = jsonOf(response);
  const listing = Listing.safeParse(body).data;
  if (!listing) throw faultOf(response, Answer.safeParse(body).data?.error, now);
  const { data, nextPageToken, pageToken } = listing.result;
  return { users: data, next: nextPageToken || pageToken || undefined };
}

/** Passes by itself, whatever HTTP status it comes with. */
const TRANSIENT = ['INTERNAL', 'UNAVAILABLE', 'ABORTED', 'CANCELLED', 'UNKNOWN'];
/** Something on the way gave up: Velt may still be at it. */
const GIVEN_UP = [408, 504, 'DEADLINE_EXCEEDED'];
const THROTTLED = [429, 'RESOURCE_EXHAUSTED'];
const ABOUT_CREDENTIALS = [401, 'UNAUTHENTICATED'];
/** Of an unknown key as well as of one organization. */
const DENIED = [403, 'PERMISSION_DENIED'];
/** May be about what was sent, even when something on the way answered for Velt; a 404 is about the address. */
const ABOUT_THE_BODY = [400, 409, 413, 422];

/** What an answer without what was asked for means: CredentialsRefused, another WorldFault, or CallRefused. */
export function faultOf(
  response: HttpResponse,
  error: Answer['error'],
  now: number,
  items: Item[] = [],
): Error {
  const { status: http } = response;
  const status = error?.status ?? (typeof error?.code === 'string' ? canonical(error.code) : undefined);
  const message = error?.message ?? `HTTP ${http}`;
  const retryAfterMs = readRetryAfter(response.headers['retry-after'], now);
  const said = [http, ...(/^[A-Z_]+$/.exec(status ?? '') ?? [])].join(' ');
  const isOneOf = (list: (number | string)[]) => list.includes(http) || list.includes(status ?? '');
  if (isOneOf(THROTTLED))
    return new WorldFault('throttled', `Velt rate limit reached (${said})`, { retryAfterMs });
  const about = withoutNames(message, items);
  const namesCredentials =
    /\b(api key|auth token|credentials)\b/.test(about) && !/\badvanced quer/.test(about);
  if (isOneOf(ABOUT_CREDENTIALS) || namesCredentials)
    return new CredentialsRefused('credentials', `Velt refused the credentials (${said})`);
  if (isOneOf(DENIED)) return new CredentialsRefused('forbidden', `Velt denied the call (${said})`);
  if (isOneOf(GIVEN_UP))
    return new WorldFault('timeout', `Velt did not answer in time (${said})`, { retryAfterMs });
  if (http >= 500 || isOneOf(TRANSIENT))
    return new WorldFault('unavailable', `Velt is unavailable (${said})`, { retryAfterMs });
  if (status !== undefined || isOneOf(ABOUT_THE_BODY))
    return new CallRefused(status ?? `HTTP ${http}`, message);
  return new WorldFault('unreadable-answer', `Velt's answer holds no result per item (${said})`);
}

/** A map that names none of the items is still Velt's word on them where it is the result; elsewhere it is another map. */
function itemsOf(answer: Answer, ids: string[]): Map<string, ItemResult> | undefined {
  const inError = [answer.error?.details, answer.error?.data].map(readItems);
  return readItems(answer.result?.data) ?? inError.find((items) => ids.some((id) => items?.has(id)));
}

/** Item by item: one that cannot be read must not cost the others theirs. */
function readItems(place: unknown): Map<string, ItemResult> | undefined {
  const map = ItemMap.safeParse(place).data;
  if (!map) return undefined;
  const read = Object.entries(map).map(([id, item]) => ({ id, item: ItemResult.safeParse(item).data }));
  return new Map(read.flatMap(({ id, item }) => (item ? [[id, item]] : [])));
}

/**
 * "Already there" and "already gone" are what the call was made to reach. Velt words both only in `message`; where it
 * also sends a `code` (`already-exists`, `not-found`), that decides.
 */
function outcomeOf(kind: CallKind, item: ItemResult): ItemOutcome {
  if (item.success) return { kind: 'done' };
  const reason = item.message ?? item.code ?? 'refused without a reason';
  const exists = item.code === 'already-exists' || /already (exists|added|a member|in )/i.test(reason);
  const missing =
    item.code === 'not-found' ||
    /(does not|doesn't|not) exist|not found|not (a|an) ([\w-]+ )?(user|member)\b/i.test(reason);
  if (exists && kind.endsWith('.add')) return { kind: 'exists' };
  if (missing && kind.endsWith('.delete')) return { kind: 'done' };
  if (!missing || kind === 'groups.add') return { kind: 'refused', reason };
  const isGroup = /group/i.test(reason) && !/user/i.test(reason);
  return { kind: 'refused', reason, prerequisite: isGroup ? 'group' : 'user' };
}

/** The words of a message, in small letters, without what a call itself said of its items: Velt may echo that. */
export function withoutNames(message: string, items: Item[]): string {
  const echoes = items.flatMap(({ id, user, groupName }) => [id, groupName, ...Object.values(user ?? {})]);
  return echoes
    .map((echo) => wordsOf(echo ?? ''))
    .filter((echo) => echo.trim() !== '')
    .sort((a, b) => b.length - a.length)
    .reduce((left, echo) => left.replaceAll(echo, ' '), wordsOf(message));
}

function wordsOf(text: string): string {
  return ` ${
    text
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.join(' ') ?? ''
  } `;
}

/** Seconds or an HTTP date, as milliseconds from `now`; undefined when absent or unreadable. */
function readRetryAfter(header: string | string[] | undefined, now: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** `not-found` as folders/delete writes it, in the spelling of all others. */
function canonical(code: string): string {
  return code.toUpperCase().replaceAll('-', '_');
}
