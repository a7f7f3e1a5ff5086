import { describe, expect, test } from 'vitest';
import { loadContainers } from '../../../lib/delivery/containers.ts';
import { storeAll } from '../../../lib/delivery/workset.ts';
import type { NestingChange } from '../../../lib/directory/change.ts';
import { newContainer } from '../../../lib/directory/entry.ts';
import { foldContainer } from '../../../lib/directory/fold.ts';
import { groupChange, membershipChange, NOW, second } from '../../support/factories.ts';
import { makeTable } from '../../support/workset.ts';

const engineers = 'okta#group#engineers';
const other = { owner: 'another', until: NOW + 40_000 };
const group = (change = {}) =>
  foldContainer(
    newContainer({ source: 'okta', kind: 'group', id: 'engineers' }),
    groupChange({ exists: true, ...change }),
  );

describe('a container', () => {
  const join = membershipChange();
  const role = { kind: 'role', id: 'editor', organization: 'org_1' } as const;
  const nesting: NestingChange = {
    ...{ kind: 'nesting', source: 'okta', child: { kind: 'group', id: 'engineers' }, container: role },
    ...{ member: true, at: second(2), id: 'event-2' },
  };

  test('is loaded with everything it is in itself, however deep', async () => {
    const table = makeTable();
    table.put(foldContainer(group(), nesting));
    const work = await table.load(join);

    await loadContainers([join], work, table.deps);

    expect([...work.containers.keys()]).toEqual([engineers, 'okta#role#editor']);
  });

  test('has its news folded into what another delivery wrote meanwhile', async () => {
    let isFirst = true;
    const table = makeTable((entry) => {
      if (entry.kind !== 'group' || !isFirst) return;
      isFirst = false;
      table.put(group({ organization: 'org_1' }));
    });
    const news = groupChange({ at: second(9), name: 'Engineers' });
    const work = await table.load();

    await loadContainers([news], work, table.deps);

    expect(table.stored(engineers)?.entry).toMatchObject({
      organization: 'org_1',
      name: { value: 'Engineers' },
    });
    expect(work.containers.get(engineers)?.stored.revision).toBe(2);
  });

  test('that others never stop writing sends the batch back', async () => {
    let writes = 0;
    const table = makeTable((entry) => {
      if (entry.kind === 'group') table.put(group({ at: second(10 + ++writes), name: `Name ${writes}` }));
    });
    const news = groupChange({ at: second(100), name: 'Engineers' });
    const work = await table.load();

    await expect(loadContainers([news], work, table.deps)).rejects.toMatchObject({ code: 'mirror' });
    expect(writes).toBe(5);
  });

  test('under the lease of another delivery is not written, and its messages come back', async () => {
    const table = makeTable();
    table.put(group(), { lease: other });
    const before = table.stored(engineers);
    const work = await table.load();

    await loadContainers([groupChange({ at: second(9), exists: false })], work, table.deps);
    await storeAll(work, () => NOW + 70_000, table.deps);

    expect(work.faults.get(engineers)).toMatchObject({ code: 'leased', retryAfterMs: 40_000 });
    expect([table.stored(engineers), table.written]).toEqual([before, []]);
  });

  test('that somebody else wrote before it was leased is as it was, and its messages come back at once', async () => {
    let isFirst = false;
    const table = makeTable((entry) => {
      if (entry.kind !== 'group' || !isFirst) return;
      isFirst = false;
      table.put(group({ at: second(9), name: 'Engineers' }));
    });
    table.put(group());
    const work = await table.load();
    await loadContainers([groupChange()], work, table.deps);
    const loaded = work.containers.get(engineers);
    if (loaded)
      loaded.entry = { ...loaded.entry, delivered: { acme: { present: true } } } as typeof loaded.entry;
    isFirst = true;

    await storeAll(work, () => NOW + 70_000, table.deps);

    expect(work.faults.get(engineers)).toMatchObject({ code: 'leased', retryAfterMs: 0 });
    expect(work.containers.get(engineers)?.entry.delivered).toEqual({});
    expect(table.stored(engineers)).toMatchObject({ entry: { delivered: {} }, lease: undefined });
  });

  test.each<[string, Parameters<typeof groupChange>[0], true | undefined]>([
    ['its end', { exists: false }, true],
    ['that it counts in one organization only', { organization: 'org_1' }, true],
    ['a name, where names decide nothing', { name: 'Engineers' }, undefined],
  ])('has its members due for %s: %s', async (_what, change, expected) => {
    const table = makeTable();
    table.put(group());
    const work = await table.load();

    await loadContainers([groupChange({ at: second(9), ...change })], work, table.deps);

    expect(work.containers.get(engineers)?.entry.membersDue).toBe(expected);
  });
});
