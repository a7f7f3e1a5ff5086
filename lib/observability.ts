import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { digestOf } from './directory/digest.ts';

/** What a log line may hold beside its message, by the type of its value: nothing personal fits in. */
const FIELDS = {
  text: ['source', 'kind', 'type', 'call', 'path', 'code', 'messageId', 'requestId', 'error'],
  /** Vendor and Velt ids; they are hashed on the way out. */
  id: ['person', 'item'],
  count: [
    ...['status', 'count', 'changes', 'people', 'asked', 'ignored', 'parked', 'failed', 'missing', 'changed'],
    ...['strangers', 'calls', 'pages', 'ms', 'receives'],
  ],
  texts: ['fields'],
} as const;
type Named<Kind extends keyof typeof FIELDS> = (typeof FIELDS)[Kind][number];
export type LogFields = Partial<
  Record<Named<'text'> | Named<'id'>, string> &
    Record<Named<'count'>, number> &
    Record<Named<'texts'>, string[]>
>;

export type Log = Record<'info' | 'warn' | 'error', (message: string, fields?: LogFields) => void>;

type Metric =
  | WebhookMetric
  | (
      | 'MessagesReturned'
      | 'MessagesFailed'
      | 'VeltCalls'
      | 'VeltCallMs'
      | 'ItemsRefused'
      | 'EntriesSwept'
      | 'EntriesFull'
    )
  | ('AttributesRefused' | 'EntriesUnreadable' | 'PeopleWithoutUserId' | 'PeopleWithoutOrganization')
  | ('ReadsFailed' | 'ChangesDropped' | 'MessagesBuried' | 'EventsDeferred')
  | ('PagesRead' | 'PeopleRead' | 'ChangesFound' | 'RunsStopped' | 'DriftFound' | 'StrangersFound');
type WebhookMetric =
  | (
      | 'ChangesReceived'
      | 'EventsIgnored'
      | 'AttributesLeftOut'
      | 'DeliveriesParked'
      | 'DeliveriesRefused'
      | 'CredentialMismatch'
      | 'UnknownSource'
    )
  | ('EventsCaughtUp' | 'HookDeliveriesFailed');

/**
 * What is measured, in one line of CloudWatch's embedded format a call. Names that end in `Ms` are milliseconds, all others
 * are counts. Everything is there by service and stage, and by one dimension more where it has one: of few values each.
 */
export interface Meter {
  record(values: Partial<Record<Metric, number>>, dimension?: { source: string } | { path: string }): void;
}

const HASHED = new Set<string>(FIELDS.id);
const ALLOWED = new Set<string>(Object.values(FIELDS).flat());

/** Keeps the fields on the list, where they hold plain values, and drops all others, whoever added them. */
class AllowListFormatter extends LogFormatter {
  override formatAttributes(attributes: UnformattedAttributes, additional: LogAttributes): LogItem {
    const { logLevel, timestamp, message, serviceName } = attributes;
    const item = new LogItem({
      attributes: { level: logLevel, time: timestamp.toISOString(), message, service: serviceName },
    });
    const allowed = Object.entries(additional).filter(([name, value]) => ALLOWED.has(name) && isPlain(value));
    const written = allowed.map(([name, value]) => [name, HASHED.has(name) ? hashed(String(value)) : value]);
    item.addAttributes(Object.fromEntries(written));
    return item;
  }
}

/** An Error or an object under an allowed name could hold anything. */
function isPlain(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isPlain) : !['object', 'function'].includes(typeof value);
}

/** A vendor's or Velt's id as it may stand in a log: the same id gives the same twelve characters. */
export function hashed(id: string): string {
  return digestOf(id, 12);
}

/** Structured JSON lines on stdout; level and service name come from the POWERTOOLS_* and LOG_LEVEL variables. */
export function createLog(): Log {
  const logger = new Logger({ logFormatter: new AllowListFormatter() });
  const write =
    (level: keyof Log): Log['info'] =>
    (message, fields = {}) =>
      logger[level](message, { ...fields });
  return { info: write('info'), warn: write('warn'), error: write('error') };
}

/** Namespace and service name come from the POWERTOOLS_* variables. */
export function createMeter(stage: string): Meter {
  const metrics = new Metrics({ defaultDimensions: { stage } });
  return {
    record: (values, dimension) => {
      // A set of its own each: an alarm takes all sources together.
      metrics.addDimensions({});
      if (dimension) metrics.addDimensions({ ...dimension });
      for (const [name, value] of Object.entries(values)) {
        metrics.addMetric(name, name.endsWith('Ms') ? MetricUnit.Milliseconds : MetricUnit.Count, value);
      }
      metrics.publishStoredMetrics();
    },
  };
}
