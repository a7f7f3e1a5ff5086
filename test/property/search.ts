import fc from 'fast-check';

export interface Search {
  /** How many cases to live through. */
  runs: number;
  /** The same seed tries the same cases. */
  seed: number;
  /** Told after each case how many there were. */
  onRun?: (runs: number) => void;
}

/** How many shorter cases are tried: a race hides from most of them, and every one takes its time. */
const SHORTER = 2_000;

/**
 * Lives random cases through until `verify` throws for one, and makes that one as short as it can. Returns what `verify` says
 * of it, and how to find it again; undefined when all of them end well.
 */
export async function firstFailure<Case>(
  cases: fc.Arbitrary<Case>,
  verify: (one: Case) => Promise<unknown>,
  { runs, seed, onRun }: Search,
): Promise<string | undefined> {
  let [done, shorter] = [0, 0];
  let failing = false;
  const property = fc.asyncProperty(cases, async (one) => {
    if (failing) shorter += 1;
    if (shorter > SHORTER) return;
    try {
      await verify(one);
    } catch (error) {
      failing = true;
      throw error;
    }
    done += 1;
    if (!failing) onRun?.(done);
  });
  const { failed, numRuns, numShrinks, errorInstance } = await fc.check(property, { numRuns: runs, seed });
  if (!failed) return undefined;
  const found = `seed ${seed}, case ${numRuns}, made shorter ${numShrinks} times`;
  return `${found}\n\n${errorInstance instanceof Error ? errorInstance.message : errorInstance}`;
}
