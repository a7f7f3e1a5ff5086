import { expect, test } from 'vitest';
import { type QueueItem, recheckOf } from '../../lib/directory/change.ts';
import { makeDelivery } from '../support/delivery.ts';
import { membershipChange, personChange } from '../support/factories.ts';

const OKTA = { okta: { kind: 'okta', organization: 'acme' } };

/** How long each of these took (ms), with every value that was told. */
async function freshnessOf(
  act: (world: ReturnType<typeof makeDelivery>, ago: (ms: number) => string) => Promise<unknown>,
) {
  const world = makeDelivery(OKTA);
  await act(world, (ms) => new Date(world.time.now - ms).toISOString());
  return world.deps.meter.measured.FreshnessMs ?? [];
}

const arrives = (personId: string, at: string, more: object = {}) =>
  personChange({ personId, at, exists: true, profile: { name: personId }, ...more });

test.each<[what: string, items: (ago: (ms: number) => string) => QueueItem[], expected: number[]]>([
  ['is from the event to the confirmation', (ago) => [arrives('ada', ago(900))], [900]],
  ['is told of each person', (ago) => [arrives('ada', ago(900)), arrives('ben', ago(400))], [900, 400]],
  [
    'counts from the oldest of several events',
    (ago) => [arrives('ada', ago(900)), membershipChange({ personId: 'ada', at: ago(200) })],
    [900],
  ],
  ['is never below nothing, where a vendor runs ahead', (ago) => [arrives('ada', ago(-5_000))], [0]],
  ['is not told of what was read', (ago) => [arrives('ada', ago(900), { askedAt: ago(10) })], []],
  [
    'is not told of another look',
    (ago) => [recheckOf({ source: 'okta', kind: 'person', id: 'ada' }, ago(900), { reason: 'sweep' })],
    [],
  ],
])('freshness %s', async (_what, items, expected) => {
  expect(await freshnessOf((world, ago) => world.run(...items(ago)))).toEqual(expected);
});

test('freshness is not told again of an event that changes nothing the second time', async () => {
  const told = await freshnessOf(async (world, ago) => {
    const event = arrives('ada', ago(900));
    await world.run(event);
    world.time.now += 300_000;
    await world.run(event);
  });

  expect(told).toEqual([900]);
});

test('freshness counts the time that Velt was away, and nobody whom it refuses', async () => {
  const told = await freshnessOf(async (world, ago) => {
    const [ada, ben] = [arrives('ada', ago(900)), arrives('ben', ago(900))];
    world.faults.add({ answer: { kind: 'status', status: 503 } });
    await world.once(ada, ben);
    world.faults.clear();
    world.faults.add({ match: { userId: 'ben' }, answer: { kind: 'refuse-item', reason: 'no name' } });
    world.time.now += 3_600_000;
    await world.run(ada, ben);
  });

  expect(told).toHaveLength(1);
  expect(told[0]).toBeGreaterThan(3_600_000);
});
