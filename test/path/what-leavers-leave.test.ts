import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import { createMirror } from '../../lib/aws/mirror.ts';
import { makeDelivery } from '../support/delivery.ts';
import { makeTable } from '../support/dynamodb.ts';
import { membershipChange, personChange, second } from '../support/factories.ts';

const DAYS = 24 * 60 * 60_000;
const group = (id: string) => ({ kind: 'group' as const, id, name: id });
const profile = { name: 'Ada', email: 'ada@example.com' };

test.each(['id', 'email'])(
  'nothing in the table tells of somebody who left and does not expire (Velt user id: %s)',
  async (userId) => {
    const { client, table } = await makeTable();
    const world = makeDelivery({ okta: { kind: 'okta', organization: 'acme', userId } });
    world.deps.mirror = createMirror({ client, table, random: () => 0, sleep: async () => {} });
    await world.run(personChange({ exists: true, profile }), membershipChange({ container: group('eng') }));
    const before = world.users();

    await world.run(personChange({ at: second(5), exists: false }));

    const { Items = [] } = await client.send(new ScanCommand({ TableName: table }));
    const theirs = Items.filter((item) => JSON.stringify(item).includes('ada'));
    expect([before.length, world.users()]).toEqual([1, []]);
    expect(theirs.map(({ pk, expiresAt }) => [pk, expiresAt])).toEqual([
      ['okta#person#ada', Math.ceil((world.time.now + 30 * DAYS) / 1000)],
    ]);
  },
);

test('somebody who was in five thousand groups ever, a thousand a month, has room for more and leaves', async () => {
  const world = makeDelivery({ okta: { kind: 'okta', organization: 'acme', groups: { include: [] } } });
  await world.run(personChange({ exists: true, profile }));
  for (let month = 0; month < 5; month += 1) {
    const joins = Array.from({ length: 1_000 }, (_, n) =>
      membershipChange({ container: group(`00g${String(month * 1_000 + n).padStart(17, '0')}`) }),
    );
    await world.run(...joins);
    await world.run(...joins.map((join) => ({ ...join, at: second(2), member: false })));
    world.time.now += 31 * DAYS;
  }
  const counted = world.deps.meter.counted.EntriesFull;

  await world.run(personChange({ at: second(9), exists: false }));

  expect([counted, world.users()]).toEqual([undefined, []]);
});
