import { describe, expect, test } from 'vitest';
import { everyone, idsOf, makeOktaRuns, person } from '../support/okta-runs.ts';

describe('a new configuration reaches everyone by the next run:', () => {
  test('a grant', async () => {
    const world = makeOktaRuns();
    await world.read();

    world.reconfigure({ grants: [{ group: '00gEng', folderId: 'handbook' }] });
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', queued: 3, asked: 0 });
    expect(world.state()?.folders.handbook).toEqual(idsOf([1, 2, 3]));
  });

  test.each([
    ['lower-case-email', 'person@example.com'],
    ['id', person(1).id],
  ])(
    'an e-mail address as it is written that is the Velt user id no more, but %s: as a changed id',
    async (userId, id) => {
      const world = makeOktaRuns({ people: 1, groups: { '00gEng': [1] }, source: { userId: 'email' } });
      world.okta.updateProfile(person(1).id, { email: 'Person@Example.com' });
      await world.read();
      const before = world.users();

      world.reconfigure({ userId });
      const run = await world.read();

      expect(run).toMatchObject({ state: 'done', losing: 1 });
      expect([before, world.users()]).toEqual([['Person@Example.com'], [id]]);
      expect(world.state()?.groups['00gEng']?.members).toEqual([id]);
      expect(world.memory.members('', { kind: 'user', id: 'Person@Example.com' })).toEqual([]);
    },
  );

  test('a pattern that leaves a group out', async () => {
    const world = makeOktaRuns({ groups: { '00gEng': [1, 2, 3], '00gOps': [3, 4] } });
    await world.read();

    world.reconfigure({ groups: { include: ['*'], exclude: ['00gOps'] } });
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 2 });
    expect(world.state()?.groups['00gOps']?.members ?? []).toEqual([]);
  });

  test('a filter that leaves out fewer than may go in any case, whom no list names any more', async () => {
    const groups = { '00gEng': everyone(1, 26), '00gOps': everyone(27, 30) };
    const world = makeOktaRuns({
      groups,
      source: { users: { groups: ['Group *'] }, groups: { include: [] } },
    });
    await world.read();

    world.reconfigure({ users: { groups: ['Group 00gEng'] } });
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 4 });
    expect(world.users()).toEqual(idsOf(everyone(1, 26)));
  });

  test('a filter that leaves out some whom a list still names counts each of them once', async () => {
    const groups = { '00gEng': everyone(1, 27), '00gOps': everyone(28, 30) };
    const world = makeOktaRuns({ groups, source: { users: { groups: ['Group *'] } } });
    await world.read();

    world.reconfigure({ users: { groups: ['Group 00gEng'] } });
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 3 });
    expect(world.users()).toEqual(idsOf(everyone(1, 27)));
  });

  test('somebody in many groups that were left out counts once', async () => {
    const groups = Object.fromEntries(everyone(1, 9).map((n) => [`00g${n}`, [1, 2]]));
    const world = makeOktaRuns({ groups });
    await world.read();

    world.reconfigure({ groups: { include: [] }, grants: [{ group: '*', folderId: 'all' }] });
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 2 });
  });
});

describe('where deactivated people stay at Velt,', () => {
  const source = { deprovision: { deactivated: 'keep' } };

  test('they lose nothing and hold up nobody else, though no list names them', async () => {
    const world = makeOktaRuns({ people: 40, source });
    await world.read();
    for (const n of everyone(10, 29)) await world.webhook(...world.okta.deactivate(person(n).id));
    await world.read();
    world.okta.deleteUser(person(5).id);

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 1 });
    expect(world.users()).toHaveLength(39);
  });

  test('they are removed when they are deleted, though no webhook told it, and cost nothing while they are not', async () => {
    const world = makeOktaRuns({ people: 40, groups: { '00gEng': everyone(10, 15) }, source });
    await world.read();
    for (const n of everyone(10, 29)) await world.webhook(...world.okta.deactivate(person(n).id));
    const kept = await world.read();
    const [calls, asked] = [world.calls.length, world.okta.calls.length];
    const again = await world.read();
    const idle = [world.calls.length - calls, world.okta.calls.slice(asked).map(({ path }) => path)];
    world.okta.deleteUser(person(10).id);
    world.okta.deleteUser(person(20).id);

    const run = await world.read();

    expect([kept, again]).toMatchObject([
      { state: 'done', queued: 0, losing: 0 },
      { state: 'done', queued: 0, losing: 0 },
    ]);
    expect(idle).toEqual([0, expect.not.arrayContaining([expect.stringMatching(/users\/00u/)])]);
    expect(run).toMatchObject({ state: 'done', losing: 2 });
    expect(world.users()).toEqual(idsOf(everyone(1, 40).filter((n) => n !== 10 && n !== 20)));
  });

  test('they wait for an operator when too many of them are missing', async () => {
    const world = makeOktaRuns({ people: 40, source });
    await world.read();
    for (const n of everyone(10, 29)) await world.webhook(...world.okta.deactivate(person(n).id));
    for (const n of everyone(10, 29)) world.okta.deleteUser(person(n).id);

    const run = await world.read();

    expect(run).toMatchObject({ state: 'stopped', losing: 20 });
    expect(world.users()).toHaveLength(40);
  });

  test('a deactivation without a webhook is learned from a read', async () => {
    const world = makeOktaRuns({ source });
    await world.read();
    world.okta.deactivate(person(5).id);

    const first = await world.read();
    const second = await world.read();

    expect([first, second]).toMatchObject([{ losing: 1 }, { losing: 0, queued: 0 }]);
    expect(world.users()).toHaveLength(30);
  });
});
