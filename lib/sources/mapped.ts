import type { QueueItem } from '../directory/change.ts';

/** What one delivery of an identity provider comes to. */
export interface Mapped {
  changes: QueueItem[];
  /** The events that it was made of, those that could be read: what a log tells of them. */
  events: EventName[];
  /** Events that are not for the mirror, by type and reason: answered 2xx and counted. */
  ignored: { type: string; reason: string }[];
  /** Parts that could not be read, by path: the delivery is parked for people to look at. */
  unreadable: { path: string; message: string }[];
  /** Attributes that are of no use, and cost nothing but themselves. Absent where there are none. */
  leftOut?: number | undefined;
}

/** An event's type, and the vendor's id of it where it has one. */
export interface EventName {
  type: string;
  id?: string | undefined;
}

/** What an event comes to: changes, or the reason why it is not for the mirror. */
export type Verdict = QueueItem[] | string;

export function mappedBy(verdict: Verdict, event: EventName): Mapped {
  const events = [event];
  return typeof verdict === 'string'
    ? { changes: [], events, ignored: [{ type: event.type, reason: verdict }], unreadable: [] }
    : { changes: verdict, events, ignored: [], unreadable: [] };
}

/** `path` is where these issues stand in what was delivered, and ends with a dot if there is any. */
export function unreadable(issues: Mapped['unreadable'], path = ''): Mapped {
  const located = issues.map((issue) => ({ ...issue, path: `${path}${issue.path}` }));
  return { changes: [], events: [], ignored: [], unreadable: located };
}

/** Of a time that is none; `path` says where it stands. */
export function undated(path: string): Mapped {
  return unreadable([{ path, message: 'Invalid input: expected a date' }]);
}

export function merged(all: Mapped[]): Mapped {
  return {
    changes: all.flatMap(({ changes }) => changes),
    events: all.flatMap(({ events }) => events),
    ignored: all.flatMap(({ ignored }) => ignored),
    unreadable: all.flatMap(({ unreadable }) => unreadable),
    leftOut: all.reduce((sum, { leftOut = 0 }) => sum + leftOut, 0) || undefined,
  };
}
