import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { createRuns, type Run } from '../../../lib/aws/runs.ts';
import { Conflict } from '../../../lib/errors.ts';
import { makeTable } from '../../support/dynamodb.ts';
import { groupChange, NOW } from '../../support/factories.ts';

async function makeRuns() {
  const table = await makeTable();
  return { ...table, runs: createRuns({ ...table, clock: () => NOW }) };
}

function makeRun(run: Partial<Run> = {}): Run {
  return {
    ...{ v: 2, runId: 'okta-1', source: 'okta', phase: 'list', state: 'running', configuration: 'c' },
    startedAt: '2026-09-30T12:00:00.000Z',
    ...{ pages: 0, people: 0, unreadable: 0, queued: 0, asked: 0, listedParts: 0, deferredParts: 0 },
    ...{ delivered: 0, losing: 0, toAsk: 0 },
    ...run,
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
    await runs.save(makeRun({ phase: 'absences', cursor: 'c', landmark: 'l', before: 7, lease }), first);

    expect(before).toBeUndefined();
    expect(await runs.current('okta')).toEqual({
      run: makeRun({ phase: 'absences', cursor: 'c', landmark: 'l', before: 7, lease }),
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
    await runs.save({ ...makeRun(), v: 3 } as never, 0);

    const found = await runs.current('okta');
    await runs.save(makeRun({ runId: 'ours' }), found?.revision ?? 0);

    expect(found).toEqual({ run: undefined, revision: 1 });
    expect((await runs.current('okta'))?.run?.runId).toBe('ours');
  });

  test.each(['phase', 'state'])(
    'that a newer version left in a %s of its own is known by the rest',
    async (field) => {
      const { runs } = await makeRuns();
      await runs.save({ ...makeRun({ people: 7 }), [field]: 'verify' } as never, 0);

      expect((await runs.current('okta'))?.run).toEqual({ ...makeRun({ people: 7 }), [field]: 'unknown' });
    },
  );

  test('of two that save at one moment is one', async () => {
    const { runs } = await makeRuns();

    const both = await Promise.allSettled([runs.save(makeRun(), 0), runs.save(makeRun(), 0)]);

    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('who was listed', () => {
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

describe('what is deferred', () => {
  test('comes back up to the checkpoint, in its order', async () => {
    const { runs } = await makeRuns();
    const news = (part: number) => [groupChange({ name: `Group ${part}` })];
    for (let part = 0; part < 20; part += 1) await runs.writeDeferred(makeRun(), part, news(part));

    const parts = await all(runs.deferred(makeRun({ deferredParts: 19 })));

    expect(parts).toEqual(Array.from({ length: 19 }, (_, part) => news(part)));
  });

  test('costs no query where there is none', async () => {
    const { runs, actions } = await makeRuns();

    const parts = await all(runs.deferred(makeRun()));

    expect([parts, actions]).toEqual([[], []]);
  });

  test('is forgotten after two weeks, as is who was listed', async () => {
    const { runs, client, table } = await makeRuns();

    await runs.writeDeferred(makeRun(), 0, [groupChange()]);
    await runs.writeListed(makeRun(), 0, Buffer.from([1]));

    for (const sk of ['deferred#00000000', 'listed#00000000']) {
      const Key = { pk: 'run#okta#okta-1', sk };
      const { Item } = await client.send(new GetCommand({ TableName: table, Key }));
      expect(Item?.expiresAt).toBe(NOW / 1000 + 14 * 86_400);
    }
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
  ['a query', (runs: ReturnType<typeof createRuns>) => all(runs.deferred(makeRun({ deferredParts: 1 })))],
])('%s that the table refuses is a fault of the world', async (_what, call) => {
  const client = { send: async () => Promise.reject(new Error('throttled')) };

  const attempt = call(createRuns({ client: client as never, table: 'mirror', clock: () => NOW }));

  await expect(attempt).rejects.toMatchObject({ name: 'WorldFault', code: 'mirror' });
});
