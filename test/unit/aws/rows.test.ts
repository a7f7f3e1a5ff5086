import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import { createMirror } from '../../../lib/aws/mirror.ts';
import { createRows } from '../../../lib/aws/rows.ts';
import { createRuns } from '../../../lib/aws/runs.ts';
import { newContainer, newPerson } from '../../../lib/directory/entry.ts';
import { makeTable } from '../../support/dynamodb.ts';
import { NOW } from '../../support/factories.ts';
import { makeRun } from '../../support/plans.ts';

const TIMES = { dueAt: undefined, lease: undefined, expiresAt: undefined };

/** A table with everything that it can hold of each of these sources. */
async function makeFull(...sources: string[]) {
  const { client, table } = await makeTable();
  const deps = { client, table, random: () => 0, sleep: async () => {} };
  const mirror = createMirror(deps);
  const runs = createRuns({ ...deps, clock: () => NOW });
  for (const source of sources) {
    const run = makeRun({ source, runId: `${source}-1`, listedParts: 1 });
    await mirror.write({ entry: newPerson(source, 'ada#1'), revision: 0 }, TIMES);
    await mirror.write({ entry: newContainer({ source, kind: 'group', id: 'eng' }), revision: 0 }, TIMES);
    await mirror.join([
      { source, container: { kind: 'group', id: 'eng' }, personId: 'ada#1' },
      { source, container: { kind: 'nest', id: 'group:eng' }, personId: `${source}#group#inner` },
      { source: '', container: { kind: 'user', id: 'ada@example.com' }, personId: `${source}#person#ada#1` },
    ]);
    await runs.save(run, 0);
    await runs.writeListed(run, 0, Buffer.from('hashes'));
    await runs.move(source, 'catch-up', { cursor: 'c', revision: 0 });
  }
  await runs.move('', 'read-back', { cursor: 'c', revision: 0 });
  const left = async () => {
    const { Items = [] } = await client.send(new ScanCommand({ TableName: table }));
    return Items.map(({ pk, sk }) => `${pk} ${sk}`).sort();
  };
  return { rows: createRows(deps), left };
}

test.each([
  ['one whose name begins another', 'okta', ['okta-2', 'auth0']],
  ['one whose name is a kind of entry, beside one that is called as runs are', 'person', ['run', 'group']],
  ['one that is called as runs are', 'run', ['person', 'group']],
])('everything of a source is forgotten, and nothing of others: of %s', async (_which, source, others) => {
  const { rows, left } = await makeFull(source, ...others);
  const alone = await makeFull(...others);

  const forgotten = await rows.forget(source);

  expect(forgotten).toBe(8);
  expect(await left()).toEqual(await alone.left());
});

test('the sources are told that have anything in the table, though it be the record of a run alone', async () => {
  const { rows } = await makeFull('okta', 'run');

  const before = await rows.sources();
  await rows.forget('okta');

  expect([...before].sort()).toEqual(['okta', 'run']);
  expect([...(await rows.sources())]).toEqual(['run']);
});
