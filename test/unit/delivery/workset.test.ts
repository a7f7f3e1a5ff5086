import { describe, expect, test } from 'vitest';
import { foldPeople, storeAll, type Workset } from '../../../lib/delivery/workset.ts';
import { entryKey, newPerson, type PersonEntry } from '../../../lib/directory/entry.ts';
import { foldPerson } from '../../../lib/directory/fold.ts';
import { WorldFault } from '../../../lib/errors.ts';
import { membershipChange, NOW, personChange, readAt, second } from '../../support/factories.ts';
import { makeTable } from '../../support/workset.ts';

const ada = entryKey(newPerson('okta', 'ada'));
const grace = entryKey(newPerson('okta', 'grace'));
const other = { owner: 'another', until: NOW + 40_000 };
const never = () => undefined;
const known = (id: string, facts = {}) =>
  foldPerson(newPerson('okta', id), personChange({ personId: id, exists: true, ...facts }));

describe('a person under a lease', () => {
  test('of another delivery is left alone: their messages come back no later than it ends', async () => {
    const table = makeTable();
    table.put(known('ada'), { lease: other });
    const before = table.stored(ada);

    const work = await table.load(
      personChange({ at: second(9), active: false }),
      personChange({ personId: 'grace', exists: true }),
    );
    await storeAll(work, never, table.deps);

    expect([...work.people.keys()]).toEqual([grace]);
    expect([...work.faults]).toEqual([
      [ada, expect.objectContaining({ code: 'leased', retryAfterMs: 40_000 })],
    ]);
    expect(table.written).toEqual([grace]);
    expect(table.stored(ada)).toEqual(before);
  });

  test.each([
    ['that is over', { owner: 'another', until: NOW }],
    ['of its own', { owner: 'me', until: NOW + 40_000 }],
  ])('%s is worked on', async (_which, lease) => {
    const table = makeTable();
    table.put(known('ada'), { lease });

    const work = await table.load(personChange({ at: second(9), active: false }));

    expect(work.people.get(ada)?.entry.active?.value).toBe(false);
    expect(work.faults).toEqual(new Map());
  });
});

test('what was read is folded in last, so that a list which lags brings nobody back', async () => {
  const table = makeTable();
  const work = await table.load();
  work.people.set(ada, { entry: known('ada'), stored: { entry: known('ada'), revision: 0 } });

  foldPeople([membershipChange(readAt(60)), membershipChange({ at: second(30), member: false })], work);

  expect(work.people.get(ada)?.entry.memberships['group:engineers']?.value).toBe(false);
});

describe('storing', () => {
  /** Ada and Grace, changed, in one delivery. */
  async function makeChanged(table: ReturnType<typeof makeTable>): Promise<Workset> {
    table.put(known('ada'));
    table.put(known('grace'));
    return table.load(
      personChange({ at: second(9), active: false }),
      personChange({ personId: 'grace', at: second(9), active: false }),
    );
  }

  test('leases whom it is told to, for so long, and gives the others back', async () => {
    const table = makeTable();
    const work = await makeChanged(table);

    await storeAll(work, (key) => (key === ada ? NOW + 70_000 : undefined), table.deps);
    const leases = [ada, grace].map((key) => table.stored(key)?.lease);
    await storeAll(work, never, table.deps);

    expect(leases).toEqual([{ owner: 'me', until: NOW + 70_000 }, undefined]);
    expect(table.stored(ada)?.lease).toBeUndefined();
    expect(table.written).toEqual([ada, grace, ada]);
  });

  test('writes nothing for whom it has nothing new and no lease', async () => {
    const table = makeTable();
    table.put(known('ada'));
    const work = await table.load(personChange({ exists: true }));

    await storeAll(work, never, table.deps);

    expect(table.written).toEqual([]);
  });

  test('takes out whom somebody else wrote meanwhile, and their messages come back at once', async () => {
    let isFirst = true;
    const table = makeTable((entry) => {
      if (entry.id !== 'ada' || !isFirst) return;
      isFirst = false;
      table.put(known('ada', { at: second(5), profile: { name: 'Ada' } }));
    });
    const work = await makeChanged(table);

    await storeAll(work, () => NOW + 70_000, table.deps);

    expect([...work.people.keys()]).toEqual([grace]);
    expect(work.faults.get(ada)).toMatchObject({ code: 'leased', retryAfterMs: 0 });
    expect(table.stored(ada)).toMatchObject({ entry: { profile: { name: { value: 'Ada' } } } });
    expect(table.stored(ada)?.lease).toBeUndefined();
  });

  test('notes a fault of the table for the one person it is about', async () => {
    const table = makeTable((entry) => {
      if (entry.id === 'ada') throw new WorldFault('mirror', 'throttled');
    });
    table.written.length = 0;
    const work = await table.load(personChange(), personChange({ personId: 'grace', active: false }));
    work.people.set(ada, { entry: known('ada'), stored: { entry: newPerson('okta', 'ada'), revision: 0 } });

    await storeAll(work, never, table.deps);

    expect([...work.faults.keys()]).toEqual([ada]);
    expect([...work.people.keys()]).toEqual([grace]);
    expect(table.written).toEqual([grace]);
  });

  test('gives whoever was due another time, also where nothing is new', async () => {
    const table = makeTable();
    const owed: PersonEntry = { ...known('ada'), readDue: true };
    table.put(owed, { dueAt: NOW - 1 });
    const work = await table.load({
      ...{
        kind: 'recheck',
        source: 'okta',
        of: { kind: 'person', id: 'ada' },
        at: second(9),
        reason: 'sweep',
      },
    });

    await storeAll(work, never, table.deps);

    expect(table.stored(ada)?.dueAt).toBeGreaterThan(NOW);
  });
});
