import type { Park, Queue } from '../aws/queue.ts';
import type { Secret } from '../aws/secrets.ts';
import { applicationOf, type DirectoryConfig, describeIssues, type SourceConfig } from '../config.ts';
import { QueueItem } from '../directory/change.ts';
import { HttpError, WorldFault } from '../errors.ts';
import { isAccepted, readCredential, type WebhookCredentials } from '../http/bearer.ts';
import { type Answer, json, type WebhookRequest } from '../http/edge.ts';
import type { Log, Meter } from '../observability.ts';
import { mapAuth0 } from '../sources/auth0/map.ts';
import { mapLogEvent, mapOkta } from '../sources/okta/map.ts';
import { answerChallenge } from '../sources/okta/verify.ts';
import type { MapOptions, Mapped } from '../sources/source.ts';

export interface ReceiveDeps {
  config: DirectoryConfig;
  credentials: Secret<WebhookCredentials>;
  queue: Queue;
  park: Park;
  clock: () => number;
  log: Log;
  meter: Meter;
}

/** Larger bodies are refused: neither vendor sends them, and Lambda takes 6 MB with the envelope (bytes). */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** How far ahead a vendor's clock may run (ms). */
const CLOCK_SKEW_MS = 10 * 60_000;
/** How the names of the vendors' partner event sources begin; the tenant's name and the source's own follow. */
const PARTNERS = ['aws.partner/okta.com/', 'aws.partner/auth0.com/'];
/** How many faults are named in an answer, a log line or a parked message. */
const MAX_REASONS = 20;

const mappers: Record<SourceConfig['kind'], (body: unknown, options: MapOptions) => Mapped> = {
  okta: mapOkta,
  auth0: mapAuth0,
};

/**
 * Takes one webhook call: authenticates it, and only then reads it, maps it and puts its changes on the queue. Whatever
 * comes from an authenticated caller is answered 2xx, because neither vendor sends again after a 4xx: what cannot be read
 * is parked, what is not for the mirror is counted.
 *
 * Throws HttpError (404 unknown source, 405, 401, 400 without a challenge, 413) and WorldFault when the secret or a queue
 * is out of reach.
 */
export async function receive(request: WebhookRequest, deps: ReceiveDeps): Promise<Answer> {
  const source = Object.hasOwn(deps.config.sources, request.source)
    ? deps.config.sources[request.source]
    : undefined;
  if (!source)
    throw new HttpError(
      404,
      'No such source: the last part of the path is a name from directory.config.json.',
    );
  if (request.method === 'GET' && source.kind !== 'okta') {
    throw new HttpError(405, 'Send events with POST.', { allow: 'POST' });
  }
  await authenticate(request, source, deps);
  if (request.method === 'GET') return verify(request);
  if (request.body.length > MAX_BODY_BYTES) {
    const message = `The body is larger than ${MAX_BODY_BYTES} bytes: send fewer events at once.`;
    throw tooLarge(request.source, message, deps);
  }
  return take(request, source, deps);
}

function verify({ headers }: WebhookRequest): Answer {
  const answer = answerChallenge(headers);
  if (!answer)
    throw new HttpError(
      400,
      'A GET verifies an Okta event hook: header x-okta-verification-challenge is missing.',
    );
  return json(200, answer);
}

async function take(request: WebhookRequest, source: SourceConfig, deps: ReceiveDeps): Promise<Answer> {
  const options = mapOptions(request.source, source, deps);
  const body = readJson(request.body, source.kind === 'auth0');
  const mapped = 'values' in body ? mapAll(body, source, options) : unreadable('(whole)', body.reason);
  const contentType = request.headers['content-type'];
  return json(200, await keep({ source: request.source, contentType, body: request.body }, mapped, deps));
}

/** Maps each value of a body; a line that could not be read costs only itself. */
function mapAll({ values, faults }: Body, source: SourceConfig, options: MapOptions): Mapped {
  const mapped = values.map((value) => mappers[source.kind](value, options));
  return {
    changes: mapped.flatMap(({ changes }) => changes),
    ignored: mapped.flatMap(({ ignored }) => ignored),
    unreadable: [...mapped.flatMap(({ unreadable }) => unreadable), ...faults],
  };
}

/** An event that EventBridge hands over; of Okta, `detail` is one event of the log (log streaming reference, 2026-08). */
export interface PartnerEvent {
  source: string;
  detail?: unknown;
}

/** Whether an invocation is one by EventBridge with an event of a vendor's stream, and not one by API Gateway. */
export function isPartnerEvent(event: object): event is PartnerEvent {
  const name = 'source' in event && event.source;
  return typeof name === 'string' && PARTNERS.some((partner) => name.startsWith(partner));
}

/**
 * Takes one event of a vendor's stream: maps it as if a webhook had brought it, and puts its changes on the queue. Nothing
 * is authenticated here: only the vendor can put to its partner's bus, and only that bus's rule may invoke the function.
 * What cannot be read, or is of no configured source, is parked whole.
 *
 * Throws WorldFault `queue` when a queue refuses: Lambda runs the invocation again, and keeps what fails every time.
 */
export async function receivePartnerEvent(event: PartnerEvent, deps: ReceiveDeps): Promise<Taken> {
  const [name, source] =
    Object.entries(deps.config.sources).find(([, { partnerEventSource = [] }]) =>
      [partnerEventSource].flat().includes(event.source),
    ) ?? [];
  const mapped =
    name && source
      ? mapEvent(event.detail, source, mapOptions(name, source, deps))
      : unreadable('source', 'no source of directory.config.json has this partnerEventSource');
  const delivery = {
    source: name ?? event.source,
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify(event)),
  };
  return keep(delivery, mapped, deps);
}

/** Maps one event by whatever way it came without its webhook's envelope. */
export function mapEvent(detail: unknown, source: SourceConfig, options: MapOptions): Mapped {
  if (source.kind === 'okta') return mapLogEvent(detail, 'detail', options);
  const mapped = mapAuth0(detail, options);
  const unreadable = mapped.unreadable.map((issue) => ({ ...issue, path: `detail.${issue.path}` }));
  return { ...mapped, unreadable };
}

/** What became of a delivery, as its sender is told. */
interface Taken {
  changes: number;
  ignored: number;
  parked?: true;
  message?: string;
  reasons?: string[];
}

/** Puts the changes of a delivery on the queue, parks the whole of it where a part could not be read, and counts. */
async function keep(
  delivery: { source: string; contentType: string | undefined; body: Buffer },
  mapped: Mapped,
  deps: ReceiveDeps,
): Promise<Taken> {
  const { changes, ignored, unreadable } = withoutOversized(mapped);
  if (changes.length > 0) await deps.queue.send(changes);
  const reasons = unreadable.slice(0, MAX_REASONS).map(({ path, message }) => `${path}: ${message}`);
  if (reasons.length > 0) {
    const parked = await deps.park({ ...delivery, reasons });
    if (parked === 'too large')
      throw tooLarge(delivery.source, `It cannot be read, and is too large to be kept: ${reasons[0]}`, deps);
  }
  count(delivery.source, { changes, ignored, unreadable }, deps);
  return {
    changes: changes.length,
    ignored: ignored.length,
    ...(reasons.length > 0 && {
      parked: true,
      message: 'Kept for a look by hand: not all of it could be read.',
      reasons,
    }),
  };
}

export function mapOptions(name: string, source: SourceConfig, deps: { clock: () => number }): MapOptions {
  return {
    source: name,
    latest: deps.clock() + CLOCK_SKEW_MS,
    application: applicationOf(source),
    api: source.api !== undefined,
  };
}

function unreadable(path: string, message: string): Mapped {
  return { changes: [], ignored: [], unreadable: [{ path, message }] };
}

/** Moves what the mirror could not store to the unreadable: on the queue it would hold up everyone of its shard. */
export function withoutOversized({ changes, ignored, unreadable }: Mapped): Mapped {
  const checked = changes.map((change) => QueueItem.safeParse(change));
  return {
    changes: checked.flatMap(({ data }) => data ?? []),
    ignored,
    unreadable: [...unreadable, ...checked.flatMap(({ error }) => (error ? describeIssues(error) : []))],
  };
}

async function authenticate(
  { source: name, headers }: WebhookRequest,
  source: SourceConfig,
  deps: ReceiveDeps,
): Promise<void> {
  const scheme = source.kind === 'auth0' ? source.scheme : 'none';
  const given = readCredential(headers[source.header.toLowerCase()], scheme);
  if (given !== undefined) {
    const known = await deps.credentials();
    if (accepts(known, name, given)) return;
    // A 401 loses the event for good, so it needs more than a cached secret: the vendor may be ahead of a rotation.
    const newest = await deps.credentials({ refused: known });
    if (accepts(newest, name, given)) return;
    if (!Object.hasOwn(newest, name))
      throw new WorldFault('secret', `the webhook secret holds no credential for source ${name}`);
  }
  deps.meter.record({ CredentialMismatch: 1 }, { source: name });
  deps.log.warn('Refused a wrong credential', { source: name });
  const challenge = scheme === 'none' ? source.header : scheme === 'basic' ? 'Basic' : 'Bearer';
  throw new HttpError(401, `Header ${source.header} does not hold this source's credential.`, {
    'www-authenticate': challenge,
  });
}

function accepts(credentials: WebhookCredentials, name: string, given: string): boolean {
  const accepted = Object.hasOwn(credentials, name) ? credentials[name] : undefined;
  return accepted !== undefined && isAccepted(given, [accepted.current, accepted.previous]);
}

/** The sender will not try again, so that the events are lost: whoever runs this must be able to see it. */
function tooLarge(source: string, message: string, { log, meter }: ReceiveDeps): HttpError {
  meter.record({ DeliveriesRefused: 1 }, { source });
  log.warn('Refused a delivery that is too large', { source, status: 413 });
  return new HttpError(413, message);
}

function count(source: string, { changes, ignored, unreadable }: Mapped, { log, meter }: ReceiveDeps): void {
  log.info('Took a delivery', {
    source,
    changes: changes.length,
    ignored: ignored.length,
    parked: unreadable.length,
  });
  const parked = unreadable.length > 0 ? 1 : 0;
  meter.record(
    { ChangesReceived: changes.length, EventsIgnored: ignored.length, DeliveriesParked: parked },
    { source },
  );
  if (parked === 0) return;
  log.warn('Parked a delivery', { source, fields: unreadable.slice(0, MAX_REASONS).map(({ path }) => path) });
}

/** A log stream sends lines of hundreds of bytes: more do not fit into the largest body. */
const MAX_LINES = 10_000;

/** What a body holds; `faults` are lines of it that are not JSON. */
interface Body {
  values: unknown[];
  faults: Mapped['unreadable'];
}

/** Reads a body as JSON or, where `lines` may come, as one JSON value a line, whatever its content type says. */
function readJson(body: Buffer, lines: boolean): Body | { reason: string } {
  if (body.length === 0) return { reason: 'the body is empty' };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return { reason: 'the body is not UTF-8' };
  }
  const whole = parseJson(text);
  if (whole) return { values: [whole.value], faults: [] };
  const written = text.split('\n').flatMap((line, index) => (line.trim() ? { line, index } : []));
  if (!lines || written.length < 2) return { reason: 'the body is not JSON' };
  // Before they are parsed: two million lines that are no JSON cost seconds.
  if (written.length > MAX_LINES) return { reason: `the body has more than ${MAX_LINES} lines` };
  const parsed = written.map(({ line, index }) => ({ index, json: parseJson(line) }));
  if (parsed.every(({ json }) => !json)) return { reason: 'the body is not JSON' };
  return {
    values: parsed.flatMap(({ json }) => (json ? [json.value] : [])),
    faults: parsed
      .filter(({ json }) => !json)
      .map(({ index }) => ({ path: `line ${index + 1}`, message: 'it is not JSON' })),
  };
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
