import type { HttpAnswer } from './http-server.ts';
import { oktaError } from './okta-error.ts';

/**
 * What is wrong with a page: only `items` entries with a right link to the next page; no link to the next page though there
 * is one, after `items` entries or a full page (0: a list that looks empty); or a link to the next page that leads to itself.
 */
export type OktaPageFault =
  | { kind: 'short-page'; items: number }
  | { kind: 'lost-next'; items?: number }
  | { kind: 'repeated-cursor'; items?: never };

/**
 * A fault for `times` authorized requests (default: all), the first of them the `nth` (default 1) whose path starts with
 * `path` or matches it, query included: an error status, a body cut in half, or a page with something wrong.
 */
export type OktaFault = {
  path?: string | RegExp;
  nth?: number;
  times?: number;
  answer: { kind: 'status'; status: number } | { kind: 'cut-body' } | OktaPageFault;
};

export function createOktaFaults() {
  let faults: (Required<OktaFault> & { seen: number })[] = [];
  return {
    add(fault: OktaFault): void {
      faults.push({ path: '/', nth: 1, times: Number.POSITIVE_INFINITY, seen: 0, ...fault });
    },
    clear(): void {
      faults = [];
    },
    /** The fault for a request, if there is one; every fault whose path matches counts the request. */
    draw(path: string): OktaFault['answer'] | undefined {
      const matching = faults.filter((fault) =>
        typeof fault.path === 'string' ? path.startsWith(fault.path) : path.search(fault.path) >= 0,
      );
      for (const fault of matching) fault.seen += 1;
      const drawn = matching.find(({ seen, nth, times }) => seen >= nth && times > 0);
      if (drawn) drawn.times -= 1;
      return drawn?.answer;
    },
  };
}

export function faultStatus(status: number): HttpAnswer {
  if (status === 429)
    return oktaError(429, 'E0000047', 'API call exceeded rate limit due to too many requests.');
  if (status === 401) return oktaError(401, 'E0000011', 'Invalid token provided');
  if (status === 403) {
    return oktaError(403, 'E0000006', 'You do not have permission to perform the requested action');
  }
  return oktaError(status, 'E0000009', 'Internal Server Error');
}
