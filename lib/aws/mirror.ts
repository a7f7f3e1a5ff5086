import * as z from 'zod';
import type { ContainerRef, EntryRef } from '../directory/change.ts';
import { ContainerEntry, type Entry, entryKey, PersonEntry, parseEntryKey } from '../directory/entry.ts';
import { createBatches, createTable } from './table.ts';

const StoredItem = z.object({
  entry: z.discriminatedUnion('kind', [PersonEntry, ContainerEntry]),
  revision: z.int(),
  /** When the sweep should look at it (ms). */
  dueAt: z.int().optional(),
  /** Who alone may call Velt for it, and until when (ms). */
  lease: z.object({ owner: z.string(), until: z.int() }).optional(),
});
type StoredItem = z.infer<typeof StoredItem>;

/** An entry and the revision under which it was read; 0 = not stored yet. */
export type Stored<T extends Entry = Entry> = Omit<StoredItem, 'entry'> & { entry: T };

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

  /** Reads entries by entry key; those never stored are missing from the map. */
  async function read(refs: EntryRef[]): Promise<Map<string, Stored>> {
    const keys = [...new Set(refs.map(entryKey))];
    const items = await getAll(keys.map((pk) => ({ pk, sk: 'entry' })));
    return new Map(items.map((item) => [String(item.pk), StoredItem.parse(item)]));
  }

  /**
   * Stores an entry and returns its new revision; a lease that is not named is given back. `expiresAt` (ms) is when the entry
   * may be forgotten. Throws Conflict when the stored entry is not of that revision any more.
   */
  async function write(
    { entry, revision }: Pick<Stored, 'entry' | 'revision'>,
    { dueAt, lease, expiresAt }: Pick<Stored, 'dueAt' | 'lease'> & { expiresAt: number | undefined },
  ): Promise<number> {
    const item = {
      ...{ pk: entryKey(entry), sk: 'entry', entry },
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

  /** Entries of certain sources whose time has come at `now` (ms), about `limit` of them, the oldest first. */
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
      found.push(...refs.filter(({ source }) => isOf(source)));
      if (found.length >= limit) break;
    }
    return found;
  }

  /** One page of every entry of a source, and where the next one is. Reads the whole table in the end. */
  async function scan(
    source: string,
    cursor: string | undefined,
  ): Promise<{ entries: Stored[]; next: string | undefined }> {
    const { items, last } = await scanTable({
      FilterExpression: 'sk = :entry and begins_with(pk, :source)',
      ExpressionAttributeValues: { ':entry': 'entry', ':source': `${source}#` },
      ConsistentRead: true,
      Limit: SCAN_ITEMS,
      ...(cursor !== undefined && { ExclusiveStartKey: JSON.parse(cursor) }),
    });
    return { entries: items.map((item) => StoredItem.parse(item)), next: last && JSON.stringify(last) };
  }
}

/** Each key once: DynamoDB refuses a batch that names one twice, and would refuse it every time. */
function memberKeys(memberships: Membership[]): { pk: string; sk: string }[] {
  const keys = memberships.map(({ source, container, personId }) => ({
    pk: entryKey({ ...container, source }),
    sk: `${MEMBER}${personId}`,
  }));
  return [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
}
