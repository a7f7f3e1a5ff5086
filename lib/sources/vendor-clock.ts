/** The moment before a request (ms since the epoch): what the answer says was true then or later. */
export type AskedAt = (request: { startedAt: number; endedAt: number; date: unknown }) => number;

/**
 * Says when each request of one client was asked, by our clock mended as far as the vendor's is certain to differ from it.
 *
 * A `Date` header is in whole seconds: an answer given between `startedAt` and `endedAt` of our clock says no more than
 * that both clocks differ by at least `date - endedAt` and by less than `date + 1 s - startedAt` (ms). As long as no
 * difference at all is possible by every answer so far, there is none, and else the smallest possible. So of two requests
 * the later one is asked later, however long either takes, in ms of our clock; only while a fast clock of ours is being
 * found out may two of them fall on one moment. An answer that contradicts those before, as after a clock was set,
 * replaces them. Without a `Date`, what is known holds on.
 */
export function createVendorClock(): AskedAt {
  let least = Number.NEGATIVE_INFINITY;
  let most = Number.POSITIVE_INFINITY;
  return ({ startedAt, endedAt, date }) => {
    const second = Date.parse(String(date));
    if (!Number.isNaN(second)) {
      const bounds = { least: second - endedAt, most: second + 999 - startedAt };
      const contradicts = bounds.least > most || bounds.most < least;
      least = contradicts ? bounds.least : Math.max(least, bounds.least);
      most = contradicts ? bounds.most : Math.min(most, bounds.most);
    }
    return startedAt + Math.min(Math.max(0, least), most);
  };
}
