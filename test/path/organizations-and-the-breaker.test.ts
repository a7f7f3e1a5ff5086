import { describe, expect, test } from 'vitest';
import { everyone, makeOktaRuns } from '../support/okta-runs.ts';
import {
  AT_FIRST,
  BY_ATTRIBUTE,
  BY_GROUP,
  hear,
  held,
  id,
  makeWorld,
  outOf,
} from '../support/organizations.ts';

test('groups of many people wait for the breaker with a name that puts them out, and a run stops at it', async () => {
  const world = makeOktaRuns({
    people: 20,
    groups: { '00gNorth': everyone(1, 20) },
    source: { organization: BY_GROUP },
  });
  await world.read();
  await world.read();

  await hear(world, (okta) => okta.renameGroup('00gNorth', 'Others'));
  const heard = world.users().length;
  const run = await world.read();

  expect([heard, world.deps.meter.counted.EventsDeferred]).toEqual([20, 1]);
  expect(run).toMatchObject({ state: 'stopped', losing: 20 });
  expect(world.users()).toHaveLength(20);
});

describe('after a change of the configuration', () => {
  const mayMove = { reconcile: { removalShare: 1, removalsAtLeast: 100 } };
  const everyoneIn = { acme: [[1, 2, 3, 4].map(id), [1, 2, 3].map(id), [1, 2, 3].map(id), []] };

  test.each([
    ['an attribute', BY_ATTRIBUTE],
    ['groups', BY_GROUP],
  ])('to %s the next run moves everyone, and takes out who has none', async (_by, organization) => {
    const world = await makeWorld('acme', mayMove);
    const before = held(world);
    world.reconfigure({ organization });

    await world.read();

    expect([before, held(world)]).toEqual([everyoneIn, AT_FIRST]);
  });

  test('to an attribute no event takes anybody out whose own nobody told yet', async () => {
    const world = await makeWorld('acme', mayMove);
    world.reconfigure({ organization: BY_ATTRIBUTE });

    await hear(world, outOf('00gEng', 1), outOf('00gEng', 3));

    expect(held(world)).toMatchObject({ acme: [[1, 2, 3, 4].map(id), [id(2)], [id(2)], []] });
  });

  test('back to one organization everybody is in it, and nothing of the attribute is kept', async () => {
    const world = await makeWorld(BY_ATTRIBUTE, mayMove);
    world.reconfigure({ organization: 'acme' });

    await world.read();

    expect(held(world)).toEqual(everyoneIn);
    const moved = world.memory.scan('okta').entries.filter(({ entry }) => entry.id === id(2));
    expect(JSON.stringify(moved)).not.toContain('globex');
  });

  test.each([
    ['a map', { ...BY_ATTRIBUTE, map: { Nort: 'acme' } }],
    ['a rule', { ...BY_ATTRIBUTE, attribute: 'profile.devision' }],
    ['a pattern', { groups: { 'Group Nort*': 'acme' } }],
  ])('a run stops at the breaker before %s that is wrong takes anybody out', async (_what, wrong) => {
    const world = makeOktaRuns({
      people: 20,
      groups: { '00gNorth': everyone(1, 20) },
      source: { api: { headroom: 0 }, organization: 'groups' in wrong ? BY_GROUP : BY_ATTRIBUTE },
    });
    for (const n of everyone(1, 20)) world.okta.updateProfile(id(n), { division: 'North' });
    await world.read();
    world.reconfigure({ organization: wrong });

    const run = await world.read();

    expect(run).toMatchObject({ state: 'stopped', losing: 20 });
    expect(world.users()).toHaveLength(20);
  });
});
