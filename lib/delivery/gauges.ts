import { containersAround } from '../aws/around.ts';
import type { Mirror, Stored } from '../aws/mirror.ts';
import { incompleteSince, type Runs } from '../aws/runs.ts';
import { chunk } from '../directory/chunk.ts';
import type { PersonEntry } from '../directory/entry.ts';
import { isOwed, owesRemoval, SOON_MS } from '../directory/owed.ts';
import type { Policy } from '../directory/policy.ts';
import type { Meter } from '../observability.ts';

export interface GaugeDeps {
  policies: ReadonlyMap<string, Policy>;
  mirror: Pick<Mirror, 'due' | 'read'>;
  runs: Pick<Runs, 'current'>;
  clock: () => number;
  meter: Meter;
}

/** So many of the entries that wait are looked at: those whose moment comes first. Beyond that nobody counts. */
const MAX_ENTRIES = 2_000;

/**
 * Tells how things stand at each source, where all is well too, so that an alarm ends: how many entries are owed something, how many
 * people a removal, and how old the last complete run is. Throws WorldFault.
 */
export async function tellGauges(deps: GaugeDeps): Promise<void> {
  const { policies, runs, clock, meter } = deps;
  meter.gauge(await owedOf(deps));
  for (const source of policies.keys()) {
    const { run } = (await runs.current(source)) ?? {};
    const since = run && incompleteSince(run);
    if (since !== undefined) meter.record({ RunAgeMs: clock() - Date.parse(since) }, { source });
  }
}

/** What is owed, by source. */
async function owedOf({ policies, mirror, clock }: GaugeDeps) {
  const now = clock();
  const owed = new Map([...policies.keys()].map((source) => [source, { EntriesOwed: 0, RemovalsOwed: 0 }]));
  const refs = await mirror.due(now + SOON_MS, MAX_ENTRIES, (source) => policies.has(source));
  for (const some of chunk(refs, { count: 100 })) {
    const found = [...(await mirror.read(some)).values()].filter((stored) => isOwed(stored, now));
    const people = found.flatMap(({ entry }) => (entry.kind === 'person' ? entry : []));
    const containers = await containersAround(people, [], mirror);
    const isRemoval = (entry: Stored['entry']): entry is PersonEntry =>
      entry.kind === 'person' && owesRemoval(entry, containers, policies.get(entry.source) as Policy, now);
    for (const { entry } of found) {
      const counts = owed.get(entry.source);
      if (!counts) continue;
      counts.EntriesOwed += 1;
      if (isRemoval(entry)) counts.RemovalsOwed += 1;
    }
  }
  return owed;
}
