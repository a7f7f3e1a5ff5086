import { causeOf } from '../cause.ts';
import { WorldFault } from '../errors.ts';
import { mayBeOfOne } from '../sources/reach.ts';
import { LONGEST_WAIT_MS } from './lease.ts';
import type { Work } from './work.ts';

/**
 * What is read, patiently; or, where that cannot be read while the directory answers for something else, what comes in its place,
 * if anything can. `what` names it in the log. Throws WorldFault and Conflict.
 */
export async function readOr<T>(
  what: string,
  read: () => Promise<T>,
  instead: () => T | undefined,
  { lease, directory, clock, deadline, log, meter }: Work,
): Promise<T> {
  try {
    return await lease.patiently(read, deadline);
  } catch (error) {
    if (!(error instanceof WorldFault) || !mayBeOfOne(error)) throw error;
    // Near the deadline patience ended early, and the next process has more of it.
    const other = clock() + LONGEST_WAIT_MS < deadline ? instead() : undefined;
    if (other === undefined) throw error;
    await directory.readPage(undefined);
    const { source } = lease.run;
    meter.record({ ReadsFailed: 1 }, { source });
    log.warn(`${what} could not be read`, { source, ...causeOf(error) });
    return other;
  }
}
