import { createHmac } from 'node:crypto';
import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** What a log line may hold beside its message, by the type of its value: nothing personal fits in. */
const FIELDS = {
  text: [
    ...['source', 'kind', 'type', 'call', 'path', 'code', 'messageId', 'requestId', 'error', 'place'],
    'outcome',
  ],
  /** Vendor and Velt ids; they are hashed on the way out. */
  id: ['person', 'item'],
  ids: ['eventIds', 'personIds'],
  count: [
    ...['status', 'count', 'changes', 'people', 'asked', 'ignored', 'parked', 'failed', 'missing', 'changed'],
    ...['strangers', 'calls', 'pages', 'ms', 'receives', 'events'],
  ],
  texts: ['fields', 'types', 'causes'],
} as const;
type Kind = keyof typeof FIELDS;
type Named<K extends Kind> = (typeof FIELDS)[K][number];
type Fields = Record<Named<'text'> | Named<'id'>, string> &
  Record<Named<'count'>, number> &
  Record<Named<'texts'> | Named<'ids'>, string[]>;
/** What is undefined is left out. */
export type LogFields = { [Name in keyof Fields]?: Fields[Name] | undefined };

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

const KINDS = new Map<string, Kind>(
  (Object.keys(FIELDS) as Kind[]).flatMap((kind) => FIELDS[kind].map((name) => [name, kind] as const)),
);
/** The longest list of ids or texts in a line; a count beside it says how many there are. */
const MAX_LISTED = 20;
/** The longest text in a line (characters). */
const MAX_TEXT = 300;

/** Keeps the fields on the list, where they hold what their kind may hold, and drops all others, whoever added them. */
class AllowListFormatter extends LogFormatter {
  readonly #salt: string;

  constructor(salt: string) {
    super();
    this.#salt = salt;
  }

  override formatAttributes(attributes: UnformattedAttributes, additional: LogAttributes): LogItem {
    const { logLevel, timestamp, message, serviceName } = attributes;
    const item = new LogItem({
      attributes: { level: logLevel, time: timestamp.toISOString(), message, service: serviceName },
    });
    const written = Object.entries(additional).map(([name, value]) => [
      name,
      asWritten(KINDS.get(name), value, this.#salt),
    ]);
    item.addAttributes(Object.fromEntries(written.filter(([, value]) => value !== undefined)));
    return item;
  }
}

/** A value as a line may hold it; undefined where it is none of its kind, for an object or an Error could hold anything. */
function asWritten(kind: Kind | undefined, value: unknown, salt: string): unknown {
  const listOf = (write: (text: string) => string) =>
    Array.isArray(value)
      ? value
          .filter((one) => typeof one === 'string')
          .map(write)
          .slice(0, MAX_LISTED)
      : undefined;
  switch (kind) {
    case 'text':
      return typeof value === 'string' ? sayable(value) : undefined;
    case 'texts':
      return listOf(sayable);
    case 'id':
      return typeof value === 'string' ? hashed(value, salt) : undefined;
    case 'ids':
      return listOf((id) => hashed(id, salt));
    case 'count':
      return typeof value === 'number' ? value : undefined;
    default:
      return undefined;
  }
}

/** Texts are ours; one that may hold an address all the same, as a path may whose keys are somebody else's, is none. */
function sayable(text: string): string {
  return text.includes('@') ? '(left out)' : text.slice(0, MAX_TEXT);
}

/**
 * A vendor's or Velt's id as it may stand in a log: under one salt the same id gives the same twelve characters, and nobody who
 * lacks the salt can try out whose they are.
 */
export function hashed(id: string, salt: string): string {
  return createHmac('sha256', salt).update(id).digest('base64url').slice(0, 12);
}

/**
 * Structured JSON lines on stdout; level and service name come from the POWERTOOLS_* and LOG_LEVEL variables. `salt` is what
 * ids are hashed with: one a deployment, the same in every function.
 */
export function createLog(salt: string): Log {
  const logger = new Logger({ logFormatter: new AllowListFormatter(salt) });
  const write =
    (level: keyof Log): Log['info'] =>
    (message, fields = {}) =>
      logger[level](message, { ...fields });
  return { info: write('info'), warn: write('warn'), error: write('error') };
}

/** A log whose every line has these fields too. */
export function withFields(log: Log, fields: LogFields): Log {
  const write =
    (level: keyof Log): Log['info'] =>
    (message, more) =>
      log[level](message, { ...fields, ...more });
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
