import type { PageFault } from '../faults.ts';
import { type HttpAnswer, json } from '../http-server.ts';
import { insert } from '../sorted.ts';
import { auth0Error, badBody, badQuery, missing } from './error.ts';
import { type Auth0Event, EVENT_TYPES } from './event.ts';
import { serveCheckpoint } from './paging.ts';
import {
  issueIn,
  Redelivery,
  type Stream,
  StreamBody,
  StreamPatch,
  TestBody,
  withoutSecrets,
} from './stream-bodies.ts';
import { type Auth0StreamOptions, createDeliveries, type FailedDelivery } from './stream-deliveries.ts';

export type { Auth0Event } from './event.ts';

type StreamsOptions = Auth0StreamOptions & {
  tenant: string;
  clock: () => number;
  newId: (prefix: string, length: number) => string;
  /** A made-up event of a type, with `object` in place of its example where there is one. */
  testEvent: (type: string, object: Record<string, unknown> | undefined) => Auth0Event;
};

type Streams = Pick<StreamsOptions, 'tenant' | 'clock' | 'newId' | 'testEvent'> & {
  deliveriesAs: 'list' | 'page';
  eventData: 'object' | 'text';
  byId: Map<string, Stream>;
  /** In ascending order. */
  ids: string[];
  deliveries: ReturnType<typeof createDeliveries>;
};

export type Auth0Streams = ReturnType<typeof createAuth0Streams>;

/**
 * The event streams of the Auth0 double (auth0.com/docs/api/management/v2, event-streams, 2026-06; recorded answers in
 * Auth0's Terraform provider). Events are delivered to webhooks, each by itself and at once. Of the other destinations only
 * the description is stored.
 */
export function createAuth0Streams(options: StreamsOptions) {
  const { tenant, clock, newId, testEvent, deliveriesAs = 'list', eventData = 'object' } = options;
  const byId = new Map<string, Stream>();
  const deliveries = createDeliveries({ ...options, streams: byId });
  const shapes = { deliveriesAs, eventData };
  const streams: Streams = { tenant, clock, newId, testEvent, byId, ids: [], deliveries, ...shapes };
  return {
    /** Starts the delivery of an event to every enabled stream that subscribes to its type. */
    publish(event: Auth0Event): void {
      for (const stream of byId.values()) {
        const isWanted = stream.subscriptions.some(({ event_type }) => event_type === event.type);
        if (stream.status === 'enabled' && isWanted) deliveries.start(stream, event);
      }
    },
    /** Resolves when no delivery is under way. */
    settled: deliveries.settled,
    ...streamRequests(streams),
    ...deliveryRequests(streams),
  };
}

/** The endpoints for streams themselves. */
function streamRequests(streams: Streams) {
  const { clock, newId, byId, ids, deliveries } = streams;
  const now = () => new Date(clock()).toISOString();
  return {
    list(query: URLSearchParams, fault?: PageFault): HttpAnswer {
      const list = { keys: ids, show: (id: string) => show(byId.get(id) as Stream) };
      return serveCheckpoint({ query, name: 'eventStreams', list, fault });
    },

    create(body: unknown): HttpAnswer {
      const { data, error } = StreamBody.safeParse(body);
      if (error) return badBody(issueIn(error));
      const { destination } = data;
      if (destination.type === 'eventbridge') {
        const source = `${streams.tenant}-${newId('', 36)}`;
        destination.configuration.aws_partner_event_source = `aws.partner/auth0.com/${source}/auth0.events`;
      }
      const stream = { id: newId('est_', 26), ...data, created_at: now(), updated_at: now() };
      byId.set(stream.id, stream);
      insert(ids, stream.id);
      deliveries.open(stream.id);
      return json(201, show(stream));
    },

    read(id: string): HttpAnswer {
      const stream = byId.get(id);
      return stream ? json(200, show(stream)) : noStream();
    },

    /** Only the destination of a webhook can be changed. */
    update(id: string, body: unknown): HttpAnswer {
      const stream = byId.get(id);
      const { data, error } = StreamPatch.safeParse(body);
      if (!stream) return noStream();
      if (error) return badBody(issueIn(error));
      if (data.destination && stream.destination.type !== 'webhook') {
        return badBody('destination cannot be changed');
      }
      if (data.status === 'enabled') deliveries.forgiveFailures(id);
      const changes = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
      Object.assign(stream, changes, { updated_at: now() });
      return json(200, show(stream));
    },

    remove(id: string): HttpAnswer {
      if (byId.delete(id)) ids.splice(ids.indexOf(id), 1);
      deliveries.close(id);
      return { status: 204, headers: {}, body: '' };
    },

    test(id: string, body: unknown): HttpAnswer {
      const stream = byId.get(id);
      const { data, error } = TestBody.safeParse(body);
      if (!stream) return noStream();
      if (error) return badBody(issueIn(error));
      const made = streams.testEvent(data.event_type, data.data);
      const event: Auth0Event = { ...made, a0stream: id, a0purpose: 'test' };
      if (stream.status === 'enabled') deliveries.start(stream, event);
      // What a status before the first attempt says is not documented.
      const delivery = {
        id: event.id,
        event_stream_id: id,
        status: 'failed' as const,
        event_type: event.type,
      };
      return json(202, showDelivery(streams, { ...delivery, attempts: [], event }));
    },
  };
}

/** The endpoints for a stream's deliveries. */
function deliveryRequests(streams: Streams) {
  const { byId, deliveries, deliveriesAs } = streams;
  const shown = (delivery: FailedDelivery) => showDelivery(streams, delivery);
  return {
    /** A list that goes on after the id in `from`, plain or by checkpoint; it has only deliveries that failed. */
    deliveries(id: string, query: URLSearchParams): HttpAnswer {
      if (!byId.has(id)) return noStream();
      const take = Number(query.get('take') ?? 50);
      const [from, to, after] = [query.get('date_from'), query.get('date_to'), query.get('from')];
      const types = query.get('event_types')?.split(',');
      const statuses = query.get('statuses')?.split(',') ?? [];
      if (!Number.isInteger(take) || take < 1 || take > 100)
        return badQuery('take is not an integer from 1 to 100');
      if (![from, to].every((date) => date === null || isWholeSecond(date))) {
        return badQuery('a date is an RFC-3339 date-time without sub-second precision');
      }
      if (!statuses.every((status) => status === 'failed')) return badQuery('statuses can be failed only');
      if (types?.some((type) => !EVENT_TYPES.includes(type))) return badQuery('unknown event type');
      if (after !== null && !deliveries.hasFailed(after)) return badQuery('from is no delivery');
      const failures = deliveries.failures(id, { from, to, types }, after);
      const page = failures.slice(0, take).map(shown);
      if (deliveriesAs === 'list') return json(200, page);
      const next = failures.length > take ? failures[take - 1]?.id : undefined;
      return json(200, { deliveries: page, next });
    },

    delivery(id: string, eventId: string): HttpAnswer {
      if (!byId.has(id)) return noStream();
      const delivery = deliveries.failure(id, eventId);
      return delivery ? json(200, shown(delivery)) : missing('event', 'event');
    },

    redeliverOne(id: string, eventId: string): HttpAnswer {
      const stream = byId.get(id);
      if (!stream) return noStream();
      const delivery = deliveries.failure(id, eventId);
      if (!delivery && !deliveries.hasFailed(eventId)) return missing('event', 'event');
      if (!delivery || !deliveries.start(stream, delivery.event)) {
        return auth0Error(409, 'The event is not in a state that allows redelivery.');
      }
      return { status: 202, headers: {}, body: '' };
    },

    redeliverMany(id: string, body: unknown): HttpAnswer {
      const stream = byId.get(id);
      const { data, error } = Redelivery.safeParse(body ?? {});
      if (!stream) return noStream();
      if (error) return badBody(issueIn(error));
      const filter = { from: data.date_from ?? null, to: data.date_to ?? null, types: data.event_types };
      for (const { event } of deliveries.failures(id, filter)) deliveries.start(stream, event);
      return json(202, data);
    },
  };
}

function noStream(): HttpAnswer {
  return missing('event stream', 'event_stream');
}

/** A delivery as the API shows it: without what only the stream itself adds to an event (node-auth0 7.1.0, 2026-11). */
function showDelivery(
  { eventData }: Pick<Streams, 'eventData'>,
  { event, ...delivery }: FailedDelivery,
): unknown {
  const { a0tenant: _, a0stream: __, a0purpose: ___, data, ...rest } = event;
  return { ...delivery, event: { ...rest, data: eventData === 'text' ? JSON.stringify(data) : data } };
}

/** A stream as the API shows it. */
function show({ destination, ...stream }: Stream): unknown {
  return { ...stream, destination: withoutSecrets(destination) };
}

function isWholeSecond(date: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(date);
}
