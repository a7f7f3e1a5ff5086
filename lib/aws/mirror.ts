import * as z from 'zod';
import { type ContainerRef, type EntryRef, openObject } from '../directory/change.ts';
import {
  ContainerEntry,
  type Entry,
  entryKey,
  newUnreadable,
  PersonEntry,
  parseEntryKey,
} from '../directory/entry.ts';
import { readCursor } from '../sources/cursor.ts';
import { createBatches, createTable } from './table.ts';

const StoredItem = openObject({
  entry: z.discriminatedUnion('kind', [PersonEntry, ContainerEntry]),
  revision: z.int(),
  /** When the sweep should look at it (ms). */
  dueAt: z.int().optional(),
  /** Who alone may call Velt for it, and until when (ms). */
  lease: z.object({ owner: z.string(), until: z.int() }).optional(),
});
type StoredItem = z.infer<typeof StoredItem>;
/** The attributes of an item that this version writes anew each time. */
const OWN = ['pk', 'sk', 'entry', 'revision', 'due', 'dueAt', 'lease', 'expiresAt'];

/**
 * An entry and the revision under which it was read; 0 = not stored yet. `others` are the attributes of its item that a newer
 * version wrote: they are written back.
 */
export type Stored<T extends Entry = Entry> = Omit<StoredItem, 'entry'> & {
  entry: T;
  others?: Record<string, unknown>;
};

/** What stands for a stored entry that only a newer version can read: no write of it succeeds, for no item has its revision. */
export function unreadable(ref: EntryRef): Stored {
  return { entry: newUnreadable(ref), revision: -1 };
}

/** What people are found by. */
export type Container = { kind: ContainerRef['kind'] | 'user' | 'nest'; id: string };

/** A person's place in a container, or as a Velt user, kept so that everyone in it can be found; a container's in another. */
export interface Membership {
  source: string;
  container: Container;
  personId: string;
}

export type Mirror = ReturnType<typeof createMirror>;

export const MEMBER = 'member#';
const StartKey = z.record(z.string(), z.unknown());
/** A page as large as DynamoDB makes them (1 MB) takes some ten times as much memory while it is read. */
const SCAN_ITEMS = 250;

/**
 * The mirror table: what each person and group should be and what Velt confirmed. Every read is consistent. All methods
 * throw WorldFault `mirror` when the table cannot be reached or is throttled.
 */
export function createMirror(deps: Parameters<typeof createBatches>[0]) {
  const { put, query, scan: scanTable } = createTable(deps);
  const { getAll, writeAll } = createBatches(deps);
  return { read, write, join, leave, members, due, scan };

  /**
   * Reads entries by entry key. Those never stored are missing from the map, and those of a kind that only a newer version
   * knows. One of a known kind that only a newer version can read is there as `unreadable`.
   */
  async function read(refs: EntryRef[]): Promise<Map<string, Stored>> {
    const keys = [...new Set(refs.map(entryKey))];
    const items = await getAll(keys.map((pk) => ({ pk, sk: 'entry' })));
    return new Map(
      items.flatMap((item): [string, Stored][] => {
        const key = String(item.pk);
        const ref = parseEntryKey(key);
        const stored = readItem(item) ?? (isKnown(ref) ? unreadable(ref) : undefined);
        return stored ? [[key, stored]] : [];
      }),
    );
  }

  /**
   * Stores an entry and returns its new revision; a lease that is not named is given back. `expiresAt` (ms) is when the entry
   * may be forgotten. Throws Conflict when the stored entry is not of that revision any more.
   */
  async function write(
    { entry, revision, others }: Pick<Stored, 'entry' | 'revision' | 'others'>,
    { dueAt, lease, expiresAt }: Pick<Stored, 'dueAt' | 'lease'> & { expiresAt: number | undefined },
  ): Promise<number> {
    const item = {
      ...{ ...others, pk: entryKey(entry), sk: 'entry', entry },
      ...(dueAt !== undefined && { due: 'due', dueAt }),
      ...(lease && { lease }),
      ...(expiresAt !== undefined && { expiresAt: Math.ceil(expiresAt / 1000) }),
    };
    await put(item, revision);
    return revision + 1;
  }

  function join(memberships: Membership[]): Promise<void> {
    return writeAll(memberKeys(memberships).map((Item) => ({ PutRequest: { Item } })));
  }

  function leave(memberships: Membership[]): Promise<void> {
    return writeAll(memberKeys(memberships).map((Key) => ({ DeleteRequest: { Key } })));
  }

  /** The ids of everyone who joined a container and did not leave, page by page. */
  async function* members(source: string, container: Container): AsyncIterable<string[]> {
    const pages = query({
      KeyConditionExpression: 'pk = :pk and begins_with(sk, :member)',
      ExpressionAttributeValues: { ':pk': entryKey({ ...container, source }), ':member': MEMBER },
      ConsistentRead: true,
    });
    for await (const items of pages) yield items.map((item) => String(item.sk).slice(MEMBER.length));
  }

  /** Entries of certain sources, of known kinds, whose time has come at `now` (ms), about `limit` of them, the oldest first. */
  async function due(
    now: number,
    limit: number,
    isOf: (source: string) => boolean = () => true,
  ): Promise<EntryRef[]> {
    const pages = query({
      IndexName: 'due',
      KeyConditionExpression: 'due = :due and dueAt <= :now',
      ExpressionAttributeValues: { ':due': 'due', ':now': now },
      Limit: limit,
    });
    const found: EntryRef[] = [];
    for await (const items of pages) {
      const refs = items.map((item) => parseEntryKey(String(item.pk)));
      found.push(...refs.filter((ref) => isOf(ref.source) && isKnown(ref)));
      if (found.length >= limit) break;
    }
    return found;
  }

  /**
   * One page of every entry of a source, and where the next one is. Reads the whole table in the end. `unreadable` counts what
   * only a newer version can read, if there is any. Throws WorldFault `unreadable-message` for a cursor of another version.
   */
  async function scan(
    source: string,
    cursor: string | undefined,
  ): Promise<{ entries: Stored[]; unreadable?: number; next: string | undefined }> {
    const from = cursor === undefined ? undefined : readCursor(StartKey, cursor, 'place in the mirror table');
    const { items, last } = await scanTable({
      FilterExpression: 'sk = :entry and begins_with(pk, :source)',
      ExpressionAttributeValues: { ':entry': 'entry', ':source': `${source}#` },
      ConsistentRead: true,
      Limit: SCAN_ITEMS,
      ...(from && { ExclusiveStartKey: from }),
    });
    const entries = items.flatMap((item) => readItem(item) ?? []);
    const unreadable = items.length - entries.length;
    return { entries, ...(unreadable > 0 && { unreadable }), next: last && JSON.stringify(last) };
  }
}

function readItem(item: Record<string, unknown>): Stored | undefined {
  const { data } = StoredItem.safeParse(item);
  if (!data) return undefined;
  const { entry, revision, dueAt, lease } = data;
  const others = Object.entries(item).filter(([name]) => !OWN.includes(name));
  return {
    ...{ entry, revision, ...(dueAt !== undefined && { dueAt }), ...(lease && { lease }) },
    ...(others.length > 0 && { others: Object.fromEntries(others) }),
  };
}

function isKnown({ kind }: { kind: string }): boolean {
  return ['person', ...ContainerEntry.shape.kind.options].includes(kind);
}

/** Each key once: DynamoDB refuses a batch that names one twice, and would refuse it every time. */
function memberKeys(memberships: Membership[]): { pk: string; sk: string }[] {
  const keys = memberships.map(({ source, container, personId }) => ({
    pk: entryKey({ ...container, source }),
    sk: `${MEMBER}${personId}`,
  }));
  return [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
}
