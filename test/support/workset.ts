import type { Mirror, Stored } from '../../lib/aws/mirror.ts';
import { policiesOf, readConfig } from '../../lib/config.ts';
import { loadPeople, type WorksetDeps } from '../../lib/delivery/workset.ts';
import type { QueueItem } from '../../lib/directory/change.ts';
import { type Entry, entryKey } from '../../lib/directory/entry.ts';
import { makeLog, makeMeter, makeQueue, NOW } from './factories.ts';
import { createMemoryMirror } from './memory-mirror.ts';
import { makeRuns } from './memory-runs.ts';

/** A table in memory that notes what is written; `meanwhile` runs before each write, as another delivery would. */
export function makeTable(meanwhile: (entry: Entry) => void = () => undefined) {
  const memory = createMemoryMirror();
  const written: string[] = [];
  const mirror: Mirror = {
    read: async (refs) => memory.read(refs),
    write: async (stored, times) => {
      meanwhile(stored.entry);
      const revision = memory.write(stored, times);
      written.push(entryKey(stored.entry));
      return revision;
    },
    join: async (rows) => memory.join(rows),
    leave: async (rows) => memory.leave(rows),
    members: async function* (source, container) {
      yield memory.members(source, container);
    },
    due: async (...asked) => memory.due(...asked),
    scan: async (source) => memory.scan(source),
  };
  const config = readConfig({ sources: { okta: { kind: 'okta', organization: 'acme' } } });
  const deps: WorksetDeps = {
    ...{ mirror, queue: makeQueue(), policies: policiesOf(config), config, clock: () => NOW },
    ...{ runs: makeRuns(), log: makeLog(), meter: makeMeter() },
  };
  const put = (entry: Entry, times: Partial<Stored> = {}) =>
    memory.write({ entry, revision: stored(entryKey(entry))?.revision ?? 0 }, {
      expiresAt: undefined,
      ...times,
    } as never);
  const stored = (key: string) => {
    const [source = '', kind = '', id = ''] = key.split('#');
    return memory.read([{ source, kind: kind as 'person', id }]).get(key);
  };
  const load = (...items: QueueItem[]) =>
    loadPeople(items, { owner: 'me', deadline: NOW + 60_000, now: NOW, receives: 1 }, deps);
  return { deps, written, put, stored, load };
}
