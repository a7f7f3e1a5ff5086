import { type Mirror, type Stored, unreadable } from '../../lib/aws/mirror.ts';
import {
  ContainerEntry,
  type Entry,
  entryKey,
  PersonEntry,
  parseEntryKey,
} from '../../lib/directory/entry.ts';
import { Conflict } from '../../lib/errors.ts';

interface Row {
  json: string;
  /** What is in `json`, once somebody has read it: frozen, for everybody gets the same. */
  entry?: Entry;
  revision: number;
  dueAt: number | undefined;
  lease: Stored['lease'];
  others?: Record<string, unknown>;
}

/**
 * Throws where DynamoDB refuses a key or an item (docs.aws.amazon.com/amazondynamodb, Constraints, 2026-11), and where a key
 * has no UTF-8: it would be stored under another.
 */
function refuseAsDynamoDb(pk: string, sk: string, item: object = {}): void {
  const bytes = (text: string) => Buffer.byteLength(text);
  if (!`${pk}${sk}`.isWellFormed()) throw new Error('a key that is no UTF-8');
  if (pk === '' || bytes(pk) > 2048 || bytes(sk) > 1024)
    throw new Error('ValidationException: size of a key');
  if (bytes(JSON.stringify(item)) > 400 * 1024) throw new Error('ValidationException: size of an item');
}

/** The mirror in memory, each method one step. Entries are kept as text, so that nothing of who wrote them is shared. */
export function createMemoryMirror() {
  const rows = new Map<string, Row>();
  const members = new Map<string, Set<string>>();
  /** The keys of entries that only a newer version can read. */
  const newer = new Set<string>();
  const membersOf = (source: string, container: { kind: string; id: string }) => {
    const key = entryKey({ ...container, source });
    const known = members.get(key) ?? new Set<string>();
    members.set(key, known);
    return known;
  };

  const mirror = {
    read(refs) {
      const found = new Map<string, Stored>();
      for (const key of new Set(refs.map(entryKey))) {
        const row = rows.get(key);
        if (row && newer.has(key)) found.set(key, unreadable(parseEntryKey(key)));
        else if (row) {
          const { json: _, ...rest } = row;
          found.set(key, { ...rest, entry: entryOf(row) });
        }
      }
      return found;
    },
    write({ entry, revision, others }, { dueAt, lease }) {
      const key = entryKey(entry);
      if ((rows.get(key)?.revision ?? 0) !== revision)
        throw new Conflict('the entry changed since it was read');
      refuseAsDynamoDb(key, 'entry', entry);
      const row = { json: JSON.stringify(entry), revision: revision + 1, dueAt, lease };
      rows.set(key, { ...row, ...(others && { others }) });
      return revision + 1;
    },
    join(memberships) {
      for (const { source, container, personId } of memberships) {
        refuseAsDynamoDb(entryKey({ ...container, source }), `member#${personId}`);
        membersOf(source, container).add(personId);
      }
    },
    leave(memberships) {
      for (const { source, container, personId } of memberships)
        membersOf(source, container).delete(personId);
    },
    members: (source, container) => [...membersOf(source, container)].sort(),
    due(now, limit, isOf = () => true) {
      return [...rows.values()]
        .filter(({ dueAt }) => dueAt !== undefined && dueAt <= now)
        .sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))
        .map((row) => {
          const { source, kind, id } = entryOf(row);
          return { source, kind, id };
        })
        .filter(({ source }) => isOf(source))
        .slice(0, limit);
    },
    scan(source: string) {
      const entries = [...rows.values()]
        .map((row) => {
          const { json: _, ...rest } = row;
          return { ...rest, entry: entryOf(row) };
        })
        .filter(({ entry }) => entry.source === source);
      const readable = entries.filter(({ entry }) => !newer.has(entryKey(entry)));
      const unreadable = entries.length - readable.length;
      return { entries: readable, ...(unreadable > 0 && { unreadable }), next: undefined };
    },
  } satisfies {
    [K in keyof Mirror]: (
      ...args: Parameters<Mirror[K]>
    ) => K extends 'members' ? string[] : Awaited<ReturnType<Mirror[K]>>;
  };
  /** Every row of the table, by its keys. */
  const keys = () => [
    ...[...rows.keys()].map((pk) => ({ pk, sk: 'entry' })),
    ...[...members].flatMap(([pk, ids]) => [...ids].map((id) => ({ pk, sk: `member#${id}` }))),
  ];
  const remove = ({ pk, sk }: { pk: string; sk: string }) => {
    if (sk === 'entry') rows.delete(pk);
    else members.get(pk)?.delete(sk.slice('member#'.length));
  };
  return {
    ...mirror,
    newer,
    entries: () => [...rows.values()].map(entryOf),
    keys,
    remove,
  };
}

function entryOf(row: Row): Entry {
  row.entry ??= frozen(parseEntry(row.json));
  return row.entry;
}

function parseEntry(json: string): Entry {
  const value = JSON.parse(json) as Entry;
  return value.kind === 'person' ? PersonEntry.parse(value) : ContainerEntry.parse(value);
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) frozen(part);
  }
  return value;
}
