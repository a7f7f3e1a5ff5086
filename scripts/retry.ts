import { everyoneOf } from '../lib/aws/around.ts';
import type { Mirror } from '../lib/aws/mirror.ts';
import type { Queue } from '../lib/aws/queue.ts';
import { type EntryRef, type QueueItem, recheckOf } from '../lib/directory/change.ts';
import { entryKey } from '../lib/directory/entry.ts';
import type { Policy } from '../lib/directory/policy.ts';
import { isAddress } from '../lib/sources/attributes.ts';
import type { Directory } from '../lib/sources/source.ts';

export interface RetryDeps {
  mirror: Pick<Mirror, 'due' | 'read' | 'scan'>;
  queue: Pick<Queue, 'send'>;
  policies: ReadonlyMap<string, Policy>;
  directories: ReadonlyMap<string, Pick<Directory, 'findPeople'>>;
  clock: () => number;
}

/** Who and what is asked again. */
export interface Retried {
  asked: EntryRef[];
  /** False where there may be more than one call asks for: the next one takes the rest. */
  isAll: boolean;
}

/** What waits is due within a day: whoever is due later only expires (ms). */
const SOON_MS = 25 * 60 * 60_000;
const MAX_DUE = 10_000;

/**
 * Asks again, now, for whatever of a source waits for Velt or the directory: what Velt refused is tried whenever its time is.
 * Throws WorldFault.
 */
export async function retrySource(source: string, deps: RetryDeps): Promise<Retried> {
  const refs = await deps.mirror.due(deps.clock() + SOON_MS, MAX_DUE, (name) => name === source);
  await ask(refs, deps);
  return { asked: refs, isAll: refs.length < MAX_DUE };
}

/**
 * Asks again for somebody, by the vendor's id or by their address, of one source or of each that has them. Where there is an
 * API they are read first. Of a source that is named, also for an id that nobody knows yet. Throws WorldFault.
 */
export async function retryPerson(
  person: string,
  source: string | undefined,
  deps: RetryDeps,
): Promise<Retried> {
  const sources = source === undefined ? [...deps.policies.keys()] : [source];
  const found = await Promise.all(sources.map((name) => idsOf(person, name, deps)));
  const refs = sources.flatMap((name, index) =>
    (found[index] ?? []).map((id): EntryRef => ({ source: name, kind: 'person', id })),
  );
  const known = await deps.mirror.read(refs);
  const isAsked = ({ source: name, id }: EntryRef) =>
    id !== person || source !== undefined || known.has(entryKey({ source: name, kind: 'person', id }));
  const asked = refs.filter(isAsked);
  await ask(asked, deps);
  return { asked, isAll: true };
}

/** The ids of whoever has this address, as the directory says, or else the mirror; or this id. */
async function idsOf(person: string, source: string, { directories, mirror }: RetryDeps): Promise<string[]> {
  if (!isAddress(person)) return [person];
  const found = await directories.get(source)?.findPeople?.(person);
  if (found !== undefined && found.length > 0) return found;
  const ids: string[] = [];
  for await (const { people } of everyoneOf(source, mirror))
    for (const { id, profile } of people)
      if (id === person || profile.email?.value?.toLowerCase() === person.trim().toLowerCase()) ids.push(id);
  return ids;
}

async function ask(refs: EntryRef[], { queue, clock, directories }: RetryDeps): Promise<void> {
  const now = clock();
  const items = refs.map((ref): QueueItem => {
    const isRead = ref.kind === 'person' && directories.has(ref.source);
    return recheckOf(ref, now, {
      ...{ reason: 'sweep', again: true },
      ...(isRead && { read: 'memberships' }),
    });
  });
  if (items.length > 0) await queue.send(items);
}
