import { readFileSync } from 'node:fs';
import type { DirectoryConfig, SourceConfig } from '../lib/config.ts';
import { type Body, readBody } from '../lib/inbound/body.ts';
import { mapBody, mapEvent } from '../lib/inbound/map.ts';
import { faceOf, inbound } from '../lib/sources/inbound.ts';
import type { Mapped } from '../lib/sources/mapped.ts';
import type { Delivered } from '../lib/sources/source.ts';
import { BusFile, bodyOf, RequestFile } from '../local/demo/events.ts';
import { BadArguments } from './command.ts';

/** A request to the webhook; `credential` is the one that it is sent with. */
export interface RequestEvent {
  request: {
    method: 'GET' | 'POST';
    headers: Record<string, string>;
    body: Buffer | undefined;
    credential: 'right' | 'wrong' | 'missing';
  };
}

/** What EventBridge hands over. */
export interface BusEvent {
  event: { source: string; detail?: unknown };
}

/**
 * Reads a sample event: a file as in events/, or the body of a delivery as it came. `what` names the argument in the
 * BadArguments that it throws where there is no such file.
 */
export function readEventFile(what: string, file: string): RequestEvent | BusEvent {
  const text = readText(what, file);
  const { data } = RequestFile.or(BusFile).safeParse(jsonIn(text));
  if (data && 'event' in data) return { event: data.event };
  const {
    method,
    headers,
    credential = 'right',
  } = data?.request ?? {
    method: 'POST' as const,
    headers: { 'content-type': 'application/json' },
  };
  const body = data ? bodyOf(data.request) : Buffer.from(text);
  return { request: { method, headers, body, credential } };
}

/** The values in the body of a request, and what of it is none. */
export function valuesOf({ request }: RequestEvent, config: SourceConfig): Body {
  return readBody(request.body ?? Buffer.alloc(0), faceOf(config, inbound));
}

/** What an event comes to at a source, by whichever way it came. */
export function mappedOf(file: RequestEvent | BusEvent, delivered: Delivered<SourceConfig>): Mapped {
  if ('event' in file) return mapEvent(file.event.detail, delivered);
  const { values, faults } = valuesOf(file, delivered.config);
  const mapped = mapBody(values, delivered);
  return { ...mapped, unreadable: [...mapped.unreadable, ...faults] };
}

/** The source that was named, or the only one. Throws BadArguments where there are several, or no such source. */
export function sourceOf(named: string | undefined, { sources }: Pick<DirectoryConfig, 'sources'>): string {
  const names = Object.keys(sources);
  const [only = ''] = names;
  if (named === undefined && names.length === 1) return only;
  if (named === undefined || !Object.hasOwn(sources, named))
    throw new BadArguments(`--source is one of ${names.join(', ')}`);
  return named;
}

/** The text of a file. Throws BadArguments that begins with `what`. */
export function readText(what: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new BadArguments(`${what} ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Parses JSON; undefined where it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
