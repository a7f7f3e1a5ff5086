import { describe, expect, test } from 'vitest';
import { makeOktaRuns, person } from '../support/okta-runs.ts';

describe('whoever was found to be gone is not asked about again', () => {
  test.each([
    ['deleted, and removed', { deleted: 'remove' }, 'deleteUser'],
    ['deleted, and kept at Velt', { deleted: 'keep' }, 'deleteUser'],
    ['deactivated, and removed', { deactivated: 'remove' }, 'deactivate'],
    ['deactivated, and kept at Velt', { deactivated: 'keep' }, 'deactivate'],
    ['deactivated, and kept until deleted', { deactivated: 'keep', deleted: 'keep' }, 'deactivate'],
  ] as const)('%s', async (_how, deprovision, leave) => {
    const world = makeOktaRuns({ groups: { '00gEng': [1, 2, 3] }, source: { deprovision } });
    await world.read();
    world.time.now += 60_000;
    world.okta[leave](person(1).id);
    await world.read();
    const before = { users: world.users(), groups: world.state()?.groups, mirror: world.memory.scan('okta') };

    const again = await world.read();

    expect(again).toMatchObject({ state: 'done', queued: 0, asked: 0, losing: 0, toAsk: 0 });
    expect({
      users: world.users(),
      groups: world.state()?.groups,
      mirror: world.memory.scan('okta'),
    }).toEqual(before);
  });
});
