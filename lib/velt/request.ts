import type { Secret } from '../aws/secrets.ts';
import { WorldFault } from '../errors.ts';
import type { Http, HttpResponse } from '../http/client.ts';
import { retry } from '../retry.ts';
import { CredentialsRefused } from './outcome.ts';
import type { VeltCredentials } from './schema.ts';

export interface RequestDeps {
  http: Http;
  credentials: Secret<VeltCredentials>;
  baseUrl: string;
  /** How long one try may take (ms); 8 seconds by default. */
  timeoutMs?: number | undefined;
  /** How long after it was given up a try may still take effect (ms); a minute by default. */
  lateMs?: number | undefined;
  clock: () => number;
  random: () => number;
  sleep: (ms: number) => Promise<void>;
  /** Called after every try, answered or failed: its path, how long it took (ms) and with what status. */
  onCall?: (call: { path: string; items: number; ms: number; status: number | undefined }) => void;
}

export interface VeltRequest {
  path: string;
  data: object;
  /** How many users or groups it is about. */
  items: number;
}

/** The last try that was given up, and until when it may still take effect (ms since the epoch). */
export interface GivenUp {
  fault?: WorldFault;
  landsUntil?: number;
}

/** Longer than any gateway lets a request go on that its caller gave up (ms). */
export const LATE_MS = 60_000;

const TRY_MS = 8_000;
const TOTAL_MS = 20_000;
const TRIES = 3;
/** Faults that no further try of the moment mends. */
const FINAL = ['credentials', 'forbidden', 'out-of-time'];
/** The longest wait inside an invocation; longer ones go back to the queue (ms). */
const MAX_WAIT_MS = 2_000;

/**
 * Sends requests to Velt: again after a fault that passes, and once more with fresh credentials. Holds one state, the moment
 * before which Velt's rate limit wants no request. What `read` throws is thrown, or decides that it is sent again.
 */
export function createRequests(deps: RequestDeps) {
  const { clock } = deps;
  let notBefore = 0;

  return async function request<T>(
    sent: VeltRequest,
    read: (response: HttpResponse) => T,
    deadline: number,
    givenUp: GivenUp = {},
  ): Promise<T> {
    const until = Math.min(deadline, clock() + TOTAL_MS);
    const isTooLong = (wait: number) => wait > MAX_WAIT_MS || clock() + wait >= until;
    let used: VeltCredentials | undefined;
    let refused: VeltCredentials | undefined;
    const act = async () => {
      const wait = notBefore - clock();
      if (wait > 0 && isTooLong(wait))
        throw new WorldFault('throttled', 'Velt rate limit still in force', { retryAfterMs: wait });
      if (wait > 0) await deps.sleep(wait);
      used = await deps.credentials({ refused });
      return read(await send(sent, used, until, deps));
    };
    const waitFor = (error: unknown, failures: number) => {
      if (error instanceof CredentialsRefused && refused === undefined) {
        refused = used;
        return 0;
      }
      if (!(error instanceof WorldFault) || FINAL.includes(error.code)) return undefined;
      if (error.code === 'timeout' || error.code === 'connection')
        Object.assign(givenUp, { fault: error, landsUntil: clock() + (deps.lateMs ?? LATE_MS) });
      const wait = error.retryAfterMs ?? deps.random() * 250 * 2 ** failures;
      if (error.code === 'throttled') notBefore = clock() + wait;
      return failures >= TRIES || isTooLong(wait) ? undefined : wait;
    };
    return retry(act, waitFor, async (ms) => {
      if (ms > 0) await deps.sleep(ms);
    });
  };
}

async function send(
  { path, data, items }: VeltRequest,
  { apiKey, authToken }: VeltCredentials,
  until: number,
  { http, baseUrl, clock, onCall, timeoutMs: tryMs = TRY_MS }: RequestDeps,
): Promise<HttpResponse> {
  const started = clock();
  const timeoutMs = Math.min(tryMs, until - started);
  if (timeoutMs <= 0) throw new WorldFault('out-of-time', 'no time left for another call');
  let status: number | undefined;
  try {
    const response = await http({
      method: 'POST',
      url: `${baseUrl.replace(/\/+$/, '')}${path}`,
      headers: {
        ...{ 'content-type': 'application/json', accept: 'application/json' },
        ...{ 'x-velt-api-key': apiKey, 'x-velt-auth-token': authToken },
      },
      body: JSON.stringify({ data }),
      timeoutMs,
    });
    status = response.status;
    return response;
  } finally {
    onCall?.({ path, items, ms: clock() - started, status });
  }
}
