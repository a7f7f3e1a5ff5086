import * as z from 'zod';
import type { Queue } from '../aws/queue.ts';
import { type DirectoryConfig, parse } from '../config.ts';
import { ConfigError, WorldFault } from '../errors.ts';
import type { Log, Meter } from '../observability.ts';
import type { OktaApi } from '../sources/okta/api.ts';
import { mapOktaUser } from '../sources/okta/map.ts';

/** What a schedule or a person invokes a backfill with. */
const BackfillInput = z.strictObject({ source: z.string().min(1) });

export interface BackfillDeps {
  config: DirectoryConfig;
  /** The API of an Okta source, by its name. */
  okta: (source: string) => OktaApi;
  queue: Queue;
  clock: () => number;
  sleep: (ms: number) => Promise<void>;
  log: Log;
  meter: Meter;
}

/**
 * Reads everyone of one source page by page and queues them as changes. Returns what was read.
 *
 * Throws ConfigError when the input or the credentials are not valid, and WorldFault when the directory stays out of reach
 * or the time (`deadline`, ms since the epoch) is up.
 */
export async function backfill(
  input: unknown,
  deadline: number,
  deps: BackfillDeps,
): Promise<{ source: string; pages: number; people: number }> {
  const { source } = parse(BackfillInput, input, 'backfill input');
  if (deps.config.sources[source]?.kind !== 'okta') {
    throw new ConfigError('backfill input', [
      { path: 'source', message: `no Okta source is called ${source}` },
    ]);
  }
  const okta = deps.okta(source);
  const done = { source, pages: 0, people: 0 };
  let next: string | undefined;
  let unreadable = 0;
  do {
    const readAt = deps.clock();
    const page = await patiently(() => okta.readUsers(next), deadline, deps);
    await deps.queue.send(page.users.map((user) => mapOktaUser(user, source, readAt)));
    done.pages += 1;
    done.people += page.users.length;
    unreadable += page.unreadable;
    next = page.next;
  } while (next !== undefined);
  if (unreadable > 0) deps.log.error('Left out users that could not be read', { source, count: unreadable });
  deps.meter.record({ PeopleRead: done.people }, { source });
  deps.log.info('Read a source', { source, pages: done.pages, count: done.people });
  return done;
}

/** A directory that is out of reach is asked again: this often, after this long and then twice as long each time (ms). */
const RETRIES = 5;
const FIRST_WAIT_MS = 1_000;

/** Waits as long as the directory asks for, or a growing while when it is out of reach, while there is time. */
async function patiently<T>(read: () => Promise<T>, deadline: number, deps: BackfillDeps): Promise<T> {
  for (let failures = 0; ; ) {
    if (deps.clock() >= deadline) throw new WorldFault('out-of-time', 'no time left for another page');
    try {
      return await read();
    } catch (error) {
      const wait = error instanceof WorldFault ? waitFor(error, failures) : undefined;
      if (wait === undefined || deps.clock() + wait >= deadline) throw error;
      if (error instanceof WorldFault && error.code !== 'throttled') failures += 1;
      await deps.sleep(wait);
    }
  }
}

function waitFor({ code, retryAfterMs }: WorldFault, failures: number): number | undefined {
  if (code === 'throttled') return retryAfterMs;
  const passing = code === 'unavailable' || code === 'timeout' || code === 'connection';
  return passing && failures < RETRIES ? FIRST_WAIT_MS * 2 ** failures : undefined;
}
