import { readdirSync, readFileSync } from 'node:fs';
import * as z from 'zod';

/** A body that is too long for a file: `prefix`, `repeat` as often as fits into `bytes`, `close` as often, `suffix`. */
const BodyOf = z.strictObject({
  prefix: z.string().default(''),
  repeat: z.string().min(1),
  bytes: z.int().positive(),
  close: z.string().default(''),
  suffix: z.string().default(''),
});

const Expect = z.strictObject({
  /** How many changes go to the queue; for a schedule, how many people are read. */
  changes: z.int().min(0),
  /** The outcome of the whole delivery; `refused` = not authenticated. */
  outcome: z.enum(['delivered', 'unchanged', 'ignored', 'parked', 'refused']),
  /** A part of the delivery was parked, and the rest was not. */
  parked: z.literal(true).optional(),
  /** The paths of Velt's calls, in order. */
  calls: z.array(z.string().regex(/^\/v[12]\//)),
});

const about = z.string().endsWith('.');

/** A request as the vendor sends it, without the credential; a `body` that is a string is sent as it stands. */
export const RequestFile = z.strictObject({
  about,
  request: z
    .strictObject({
      method: z.enum(['GET', 'POST']),
      headers: z.record(z.string().regex(/^[a-z0-9-]+$/), z.string()),
      body: z.unknown().optional(),
      bodyBase64: z.literal(true).optional(),
      bodyOf: BodyOf.optional(),
      /** Each is sent as one line of JSON; a line that is a string is sent as it stands. */
      bodyLines: z.array(z.unknown()).min(2).optional(),
      credential: z.enum(['wrong', 'missing']).optional(),
    })
    .refine(
      ({ body, bodyOf, bodyLines }) =>
        [body, bodyOf, bodyLines].filter((one) => one !== undefined).length <= 1,
      'body, bodyOf and bodyLines exclude each other',
    )
    .refine(
      ({ body, bodyBase64 }) => !bodyBase64 || typeof body === 'string',
      'base64 is written as a string',
    ),
  expect: Expect.extend({ status: z.int().min(200).max(599), body: z.unknown().optional() }),
});

/** An invocation as the schedule makes it. */
export const InvokeFile = z.strictObject({
  about,
  invoke: z.strictObject({ source: z.string() }),
  expect: Expect,
});

/** An event as EventBridge hands it over. */
export const BusFile = z.strictObject({
  about,
  event: z.looseObject({ source: z.string(), 'detail-type': z.string(), detail: z.unknown() }),
  expect: Expect,
});

/** One file of `events/`, ready to send. `name` is its path without `.json`. */
export type EventFile =
  | {
      kind: 'request';
      name: string;
      source: 'okta' | 'auth0';
      about: string;
      request: {
        method: 'GET' | 'POST';
        headers: Record<string, string>;
        body: Buffer | undefined;
        credential: 'right' | 'wrong' | 'missing';
      };
      expect: z.output<typeof RequestFile>['expect'];
    }
  | {
      kind: 'event';
      name: string;
      about: string;
      event: z.output<typeof BusFile>['event'];
      expect: z.output<typeof BusFile>['expect'];
    }
  | {
      kind: 'invoke';
      name: string;
      about: string;
      invoke: { source: string };
      expect: z.output<typeof InvokeFile>['expect'];
    };

const EVENTS = new URL('../../events/', import.meta.url);

/**
 * Reads every file of `events/`, in the order in which they are to be sent: by the vendor's own time of the first event in
 * the body, then those without a time, then the schedule's; equal times by name. What the files expect is right for that
 * order, from an empty Velt.
 *
 * @throws {z.ZodError} when a file has another shape.
 */
export function readEvents(root: URL = EVENTS): EventFile[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .map((path) =>
      readEvent(path.replace(/\.json$/, ''), JSON.parse(readFileSync(new URL(path, root), 'utf8'))),
    )
    .map((event) => ({ event, time: timeOf(event) }))
    .sort((a, b) => a.time - b.time || (a.event.name < b.event.name ? -1 : 1))
    .map(({ event }) => event);
}

function readEvent(name: string, content: unknown): EventFile {
  const source = name.slice(0, name.indexOf('/'));
  if (source === 'schedule') return { kind: 'invoke', name, ...InvokeFile.parse(content) };
  if (source === 'eventbridge') return { kind: 'event', name, ...BusFile.parse(content) };
  const { about, request, expect } = RequestFile.parse(content);
  const { method, headers, credential = 'right' } = request;
  return {
    kind: 'request',
    name,
    source: z.enum(['okta', 'auth0']).parse(source),
    about,
    request: { method, headers, body: bodyOf(request), credential },
    expect,
  };
}

/** The bytes of a request's body, if it has one. */
export function bodyOf(request: z.output<typeof RequestFile>['request']): Buffer | undefined {
  const { body, bodyBase64, bodyOf, bodyLines } = request;
  if (bodyOf) {
    const { prefix, repeat, bytes, close, suffix } = bodyOf;
    const times = Math.floor(bytes / Buffer.byteLength(repeat));
    return Buffer.from(prefix + repeat.repeat(times) + close.repeat(times) + suffix);
  }
  if (bodyLines)
    return Buffer.from(
      bodyLines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
    );
  if (typeof body === 'string') return Buffer.from(body, bodyBase64 ? 'base64' : 'utf8');
  return body === undefined ? undefined : Buffer.from(JSON.stringify(body));
}

const NO_TIME = Number.MAX_SAFE_INTEGER - 1;

const Okta = z.object({
  data: z.object({ events: z.tuple([z.object({ published: z.string() })], z.unknown()) }),
});
const LogEvent = z.object({ published: z.string() });
const Dated = z.union([
  z.object({ time: z.string() }).transform(({ time }) => time),
  z.object({ updated_at: z.string() }).transform(({ updated_at }) => updated_at),
  z.object({ date: z.string() }).transform(({ date }) => date),
]);

function timeOf(event: EventFile): number {
  if (event.kind === 'invoke') return Number.MAX_SAFE_INTEGER;
  const text =
    event.kind === 'event'
      ? (LogEvent.safeParse(event.event.detail).data?.published ?? auth0Time(event.event.detail))
      : requestTime(event);
  return Date.parse(text ?? '') || NO_TIME;
}

function requestTime({ source, request }: EventFile & { kind: 'request' }): string | undefined {
  const text = request.body?.toString('utf8') ?? '';
  const body = parseJson(text) ?? parseJson(text.slice(0, text.indexOf('\n')));
  if (source === 'okta') return Okta.safeParse(body).data?.data.events[0].published;
  return auth0Time(Array.isArray(body) ? body[0] : body);
}

/** The time of an event, of a log record, or of the user of an Action's event, bare or in whatever wraps it. */
function auth0Time(value: unknown): string | undefined {
  const { message, data, user, object } = z.looseObject({}).safeParse(value).data ?? {};
  return [value, message, data, user, object].map((place) => Dated.safeParse(place).data).find(Boolean);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
