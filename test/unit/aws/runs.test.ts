import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { createRuns, type Run, type RunItem } from '../../../lib/aws/runs.ts';
import { Conflict } from '../../../lib/errors.ts';
import { makeTable } from '../../support/dynamodb.ts';
import { NOW, personChange } from '../../support/factories.ts';

async function makeRuns() {
  const table = await makeTable();
  return { ...table, runs: createRuns({ ...table, clock: () => NOW }) };
}

const counts = { pages: 0, people: 0, unreadable: 0, queued: 0, delivered: 0, losing: 0, kept: 0 };
const none = { adds: 0, updates: 0, joins: 0, removes: 0, leaves: 0 };

function makeRun(run: Partial<Run> = {}): Run {
  return {
    v: 1,
    runId: 'okta-1',
    ...{ source: 'okta', mode: 'apply', phase: 'read', state: 'running', configuration: 'c' },
    startedAt: '2026-09-30T12:00:00.000Z',
    ...counts,
    ...{ listedParts: 0, itemParts: 0, doneParts: 0, effect: none },
    ...run,
  };
}

function makeItem(item: Partial<RunItem> = {}): RunItem {
  return {
    key: 'okta#person#ada',
    ...{ revision: 3, reason: 'not listed', effect: { ...none, removes: 1 }, changes: [] },
    ...item,
  };
}

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of list) found.push(item);
  return found;
}

describe('the current run', () => {
  test('is nothing at first, and then what was saved last', async () => {
    const { runs } = await makeRuns();
    const lease = { owner: 'process 1', until: NOW };

    const before = await runs.current('okta');
    const first = await runs.save(makeRun(), 0);
    await runs.save(makeRun({ phase: 'compare', cursor: 'c', landmark: 'l', before: 7, lease }), first);

    expect(before).toBeUndefined();
    expect(await runs.current('okta')).toEqual({
      run: makeRun({ phase: 'compare', cursor: 'c', landmark: 'l', before: 7, lease }),
      revision: 2,
    });
    expect(await runs.current('auth0')).toBeUndefined();
  });

  test.each([
    ['it was begun by somebody else', 0],
    ['somebody else went on with it', 1],
  ])('is not saved when %s', async (_why, revision) => {
    const { runs } = await makeRuns();
    await runs.save(makeRun({ runId: 'theirs' }), await runs.save(makeRun(), 0));

    const save = runs.save(makeRun({ runId: 'ours' }), revision);

    await expect(save).rejects.toBeInstanceOf(Conflict);
    expect((await runs.current('okta'))?.run?.runId).toBe('theirs');
  });

  test('that a program of another version wrote is unknown, and can be saved over', async () => {
    const { runs } = await makeRuns();
    await runs.save({ ...makeRun(), later: 'knowledge' } as Run, 0);

    const found = await runs.current('okta');
    await runs.save(makeRun({ runId: 'ours' }), found?.revision ?? 0);

    expect(found).toEqual({ run: undefined, revision: 1 });
    expect((await runs.current('okta'))?.run?.runId).toBe('ours');
  });

  test('of two that save at one moment is one', async () => {
    const { runs } = await makeRuns();

    const both = await Promise.allSettled([runs.save(makeRun(), 0), runs.save(makeRun(), 0)]);

    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('a run that ended', () => {
  test('is kept under its id for two weeks', async () => {
    const { runs, client, table } = await makeRuns();
    const run = makeRun({ state: 'stopped', reason: 'too many', endedAt: '2026-09-30T12:00:01.000Z' });

    await runs.keep(run);

    expect(await runs.kept('okta', 'okta-1')).toEqual(run);
    expect(await runs.kept('okta', 'okta-2')).toBeUndefined();
    const Key = { pk: 'run#okta', sk: 'kept#okta-1' };
    const { Item } = await client.send(new GetCommand({ TableName: table, Key }));
    expect(Item?.expiresAt).toBe(NOW / 1000 + 14 * 86_400);
  });
});

describe('what a run saw', () => {
  test('comes back in its parts, and in their order beyond ten', async () => {
    const { runs } = await makeRuns();
    for (let part = 0; part < 12; part += 1) await runs.writeListed(makeRun(), part, Buffer.from([part]));

    const parts = await all(runs.listed(makeRun({ listedParts: 12 })));

    expect(parts.map((part) => [...part])).toEqual(Array.from({ length: 12 }, (_, part) => [part]));
  });

  test('is none of what lies beyond its checkpoint, and none of another run', async () => {
    const { runs } = await makeRuns();
    await runs.writeListed(makeRun(), 0, Buffer.from([1]));
    await runs.writeListed(makeRun(), 1, Buffer.from([2]));
    await runs.writeListed(makeRun({ runId: 'okta-2' }), 0, Buffer.from([3]));

    const parts = await all(runs.listed(makeRun({ listedParts: 1 })));

    expect(parts.map((part) => [...part])).toEqual([[1]]);
    expect(await all(runs.listed(makeRun()))).toEqual([]);
  });

  test('can be nothing at all', async () => {
    const { runs } = await makeRuns();

    await runs.writeListed(makeRun(), 0, Buffer.alloc(0));

    expect(await all(runs.listed(makeRun({ listedParts: 1 })))).toMatchObject([{ byteLength: 0 }]);
  });
});

describe('what a run would do', () => {
  const items = [
    makeItem({ changes: [personChange({ exists: false })] }),
    makeItem({ name: 'Ada', confirm: 'person' }),
  ];

  test('comes back from a part on, up to its checkpoint', async () => {
    const { runs } = await makeRuns();
    for (let part = 0; part < 20; part += 1)
      await runs.writeItems(
        makeRun(),
        part,
        items.map((item) => ({ ...item, revision: part })),
      );

    const parts = await all(runs.items(makeRun({ itemParts: 19 }), 2));

    expect(parts.map(({ part }) => part)).toEqual(Array.from({ length: 17 }, (_, index) => index + 2));
    expect(parts[0]?.items).toEqual(items.map((item) => ({ ...item, revision: 2 })));
  });

  test('costs no query when all of it was done', async () => {
    const { runs, actions } = await makeRuns();

    const parts = await all(runs.items(makeRun({ itemParts: 3 }), 3));

    expect([parts, actions]).toEqual([[], []]);
  });
});

describe('a place in a log', () => {
  test('is unknown at first, and moved only by whoever saw it last', async () => {
    const { runs } = await makeRuns();

    const before = await runs.place('okta', 'catch-up');
    await runs.move('okta', 'catch-up', { cursor: 'a', revision: 0 });
    const late = runs.move('okta', 'catch-up', { cursor: 'b', revision: 0 });

    await expect(late).rejects.toBeInstanceOf(Conflict);
    expect(before).toEqual({ cursor: undefined, revision: 0 });
    expect(await runs.place('okta', 'catch-up')).toEqual({ cursor: 'a', revision: 1 });
    expect(await runs.place('auth0', 'catch-up')).toEqual({ cursor: undefined, revision: 0 });
  });
});

test.each([
  ['a read', (runs: ReturnType<typeof createRuns>) => runs.current('okta')],
  ['a write', (runs: ReturnType<typeof createRuns>) => runs.save(makeRun(), 0)],
  ['a query', (runs: ReturnType<typeof createRuns>) => all(runs.items(makeRun({ itemParts: 1 }), 0))],
])('%s that the table refuses is a fault of the world', async (_what, call) => {
  const client = { send: async () => Promise.reject(new Error('throttled')) };

  const attempt = call(createRuns({ client: client as never, table: 'mirror', clock: () => NOW }));

  await expect(attempt).rejects.toMatchObject({ name: 'WorldFault', code: 'mirror' });
});
