/**
 * What is wrong with a page: only `items` entries, with a right way on (0: an empty page that is not the last); no way on
 * though there is more, after `items` entries or a full page; or a cursor that leads to the page itself.
 */
export type Auth0PageFault =
  | { kind: 'short-page'; items: number }
  | { kind: 'lost-next'; items?: number }
  | { kind: 'repeated-cursor'; items?: never };

/**
 * A fault for `times` requests (default: all), the first of them the `nth` (default 1) whose path starts with `path` or
 * matches it, query included: an error status, a body cut in half, an answer `delayMs` late, a page with something wrong,
 * or a search that does not know who was created in the last `lagMs`. On `/api/v2/` a request counts once it is authorized.
 */
export type Auth0Fault = {
  path?: string | RegExp;
  nth?: number;
  times?: number;
  answer:
    | { kind: 'status'; status: number }
    | { kind: 'cut-body' }
    | { kind: 'slow'; delayMs: number }
    | { kind: 'lagging'; lagMs: number }
    | Auth0PageFault;
};

export function createAuth0Faults() {
  let faults: (Required<Auth0Fault> & { seen: number })[] = [];
  return {
    add(fault: Auth0Fault): void {
      faults.push({ path: '/', nth: 1, times: Number.POSITIVE_INFINITY, seen: 0, ...fault });
    },
    clear(): void {
      faults = [];
    },
    /** The fault for a request, if there is one; every fault whose path matches counts the request. */
    draw(path: string): Auth0Fault['answer'] | undefined {
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
