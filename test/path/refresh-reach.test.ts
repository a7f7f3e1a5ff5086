import { describe, expect, test } from 'vitest';
import { sweep } from '../../lib/delivery/sweep.ts';
import { settle } from '../property/odd-truth.ts';
import { recheck } from '../support/factories.ts';
import { everyone, idsOf, makeOktaRuns, person } from '../support/okta-runs.ts';

/** Okta answers this about so many people for ever; events then tell of all 41, of whom another one left. */
async function hearOfAll(status: number, sick: number[]) {
  const world = makeOktaRuns({ people: 41 });
  await world.read();
  world.okta.deleteUser(person(3).id);
  for (const n of sick) {
    world.okta.deleteUser(person(n).id);
    world.okta.faults.add({ path: `/api/v1/users/${person(n).id}`, answer: { kind: 'status', status } });
  }
  world.time.now += 3_600_000;
  const at = new Date(world.time.now).toISOString();
  const fault = await world.once(
    ...idsOf(everyone(1, 41)).map((id) => recheck({ of: { kind: 'person', id }, at, read: 'memberships' })),
  );
  return { ...world, fault };
}

describe.each([
  ['one person', [7]],
  ['two neighbours', [7, 8]],
  ['twenty in a row', everyone(11, 30)],
])('%s', (_what, sick) => {
  test.each([500, 403, 400])('answered %i for ever stay, and all others are read', async (status) => {
    const { users, fault, memory, time, log, meter } = await hearOfAll(status, sick);

    expect(users().toSorted()).toEqual(idsOf(everyone(1, 41).filter((n) => n !== 3)));
    expect(fault?.ofOne).toBe(status === 500 ? true : undefined);
    expect(memory.due(time.now + 3_600_000, 50).map(({ id }) => id)).toEqual(idsOf(sick));
    expect(log.lines.map(({ message }) => message)).not.toContain('The directory is out of reach');
    expect(meter.counted).not.toHaveProperty('MessagesReturned');
  });
});

test.each([500, 403, 400])(
  'forty newcomers are in although one who came with them is answered %i for ever, and that one is once they are not',
  async (status) => {
    const world = makeOktaRuns({ people: 0, source: { api: { headroom: 0 } } });
    const events = everyone(1, 41).flatMap((n) => world.okta.createUser(person(n)));
    world.okta.faults.add({ path: `/api/v1/users/${person(7).id}`, answer: { kind: 'status', status } });

    await settle(world, [world.mapped(...events).flat()]);
    const users = world.users().toSorted();
    const owed = world.memory.due(Number.POSITIVE_INFINITY, 50).map(({ id }) => id);
    world.okta.faults.clear();
    world.time.now += 24 * 3_600_000;
    await sweep(world.deps);
    await settle(world);

    expect(users).toEqual(idsOf(everyone(1, 41).filter((n) => n !== 7)));
    expect([owed, world.queued]).toEqual([[person(7).id], []]);
    expect(world.users().toSorted()).toEqual(idsOf(everyone(1, 41)));
  },
);

test('a directory that answers nothing is asked for two people and one page, and the messages come back', async () => {
  const world = makeOktaRuns({ people: 41 });
  await world.read();
  world.okta.deleteUser(person(3).id);
  world.okta.faults.add({ answer: { kind: 'status', status: 503 } });
  world.time.now += 3_600_000;
  const at = new Date(world.time.now).toISOString();

  const fault = await world.once(
    ...idsOf(everyone(1, 41)).map((id) => recheck({ of: { kind: 'person', id }, at, read: 'memberships' })),
  );

  expect([fault?.code, fault?.ofOne]).toEqual(['unavailable', false]);
  expect(world.users()).toHaveLength(41);
  expect(world.log.lines.filter(({ message }) => message === 'The directory is out of reach')).toHaveLength(
    1,
  );
});
