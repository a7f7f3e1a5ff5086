import { describe, expect, test } from 'vitest';
import { makePlan } from '../../lib/reconcile/plan.ts';
import { makeOktaRuns, person } from '../support/okta-runs.ts';
import { loseEvents, missed } from './missed.ts';

/** More people than one checkpoint lists: a person is then told of on several pages of several. */
const MANY = 1_050;
const NOTHING = { adds: 0, updates: 0, joins: 0, removes: 0, leaves: 0 };

const everyone = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a plan', () => {
  test('counts what all pages together would do, and names everyone whom it takes something from', async () => {
    const world = makeOktaRuns();
    await world.read();
    loseEvents(world);

    const plan = await makePlan('okta', world.depsOf());

    expect(plan.effect).toEqual({ adds: 1, updates: 1, joins: 1, removes: 2, leaves: 1 });
    expect(plan.groups).toEqual({ added: 0, changed: 1, ended: 0 });
    expect(Object.fromEntries(plan.items.map(({ key, reason }) => [key, reason]))).toEqual({
      [`okta#person#${missed.deactivated}`]: 'not listed',
      [`okta#person#${missed.deleted}`]: 'not listed',
      [`okta#person#${missed.quitter}`]: 'not listed in 1 of their groups',
      [`okta#person#${missed.renamed}`]: undefined,
      [`okta#person#${missed.joiner.id}`]: undefined,
    });
  });

  test('sends nothing and writes nothing', async () => {
    const world = makeOktaRuns();
    await world.read();
    loseEvents(world);
    const before = { calls: world.calls.length, mirror: world.memory.scan('okta'), ...world.runs.writes };

    await makePlan('okta', world.depsOf());

    expect(world.queued).toEqual([]);
    expect({ calls: world.calls.length, mirror: world.memory.scan('okta'), ...world.runs.writes }).toEqual(
      before,
    );
  });

  test('of an empty mirror counts the memberships of people who are not there yet', async () => {
    const world = makeOktaRuns({ people: MANY });

    const plan = await makePlan('okta', world.depsOf());

    expect(plan.effect).toEqual({ ...NOTHING, adds: MANY, joins: 3 });
    expect(plan.items).toHaveLength(MANY);
    expect(plan.groups).toEqual({ added: 1, changed: 0, ended: 0 });
  });

  test('of an unchanged directory is nothing', async () => {
    const world = makeOktaRuns();
    await world.read();

    const plan = await makePlan('okta', world.depsOf());

    expect(plan).toMatchObject({ effect: NOTHING, items: [], groups: { added: 0, changed: 0, ended: 0 } });
    expect(plan.run).toMatchObject({ state: 'done', people: 30, before: 30 });
  });

  test('says that the breaker would stop the run, and lists whom that keeps', async () => {
    const world = makeOktaRuns();
    await world.read();
    for (const n of everyone(11, 30)) world.okta.deleteUser(person(n).id);

    const { run, items } = await makePlan('okta', world.depsOf());

    expect(run).toMatchObject({ state: 'stopped', losing: 20, reason: expect.stringContaining('10 people') });
    expect(items.map(({ key }) => key)).toEqual(everyone(11, 30).map((n) => `okta#person#${person(n).id}`));
  });

  test('has everyone in a group that is gone losing it, and the group ending', async () => {
    const world = makeOktaRuns();
    await world.read();
    world.time.now += 60_000;
    world.okta.deleteGroup('00gEng');

    const { effect, groups, items } = await makePlan('okta', world.depsOf());

    expect(effect).toEqual({ ...NOTHING, leaves: 3 });
    expect(groups).toEqual({ added: 0, changed: 0, ended: 1 });
    expect(items.map(({ reason }) => reason)).toEqual(Array(3).fill('a group they are in changes'));
  });

  test('has whoever a renamed group decided about leaving, and whoever it decides about now joining', async () => {
    // More members than one checkpoint lists: most are listed after the group's name.
    const groups = { '00gEng': everyone(1, MANY), '00gOps': everyone(4, 6) };
    const source = { groups: { include: ['Group *'] } };
    const world = makeOktaRuns({ people: MANY, groups, source, reconcile: { removalShare: 1 } });
    await world.read();
    world.time.now += 60_000;
    world.okta.renameGroup('00gEng', 'Something else');
    await world.read();
    expect(world.state()?.groups['00gEng']?.members).toEqual([]);
    world.time.now += 60_000;
    world.okta.renameGroup('00gEng', 'Group 00gEng');
    world.okta.renameGroup('00gOps', 'Something else');

    const plan = await makePlan('okta', world.depsOf());

    expect(plan.effect).toEqual({ ...NOTHING, joins: MANY, leaves: 3 });
    expect(plan.groups).toEqual({ added: 0, changed: 2, ended: 0 });
  });

  test('is made also while another process runs, of what it has not done yet', async () => {
    const world = makeOktaRuns();
    await world.read();
    loseEvents(world);
    let plan: ReturnType<typeof makePlan> | undefined;

    await world.read({
      onProgress: () => {
        plan ??= makePlan('okta', world.depsOf());
      },
    });

    expect((await plan)?.run).toMatchObject({ people: 29 });
  });
});
