import { hashed } from '../lib/observability.ts';
import type { FunctionName, LogLine, Logs } from './logs.ts';
import { messageOf } from './message.ts';

/** How far back it is looked (ms), and how many lines are shown. */
const SINCE_MS = 24 * 3_600_000;
const MOST_LINES = 20;
/** So many ids are looked for: CloudWatch takes patterns of 1,024 characters. */
const MOST_IDS = 50;
/** Those whose lines name people. */
const ABOUT_PEOPLE: FunctionName[] = ['webhook', 'deliver'];

/**
 * The newest log lines about somebody, by any of their ids, the newest last. Where the logs cannot be read `note` says why: it
 * never throws.
 */
export async function linesAbout(
  ids: readonly string[],
  { logs, salt, clock }: { logs: Logs; salt: () => Promise<string>; clock: () => number },
): Promise<{ lines: LogLine[]; note?: string }> {
  try {
    const known = await salt();
    const terms = { any: [...new Set(ids)].slice(0, MOST_IDS).map((id) => hashed(id, known)) };
    const since = clock() - SINCE_MS;
    const found = await Promise.all(ABOUT_PEOPLE.map((of) => logs.read({ of, since, terms })));
    return {
      lines: found
        .flat()
        .toSorted((a, b) => a.at - b.at)
        .slice(-MOST_LINES),
    };
  } catch (error) {
    return { lines: [], note: `no log lines are shown: ${messageOf(error, ': ')}` };
  }
}
