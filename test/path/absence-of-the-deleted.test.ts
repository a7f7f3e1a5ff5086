import { describe, expect, test } from 'vitest';
import { membershipChange } from '../support/factories.ts';
import { makeOktaRuns, person, runOf } from '../support/okta-runs.ts';

const DAY_MS = 24 * 60 * 60_000;

describe('whoever was deleted while in a group', () => {
  test.each([
    { title: 'and a webhook told it', isHeard: true, deleted: 'remove' },
    { title: 'and a run found out', isHeard: false, deleted: 'remove' },
    { title: 'and is kept at Velt', isHeard: true, deleted: 'keep' },
  ])('is asked about by no later run: $title', async ({ isHeard, deleted }) => {
    const world = makeOktaRuns({ people: 30, source: { deprovision: { deleted } } });
    runOf(await world.read());
    const events = world.okta.deleteUser(person(2).id);
    if (isHeard) await world.webhook(...events);
    runOf(await world.read());

    world.time.now += DAY_MS;
    const { asked, queued } = runOf(await world.read());

    expect({ asked, queued }).toEqual({ asked: 0, queued: 0 });
  });

  test('is asked about by no later run: and an event put them into another group after that', async () => {
    const world = makeOktaRuns({ people: 30, groups: { '00gEng': [1, 2, 3], '00gOps': [4] } });
    runOf(await world.read());
    await world.webhook(...world.okta.deleteUser(person(2).id));
    const container = { kind: 'group' as const, id: '00gOps' };
    const at = new Date(world.time.now + 60_000).toISOString();
    await world.hear(membershipChange({ personId: person(2).id, container, at }));
    runOf(await world.read());

    world.time.now += DAY_MS;
    const { asked, queued } = runOf(await world.read());

    expect({ asked, queued }).toEqual({ asked: 0, queued: 0 });
  });
});
