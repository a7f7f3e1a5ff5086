import type { Membership, Mirror, Stored } from '../aws/mirror.ts';
import { type Entry, entryKey } from '../directory/entry.ts';
import { Conflict } from '../errors.ts';

/** A mirror that keeps in memory what is written, and reads everything else from the table below. */
export interface Overlay {
  mirror: Mirror;
  /** Every entry that was read or written: as the table has it, if it does, and as it is now. */
  entries(): { key: string; before: Entry | undefined; after: Entry | undefined }[];
}

/** Lays a mirror over another, which is only read from. */
export function createOverlay(under: Pick<Mirror, 'read' | 'members' | 'due' | 'scan'>): Overlay {
  const below = new Map<string, Stored | undefined>();
  const written = new Map<string, Stored>();
  const rows = new Map<string, Map<string, boolean>>();

  const note = (memberships: Membership[], isIn: boolean) => {
    for (const { source, container, personId } of memberships) {
      const key = entryKey({ ...container, source });
      rows.set(key, (rows.get(key) ?? new Map<string, boolean>()).set(personId, isIn));
    }
  };
  const mirror: Mirror = {
    async read(refs) {
      const open = refs.filter((ref) => !below.has(entryKey(ref)));
      const found = await under.read(open);
      for (const ref of open) below.set(entryKey(ref), found.get(entryKey(ref)));
      const keys = new Set(refs.map(entryKey));
      return new Map(
        [...keys].flatMap((key): [string, Stored][] => {
          const stored = written.get(key) ?? below.get(key);
          return stored ? [[key, stored]] : [];
        }),
      );
    },
    async write({ entry, revision, others }, { dueAt, lease }) {
      const key = entryKey(entry);
      const known = written.get(key) ?? below.get(key);
      if ((known?.revision ?? 0) !== revision || revision < 0)
        throw new Conflict('somebody else wrote it since it was read');
      const times = { ...(dueAt !== undefined && { dueAt }), ...(lease && { lease }) };
      written.set(key, { entry, revision: revision + 1, ...(others && { others }), ...times });
      return revision + 1;
    },
    join: async (memberships) => note(memberships, true),
    leave: async (memberships) => note(memberships, false),
    async *members(source, container) {
      const own = rows.get(entryKey({ ...container, source })) ?? new Map<string, boolean>();
      for await (const ids of under.members(source, container)) yield ids.filter((id) => !own.has(id));
      yield [...own].flatMap(([id, isIn]) => (isIn ? id : []));
    },
    due: (...asked) => under.due(...asked),
    scan: (...asked) => under.scan(...asked),
  };
  const entries = () =>
    [...new Set([...below.keys(), ...written.keys()])].map((key) => {
      const before = below.get(key)?.entry;
      return { key, before, after: written.get(key)?.entry ?? before };
    });
  return { mirror, entries };
}

/** A table in which nothing is. */
export const EMPTY_MIRROR: Parameters<typeof createOverlay>[0] = {
  read: async () => new Map(),
  members: async function* () {},
  due: async () => [],
  scan: async () => ({ entries: [], next: undefined }),
};
