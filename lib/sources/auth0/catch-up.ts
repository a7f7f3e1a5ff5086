import * as z from 'zod';
import { WorldFault } from '../../errors.ts';
import { readCursor } from '../cursor.ts';
import { mayBeOfOne } from '../reach.ts';
import type { Directory } from '../source.ts';
import type { Auth0Api } from './api.ts';
import type { Auth0Config } from './config.ts';
import type { EventStream } from './schema.ts';

/** `again`: what failed of it is to be delivered again. `from` is Auth0's cursor in it. */
const Stream = z.strictObject({ id: z.string(), again: z.boolean(), from: z.string().optional() });

const Cursor = z.strictObject({
  v: z.literal(1),
  /** Deliveries from this moment on are of interest (ms since the epoch). */
  since: z.number(),
  /**
   * While event streams are being read: those left, the moment from which the next catch-up goes on, and whether one could not
   * be read.
   */
  reading: z
    .strictObject({
      streams: z.tuple([Stream], Stream),
      until: z.number(),
      unread: z.literal(true).optional(),
    })
    .optional(),
});
type Cursor = z.infer<typeof Cursor>;

/** Auth0 gives up on a delivery after four tries within some seconds each; its record may lag behind (ms). */
const OVERLAP_MS = 2 * 60_000;
/** So much of what an event stream had is looked at again for as long as it cannot be read (ms). */
const UNREAD_MS = 60 * 60_000;

/**
 * Reads the events that Auth0 could not deliver, from its record of each event stream that leads here; successes are not
 * in it (auth0.com/docs/customize/events, deliveries, 2026-08). A page is one call. Events of the last two minutes are read
 * again by the next catch-up, and the last hour's after a stream could not be read. At the end of a stream Auth0 is asked to
 * redeliver, which changes nothing here.
 */
export function createEventReader(name: string, config: Auth0Config, api: Auth0Api): Directory['readEvents'] {
  return async (cursor, start) => {
    const { since, reading } =
      cursor === undefined ? { since: start } : readCursor(Cursor, cursor, "place in Auth0's deliveries");
    if (!reading) {
      const streams = await api.readEventStreams();
      const here = (streams?.items ?? []).flatMap((stream) => leadingHere(stream, name, config));
      const isSwitchedOff = isOff(streams?.items ?? [], name, config);
      const until = Math.max(since, (streams?.askedAt ?? since) - OVERLAP_MS);
      const read = { events: [], failedDeliveries: 0, ...(isSwitchedOff && { isSwitchedOff }) };
      return { ...read, ...goOn(since, here, until) };
    }
    const { streams, until } = reading;
    const [stream, ...later] = streams;
    const read = await ofOne(() => api.readFailedDeliveries(stream.id, { since, from: stream.from }));
    const page = read.value;
    const failedDeliveries = (page?.items.length ?? 0) + (page?.unreadable ?? 0);
    // What is delivered again counts as failed no more; too many of these keep a disabled stream from being enabled.
    const isOwed = page?.next === undefined && (failedDeliveries > 0 || stream.from !== undefined);
    const again = stream.again && isOwed && !read.fault;
    const fault = again ? (await ofOne(() => api.redeliver(stream.id, since))).fault : read.fault;
    const left = page?.next === undefined ? later : [{ ...stream, from: page.next }, ...later];
    const events = (page?.items ?? []).flatMap(({ event }) => event ?? []);
    const unread = fault !== undefined || reading.unread === true;
    return { events, failedDeliveries, ...(fault && { fault }), ...goOn(since, left, until, unread) };
  };

  /** What a call about one stream came to. Throws its fault where Auth0 does not list the streams either. */
  async function ofOne<T>(call: () => Promise<T>): Promise<{ value?: T; fault?: WorldFault }> {
    try {
      return { value: await call() };
    } catch (error) {
      if (!(error instanceof WorldFault) || !mayBeOfOne(error)) throw error;
      await api.readEventStreams();
      return { fault: error };
    }
  }
}

/** Where the next page begins: with these streams, or from `until` on once all of them were read. */
function goOn(since: number, [first, ...later]: z.infer<typeof Stream>[], until: number, unread = false) {
  const cursor: Cursor = first
    ? { v: 1, since, reading: { streams: [first, ...later], until, ...(unread && { unread }) } }
    : { v: 1, since: unread ? Math.max(since, until - UNREAD_MS) : until };
  return { next: JSON.stringify(cursor), more: first !== undefined };
}

/** Whether all streams that lead here for sure are disabled: Auth0 keeps no events for them, and none of theirs is on record. */
function isOff(streams: EventStream[], name: string, config: Auth0Config): boolean {
  const ours = streams.filter((stream) => leadingHere(stream, name, config).some(({ again }) => again));
  return ours.length > 0 && ours.every(({ status }) => status === 'disabled');
}

/**
 * Streams of other products must not be redelivered, nor taken for ours. Where an Action leads is unknown: its events are of
 * this tenant, so they are read, and redelivery is left to its author.
 */
function leadingHere(
  { id, destination }: EventStream,
  name: string,
  { partnerEventSource = [] }: Auth0Config,
) {
  const { webhook_endpoint: endpoint, aws_partner_event_source: bus } = destination?.configuration ?? {};
  if (destination?.type === 'action') return [{ id, again: false }];
  const here =
    (endpoint && URL.canParse(endpoint) && new URL(endpoint).pathname.endsWith(`/webhooks/${name}`)) ||
    (bus && [partnerEventSource].flat().includes(bus));
  return here ? [{ id, again: true }] : [];
}
