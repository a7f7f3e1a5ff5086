import * as z from 'zod';
import { WorldFault } from '../../errors.ts';
import type { Http } from '../../http/client.ts';
import { type OktaCredentials, OktaUser } from './schema.ts';

const TRY_MS = 15_000;
const PAGE_SIZE = 200;

export interface OktaPage {
  users: OktaUser[];
  /** Users that could not be read; one of them does not cost the page. */
  unreadable: number;
  /** The whole address of the next page, to be followed as it is; absent on the last page. */
  next: string | undefined;
}

/**
 * Reads one page of GET /api/v1/users, the first or the one at `next`. DEPROVISIONED users are left out by Okta.
 * Throws WorldFault: `throttled` with the wait that Okta's rate-limit headers ask for, `credentials`, or `unavailable`.
 */
export async function readUsers(
  { http, clock }: { http: Http; clock: () => number },
  { url, ssws }: OktaCredentials,
  next: string | undefined,
): Promise<OktaPage> {
  const address = next ?? `${url.replace(/\/+$/, '')}/api/v1/users?limit=${PAGE_SIZE}`;
  if (new URL(address).origin !== new URL(url).origin) {
    throw new WorldFault('unreadable-answer', "Okta's next page is on another host");
  }
  const { status, headers, body } = await http({
    method: 'GET',
    url: address,
    headers: { accept: 'application/json', authorization: `SSWS ${ssws}` },
    timeoutMs: TRY_MS,
  });
  if (status === 429) {
    // Okta's own SDK waits for reset - date + 1 s; the reset is in epoch seconds (okta.com/docs/reference/rl-best-practices).
    const reset = Number(headers['x-rate-limit-reset']) * 1000;
    const date = Date.parse(String(headers.date)) || clock();
    const retryAfterMs = Number.isFinite(reset) ? Math.max(1_000, reset - date + 1_000) : 60_000;
    throw new WorldFault('throttled', 'Okta asks for patience', { retryAfterMs });
  }
  if (status === 401 || status === 403) {
    throw new WorldFault(
      'credentials',
      `Okta refused the API token (${status}): is it revoked, or lacks its admin the right to read users?`,
    );
  }
  if (status !== 200) throw new WorldFault('unavailable', `Okta answered ${status}`);
  const list = z.array(z.unknown()).safeParse(parseJson(body)).data;
  const users = (list ?? []).flatMap((user) => OktaUser.safeParse(user).data ?? []);
  if (!list || (list.length > 0 && users.length === 0)) {
    throw new WorldFault('unreadable-answer', 'Okta answered with something that is no list of users');
  }
  const nextUrl = nextLink(headers.link);
  return {
    users,
    unreadable: list.length - users.length,
    next: nextUrl === undefined ? undefined : new URL(nextUrl, address).href,
  };
}

/** Okta sends one Link header per relation; Node joins them with a comma. */
function nextLink(link: string | string[] | undefined): string | undefined {
  const links = Array.isArray(link) ? link.join(', ') : (link ?? '');
  return /<([^<>]+)>;\s*rel="next"/.exec(links)?.[1];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
