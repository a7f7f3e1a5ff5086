import { userRow } from '../lib/aws/around.ts';
import type { Mirror, Stored } from '../lib/aws/mirror.ts';
import { type EntryRef, Id } from '../lib/directory/change.ts';
import { entryKey, type PersonEntry, parseEntryKey } from '../lib/directory/entry.ts';
import { WorldFault } from '../lib/errors.ts';
import { isAddress } from '../lib/sources/attributes.ts';
import type { Directory } from '../lib/sources/source.ts';

/** Who is asked for. */
export interface Sought {
  /** The vendor's id of somebody, their id at Velt, or their e-mail address. */
  who: string;
  sources: string[];
  /** Also goes through the whole table: for an address that is nobody's id, of a source without a search of its own. */
  scan: boolean;
}

export interface FindDeps {
  mirror: Pick<Mirror, 'read' | 'members' | 'scan'>;
  directories: ReadonlyMap<string, Directory>;
  /** The sources whose directories can be asked. */
  readable: string[];
}

export interface FoundPeople {
  known: Stored<PersonEntry>[];
  /** Whom a directory has, and of whom nothing is in the table. */
  unheard: EntryRef<'person'>[];
  /** Why a directory could not be asked. */
  notes: string[];
}

/**
 * Finds somebody in the table by the vendor's id or their id at Velt and, where a source has nobody of these, by e-mail address:
 * its directory searches for it. The table is gone through only by `scan`. Throws WorldFault `mirror`.
 */
export async function findPeople({ who, sources, scan }: Sought, deps: FindDeps): Promise<FoundPeople> {
  const named = await readPeople([...idsOf(who, sources), ...(await usersOf(who, sources, deps))], deps);
  const hasNobody = (source: string) => !named.some(({ entry }) => entry.source === source);
  const open = sources.filter(hasNobody);
  const searched = isAddress(who) ? await searchAll(who.trim(), open, deps) : { refs: [], notes: [] };
  const found = await readPeople(searched.refs, deps);
  const scanned = scan ? await scanFor(who, sources, deps) : [];
  const known = new Map([...named, ...found, ...scanned].map((stored) => [entryKey(stored.entry), stored]));
  return {
    known: [...known.values()],
    unheard: searched.refs.filter((ref) => !known.has(entryKey(ref))),
    notes: searched.notes,
  };
}

function idsOf(id: string, sources: string[]): EntryRef<'person'>[] {
  return Id.safeParse(id).success ? sources.map((source) => ({ source, kind: 'person', id })) : [];
}

/** Everyone on record as a user of Velt by this id, or by it in lower case, as an address may be written there. */
async function usersOf(who: string, sources: string[], { mirror }: FindDeps): Promise<EntryRef[]> {
  const refs: EntryRef[] = [];
  for (const userId of new Set([who, who.toLowerCase()])) {
    if (!Id.safeParse(userId).success) continue;
    const { source, container } = userRow(userId, '');
    for await (const keys of mirror.members(source, container)) refs.push(...keys.map(parseEntryKey));
  }
  return refs.filter((ref) => sources.includes(ref.source));
}

async function readPeople(refs: EntryRef[], { mirror }: FindDeps): Promise<Stored<PersonEntry>[]> {
  return [...(await mirror.read(refs)).values()] as Stored<PersonEntry>[];
}

async function searchAll(address: string, sources: string[], { directories, readable }: FindDeps) {
  const refs: EntryRef<'person'>[] = [];
  const notes: string[] = [];
  const search = async (source: string) => {
    try {
      const ids = (await directories.get(source)?.findPeople?.(address)) ?? [];
      refs.push(...ids.map((id) => ({ source, kind: 'person' as const, id })));
    } catch (error) {
      if (!(error instanceof WorldFault)) throw error;
      notes.push(`the directory of ${source} could not be searched: ${error.message}`);
    }
  };
  await Promise.all(sources.filter((source) => readable.includes(source)).map(search));
  return { refs, notes };
}

/** Everyone of whom this text is the address or the Velt user id, upper and lower case alike. */
async function scanFor(who: string, sources: string[], { mirror }: FindDeps): Promise<Stored<PersonEntry>[]> {
  const sought = who.trim().toLowerCase();
  const isSought = ({ entry: { profile, delivered } }: Stored<PersonEntry>) =>
    [profile.email?.value, profile.userId?.value, ...Object.keys(delivered)].some(
      (text) => text?.toLowerCase() === sought,
    );
  const found: Stored<PersonEntry>[] = [];
  for (const source of sources) {
    let cursor: string | undefined;
    do {
      const { entries, next } = await mirror.scan(source, cursor);
      const people = entries.filter(
        (stored): stored is Stored<PersonEntry> => stored.entry.kind === 'person',
      );
      found.push(...people.filter(isSought));
      cursor = next;
    } while (cursor !== undefined);
  }
  return found;
}
