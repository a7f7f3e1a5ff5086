import type { Change, QueueItem } from '../../lib/directory/change.ts';
import { containerKey, type Entry, type PersonEntry } from '../../lib/directory/entry.ts';
import { type Origin, originOf, type Version, versionOf } from '../../lib/directory/version.ts';

/** What became of one part of a change in the mirror; `by` is what set it there. */
export interface Verdict {
  part: string;
  is: 'new' | 'older' | 'open';
  by?: Origin | undefined;
}

/**
 * Compares a change with what is known of what it is about: each part is what is known now, is older than that, which changes nothing,
 * or has not been folded yet. A recheck has no parts. Pure.
 */
export function verdictsOf(change: QueueItem, entry: Entry | undefined): Verdict[] {
  if (change.kind === 'recheck') return [];
  const version = versionOf(change);
  return partsOf(change, entry).map(({ part, known }): Verdict => {
    if (known === undefined || known < version) return { part, is: 'open' };
    return { part, is: known === version ? 'new' : 'older', by: originOf(known) };
  });
}

/** Each part that a change speaks of, with the newest version that is known of it. */
function partsOf(change: Change, entry: Entry | undefined): { part: string; known: Version | undefined }[] {
  const known = entry as unknown as (Partial<PersonEntry> & Record<string, unknown>) | undefined;
  if (change.kind === 'membership' || change.kind === 'nesting') {
    const key = containerKey(change.container);
    const membership = known?.memberships?.[key];
    const part = `membership in ${change.container.name ?? key}`;
    return [{ part, known: newest(membership?.version, membership?.ended) }];
  }
  const facts = ['exists', 'active', 'blocked', 'emailVerified', 'connections', 'name'] as const;
  const told = facts.filter((fact) => (change as Record<string, unknown>)[fact] !== undefined);
  const profile = 'profile' in change ? Object.keys(change.profile ?? {}) : [];
  return [
    ...told.map((fact) => {
      const ended = fact === 'exists' ? known?.endedAt : undefined;
      return { part: fact, known: newest(versionIn(known?.[fact]), ended) };
    }),
    ...profile.map((attribute) => ({
      part: attribute,
      known: versionIn((known?.profile as Record<string, unknown> | undefined)?.[attribute]),
    })),
  ];
}

function versionIn(fact: unknown): Version | undefined {
  return (fact as { version?: string } | undefined)?.version;
}

function newest(...versions: (Version | undefined)[]): Version | undefined {
  return versions
    .filter((one) => one !== undefined)
    .toSorted()
    .at(-1);
}
