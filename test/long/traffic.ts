import type { Cloud } from '../../local/cloud/cloud.ts';

// What the programs here that send webhooks to a local cloud have in common.

const CHANGES = 'velt-directory-sync-dev-changes.fifo';
const GIVEN_UP = ['velt-directory-sync-dev-changes-dead.fifo', 'velt-directory-sync-dev-parked'];

/** Sends a webhook body to a source as its vendor would; resolves with the status of the answer. */
export async function post({ sources }: Cloud, source: string, body: object): Promise<number> {
  const { url = '', headers } = sources[source] ?? {};
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await answer.text();
  return answer.status;
}

/** How many messages are dead or parked. */
export function givenUp({ aws }: Cloud): number {
  return GIVEN_UP.reduce((sum, queue) => sum + (aws?.sqs.depth(queue).visible ?? 0), 0);
}

/** How many messages wait for deliver, or are with it. */
export function waiting({ aws }: Cloud): number {
  const { visible = 0, inFlight = 0, delayed = 0 } = aws?.sqs.depth(CHANGES) ?? {};
  return visible + inFlight + delayed;
}

/** Resolves when nothing is left to do, and says every `everyMs` how far it is. Rejects after `withinMs`. */
export async function drain(
  cloud: Cloud,
  { withinMs, everyMs, say }: { withinMs: number; everyMs: number; say: (text: string) => void },
): Promise<void> {
  const progress = setInterval(
    () => say(`${waiting(cloud)} messages left, ${cloud.velt?.calls.length} Velt calls`),
    everyMs,
  );
  await cloud.idle({ withinMs }).finally(() => clearInterval(progress));
}

/** Parts of so many. */
export function chunked<T>(items: T[], count: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / count) }, (_, index) =>
    items.slice(index * count, (index + 1) * count),
  );
}

/** The same in another order, each overtaken by no more than `window` others, and a share of them twice. */
export function shuffled<T>(
  items: T[],
  random: () => number,
  { window, twice }: { window: number; twice: number },
): T[] {
  const repeated = items.flatMap((item) => (random() < twice ? [item, item] : [item]));
  return repeated
    .map((item, index) => ({ item, place: index + random() * window }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** Says things with the seconds since now. */
export function startSaying(print: (line: string) => void): (text: string) => void {
  const startedAt = Date.now();
  return (text) => print(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}`);
}

/** Lines of a name and a number. */
export function rowsText(rows: [string, string | number][]): string {
  return rows.map(([name, value]) => `${name.padEnd(36)} ${String(value).padStart(8)}`).join('\n');
}
