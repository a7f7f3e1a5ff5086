import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import { createMirror } from '../../lib/aws/mirror.ts';
import { entryKey, newPerson } from '../../lib/directory/entry.ts';
import { makeDelivery } from '../support/delivery.ts';
import { makeTable } from '../support/dynamodb.ts';
import { personChange } from '../support/factories.ts';

test('an entry with a field of a newer version keeps it, and holds up neither its person nor those who come with them', async () => {
  const { client, table } = await makeTable();
  const world = makeDelivery({ okta: { kind: 'okta', organization: 'acme' } });
  const mirror = createMirror({ client, table, random: () => 0, sleep: async () => {} });
  world.deps.mirror = mirror;
  const entry = { ...newPerson('okta', 'bob'), seats: { of: 'a newer version' } };
  const Key = { pk: entryKey(entry), sk: 'entry' };
  await client.send(new PutCommand({ TableName: table, Item: { ...Key, entry, revision: 1 } }));
  const ids = ['bob', ...Array.from({ length: 20 }, (_, n) => `person-${n}`)];

  const fault = await world.once(
    ...ids.map((personId) => personChange({ personId, exists: true, profile: { name: personId } })),
  );

  const { Item } = await client.send(new GetCommand({ TableName: table, Key }));
  const { entries, unreadable } = await mirror.scan('okta', undefined);
  expect([fault, world.users().toSorted()]).toEqual([undefined, ids.toSorted()]);
  expect(Item?.entry).toMatchObject({ id: 'bob', seats: entry.seats, exists: { value: true } });
  expect([entries.length, unreadable ?? 0]).toEqual([21, 0]);
});
