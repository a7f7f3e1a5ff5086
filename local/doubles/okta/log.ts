import type { PageFault } from '../faults.ts';
import { type HttpAnswer, json } from '../http-server.ts';
import { oktaError } from './error.ts';
import { invalid, withAfter } from './paging.ts';

const MAX_LIMIT = 1_000;
const DEFAULT_LIMIT = 100;
/** Where a log begins by default: seven days back (ms). */
const DEFAULT_SINCE_MS = 7 * 86_400_000;

export type OktaLogTarget = {
  id: string;
  type: 'User' | 'UserGroup' | 'AppInstance' | 'AppUser' | 'EventHook';
  alternateId: string;
  displayName: string;
};

export type OktaLogFacts = {
  /** ISO time; default now. Events are in the order in which they were stored, not in that of this time. */
  published?: string;
  target?: OktaLogTarget[];
  result?: 'SUCCESS' | 'FAILURE';
  /** Names of attributes, as profile updates have them. */
  changedAttributes?: string;
};

/**
 * The System Log of the Okta double in polling mode (developer.okta.com/docs/reference/system-log-query, 2026-08): events in
 * the order in which they were stored; every page has a link to the next one, also an empty one. The only filter is
 * `eventType eq "…"`, joined by `or`.
 */
export function createOktaLog(orgUrl: string, clock: () => number) {
  const events: OktaLogEvent[] = [];

  return {
    events: events as readonly OktaLogEvent[],

    /** Stores an event as the newest and returns it. */
    append(eventType: string, facts: OktaLogFacts = {}): OktaLogEvent {
      const { published = new Date(clock()).toISOString() } = facts;
      const event = eventOf(eventType, events.length, published, facts);
      events.push(event);
      return event;
    },

    serve(url: URL, fault?: PageFault): HttpAnswer {
      const query = url.searchParams;
      const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
      const [since, after, types] = [query.get('since'), query.get('after'), typesOf(query.get('filter'))];
      const start = since === null ? clock() - DEFAULT_SINCE_MS : Date.parse(since);
      const cursor = after === null ? [`${start}`, '0'] : /^(\d+)_(\d+)$/.exec(after)?.slice(1);
      if (!Number.isInteger(limit) || limit < 0 || limit > MAX_LIMIT) return invalid('limit');
      if (Number.isNaN(start)) return invalid('since');
      if (!cursor || (since !== null && after !== null)) return invalid('after');
      if (query.has('until') || query.get('sortOrder') === 'DESCENDING')
        return invalid('only polling is here');
      if (types === undefined) return oktaError(400, 'E0000053', 'Invalid filter');

      const page: OktaLogEvent[] = [];
      let at = Number(cursor[1]);
      for (; at < events.length && page.length < limit; at += 1) {
        const event = events[at] as OktaLogEvent;
        const early = after === null && Date.parse(event.published) < start;
        if (!early && (types.length === 0 || types.includes(event.eventType))) page.push(event);
      }
      const ms = at > 0 ? Date.parse(events[at - 1]?.published ?? '') : cursor[0];
      const lost = fault?.kind === 'lost-query' ? fault.parameters : [];
      const next = withAfter(orgUrl, url, `${ms}_${at}`, lost);
      const self = `<${orgUrl}${url.pathname}${url.search}>; rel="self"`;
      return json(200, page, { link: [self, `<${next}>; rel="next"`] });
    },
  };
}

export type OktaLog = ReturnType<typeof createOktaLog>;
export type OktaLogEvent = ReturnType<typeof eventOf>;

/** An event as the System Log shows it; hooks deliver it with `client.ipChain` in place of `request`. */
function eventOf(eventType: string, place: number, published: string, facts: OktaLogFacts) {
  const { target = [], result = 'SUCCESS' } = facts;
  const number = String(place + 1);
  return {
    actor: {
      id: '00ub7admn0EXAMPLE0d7',
      type: 'User',
      alternateId: 'admin@example.com',
      displayName: 'Admin Example',
      detailEntry: null,
    },
    client: { userAgent: null, zone: null, device: null, id: null, ipAddress: '203.0.113.10' },
    device: null,
    authenticationContext: { authenticationStep: 0, externalSessionId: 'trsb7ExampleApiSession01' },
    displayMessage: eventType,
    eventType,
    outcome: { result, reason: null },
    published,
    securityContext: { asNumber: null, asOrg: null, isp: null, domain: null, isProxy: null },
    severity: 'INFO',
    debugContext: {
      debugData: {
        requestId: `example-${number}`,
        ...(facts.changedAttributes !== undefined && { changedAttributes: facts.changedAttributes }),
      },
    },
    legacyEventType: null,
    transaction: { type: 'WEB', id: `example-${number}`, detail: {} },
    uuid: `a0000000-0000-11ef-8000-${number.padStart(12, '0')}`,
    version: '0',
    request: { ipChain: [] },
    target: target.map((one) => ({ ...one, detailEntry: null })),
  };
}

/** The types that a filter matches, an empty list for all; undefined for a filter that is not understood. */
function typesOf(filter: string | null): string[] | undefined {
  if (filter === null) return [];
  const terms = filter.split(/\s+or\s+/i).map((term) => /^eventType eq "([^"]+)"$/.exec(term)?.[1]);
  return terms.every((type) => type !== undefined) ? terms : undefined;
}
