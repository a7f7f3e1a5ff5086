import { setTimeout as wait } from 'node:timers/promises';
import type { Auth0Event } from './event.ts';
import { authorizationHeader, type Stream } from './stream-bodies.ts';

/** One try and three more (auth0.com/docs/customize/events/events-best-practices, 2026-08); ms. */
const WAITS = [1_000, 2_000, 4_000];
/** A stream whose deliveries fail so often in a row is disabled (the same page). */
const MOST_FAILURES_IN_A_ROW = 500;
/** Not documented for webhooks; the budget of an Action (ms). */
const ANSWER_MS = 10_000;

/** Sends one event to a webhook; throws when nothing answers. */
export type Deliver = (
  url: string,
  headers: Record<string, string>,
  body: string,
) => Promise<{ status: number }>;

type Attempt = { status: 'failed'; timestamp: string; error_message: string; duration: number };

/** A delivery that failed, as the API shows it. */
export type FailedDelivery = {
  id: string;
  event_stream_id: string;
  status: 'failed';
  event_type: string;
  attempts: Attempt[];
  event: Auth0Event;
};

type Filter = { from?: string | null; to?: string | null; types?: string[] | undefined };

export type Auth0StreamOptions = {
  /** How an event reaches a webhook; default: over HTTP. */
  deliver?: Deliver;
  /** Waits between the tries of a delivery (ms); default: real time. */
  sleep?: (ms: number) => Promise<unknown>;
  /** Of deliveries; which one Auth0 sends is not documented. Default application/json. */
  contentType?: string;
  /** How failed deliveries are listed: plain, or with the next page's place (node-auth0 from 6.2.0). Default plain. */
  deliveriesAs?: 'list' | 'page';
  /** How the API shows the data of an event: OpenAPI says text, the SDK object. Default object. */
  eventData?: 'object' | 'text';
};

type Deliveries = Required<Pick<Auth0StreamOptions, 'deliver' | 'sleep' | 'contentType'>> & {
  clock: () => number;
  streams: ReadonlyMap<string, Stream>;
  /** Failed deliveries by stream and event, oldest first. */
  failed: Map<string, Map<string, FailedDelivery>>;
  /** The number of each event that ever failed, in the order of the first failures. */
  numbers: Map<string, number>;
  failuresInARow: Map<string, number>;
  /** By stream and event. */
  underWay: Map<string, Promise<void>>;
};

/**
 * Delivers events to the webhooks of streams: 2xx is success, 5xx and no answer are tried four times, anything else fails at
 * the first try. `streams` are by id, and are read whenever a delivery is tried.
 */
export function createDeliveries({
  clock,
  streams,
  deliver = post,
  sleep = (ms) => wait(ms, undefined, { ref: false }),
  contentType = 'application/json',
}: Auth0StreamOptions & { clock: () => number; streams: ReadonlyMap<string, Stream> }) {
  const failed: Deliveries['failed'] = new Map();
  const numbers: Deliveries['numbers'] = new Map();
  const failuresInARow: Deliveries['failuresInARow'] = new Map();
  const underWay: Deliveries['underWay'] = new Map();
  const deliveries = {
    ...{ clock, streams, deliver, sleep, contentType },
    ...{ failed, numbers, failuresInARow, underWay },
  };
  const numberOf = (eventId: string) => numbers.get(eventId) ?? -1;

  return {
    /** Remembers failures of a new stream from now on. */
    open(streamId: string): void {
      failed.set(streamId, new Map());
    },
    /** Forgets the failures of a stream that was deleted. */
    close(streamId: string): void {
      failed.delete(streamId);
    },
    forgiveFailures(streamId: string): void {
      failuresInARow.set(streamId, 0);
    },

    /** Starts a delivery unless the same one is under way. It ends by itself and throws nothing. */
    start(stream: Stream, event: Auth0Event): boolean {
      const key = `${stream.id} ${event.id}`;
      if (stream.destination.type !== 'webhook' || underWay.has(key)) return false;
      const delivery = attempt(deliveries, stream.id, { ...event, a0stream: stream.id }).finally(() =>
        underWay.delete(key),
      );
      underWay.set(key, delivery);
      return true;
    },

    /** Resolves when no delivery is under way. */
    async settled(): Promise<void> {
      while (underWay.size > 0) await Promise.all(underWay.values());
    },

    /** Whether a delivery of this event ever failed. */
    hasFailed: (eventId: string) => numbers.has(eventId),
    failure: (streamId: string, eventId: string) => failed.get(streamId)?.get(eventId),

    /** The failed deliveries of a stream in the order of their first failure; with `after` those after that event. */
    failures(streamId: string, { from, to, types }: Filter, after: string | null = null): FailedDelivery[] {
      const list = [...(failed.get(streamId)?.values() ?? [])].filter(({ event_type, attempts }) => {
        const at = Date.parse(attempts[0]?.timestamp ?? '');
        if (types && !types.includes(event_type)) return false;
        return (!from || at >= Date.parse(from)) && (!to || at < Date.parse(to));
      });
      return list
        .sort((a, b) => numberOf(a.id) - numberOf(b.id))
        .filter(({ id }) => after === null || numberOf(id) > numberOf(after));
    },
  };
}

async function attempt(deliveries: Deliveries, streamId: string, event: Auth0Event): Promise<void> {
  const { clock, streams, deliver, sleep, contentType } = deliveries;
  const attempts: Attempt[] = [];
  for (const pause of [...WAITS, undefined]) {
    const { destination } = streams.get(streamId) ?? {};
    if (destination?.type !== 'webhook') return;
    const { webhook_endpoint, webhook_authorization } = destination.configuration;
    const headers = { 'content-type': contentType, ...authorizationHeader(webhook_authorization) };
    const startedAt = clock();
    const answer = await deliver(webhook_endpoint, headers, JSON.stringify(event)).catch(() => undefined);
    if (answer && answer.status >= 200 && answer.status < 300) return succeeded(deliveries, streamId, event);
    const error_message = answer
      ? `Webhook endpoint responded with status ${answer.status}`
      : 'Webhook endpoint did not respond';
    const timestamp = new Date(startedAt).toISOString();
    attempts.push({ status: 'failed', timestamp, error_message, duration: clock() - startedAt });
    const again = !answer || answer.status >= 500;
    if (!again || pause === undefined) break;
    await sleep(pause);
  }
  gaveUp(deliveries, streamId, event, attempts);
}

function succeeded({ failed, failuresInARow }: Deliveries, streamId: string, event: Auth0Event): void {
  failuresInARow.set(streamId, 0);
  failed.get(streamId)?.delete(event.id);
}

function gaveUp(
  { streams, failed, numbers, failuresInARow }: Deliveries,
  streamId: string,
  event: Auth0Event,
  attempts: Attempt[],
): void {
  const stream = streams.get(streamId);
  const failures = failed.get(streamId);
  if (!stream || !failures) return;
  if (!numbers.has(event.id)) numbers.set(event.id, numbers.size);
  const before = failures.get(event.id)?.attempts ?? [];
  failures.set(event.id, {
    id: event.id,
    event_stream_id: streamId,
    status: 'failed',
    event_type: event.type,
    attempts: [...before, ...attempts],
    event,
  });
  const inARow = (failuresInARow.get(streamId) ?? 0) + 1;
  failuresInARow.set(streamId, inARow);
  if (inARow >= MOST_FAILURES_IN_A_ROW) stream.status = 'disabled';
}

const post: Deliver = async (url, headers, body) => {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
  await response.arrayBuffer();
  return { status: response.status };
};
