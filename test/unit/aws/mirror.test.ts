import { BatchGetCommand, BatchWriteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { createMirror, type Stored } from '../../../lib/aws/mirror.ts';
import { entryKey, newPerson, scopeKey } from '../../../lib/directory/entry.ts';
import { fitted } from '../../../lib/directory/trim.ts';
import { Conflict } from '../../../lib/errors.ts';
import { makeTable } from '../../support/dynamodb.ts';
import { second } from '../../support/factories.ts';

const TIMES = { dueAt: undefined, lease: undefined, expiresAt: undefined };
const container = { kind: 'group', id: 'eng' } as const;
const rowsOf = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ source: 'okta', container, personId: `p${n}` }));

/** The mirror in a table; of each batch DynamoDB leaves a part undone so many times, or always. */
async function makeMirror({ undone = 0 }: { undone?: number } = {}) {
  const { client, table, actions } = await makeTable();
  const slept: number[] = [];
  let left = undone;
  const send = async (command: BatchGetCommand | BatchWriteCommand) => {
    const isBatch = command instanceof BatchGetCommand || command instanceof BatchWriteCommand;
    if (!isBatch || left === 0) return client.send(command as BatchGetCommand);
    left -= 1;
    return command instanceof BatchGetCommand
      ? { Responses: {}, UnprocessedKeys: command.input.RequestItems }
      : { UnprocessedItems: command.input.RequestItems };
  };
  const sleep = async (ms: number) => void slept.push(ms);
  const mirror = createMirror({ client: { send: send as never }, table, random: () => 1, sleep });
  return { mirror, actions, slept, client, table };
}

const all = async (pages: AsyncIterable<string[]>) => {
  const found: string[] = [];
  for await (const page of pages) found.push(...page);
  return found;
};

test('an entry comes back with its revision, its time and its lease, and others not at all', async () => {
  const { mirror } = await makeMirror();
  const ada = newPerson('okta', 'ada');
  const lease = { owner: 'me', until: 9 };

  const first = await mirror.write({ entry: ada, revision: 0 }, { ...TIMES, dueAt: 5, lease });
  const found = await mirror.read([ada, newPerson('okta', 'bob'), ada]);

  expect([...found]).toEqual([[entryKey(ada), { entry: ada, revision: 1, dueAt: 5, lease }]]);
  expect(await mirror.write({ entry: ada, revision: first }, TIMES)).toBe(2);
  expect((await mirror.read([ada])).get(entryKey(ada))).toEqual({ entry: ada, revision: 2 });
});

test('an entry with as many memberships as one may have fits, with what Velt confirmed of each', async () => {
  const { mirror } = await makeMirror();
  const groups = Array.from({ length: 5_000 }, (_, n) => `00g${String(n).padStart(17, '0')}`);
  const fact = { value: true, version: `${second(1)}#8fa1c5de-9d5c-11ee-8c90-0242ac120002` };
  const entryOf = (ids: string[]) => ({
    ...newPerson('okta', 'ada'),
    memberships: Object.fromEntries(ids.map((id) => [`group:${id}`, fact])),
  });
  const isFull = (count: number) => {
    const entry = entryOf(groups.slice(0, count));
    return fitted(entry, newPerson('okta', 'ada')) !== entry;
  };
  const most = 100 * Array.from({ length: 50 }, (_, n) => n).findIndex((n) => isFull(100 * (n + 1)));
  const ids = groups.slice(0, most);
  const scopes = ids.map((groupId) => [scopeKey({ organizationId: 'acme', groupId }), { present: true }]);
  const entry = { ...entryOf(ids), delivered: { '00u00000000000000001': Object.fromEntries(scopes) } };

  await mirror.write({ entry, revision: 0 }, TIMES);

  expect((await mirror.read([entry])).get(entryKey(entry))?.entry).toEqual(entry);
  expect(most).toBeGreaterThan(1_800);
});

test('an entry that somebody else wrote is a conflict', async () => {
  const { mirror } = await makeMirror();
  const entry = newPerson('okta', 'ada');
  await mirror.write({ entry, revision: 0 }, TIMES);

  await expect(mirror.write({ entry, revision: 0 }, TIMES)).rejects.toMatchObject({ name: 'Conflict' });
});

test('what is due is found of the sources that are asked about, behind any number of others', async () => {
  const { mirror } = await makeMirror();
  for (let n = 0; n < 5; n += 1)
    await mirror.write({ entry: newPerson('old', `p${n}`), revision: 0 }, { ...TIMES, dueAt: n });
  for (const id of ['ada', 'grace', 'alan'])
    await mirror.write({ entry: newPerson('okta', id), revision: 0 }, { ...TIMES, dueAt: 10 + id.length });

  const due = await mirror.due(14, 2, (source) => source === 'okta');

  expect(due.map(({ id }) => id)).toEqual(['ada', 'alan']);
});

test('everyone in a container is found, however many there are, until they leave', async () => {
  const { mirror, actions } = await makeMirror();

  await mirror.join([...rowsOf(60), ...rowsOf(1)]);
  await mirror.leave(rowsOf(58));

  expect(actions.filter((action) => action === 'BatchWriteItem')).toHaveLength(3 + 3);
  expect(await all(mirror.members('okta', container))).toEqual(['p58', 'p59']);
  expect(await all(mirror.members('auth0', container))).toEqual([]);
});

test('more entries than one batch takes are read, and a source is gone through page by page', async () => {
  const { mirror } = await makeMirror();
  const people = Array.from({ length: 101 }, (_, n) => newPerson('okta', `p${n}`));
  for (const entry of people) await mirror.write({ entry, revision: 0 }, TIMES);
  await mirror.join(rowsOf(3));

  expect((await mirror.read(people)).size).toBe(101);
  expect((await mirror.scan('okta', undefined)).entries).toHaveLength(101);
  expect(await mirror.scan('auth0', undefined)).toEqual({ entries: [], next: undefined });
});

describe('what a newer version wrote', () => {
  const team = { kind: 'team', source: 'okta', id: 't1', seats: 7 };
  const itemOf = (entry: { source: string; kind: string; id: string }, more: object = {}) => ({
    ...{ pk: entryKey(entry), sk: 'entry', entry, revision: 1, due: 'due', dueAt: 1, ...more },
  });

  async function makeNewer(...items: object[]) {
    const made = await makeMirror();
    const { client, table } = made;
    for (const Item of items) await client.send(new PutCommand({ TableName: table, Item: { ...Item } }));
    return made;
  }

  test('of a kind that this one does not know is passed over, by reads, by the sweep and, counted, by runs', async () => {
    const ada = newPerson('okta', 'ada');
    const { mirror } = await makeNewer(itemOf(team), itemOf(ada));

    const { entries, unreadable } = await mirror.scan('okta', undefined);

    expect([entries.map(({ entry }) => entry), unreadable]).toEqual([[ada], 1]);
    expect([...(await mirror.read([team as never, ada])).keys()]).toEqual([entryKey(ada)]);
    expect(await mirror.due(9, 10)).toEqual([{ source: 'okta', kind: 'person', id: 'ada' }]);
  });

  test('of a kind that it knows and cannot read is there, unreadable, and is not written over', async () => {
    const group = { kind: 'group', source: 'okta', id: 'g1', name: 'no fact' };
    const { mirror } = await makeNewer(itemOf(group));

    const { entry, ...stored } = (await mirror.read([group as never])).get('okta#group#g1') as Stored;

    expect(entry).toEqual({ kind: 'group', source: 'okta', id: 'g1', delivered: {}, unreadable: true });
    await expect(mirror.write({ entry, ...stored }, TIMES)).rejects.toThrow(Conflict);
    expect(await mirror.scan('okta', undefined)).toMatchObject({ entries: [], unreadable: 1 });
  });

  test('beside an entry is written back with it', async () => {
    const ada = newPerson('okta', 'ada');
    const { mirror, client, table } = await makeNewer(itemOf(ada, { shadow: { on: true }, expiresAt: 7 }));
    const stored = (await mirror.read([ada])).get(entryKey(ada));

    await mirror.write({ entry: ada, revision: 0, ...stored }, TIMES);

    const Key = { pk: entryKey(ada), sk: 'entry' };
    const { Item } = await client.send(new GetCommand({ TableName: table, Key }));
    expect(Item).toEqual({ ...Key, entry: ada, revision: 2, shadow: { on: true } });
  });

  test.each(['no JSON', '7', '[]'])('as a place in the table leads nowhere: %s', async (cursor) => {
    const { mirror } = await makeMirror();

    await expect(mirror.scan('okta', cursor)).rejects.toMatchObject({ code: 'unreadable-message' });
  });
});

test('what a batch leaves undone is sent again, after growing pauses', async () => {
  const { mirror, slept } = await makeMirror({ undone: 2 });

  await mirror.join(rowsOf(2));

  expect(slept).toEqual([100, 200]);
  expect(await all(mirror.members('okta', container))).toEqual(['p0', 'p1']);
});

test.each([
  ['written', (mirror: Awaited<ReturnType<typeof makeMirror>>['mirror']) => mirror.join(rowsOf(2))],
  [
    'read',
    (mirror: Awaited<ReturnType<typeof makeMirror>>['mirror']) => mirror.read([newPerson('okta', 'a')]),
  ],
])('what is never %s is a fault of the world after six tries', async (_what, act) => {
  const { mirror, slept } = await makeMirror({ undone: 99 });

  await expect(act(mirror)).rejects.toMatchObject({ name: 'WorldFault', code: 'mirror' });
  expect(slept).toHaveLength(5);
});
