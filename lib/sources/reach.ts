import type { WorldFault } from '../errors.ts';

/** Tells a directory that is out of reach from one that cannot answer for a single person, group or organization. */
export type Reach = ReturnType<typeof createReach>;

/**
 * What failed reads say of one directory. Out of reach it is where it takes no credentials or asks for a pause (401, 429), and
 * where two resources, one after the other, got no answer (5xx, time-out, connection). What it answers of one resource (400,
 * 403, something unreadable) is about that one.
 */
export function createReach() {
  let unanswered: string | undefined;
  return {
    answered(): void {
      unanswered = undefined;
    },

    /** Takes the fault of a read of this resource; whether the directory is out of reach. */
    isLost(resource: string, fault: WorldFault): boolean {
      const before = unanswered;
      unanswered = isUnanswered(fault) ? resource : undefined;
      if (isUnanswered(fault)) return before !== undefined && before !== resource;
      return !mayBeOfOne(fault);
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
