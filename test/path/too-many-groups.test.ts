import { expect, test } from 'vitest';
import { makeDelivery } from '../support/delivery.ts';
import { membershipChange, personChange, second } from '../support/factories.ts';

const GROUPS = 4_000;
const AT_ONCE = 1_000;
/** As vendors have them: a group has an id of twenty characters, an event one of thirty-six, and a time of its own. */
const joins = Array.from({ length: GROUPS }, (_, n) =>
  membershipChange({
    container: { kind: 'group', id: `00g${String(n).padStart(17, '0')}`, name: `G${n}` },
    ...{ at: second(n + 2), id: `${String(n).padStart(8, '0')}-9d5c-11ee-8c90-0242ac120002` },
  }),
);
const leaves = joins.map((join) => ({ ...join, at: second(GROUPS + 2), member: false }));

test.each([
  ['is in more groups than their entry holds', false],
  ['was in as many of late, and is in none', true],
])('somebody who %s is at Velt, leaves at once, and keeps nobody waiting', async (_who, hasLeft) => {
  const world = makeDelivery({ okta: { kind: 'okta', organization: 'acme', groups: { include: [] } } });
  await world.run(personChange({ exists: true, profile: { name: 'Ada' } }));
  for (let n = 0; n < GROUPS; n += AT_ONCE) {
    await world.run(...joins.slice(n, n + AT_ONCE));
    if (hasLeft) await world.run(...leaves.slice(n, n + AT_ONCE));
  }
  const users = world.users();

  await world.run(
    personChange({ at: second(20_000), exists: false }),
    personChange({ personId: 'bob', exists: true }),
  );

  expect(users).toEqual(['ada']);
  expect(world.users()).toEqual(['bob']);
  expect(world.deps.meter.counted.EntriesFull).toBeGreaterThan(0);
  expect(world.log.lines).toContainEqual({
    level: 'error',
    message: 'Somebody is in too many groups: new ones are left out',
    fields: { source: 'okta', person: 'ada' },
  });
});
