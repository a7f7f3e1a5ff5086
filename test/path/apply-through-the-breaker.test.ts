import { describe, expect, test } from 'vitest';
import { everyone, person } from '../support/okta-runs.ts';
import { ids, makePlannedDirectory } from '../support/planned-directory.ts';

describe('what goes through the breaker', () => {
  test('is as many as the plan has, and they are what the next run expects', async () => {
    const world = await makePlannedDirectory();
    world.deleteAll(11, 30);
    expect(await world.read()).toMatchObject({ state: 'stopped' });

    const run = await world.apply(await world.plan());

    expect(run).toMatchObject({ state: 'done', before: 30, people: 10 });
    expect(await world.read()).toMatchObject({ state: 'done', before: 10, queued: 0 });
  });

  test('is everybody, where the plan has everybody', async () => {
    const world = await makePlannedDirectory();
    world.deleteAll(1, 30);
    const plan = await world.plan();
    // Also who came since, and is in no list either: one is within the usual share.
    await world.webhook(...world.okta.createUser(person(31)));
    world.okta.deleteUser(person(31).id);

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done', people: 0, losing: 1 });
    expect(world.users()).toEqual([]);
  });

  test('is the usual share of those who are new since', async () => {
    const world = await makePlannedDirectory();
    world.deleteAll(23, 30);
    const plan = await world.plan();
    world.deleteAll(19, 22);

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done', losing: 4 });
    expect(world.users()).toEqual(ids(1, 18));
  });

  test('is nobody, where more are new than the usual share', async () => {
    const world = await makePlannedDirectory();
    world.deleteAll(23, 30);
    const plan = await world.plan();
    for (const id of ids(1, 10)) world.okta.suspend(id);

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'stopped', losing: 10, reason: expect.stringContaining('10 of 30') });
    expect(world.users()).toHaveLength(30);
  });

  test('is no removal of those who only leave a group by the plan', async () => {
    const world = await makePlannedDirectory({ groups: { '00gEng': everyone(1, 10) } });
    for (const id of ids(1, 10)) world.okta.removeMember('00gEng', id);
    const plan = await world.plan();
    for (const id of ids(1, 10)) world.okta.suspend(id);

    const run = await world.apply(plan);

    expect(plan.effect).toMatchObject({ removes: 0, leaves: 10 });
    expect(run).toMatchObject({ state: 'stopped', losing: 10 });
    expect(world.users()).toHaveLength(30);
  });

  test('is nothing else than what the plan has somebody losing, though as much', async () => {
    const world = await makePlannedDirectory({
      groups: { '00gEng': everyone(1, 10), '00gOps': everyone(1, 10) },
    });
    for (const id of ids(1, 10)) world.okta.removeMember('00gEng', id);
    const plan = await world.plan();
    for (const id of ids(1, 10)) {
      world.okta.addMember('00gEng', id);
      world.okta.removeMember('00gOps', id);
    }

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'stopped', losing: 10 });
    expect(world.state()?.groups['00gOps']?.members).toHaveLength(10);
  });

  test('is no more memberships than the plan has somebody losing', async () => {
    const world = await makePlannedDirectory({
      groups: { '00gEng': everyone(1, 10), '00gOps': everyone(1, 10) },
    });
    for (const id of ids(1, 10)) world.okta.removeMember('00gEng', id);
    const plan = await world.plan();
    for (const id of ids(1, 10)) world.okta.removeMember('00gOps', id);

    const run = await world.apply(plan);

    expect(plan.effect).toMatchObject({ leaves: 10 });
    expect(run).toMatchObject({ state: 'stopped', losing: 10 });
    expect(world.state()?.groups['00gOps']?.members).toHaveLength(10);
  });

  test('is whoever leaves Velt by the plan, with what they came into since', async () => {
    const world = await makePlannedDirectory({ groups: { '00gEng': [] } });
    for (const id of ids(1, 10)) world.okta.suspend(id);
    const plan = await world.plan();
    for (const id of ids(1, 10)) await world.webhook(...world.okta.addMember('00gEng', id));
    expect(world.state()?.groups['00gEng']?.members).toHaveLength(10);

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(world.users()).toEqual(ids(11, 30));
  });

  test('is no list that is shorter again than that of the plan', async () => {
    const world = await makePlannedDirectory();
    world.deleteAll(23, 30);
    const plan = await world.plan();
    world.deleteAll(13, 22);

    const run = await world.apply(plan);

    const reason = expect.stringContaining('12 people, 45 % fewer than the 22');
    expect(run).toMatchObject({ state: 'stopped', reason });
    expect(world.users()).toHaveLength(30);
  });
});
