import { describe, expect, test } from 'vitest';
import { allowanceOf, makePlan } from '../../lib/reconcile/plan.ts';
import { everyone, idsOf, makeOktaRuns, person } from '../support/okta-runs.ts';

const PEOPLE = 4;

/** An application decides who is mirrored, and so many are assigned to it. */
async function makeAssigned(size = PEOPLE) {
  const world = makeOktaRuns({
    ...{ people: size, groups: {}, source: { users: { application: '0oa1' }, api: {} } },
    org: {
      apps: [{ id: '0oa1', label: 'Velt' }],
      assignments: everyone(1, size).map((n) => ['0oa1', person(n).id] as [string, string]),
    },
  });
  await world.read();
  world.time.now += 60_000;
  return world;
}

describe('an application that is switched off', () => {
  test('takes everybody out of Velt, and brings everybody back when it is switched on', async () => {
    const world = await makeAssigned();

    await world.webhook(...world.okta.deactivateApp('0oa1'));
    await world.settle();
    const off = world.users();
    world.time.now += 60_000;
    await world.webhook(...world.okta.activateApp('0oa1'));
    await world.settle();

    expect([off, world.users()]).toEqual([[], idsOf(everyone(1, PEOPLE))]);
  });

  test.each([{ api: {} }, {}])(
    'and on again a minute later, has all hundred back, though no run ever counted them: %j',
    async (api) => {
      const world = makeOktaRuns({
        ...{ people: 0, groups: {}, source: { users: { application: '0oa1' }, ...api } },
        org: { apps: [{ id: '0oa1', label: 'Velt' }] },
      });
      for (const n of everyone(1, 100)) {
        await world.webhook(...world.okta.createUser(person(n)));
        world.time.now += 1_000;
        await world.webhook(...world.okta.assignApp('0oa1', person(n).id));
      }
      const before = world.users().length;

      await world.webhook(...world.okta.deactivateApp('0oa1'));
      await world.settle();
      world.time.now += 60_000;
      await world.webhook(...world.okta.activateApp('0oa1'));
      await world.settle();

      expect(before).toBe(100);
      expect(world.users().toSorted()).toEqual(idsOf(everyone(1, 100)));
    },
  );

  test('keeps out whoever was unassigned meanwhile, and lets in whoever was assigned', async () => {
    const world = await makeAssigned();
    world.okta.createUser(person(9));

    await world.webhook(...world.okta.deactivateApp('0oa1'));
    world.time.now += 60_000;
    await world.webhook(...world.okta.unassignApp('0oa1', person(1).id));
    await world.webhook(...world.okta.assignApp('0oa1', person(9).id));
    world.time.now += 60_000;
    await world.webhook(...world.okta.activateApp('0oa1'));
    await world.settle();

    expect(world.users()).toEqual(idsOf([2, 3, 4, 9]));
  });

  test('unheard of, is found by a run, behind the breaker', async () => {
    const world = await makeAssigned(30);
    world.okta.deactivateApp('0oa1');

    const stopped = await world.read();
    const kept = world.users();
    const plan = await makePlan('okta', world.depsOf());
    const applied = await world.read({ allowance: allowanceOf(plan) });

    expect([stopped, applied]).toMatchObject([{ state: 'stopped' }, { state: 'done' }]);
    expect([kept, world.users()]).toEqual([idsOf(everyone(1, 30)), []]);
  });

  test('and on again unheard of, has everybody back by the next run', async () => {
    const world = await makeAssigned();
    await world.webhook(...world.okta.deactivateApp('0oa1'));
    await world.settle();
    world.time.now += 60_000;
    world.okta.activateApp('0oa1');

    await world.read();

    expect(world.users()).toEqual(idsOf(everyone(1, PEOPLE)));
  });
});
