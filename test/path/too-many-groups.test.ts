import { expect, test } from 'vitest';
import { makeDelivery } from '../support/delivery.ts';
import { membershipChange, personChange, second } from '../support/factories.ts';

const GROUPS = 3_000;
const joins = Array.from({ length: GROUPS }, (_, n) =>
  membershipChange({ container: { kind: 'group', id: `00g${String(n).padStart(17, '0')}` }, at: second(1) }),
);

test('somebody in more groups than their entry holds is in those that fit, leaves, and keeps nobody waiting', async () => {
  const world = makeDelivery({ okta: { kind: 'okta', organization: 'acme', groups: { include: [] } } });
  await world.run(personChange({ exists: true, profile: { name: 'Ada' } }), ...joins.slice(0, 1_500));

  await world.run(...joins.slice(1_500), personChange({ personId: 'bob', exists: true }));
  const users = world.users();
  await world.run(personChange({ at: second(9), exists: false }));

  expect(users.toSorted()).toEqual(['ada', 'bob']);
  expect(world.users()).toEqual(['bob']);
  expect(world.log.lines).toContainEqual({
    level: 'error',
    message: 'Somebody is in too many groups: new ones are left out',
    fields: { source: 'okta', person: 'ada' },
  });
});
