import { createHash } from 'node:crypto';
import type { Clock } from './clock.ts';
import { AwsError } from './error.ts';

type Line = { sequence: number; at: number; message: string };

type Input = {
  logGroupName?: string;
  /** ms since the epoch; both belong to the range. */
  startTime?: number;
  endTime?: number;
  filterPattern?: string;
  limit?: number;
  nextToken?: string;
};

/** The newest lines of a group that are there for sure; of older ones there may be as many more. */
const MAX_KEPT = 10_000;
/** What a page holds at most (API reference 2014-03-28, FilterLogEvents, read 2026-11): events, and bytes of their messages. */
const MAX_EVENTS = 10_000;
const MAX_PAGE_BYTES = 1024 * 1024;
/** So many lines are looked at for a page: whoever filters gets pages with little or nothing and a token, as from AWS. */
const MAX_SCANNED = 500;
const MAX_PATTERN = 1024;

export type Logs = ReturnType<typeof createLogs>;

/**
 * CloudWatch Logs as far as an operator needs it: FilterLogEvents over what the functions wrote. A page may be empty and have a
 * token all the same. Of filter patterns it knows terms in quotes, or of letters and digits alone: a line has to have all of
 * them, or with a `?` in front of each one of them (CloudWatch Logs user guide, "Filter pattern syntax", 2026-11). Any other
 * pattern is refused, also where AWS knows it.
 */
export function createLogs({
  clock,
  region,
  accountId,
}: {
  clock: Clock;
  region: string;
  accountId: string;
}) {
  const groups = new Map<string, Line[]>();
  let written = 0;

  return {
    create(group: string): void {
      groups.set(group, groups.get(group) ?? []);
    },

    /** Appends a line to a group; nothing comes of one for a group that is not there. */
    put(group: string, message: string): void {
      const lines = groups.get(group);
      if (!lines) return;
      written += 1;
      lines.push({ sequence: written, at: clock.now(), message });
      if (lines.length >= 2 * MAX_KEPT) lines.splice(0, lines.length - MAX_KEPT);
    },

    knows: (action: string) => action === 'FilterLogEvents',

    resources: (_action: string, { logGroupName = '' }: Input) => [
      `arn:aws:logs:${region}:${accountId}:log-group:${logGroupName}:log-stream:`,
    ],

    async handle(_action: string, input: Input): Promise<object> {
      const { logGroupName = '', startTime = 0, endTime = Number.POSITIVE_INFINITY } = input;
      const { filterPattern = '', limit = MAX_EVENTS, nextToken } = input;
      if (!Number.isInteger(limit) || limit < 1 || limit > MAX_EVENTS)
        throw invalid(`limit has to be from 1 to ${MAX_EVENTS}, and is ${limit}`);
      const lines = groups.get(logGroupName);
      if (!lines) throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
      const isMatch = matcherOf(filterPattern);
      const after = nextToken === undefined ? 0 : sequenceIn(nextToken, input);
      const rest = lines.filter(({ sequence, at }) => sequence > after && at >= startTime && at <= endTime);
      const { found, last } = pageOf(rest, isMatch, limit);
      const isEnd = last === rest.at(-1)?.sequence;
      return {
        events: found.map((line) => shown(logGroupName, line)),
        searchedLogStreams: [],
        ...(!isEnd && { nextToken: tokenOf(last ?? after, input) }),
      };
    },
  };
}

/** What of the lines goes on one page, and which was the last that was looked at. */
function pageOf(lines: Line[], isMatch: (message: string) => boolean, limit: number) {
  const found: Line[] = [];
  let [bytes, last]: [number, number | undefined] = [0, undefined];
  for (const line of lines.slice(0, MAX_SCANNED)) {
    if (isMatch(line.message)) {
      bytes += Buffer.byteLength(line.message);
      if (found.length === limit || (found.length > 0 && bytes > MAX_PAGE_BYTES)) break;
      found.push(line);
    }
    last = line.sequence;
  }
  return { found, last };
}

function shown(group: string, { sequence, at, message }: Line) {
  return {
    logStreamName: `local/${group.split('/').at(-1)}`,
    timestamp: at,
    ingestionTime: at,
    message,
    eventId: String(sequence).padStart(56, '0'),
  };
}

const TERM = /\s*(\??)(?:"([^"\\]+)"|([A-Za-z\d]+))(?=\s|$)/y;

/** Whether a line has the terms of a pattern. Throws AwsError for a pattern that is not known here. */
function matcherOf(pattern: string): (message: string) => boolean {
  if (pattern.length > MAX_PATTERN) throw invalid(`filterPattern is longer than ${MAX_PATTERN} characters`);
  const terms: { isOptional: boolean; text: string }[] = [];
  TERM.lastIndex = 0;
  for (let read = 0; pattern.slice(read).trim() !== ''; read = TERM.lastIndex) {
    const [, mark, quoted, plain] = TERM.exec(pattern) ?? [];
    const text = quoted ?? plain;
    if (text === undefined)
      throw invalid(`Invalid filter pattern: the local cloud knows terms only, and not ${pattern}`);
    terms.push({ isOptional: mark === '?', text });
  }
  const optional = terms.filter(({ isOptional }) => isOptional);
  if (optional.length > 0 && optional.length < terms.length)
    throw invalid('Invalid filter pattern: beside terms that are needed, AWS passes over those with a ?');
  if (optional.length > 0) return (message) => terms.some(({ text }) => message.includes(text));
  return (message) => terms.every(({ text }) => message.includes(text));
}

/** A token is good for the request that it came of, and no other. */
function tokenOf(sequence: number, { nextToken: _, ...asked }: Input): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(Object.entries(asked).sort()))
    .digest('base64url');
  return `${digest}.${sequence}`;
}

function sequenceIn(token: string, input: Input): number {
  const sequence = Number(token.split('.')[1]);
  if (token !== tokenOf(sequence, input)) throw invalid('The specified nextToken is invalid.');
  return sequence;
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}
