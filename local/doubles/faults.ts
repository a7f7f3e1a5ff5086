/**
 * What is wrong with a page: only `items` entries, and a right link to the next (0: an empty page that is not the last); no
 * link though there are more, after `items` entries or a full page (0: a list that looks empty); a link to the page itself;
 * or a right link without some of the query's parameters. Of a numbered page also: no more than `items` at once, whatever is
 * asked for, told as the limit that was kept to or as another one; or another number than there are.
 */
export type PageFault =
  | { kind: 'short-page'; items: number }
  | { kind: 'lost-next'; items?: number }
  | { kind: 'repeated-cursor'; items?: never }
  | { kind: 'lost-query'; parameters: string[]; items?: number }
  | { kind: 'low-limit'; items: number; told?: number }
  | { kind: 'wrong-total'; total: number | undefined; items?: never };

/**
 * A fault for `times` requests (default: all). The first of them is the `nth` (default 1) whose path, query included, starts
 * with `path` or matches it. The answer is an error status, a body cut in half, a page with a fault, or a fault of the
 * vendor's own.
 */
export type Fault<Own = never> = {
  path?: string | RegExp;
  nth?: number;
  times?: number;
  answer: { kind: 'status'; status: number } | { kind: 'cut-body' } | PageFault | Own;
};

export function createFaults<Own = never>() {
  let faults: (Required<Fault<Own>> & { seen: number })[] = [];
  return {
    add(fault: Fault<Own>): void {
      faults.push({ path: '/', nth: 1, times: Number.POSITIVE_INFINITY, seen: 0, ...fault });
    },
    clear(): void {
      faults = [];
    },
    /** The fault for a request, if there is one; every fault whose path matches counts the request. */
    draw(path: string): Fault<Own>['answer'] | undefined {
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
