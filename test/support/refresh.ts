import { refresh } from '../../lib/delivery/refresh.ts';
import type { Workset } from '../../lib/delivery/workset.ts';
import type { QueueItem } from '../../lib/directory/change.ts';
import { newPerson, type PersonEntry } from '../../lib/directory/entry.ts';
import type { WorldFault } from '../../lib/errors.ts';
import type { Directory, PersonRead } from '../../lib/sources/source.ts';
import {
  groupChange,
  makeLog,
  makeMeter,
  makePolicy,
  NOW,
  personChange,
  readAt,
  second,
} from './factories.ts';

/** The key of Ada's entry. */
export const ada = 'okta#person#ada';

/** A delivery of these items to Ada, whose directory answers a minute after the first second; `fault` fails every read. */
export function makeRefresh({
  entry = newPerson('okta', 'ada'),
  source = {},
  fault,
  late = false,
  more = {},
}: {
  entry?: PersonEntry;
  source?: Record<string, unknown>;
  fault?: WorldFault;
  late?: boolean;
  more?: Partial<Directory>;
} = {}) {
  const reads: unknown[] = [];
  const note = <T>(read: unknown, answer: T): T => {
    reads.push(read);
    if (fault) throw fault;
    return answer;
  };
  const changes = [personChange({ ...readAt(60), exists: true, profile: { name: 'Ada' } })];
  const directory: Directory = {
    covers: ['group'],
    readPage: async () => {
      if (fault) throw fault;
      return { changes: [], complete: [], unreadable: 0, next: undefined };
    },
    readEvents: async () => ({ events: [], next: '', more: false, failedDeliveries: 0 }),
    readPerson: async (id, question) =>
      note([id, question], { changes, readAt: second(60), complete: [] } satisfies PersonRead),
    readGroup: async (id) => note(id, [groupChange({ ...readAt(60), containerId: id, exists: true })]),
    ...more,
  };
  const work: Workset = {
    ...{
      owner: 'me',
      deadline: NOW + 60_000,
      now: NOW,
      receives: 1,
      containers: new Map(),
      faults: new Map(),
      late: new Map(),
    },
    people: new Map([[ada, { entry, stored: { entry, revision: 1 } }]]),
  };
  const [log, meter] = [makeLog(), makeMeter()];
  const deps = {
    directories: new Map([['okta', directory]]),
    policies: new Map([['okta', makePolicy(source)]]),
    ...{ clock: () => NOW, log, meter },
  };
  const run = (...items: QueueItem[]) => refresh(items, work, late ? NOW : NOW + 1_000, deps);
  return { run, reads, work, log, meter, entry: () => work.people.get(ada)?.entry };
}
