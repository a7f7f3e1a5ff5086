import type { ContainerRef, PersonChange } from '../directory/change.ts';
import { DAWN } from '../directory/version.ts';

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

/** The last moment that a text of four digits a year can say. */
const LATEST = Date.parse('9999-12-31T23:59:59.000Z');

/**
 * The newest of a vendor's times of what was read, at the end of a unit of so many ms. One that is none says nothing: then
 * the fact holds as of the moment of the read.
 */
export function updatedAt(times: (string | null | undefined)[], unitMs = 1): { at?: string } {
  const moments = times.map((time) => Date.parse(time ?? '')).filter((ms) => ms >= 0 && ms <= LATEST);
  return moments.length === 0 ? {} : { at: new Date(Math.max(...moments) + unitMs - 1).toISOString() };
}

/** What it means that a directory does not know somebody: they were deleted. */
export function missingPerson(personId: string, reading: Reading): PersonChange {
  return { ...readAsOf(reading), kind: 'person', personId, exists: false };
}

/**
 * What is said of somebody, and that they are `out`, as of the dawn, where nobody can read whether they are: whatever is known
 * stays, and nobody new comes in by it.
 */
export function inDoubt(
  said: PersonChange,
  out: Pick<PersonChange, 'active' | 'blocked' | 'emailVerified'>,
): PersonChange[] {
  const { kind, source, personId, askedAt, id } = said;
  return [said, { kind, source, personId, at: DAWN, askedAt, id, ...out }];
}

/** Whether somebody was listed in a container. No vendor says since when. */
export function membershipFact(personId: string, container: ContainerRef, reading: Reading, member = true) {
  return { ...readAsOf(reading), kind: 'membership' as const, personId, container, member };
}
