import type { Park, Queue } from '../aws/queue.ts';
import type { Secret } from '../aws/secrets.ts';
import type { DirectoryConfig } from '../config.ts';
import { personOf } from '../directory/change.ts';
import { HttpError, WorldFault } from '../errors.ts';
import { isAccepted, readCredential, type Scheme, type WebhookCredentials } from '../http/bearer.ts';
import { type Answer, json, type WebhookRequest } from '../http/edge.ts';
import type { Log, LogFields, Meter } from '../observability.ts';
import { faceOf } from '../sources/inbound.ts';
import { type Mapped, unreadable } from '../sources/mapped.ts';
import type { InboundRegistry } from '../sources/source.ts';
import { readBody } from './body.ts';
import { deliveredTo, mapBody, mapEvent } from './map.ts';

export interface ReceiveDeps {
  config: DirectoryConfig;
  inbound: InboundRegistry;
  credentials: Secret<WebhookCredentials>;
  queue: Queue;
  park: Park;
  clock: () => number;
  log: Log;
  meter: Meter;
}

/** Larger bodies are refused: no vendor sends them, and Lambda takes 6 MB with the envelope (bytes). */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** How many faults are named in an answer, a log line or a parked message. */
const MAX_REASONS = 20;
/** How vendors write the types of their events: `user.lifecycle.create`, `sapi`. */
const EVENT_TYPE = /^[a-z_]{1,40}(\.[a-z_]{1,40}){0,5}$/;

/**
 * Takes one webhook call: authenticates it, and only then reads it, maps it and puts its changes on the queue. Whatever
 * comes from an authenticated caller is answered 2xx, because vendors do not send again after a 4xx: what cannot be read
 * is parked, what is not for the mirror is counted.
 *
 * Throws HttpError (404 unknown source, 405, 401, 400 for a GET that asks nothing, 413) and WorldFault when the secret or a
 * queue is out of reach.
 */
export async function receive(request: WebhookRequest, deps: ReceiveDeps): Promise<Answer> {
  const { method, source: name, headers, body } = request;
  const source = ownOf(deps.config.sources, name);
  if (!source) {
    deps.meter.record({ UnknownSource: 1 });
    throw new HttpError(404, 'No such source: the last part of the path is a name of directory.config.json.');
  }
  const face = faceOf(source, deps.inbound);
  if (method === 'GET' && !face.answer) throw new HttpError(405, 'Send events with POST.', { allow: 'POST' });
  await authenticate(request, face.credential(source), deps);
  if (method === 'GET' && face.answer) return json(200, face.answer(headers));
  if (body.length > MAX_BODY_BYTES)
    throw tooLarge(name, `The body is larger than ${MAX_BODY_BYTES} bytes: send fewer events at once.`, deps);

  const { values, faults } = readBody(body, face);
  const mapped = mapBody(values, deliveredTo(name, source, deps.clock()), deps.inbound);
  mapped.unreadable.push(...faults);
  const delivery = { source: name, contentType: headers['content-type'], body };
  return json(200, await take(delivery, mapped, deps));
}

/** An event that EventBridge hands over; of Okta, `detail` is one event of the log (log streaming reference, 2026-08). */
export interface PartnerEvent {
  source: string;
  id?: string;
  detail?: unknown;
}

/** Whether an invocation is one by EventBridge with an event of a vendor's stream, and not one by API Gateway. */
export function isPartnerEvent(event: object, registry: InboundRegistry): event is PartnerEvent {
  const name = 'source' in event ? event.source : undefined;
  const buses = Object.values(registry).flatMap(({ bus }) => bus ?? []);
  return typeof name === 'string' && buses.some(({ prefix }) => name.startsWith(prefix));
}

/**
 * Takes one event of a vendor's stream: maps it as if a webhook had brought it, and puts its changes on the queue. Nothing
 * is authenticated here: only the vendor can put to its partner's bus, and only that bus's rule may invoke the function.
 * What cannot be read, or is of no configured source, is parked whole.
 *
 * Throws WorldFault `queue` when a queue refuses: Lambda runs the invocation again, and keeps what fails every time.
 */
export async function receivePartnerEvent(event: PartnerEvent, deps: ReceiveDeps) {
  const [name, source] =
    Object.entries(deps.config.sources).find(([, { partnerEventSource = [] }]) =>
      [partnerEventSource].flat().includes(event.source),
    ) ?? [];
  const message = 'no source of directory.config.json has this partnerEventSource';
  const mapped =
    name && source
      ? mapEvent(event.detail, deliveredTo(name, source, deps.clock()), deps.inbound)
      : unreadable([{ path: 'source', message }]);
  const body = Buffer.from(JSON.stringify(event));
  return take({ source: name ?? event.source, contentType: 'application/json', body }, mapped, deps);
}

/**
 * Puts the changes of a delivery on the queue, parks the whole of it where a part could not be read, and counts. Returns the
 * answer to its sender.
 */
async function take(
  delivery: { source: string; contentType: string | undefined; body: Buffer },
  mapped: Mapped,
  deps: ReceiveDeps,
) {
  const { changes, ignored, unreadable } = mapped;
  if (changes.length > 0) await deps.queue.send(changes);
  const reasons = unreadable.slice(0, MAX_REASONS).map(({ path, message }) => `${path}: ${message}`);
  if (reasons.length > 0 && (await deps.park({ ...delivery, reasons })) === 'too large')
    throw tooLarge(delivery.source, `It cannot be read, and is too large to be kept: ${reasons[0]}`, deps);
  count(delivery.source, mapped, deps);
  const taken = { changes: changes.length, ignored: ignored.length };
  if (reasons.length === 0) return taken;
  const message = 'Kept for a look by hand: not all of it could be read.';
  return { ...taken, parked: true, message, reasons };
}

/** Who sends no credential at all is a stranger and no vendor of ours: they are refused, and alarm nobody. */
async function authenticate(
  { source: name, headers }: WebhookRequest,
  { header, scheme }: { header: string; scheme: Scheme },
  deps: ReceiveDeps,
): Promise<void> {
  const sent = headers[header.toLowerCase()];
  const given = readCredential(sent, scheme);
  if (given !== undefined) {
    const known = await deps.credentials();
    if (accepts(known, name, given)) return;
    // A 401 loses the event for good, so it needs more than a cached secret: the vendor may be ahead of a rotation.
    const newest = await deps.credentials({ refused: known });
    if (accepts(newest, name, given)) return;
    if (!ownOf(newest, name))
      throw new WorldFault('secret', `the webhook secret holds no credential for source ${name}`);
  }
  if (sent) {
    deps.meter.record({ CredentialMismatch: 1 }, { source: name });
    deps.log.warn('Refused a wrong credential', { source: name });
  }
  const challenge = scheme === 'none' ? header : scheme === 'basic' ? 'Basic' : 'Bearer';
  const message = `Header ${header} does not hold this source's credential.`;
  throw new HttpError(401, message, { 'www-authenticate': challenge });
}

function accepts(credentials: WebhookCredentials, name: string, given: string): boolean {
  const accepted = ownOf(credentials, name);
  return accepted !== undefined && isAccepted(given, [accepted.current, accepted.previous]);
}

/** A name that a caller chose may be one that every object has. */
function ownOf<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** The sender will not try again, so that the events are lost: the operator must be able to see it. */
function tooLarge(source: string, message: string, { log, meter }: ReceiveDeps): HttpError {
  meter.record({ DeliveriesRefused: 1 }, { source });
  log.warn('Refused a delivery that is too large', { source, status: 413 });
  return new HttpError(413, message);
}

function count(source: string, mapped: Mapped, { log, meter }: ReceiveDeps): void {
  const { changes, ignored, unreadable, leftOut = 0 } = mapped;
  const [taken, passed, parked] = [changes.length, ignored.length, unreadable.length > 0 ? 1 : 0];
  const counted = { changes: taken, ignored: passed, parked: unreadable.length };
  log.info('Took a delivery', { source, ...counted, ...namedBy(mapped) });
  const counts = { ChangesReceived: taken, EventsIgnored: passed, DeliveriesParked: parked };
  meter.record({ ...counts, AttributesLeftOut: leftOut }, { source });
  if (parked === 0) return;
  log.warn('Parked a delivery', { source, fields: unreadable.slice(0, MAX_REASONS).map(({ path }) => path) });
}

/** What a delivery was of, and whom it named: the types of its events, and the ids that delivering tells of too. */
function namedBy({ events, changes }: Mapped): LogFields {
  const personIds = [...new Set(changes.flatMap((change) => personOf(change)?.id ?? []))];
  const types = new Set(events.map(({ type }) => (EVENT_TYPE.test(type) ? type : 'other')));
  return {
    ...{ types: [...types], events: events.length, people: personIds.length },
    ...{ eventIds: events.flatMap(({ id }) => id ?? []), personIds },
  };
}
