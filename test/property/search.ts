import fc from 'fast-check';
import type { VeltCall } from '../../local/doubles/velt/velt.ts';

/** What a case came through, by name: how often each rare thing happened. */
export type Reached = Record<string, number>;

/** Adds what happened to what had happened. */
export function addTo(all: Reached, more: Reached): void {
  for (const [name, times] of Object.entries(more)) all[name] = (all[name] ?? 0) + times;
}

/** How often somebody who was there got another role: by calls of Velt that changed something. */
export function rolesChanged(calls: VeltCall[]): Reached {
  const tellsRole = ({ path, effective, body }: VeltCall) =>
    effective && path === '/v2/users/update' && JSON.stringify(body).includes('"accessRole"');
  return { 'another role': calls.filter(tellsRole).length };
}

export interface Search {
  /** How many cases to live through. */
  runs: number;
  /** The same seed tries the same cases. */
  seed: number;
  /** The first case to live through (1 unless told). */
  from?: number | undefined;
  /** After how long no further case is begun (ms): a search ends early rather than that a slow machine fails it. */
  budgetMs?: number | undefined;
  /** Told after each case how many there were. */
  onRun?: ((runs: number) => void) | undefined;
}

/** How a search ended. */
export interface Found<Case> {
  /** How many cases ended well. */
  cases: number;
  ms: number;
  /** In how many of them each rare thing happened: a search that never came near it says nothing of it. */
  reached: Reached;
  failure?: { seed: number; case: number; shrinks: number; message: string; one: Case };
}

/** How many shorter cases are tried: a race hides from most of them, and every one takes its time. */
const SHORTER = 2_000;

/**
 * Lives random cases through until `verify` throws for one, and makes that one as short as it can. Tells of that one what
 * `verify` says, and how to find it again.
 */
export async function firstFailure<Case>(
  cases: fc.Arbitrary<Case>,
  verify: (one: Case) => Promise<Reached>,
  { runs, seed, from = 1, budgetMs = Number.POSITIVE_INFINITY, onRun }: Search,
): Promise<Found<Case>> {
  const started = performance.now();
  const reached: Reached = {};
  let [done, shorter] = [0, 0];
  let failed: { one: Case; message: string } | undefined;
  const property = fc.asyncProperty(cases, async (one) => {
    if (failed) shorter += 1;
    if (shorter > SHORTER || (!failed && performance.now() - started > budgetMs)) return;
    try {
      const came = await verify(one);
      if (failed) return;
      const once = Object.entries(came).map(([name, times]) => [name, Math.sign(times)]);
      addTo(reached, Object.fromEntries(once));
    } catch (error) {
      failed = { one, message: error instanceof Error ? error.message : String(error) };
      throw error;
    }
    done += 1;
    onRun?.(done);
  });
  const { numRuns, numShrinks } = await fc.check(property, { numRuns: runs, seed, path: String(from - 1) });
  const ended = { cases: done, ms: performance.now() - started, reached };
  if (!failed) return ended;
  return { ...ended, failure: { seed, case: from - 1 + numRuns, shrinks: numShrinks, ...failed } };
}

/** A search in one line: how far it came, and what it saw on the way. */
export function describeFound({ cases, ms, reached, failure }: Found<unknown>, runs: number): string {
  const seen = Object.entries(reached).map(([name, count]) => `${name} in ${count}`);
  const early = cases < runs && !failure ? ` of ${runs}, for there was no more time` : '';
  return `${cases} cases${early} in ${Math.round(ms / 1000)} s${seen.length > 0 ? `; ${seen.join(', ')}` : ''}`;
}

/** What failed, as text that can be replayed; empty when nothing did. */
export function describeFailure({ failure }: Found<unknown>): string {
  if (!failure) return '';
  return `seed ${failure.seed}, case ${failure.case}, made shorter ${failure.shrinks} times\n\n${failure.message}`;
}
