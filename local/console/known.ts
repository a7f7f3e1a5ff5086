import { type Entry, entryKey } from '../../lib/directory/entry.ts';

/** An entry as it was written to the mirror table. */
export interface EntryWrite {
  entry: Entry;
  revision: number;
  isLeased: boolean;
}

/** So many entries are remembered, those written last. */
const KEPT = 5_000;

/** What was written of entries, and whom Velt's ids stand for. Bounded. */
export function createKnown() {
  const entries = new Map<string, EntryWrite>();
  const keyOf = new Map<string, string>();

  return {
    get: (key: string): Entry | undefined => entries.get(key)?.entry,

    /** Returns what was written before. A write that met another one is taken for none. */
    put(write: EntryWrite): Entry | undefined {
      const key = entryKey(write.entry);
      const before = entries.get(key);
      if (before && write.revision <= before.revision) return before.entry;
      entries.delete(key);
      entries.set(key, write);
      const { kind, id, delivered } = write.entry;
      for (const veltId of kind === 'person' ? Object.keys(delivered) : [id]) {
        keyOf.delete(veltId);
        keyOf.set(veltId, key);
      }
      for (const map of [entries, keyOf])
        for (const oldest of map.keys()) {
          if (map.size <= KEPT) break;
          map.delete(oldest);
        }
      return before?.entry;
    },

    /** The keys of those whom a call to Velt names. */
    named(body: unknown): string[] {
      const { data = {} } = (body ?? {}) as { data?: Record<string, unknown> };
      const ids = [
        ...idsIn(data.users, 'userId'),
        ...idsIn(data.organizationUserGroups, 'groupId'),
        ...(Array.isArray(data.userIds) ? data.userIds : []),
      ];
      return ids.flatMap((id) => keyOf.get(String(id)) ?? []);
    },
  };
}

function idsIn(items: unknown, name: string): unknown[] {
  return Array.isArray(items) ? items.map((item?: Record<string, unknown> | null) => item?.[name]) : [];
}

/** A value of DynamoDB's JSON (docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html, 2026-11). */
type Attribute = { S?: string; N?: string; BOOL?: boolean; NULL?: boolean; L?: Attribute[]; M?: Attributes };
type Attributes = Record<string, Attribute>;

/** The entry that a PutItem writes; undefined where it writes something else. */
export function entryIn(input: object): EntryWrite | undefined {
  const { Item } = input as { Item?: Attributes };
  if (Item?.sk?.S !== 'entry' || !Item.entry) return undefined;
  const entry = plainOf(Item.entry) as Entry;
  return { entry, revision: Number(Item.revision?.N ?? 0), isLeased: Item.lease !== undefined };
}

function plainOf({ S, N, BOOL, L, M }: Attribute): unknown {
  if (M) return Object.fromEntries(Object.entries(M).map(([name, value]) => [name, plainOf(value)]));
  if (L) return L.map(plainOf);
  return S ?? (N === undefined ? (BOOL ?? null) : Number(N));
}
