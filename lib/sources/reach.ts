import { WorldFault } from '../errors.ts';

/** Tells a directory that is out of reach from one that cannot answer for a single person, group or organization. */
export type Reach = ReturnType<typeof createReach>;

/**
 * What failed reads say of one directory. Out of reach it is where it takes no credentials or asks for a pause (401, 429), and
 * where, after two resources in a row got no answer (5xx, time-out, connection), `readAnything` gets none either, which reads
 * what a directory always has: any number of resources may be without an answer for ever, and cost only themselves. What it
 * answers of one resource (400, 403, something unreadable) is about that one.
 */
export function createReach(readAnything: () => Promise<unknown>) {
  let unanswered: string | undefined;
  return {
    answered(): void {
      unanswered = undefined;
    },

    /** Takes the fault of a read of this resource. Returns why the directory is out of reach, if it is. */
    async lostBy(resource: string, fault: WorldFault): Promise<WorldFault | undefined> {
      const before = unanswered;
      unanswered = isUnanswered(fault) ? resource : undefined;
      if (!mayBeOfOne(fault)) return fault;
      if (unanswered === undefined || before === undefined || before === resource) return undefined;
      unanswered = undefined;
      try {
        await readAnything();
      } catch (error) {
        if (!(error instanceof WorldFault)) throw error;
        if (isUnanswered(error) || !mayBeOfOne(error)) return error;
      }
      return undefined;
    },
  };
}

/** Whether a fault can be about one resource alone, while the directory is there. */
export function mayBeOfOne(fault: WorldFault): boolean {
  return isUnanswered(fault) || fault.code === 'forbidden' || fault.code === 'unreadable-answer';
}

/** Whether a read got no answer, which may be the resource's fault or the directory's, and may pass. */
export function isUnanswered({ code }: WorldFault): boolean {
  return code === 'unavailable' || code === 'timeout' || code === 'connection';
}
