import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import * as z from 'zod';
import type { StackPlace } from './place.ts';

/** The functions that serverless.yml deploys: each has a log group of its own. */
export const FUNCTIONS = ['webhook', 'deliver', 'backfill', 'catch-up', 'read-back', 'sweep'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** The levels of lines, from the least one on. */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** A line that a function wrote. */
export interface LogLine {
  /** The same in every answer that has the line. */
  id: string;
  /** ms since the epoch. */
  at: number;
  function: FunctionName;
  level: Level;
  message: string;
  /** What stands in it beside. */
  fields: Record<string, unknown>;
}

/** The terms by which lines are found: those that have all of them, or `any` of them. Nothing is escaped in a term. */
export type Terms = { all: string[] } | { any: string[] };

export interface Logs {
  /**
   * The lines of a function from `since` on (ms since the epoch), oldest first. Throws Error, with what AWS answered as its
   * cause, where they cannot be read.
   */
  read(asked: { of: FunctionName; since: number; terms?: Terms | undefined }): Promise<LogLine[]>;
}

/** Every line of ours has it, and neither Lambda's own lines nor those of metrics do. */
export const OWN = 'level';

/** The logs of a stage, read by CloudWatch's FilterLogEvents until `signal` is aborted. */
export function createLogs({ stage, aws }: StackPlace, signal: AbortSignal): Logs {
  const client = new CloudWatchLogsClient(aws as object);
  return {
    async read({ of, since, terms }) {
      const logGroupName = `/aws/lambda/velt-directory-sync-${stage}-${of}`;
      const asked = { logGroupName, startTime: since, filterPattern: terms && patternOf(terms) };
      const lines: LogLine[] = [];
      try {
        // A page may be empty, and the next one not: the token alone tells the end.
        for await (const { events = [] } of paginateFilterLogEvents({ client }, asked, {
          abortSignal: signal,
        }))
          lines.push(...events.flatMap((event) => lineOf(event, of) ?? []));
      } catch (cause) {
        throw new Error(`the log ${logGroupName} cannot be read`, { cause });
      }
      return lines;
    },
  };
}

function patternOf(terms: Terms): string {
  const [listed, mark] = 'all' in terms ? [terms.all, ''] : [terms.any, '?'];
  return listed.map((term) => `${mark}"${term}"`).join(' ');
}

/** Lambda's own lines of an invocation that tell of no failure. */
const USUAL = /^(START|END|INIT_START|EXTENSION|TELEMETRY|XRAY) |^REPORT (?!.*Status: )/s;

const Own = z.looseObject({
  level: z.string().toLowerCase().pipe(z.enum(LEVELS)),
  message: z.string(),
  time: z.unknown(),
  service: z.unknown(),
});

/**
 * What an event of a function's log group says; undefined for the lines of metrics, and of Lambda's where nothing failed. What
 * is none of ours was written by Lambda or Node, as about time that ran out: it is an error's.
 */
export function lineOf(event: FilteredLogEvent, of: FunctionName): LogLine | undefined {
  const { eventId: id = '', timestamp: at = 0 } = event;
  const text = event.message?.trim() ?? '';
  if (text === '' || text.startsWith('{"_aws"') || USUAL.test(text)) return undefined;
  const { data } = Own.safeParse(jsonIn(text));
  if (!data) return { id, at, function: of, level: 'error', message: text, fields: {} };
  const { level, message, time: _, service: __, ...fields } = data;
  return { id, at, function: of, level, message, fields };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
