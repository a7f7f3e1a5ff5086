import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import type { PageFault } from '../faults.ts';
import { type HttpAnswer, json } from '../http-server.ts';
import { insert } from '../sorted.ts';
import { auth0Error, badBody, badQuery, missing } from './error.ts';
import { serveCheckpoint } from './paging.ts';

/** The types an event stream may ask for (npm auth0 7.1.0, EventStreamEventTypeEnum, 2026-08). */
export const EVENT_TYPES = [
  ...['user.created', 'user.updated', 'user.deleted'],
  ...['organization.created', 'organization.updated', 'organization.deleted'],
  ...['organization.member.added', 'organization.member.deleted'],
  ...['organization.member.role.assigned', 'organization.member.role.deleted'],
  ...['organization.connection.added', 'organization.connection.updated', 'organization.connection.removed'],
  ...['organization.group.role.assigned', 'organization.group.role.deleted'],
  ...['group.created', 'group.updated', 'group.deleted', 'group.member.added', 'group.member.deleted'],
  ...['group.role.assigned', 'group.role.deleted'],
  ...['connection.created', 'connection.updated', 'connection.deleted'],
];

/** One try and three more (auth0.com/docs/customize/events/events-best-practices, 2026-08); ms. */
const WAITS = [1_000, 2_000, 4_000];
/** A stream whose deliveries fail so often in a row is disabled (the same page). */
const MOST_FAILURES_IN_A_ROW = 500;
/** Not documented for webhooks; the budget of an Action (ms). */
const ANSWER_MS = 10_000;

export type Auth0Event = {
  specversion: '1.0';
  type: string;
  source: string;
  id: string;
  time: string;
  data: {
    object: Record<string, unknown>;
    previous_object?: Record<string, unknown>;
    context: { tenant: { id: string } };
  };
  a0tenant: string;
  a0stream: string;
  a0purpose?: 'test';
};

/** Sends one event to a webhook; throws when nothing answers. */
export type Deliver = (
  url: string,
  headers: Record<string, string>,
  body: string,
) => Promise<{ status: number }>;

const text = z.string().min(1);
const isLoopback = ({ protocol, hostname }: URL) =>
  protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
const Endpoint = z
  .url()
  .refine((url) => new URL(url).protocol === 'https:' || isLoopback(new URL(url)), 'must be an https URL');
const Webhook = z.strictObject({
  type: z.literal('webhook'),
  configuration: z.strictObject({
    webhook_endpoint: Endpoint,
    webhook_authorization: z.discriminatedUnion('method', [
      z.strictObject({ method: z.literal('bearer'), token: text }),
      z.strictObject({ method: z.literal('basic'), username: text, password: text }),
      z.strictObject({ method: z.literal('custom_header'), header_key: text, header_value: text }),
    ]),
  }),
});
const EventBridge = z.strictObject({
  type: z.literal('eventbridge'),
  configuration: z.strictObject({
    aws_account_id: z.string().regex(/^\d{12}$/),
    aws_region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
    aws_partner_event_source: z.string().optional(),
  }),
});
const Action = z.strictObject({
  type: z.literal('action'),
  configuration: z.strictObject({ action_id: text }),
});
const StreamBody = z.strictObject({
  name: text.optional(),
  status: z.enum(['enabled', 'disabled']).default('enabled'),
  subscriptions: z.array(z.strictObject({ event_type: z.enum(EVENT_TYPES) })).default([]),
  destination: z.discriminatedUnion('type', [Webhook, EventBridge, Action]),
});
const StreamPatch = z.strictObject({
  name: text.optional(),
  status: z.enum(['enabled', 'disabled']).optional(),
  subscriptions: z.array(z.strictObject({ event_type: z.enum(EVENT_TYPES) })).optional(),
  destination: Webhook.optional(),
});
const TestBody = z.strictObject({
  event_type: z.enum(EVENT_TYPES),
  data: z.record(z.string(), z.unknown()).optional(),
});
const Redelivery = z.strictObject({
  date_from: z.string().optional(),
  date_to: z.string().optional(),
  statuses: z.array(z.literal('failed')).optional(),
  event_types: z.array(z.enum(EVENT_TYPES)).optional(),
});

type Stream = z.infer<typeof StreamBody> & { id: string; created_at: string; updated_at: string };
type Attempt = { status: 'failed'; timestamp: string; error_message: string; duration: number };
type Delivery = {
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
  /** Waits between the tries of a delivery (ms); default: really. */
  sleep?: (ms: number) => Promise<unknown>;
  /** Of deliveries; which one Auth0 sends is not documented. Default application/json. */
  contentType?: string;
};

/**
 * The event streams of the Auth0 double (auth0.com/docs/api/management/v2, event-streams, 2026-06; recorded answers in
 * Auth0's Terraform provider). Webhooks are delivered to, each event by itself and at once: 2xx is success, 5xx and no answer
 * are tried four times, anything else fails at the first. Of the other destinations only the description is kept.
 */
export function createAuth0Streams({
  tenant,
  clock,
  newId,
  deliver = post,
  sleep = (ms) => wait(ms, undefined, { ref: false }),
  contentType = 'application/json',
  testEvent,
}: Auth0StreamOptions & {
  tenant: string;
  clock: () => number;
  newId: (prefix: string, length: number) => string;
  /** A made-up event of a type, with `object` in place of its example where there is one. */
  testEvent: (type: string, object: Record<string, unknown> | undefined) => Auth0Event;
}) {
  const streams = new Map<string, Stream>();
  const ids: string[] = [];
  /** Failed deliveries by stream and event, oldest first; and each event's number, which outlives them. */
  const failed = new Map<string, Map<string, Delivery>>();
  const numbers = new Map<string, number>();
  const failuresInARow = new Map<string, number>();
  const underWay = new Map<string, Promise<void>>();
  const now = () => new Date(clock()).toISOString();
  const noStream = () => missing('event stream', 'event_stream');

  /** Starts a delivery unless the same one is under way; it ends by itself and throws nothing. */
  function start(stream: Stream, event: Auth0Event): boolean {
    const key = `${stream.id} ${event.id}`;
    if (stream.destination.type !== 'webhook' || underWay.has(key)) return false;
    const delivery = attempt(stream.id, { ...event, a0stream: stream.id }).finally(() =>
      underWay.delete(key),
    );
    underWay.set(key, delivery);
    return true;
  }

  async function attempt(streamId: string, event: Auth0Event): Promise<void> {
    const attempts: Attempt[] = [];
    for (const pause of [...WAITS, undefined]) {
      const { destination } = streams.get(streamId) ?? {};
      if (destination?.type !== 'webhook') return;
      const { webhook_endpoint, webhook_authorization } = destination.configuration;
      const headers = { 'content-type': contentType, ...authorizationHeader(webhook_authorization) };
      const startedAt = clock();
      const answer = await deliver(webhook_endpoint, headers, JSON.stringify(event)).catch(() => undefined);
      if (answer && answer.status >= 200 && answer.status < 300) return succeeded(streamId, event.id);
      const error_message = answer
        ? `Webhook endpoint responded with status ${answer.status}`
        : 'Webhook endpoint did not respond';
      const timestamp = new Date(startedAt).toISOString();
      attempts.push({ status: 'failed', timestamp, error_message, duration: clock() - startedAt });
      const again = !answer || answer.status >= 500;
      if (!again || pause === undefined) break;
      await sleep(pause);
    }
    gaveUp(streamId, event, attempts);
  }

  function succeeded(streamId: string, eventId: string): void {
    failuresInARow.set(streamId, 0);
    failed.get(streamId)?.delete(eventId);
  }

  function gaveUp(streamId: string, event: Auth0Event, attempts: Attempt[]): void {
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

  function show({ destination, ...stream }: Stream): unknown {
    return { ...stream, destination: withoutSecrets(destination) };
  }

  const numberOf = (id: string) => numbers.get(id) ?? -1;

  function failures(streamId: string, { from, to, types }: Filter): Delivery[] {
    const list = [...(failed.get(streamId)?.values() ?? [])].filter(({ event_type, attempts }) => {
      const at = Date.parse(attempts[0]?.timestamp ?? '');
      if (types && !types.includes(event_type)) return false;
      return (!from || at >= Date.parse(from)) && (!to || at < Date.parse(to));
    });
    return list.sort((a, b) => numberOf(a.id) - numberOf(b.id));
  }

  return {
    /** Starts the delivery of an event to every enabled stream that asks for its type. */
    publish(event: Auth0Event): void {
      for (const stream of streams.values()) {
        const isAsked = stream.subscriptions.some(({ event_type }) => event_type === event.type);
        if (stream.status === 'enabled' && isAsked) start(stream, event);
      }
    },

    /** Resolves when no delivery is under way. */
    async settled(): Promise<void> {
      while (underWay.size > 0) await Promise.all(underWay.values());
    },

    list: (query: URLSearchParams, fault?: PageFault): HttpAnswer => {
      const list = { keys: ids, show: (id: string) => show(streams.get(id) as Stream) };
      return serveCheckpoint({ query, name: 'eventStreams', list, fault });
    },

    create(body: unknown): HttpAnswer {
      const { data, error } = StreamBody.safeParse(body);
      if (error) return badBody(issueIn(error));
      const { destination } = data;
      if (destination.type === 'eventbridge') {
        const source = `${tenant}-${newId('', 36)}`;
        destination.configuration.aws_partner_event_source = `aws.partner/auth0.com/${source}/auth0.events`;
      }
      const stream = { id: newId('est_', 26), ...data, created_at: now(), updated_at: now() };
      streams.set(stream.id, stream);
      insert(ids, stream.id);
      failed.set(stream.id, new Map());
      return json(201, show(stream));
    },

    read(id: string): HttpAnswer {
      const stream = streams.get(id);
      return stream ? json(200, show(stream)) : noStream();
    },

    /** Only a webhook's destination can be changed; every other is as it was created. */
    update(id: string, body: unknown): HttpAnswer {
      const stream = streams.get(id);
      const { data, error } = StreamPatch.safeParse(body);
      if (!stream) return noStream();
      if (error) return badBody(issueIn(error));
      if (data.destination && stream.destination.type !== 'webhook') {
        return badBody('destination cannot be changed');
      }
      if (data.status === 'enabled') failuresInARow.set(id, 0);
      const changes = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
      Object.assign(stream, changes, { updated_at: now() });
      return json(200, show(stream));
    },

    remove(id: string): HttpAnswer {
      if (streams.delete(id)) ids.splice(ids.indexOf(id), 1);
      failed.delete(id);
      return { status: 204, headers: {}, body: '' };
    },

    test(id: string, body: unknown): HttpAnswer {
      const stream = streams.get(id);
      const { data, error } = TestBody.safeParse(body);
      if (!stream) return noStream();
      if (error) return badBody(issueIn(error));
      const event: Auth0Event = { ...testEvent(data.event_type, data.data), a0stream: id, a0purpose: 'test' };
      if (stream.status === 'enabled') start(stream, event);
      return json(202, { id: event.id, event_stream_id: id, event_type: event.type, attempts: [], event });
    },

    /** A plain list that goes on after the id in `from`; only deliveries that failed are in it. */
    deliveries(id: string, query: URLSearchParams): HttpAnswer {
      if (!streams.has(id)) return noStream();
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
      if (after !== null && !numbers.has(after)) return badQuery('from is no delivery');
      const rest = failures(id, { from, to, types }).filter(
        (one) => after === null || numberOf(one.id) > numberOf(after),
      );
      return json(200, rest.slice(0, take));
    },

    delivery(id: string, eventId: string): HttpAnswer {
      if (!streams.has(id)) return noStream();
      const delivery = failed.get(id)?.get(eventId);
      return delivery ? json(200, delivery) : missing('event', 'event');
    },

    redeliverOne(id: string, eventId: string): HttpAnswer {
      const stream = streams.get(id);
      if (!stream) return noStream();
      const delivery = failed.get(id)?.get(eventId);
      if (!delivery && !numbers.has(eventId)) return missing('event', 'event');
      if (!delivery || !start(stream, delivery.event)) {
        return auth0Error(409, 'The event is not in a state that allows redelivery.');
      }
      return { status: 202, headers: {}, body: '' };
    },

    redeliverMany(id: string, body: unknown): HttpAnswer {
      const stream = streams.get(id);
      const { data, error } = Redelivery.safeParse(body ?? {});
      if (!stream) return noStream();
      if (error) return badBody(issueIn(error));
      const filter: Filter = {
        from: data.date_from ?? null,
        to: data.date_to ?? null,
        types: data.event_types,
      };
      for (const { event } of failures(id, filter)) start(stream, event);
      return json(202, data);
    },
  };
}

export type Auth0Streams = ReturnType<typeof createAuth0Streams>;

function authorizationHeader(authorization: WebhookAuthorization): Record<string, string> {
  if (authorization.method === 'bearer') return { authorization: `Bearer ${authorization.token}` };
  if (authorization.method === 'custom_header') {
    return { [authorization.header_key]: authorization.header_value };
  }
  const pair = Buffer.from(`${authorization.username}:${authorization.password}`).toString('base64');
  return { authorization: `Basic ${pair}` };
}

type WebhookAuthorization = z.infer<typeof Webhook>['configuration']['webhook_authorization'];

/** Secrets are taken and never shown. */
function withoutSecrets(destination: Stream['destination']): unknown {
  if (destination.type !== 'webhook') return destination;
  const { webhook_endpoint, webhook_authorization } = destination.configuration;
  const secrets = ['token', 'password', 'header_value'];
  const shown = Object.entries(webhook_authorization).filter(([key]) => !secrets.includes(key));
  return {
    type: 'webhook',
    configuration: { webhook_endpoint, webhook_authorization: Object.fromEntries(shown) },
  };
}

const isWholeSecond = (date: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(date);

function issueIn({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(', ');
}

const post: Deliver = async (url, headers, body) => {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
  await response.arrayBuffer();
  return { status: response.status };
};
