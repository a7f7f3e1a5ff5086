/** What the world can do to a call; each passes by itself or with an operator's help, so the message comes back. */
export type WorldCode =
  | 'throttled'
  | 'unavailable'
  | 'timeout'
  | 'connection'
  | 'credentials'
  | 'forbidden'
  | 'no-credentials'
  | 'unreadable-answer'
  | 'unreadable-message'
  | 'unreadable-entry'
  | 'queue'
  | 'mirror'
  | 'leased'
  | 'secret'
  | 'out-of-time';

/**
 * Thrown for a fault that has nothing to do with the person at hand: the message it belongs to returns to the queue.
 * `retryAfterMs` is the vendor's own wish, where it named one; of `leased` it is how long the lease lasts at most. `ofOne` is
 * set where the directory is there, and gave no answer about a single person, group or organization.
 */
export class WorldFault extends Error {
  override readonly name = 'WorldFault';
  readonly code: WorldCode;
  readonly retryAfterMs: number | undefined;
  readonly ofOne: boolean;

  constructor(
    code: WorldCode,
    message: string,
    options: { retryAfterMs?: number | undefined; cause?: unknown; ofOne?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.ofOne = options.ofOne === true;
  }
}

/** Thrown when Velt refused a call as a whole without saying which of its items is at fault. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused';
  readonly status: string;

  constructor(status: string, reason: string) {
    super(reason);
    this.status = status;
  }
}

/** Thrown by the mirror when an entry changed since it was read. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** Thrown at the edge for an answer other than 2xx. `body` goes to the caller and says how to mend the request. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** Thrown at build and at start: every fault of a configuration, a secret or an environment at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly issues: { path: string; message: string }[];

  constructor(what: string, issues: { path: string; message: string }[]) {
    super(`${what} is not valid:\n${issues.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`);
    this.issues = issues;
  }
}
