import type { ContainerRef, PersonChange } from '../directory/change.ts';

/** Where and when something was read: the configured name of the source, and the moment before (ms since the epoch). */
export interface Reading {
  source: string;
  askedAt: number;
}

/** What every fact that was read has: it holds as of the moment before the request, unless the vendor has a time of it. */
export function readAsOf({ source, askedAt }: Reading) {
  const at = new Date(askedAt).toISOString();
  return { source, at, askedAt: at };
}

/** What it means that a directory does not know somebody: they were deleted. */
export function missingPerson(personId: string, reading: Reading): PersonChange {
  return { ...readAsOf(reading), kind: 'person', personId, exists: false };
}

/** Whether somebody was listed in a container. No vendor says since when. */
export function membershipFact(personId: string, container: ContainerRef, reading: Reading, member = true) {
  return { ...readAsOf(reading), kind: 'membership' as const, personId, container, member };
}
