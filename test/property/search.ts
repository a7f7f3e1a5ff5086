import fc from 'fast-check';
import { anyHistory } from './history.ts';
import { verify } from './verify.ts';

export interface Search {
  /** How many histories to live through. */
  runs: number;
  /** The same seed tries the same histories. */
  seed: number;
  /** Told after each history how many there were. */
  onRun?: (runs: number) => void;
}

/** How many shorter histories are tried: a race hides from most of them, and every one takes its time. */
const SHORTER = 2_000;

/**
 * Lives random histories through until one does not end in the truth, and makes that one as short as it can. Returns it
 * in words, with what was expected and how to find it again; undefined when all of them end well.
 */
export async function firstFailure({ runs, seed, onRun }: Search): Promise<string | undefined> {
  let [done, shorter] = [0, 0];
  let failing = false;
  const property = fc.asyncProperty(anyHistory(), async (history) => {
    if (failing) shorter += 1;
    if (shorter > SHORTER) return;
    try {
      await verify(history);
    } catch (error) {
      failing = true;
      throw error;
    }
    done += 1;
    if (!failing) onRun?.(done);
  });
  const { failed, numRuns, numShrinks, errorInstance } = await fc.check(property, { numRuns: runs, seed });
  if (!failed) return undefined;
  const found = `seed ${seed}, history ${numRuns}, made shorter ${numShrinks} times`;
  return `${found}\n\n${errorInstance instanceof Error ? errorInstance.message : errorInstance}`;
}
