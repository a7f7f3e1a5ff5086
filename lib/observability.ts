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
  | ('EntriesOwed' | 'RemovalsOwed' | 'RunAgeMs' | 'FreshnessMs' | 'EventsMissed')
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
  | ('EventsCaughtUp' | 'HookDeliveriesFailed' | 'StreamsDisabled');

/**
 * What is measured, in one line of CloudWatch's embedded format a call. Names that end in `Ms` are milliseconds, all others
 * are counts. Everything is there by service and stage, and by one dimension more where it has one: of few values each.
 */
export interface Meter {
  /** Several values of one metric are told each, so that a percentile of them can be drawn. */
  record(values: Values<number | number[]>, dimension?: Dimension): void;
  /** How much there is of something at this moment, by source, and under service and stage alone how much there is in all. */
  gauge(values: ReadonlyMap<string, Values<number>>): void;
}
type Values<T> = Partial<Record<Metric, T>>;
type Dimension = { source: string } | { path: string };

/** CloudWatch takes a hundred values of a metric a line, and at a hundred the line would be printed before its end. */
const MAX_VALUES = 99;

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
  const print = (values: Values<number | number[]>, sets: Record<string, string>[]) => {
    for (const set of sets) metrics.addDimensions({ ...set });
    for (const [name, value] of Object.entries(values)) {
      const unit = name.endsWith('Ms') ? MetricUnit.Milliseconds : MetricUnit.Count;
      for (const one of [value].flat()) metrics.addMetric(name, unit, one);
    }
    metrics.publishStoredMetrics();
  };
  return {
    record: (values, dimension) => {
      // A set of its own each: an alarm takes all sources together.
      const sets = [{}, ...(dimension ? [dimension] : [])];
      for (const some of inLines(values)) print(some, sets);
    },
    gauge: (values) => {
      const total: Record<string, number> = {};
      for (const [source, ofSource] of values) {
        print(ofSource, [{ source }]);
        for (const [name, value] of Object.entries(ofSource)) total[name] = (total[name] ?? 0) + value;
      }
      if (values.size > 0) print(total, [{}]);
    },
  };
}

/** Values as lines can hold them: what is one value is on the first. */
function inLines(values: Values<number | number[]>): Values<number | number[]>[] {
  const all = Object.entries(values).map(([name, value]) => [name, [value].flat()] as const);
  const lines = Math.max(1, ...all.map(([, { length }]) => Math.ceil(length / MAX_VALUES)));
  return Array.from({ length: lines }, (_, nth) =>
    Object.fromEntries(
      all.flatMap(([name, list]) => {
        const some = list.slice(nth * MAX_VALUES, (nth + 1) * MAX_VALUES);
        return some.length > 0 ? [[name, some.length > 1 ? some : some[0]]] : [];
      }),
    ),
  );
}
