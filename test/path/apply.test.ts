import { describe, expect, test } from 'vitest';
import type { Run } from '../../lib/aws/runs.ts';
import { WorldFault } from '../../lib/errors.ts';
import { applyPlan } from '../../lib/reconcile/apply.ts';
import { makePlan, type Plan } from '../../lib/reconcile/plan.ts';
import { runSource } from '../../lib/reconcile/run.ts';
import type { RunDeps } from '../../lib/reconcile/work.ts';
import type { OktaApp } from '../../local/doubles/okta/org.ts';
import { makeReading, person } from '../support/reading.ts';
import { loseEvents, missed } from './missed.ts';

/** More people than one checkpoint lists. */
const MANY = 1_050;

const everyone = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
const ids = (from: number, to: number) => everyone(from, to).map((n) => person(n).id);

/** A directory that Velt is equal to, with plans of it and what becomes of them. */
async function makeWorld(options: Parameters<typeof makeReading>[0] = {}) {
  const world = makeReading(options);
  await world.read();
  world.time.now += 60_000;
  const deleteAll = (from: number, to: number) => {
    for (const id of ids(from, to)) world.okta.deleteUser(id);
  };
  const plan = () => makePlan('okta', world.depsOf());
  const apply = async (of: Plan, over: Partial<RunDeps> = {}) => {
    world.time.now += 60_000;
    const run = await applyPlan(of, Number.MAX_SAFE_INTEGER, world.depsOf(over));
    await world.settle();
    return run;
  };
  /** How often Okta was asked for one person since. */
  const readsFrom = (from: number) =>
    world.okta.calls.slice(from).filter(({ path }) => /users\/00u\d+$/.test(path)).length;
  return { ...world, deleteAll, plan, apply, readsFrom };
}

describe('applying a plan', () => {
  test('brings Velt to the directory', async () => {
    const world = await makeWorld();
    loseEvents(world);

    const run = await world.apply(await world.plan());

    const { users = {}, groups = {} } = world.state() ?? {};
    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(Object.keys(users)).toContain(missed.joiner.id);
    expect(Object.keys(users)).not.toContain(missed.deactivated);
    expect(Object.keys(users)).not.toContain(missed.deleted);
    expect(users[missed.renamed]?.name).toBe('Another Name');
    expect(groups['00gEng']).toEqual({
      groupName: 'Engineering',
      members: [person(2).id, person(3).id, missed.joiner.id],
    });
  });

  test('leaves nothing for the next plan, and changes nothing a second time', async () => {
    const world = await makeWorld();
    loseEvents(world);
    const plan = await world.plan();
    await world.apply(plan);
    const before = { calls: world.calls.length, mirror: world.memory.scan('okta') };

    const again = await world.apply(plan);

    expect(again).toMatchObject({ state: 'done', queued: 0, asked: 0 });
    expect({ calls: world.calls.length, mirror: world.memory.scan('okta') }).toEqual(before);
    expect((await world.plan()).items).toEqual([]);
  });

  test('removes whom no list names any more, and does so by one read of each', async () => {
    const world = await makeWorld();
    world.deleteAll(11, 30);
    const plan = await world.plan();
    const from = world.okta.calls.length;

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done', asked: 20 });
    expect(world.users()).toEqual(ids(1, 10));
    expect(world.readsFrom(from)).toBe(20);
  });

  test('takes its word for whom the list itself tells to be gone, and reads none of them', async () => {
    const world = await makeWorld();
    for (const id of ids(11, 30)) world.okta.suspend(id);
    const plan = await world.plan();
    const from = world.okta.calls.length;

    const run = await world.apply(plan);

    expect([plan.run.state, run]).toEqual(['stopped', expect.objectContaining({ state: 'done', asked: 0 })]);
    expect(world.users()).toEqual(ids(1, 10));
    expect(world.readsFrom(from)).toBe(0);
  });

  test('removes nobody whom a read finds, though list and plan leave them out', async () => {
    const world = await makeWorld();
    const { readPage } = world.directory;
    world.directory.readPage = async (cursor) => {
      const { changes, ...page } = await readPage(cursor);
      return { ...page, changes: changes.filter((change) => change.kind !== 'person') };
    };
    const plan = await world.plan();

    const run = await world.apply(plan);

    expect([plan.run.state, plan.effect.removes]).toEqual(['stopped', 30]);
    expect(run).toMatchObject({ state: 'done', asked: 30 });
    expect(world.users()).toEqual(ids(1, 30));
  });
});

describe('what goes through the breaker', () => {
  test('is as many as the plan has, and they are what the next run expects', async () => {
    const world = await makeWorld();
    world.deleteAll(11, 30);
    expect(await world.read()).toMatchObject({ state: 'stopped' });

    const run = await world.apply(await world.plan());

    expect(run).toMatchObject({ state: 'done', before: 30, people: 10 });
    expect(await world.read()).toMatchObject({ state: 'done', before: 10, queued: 0 });
  });

  test('is everybody, where the plan has everybody', async () => {
    const world = await makeWorld();
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
    const world = await makeWorld();
    world.deleteAll(23, 30);
    const plan = await world.plan();
    world.deleteAll(19, 22);

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done', losing: 4 });
    expect(world.users()).toEqual(ids(1, 18));
  });

  test('is nobody, where more are new than the usual share', async () => {
    const world = await makeWorld();
    world.deleteAll(23, 30);
    const plan = await world.plan();
    for (const id of ids(1, 10)) world.okta.suspend(id);

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'stopped', losing: 10, reason: expect.stringContaining('10 of 30') });
    expect(world.users()).toHaveLength(30);
  });

  test('is no removal of those who only leave a group by the plan', async () => {
    const world = await makeWorld({ groups: { '00gEng': everyone(1, 10) } });
    for (const id of ids(1, 10)) world.okta.removeMember('00gEng', id);
    const plan = await world.plan();
    for (const id of ids(1, 10)) world.okta.suspend(id);

    const run = await world.apply(plan);

    expect(plan.effect).toMatchObject({ removes: 0, leaves: 10 });
    expect(run).toMatchObject({ state: 'stopped', losing: 10 });
    expect(world.users()).toHaveLength(30);
  });

  test('is nothing else than what the plan has somebody losing, though as much', async () => {
    const world = await makeWorld({ groups: { '00gEng': everyone(1, 10), '00gOps': everyone(1, 10) } });
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
    const world = await makeWorld({ groups: { '00gEng': everyone(1, 10), '00gOps': everyone(1, 10) } });
    for (const id of ids(1, 10)) world.okta.removeMember('00gEng', id);
    const plan = await world.plan();
    for (const id of ids(1, 10)) world.okta.removeMember('00gOps', id);

    const run = await world.apply(plan);

    expect(plan.effect).toMatchObject({ leaves: 10 });
    expect(run).toMatchObject({ state: 'stopped', losing: 10 });
    expect(world.state()?.groups['00gOps']?.members).toHaveLength(10);
  });

  test('is whoever leaves Velt by the plan, with what they came into since', async () => {
    const world = await makeWorld({ groups: { '00gEng': [] } });
    for (const id of ids(1, 10)) world.okta.suspend(id);
    const plan = await world.plan();
    for (const id of ids(1, 10)) await world.webhook(...world.okta.addMember('00gEng', id));
    expect(world.state()?.groups['00gEng']?.members).toHaveLength(10);

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(world.users()).toEqual(ids(11, 30));
  });

  test('is no list that is shorter again than that of the plan', async () => {
    const world = await makeWorld();
    world.deleteAll(23, 30);
    const plan = await world.plan();
    world.deleteAll(13, 22);

    const run = await world.apply(plan);

    const reason = expect.stringContaining('12 people, 45 % fewer than the 22');
    expect(run).toMatchObject({ state: 'stopped', reason });
    expect(world.users()).toHaveLength(30);
  });

  test('is a list with as many unreadable items as that of the plan', async () => {
    const world = await makeWorld();
    world.okta.updateProfile(person(1).id, { displayName: 'x'.repeat(20_000) });
    world.deleteAll(30, 30);
    const plan = await world.plan();
    world.deleteAll(29, 29);

    const run = await world.apply(plan);

    expect(plan.run).toMatchObject({ state: 'stopped', unreadable: 1 });
    expect(run).toMatchObject({ state: 'done', unreadable: 1, losing: 1 });
    expect(world.users()).toEqual(ids(1, 28));
  });
});

describe('a plan that is applied', () => {
  test('takes out of Velt also whom their own delivery gave something since', async () => {
    const world = await makeWorld({ groups: { '00gOld': everyone(1, 20), '00gNew': [] } });
    for (const id of ids(1, 20)) {
      world.okta.removeMember('00gOld', id);
      world.okta.addMember('00gNew', id);
    }
    const plan = await world.plan();
    expect(await world.read()).toMatchObject({ state: 'stopped', losing: 20 });

    await world.apply(plan);

    expect(world.state()?.groups['00gOld']?.members).toEqual([]);
    expect(world.state()?.groups['00gNew']?.members).toHaveLength(20);
  });

  test('removes the users of a deciding application that was deactivated', async () => {
    const app: OktaApp = { id: '0oaVelt', label: 'Velt', status: 'ACTIVE' };
    const assignments = ids(1, 30).map((id) => ['0oaVelt', id] as const);
    const source = { users: { application: '0oaVelt' } };
    const world = await makeWorld({ source, org: { apps: [app], assignments } });
    app.status = 'INACTIVE';
    const plan = await world.plan();
    expect([plan.run.state, plan.effect.removes]).toEqual(['stopped', 30]);

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done' });
    expect(world.users()).toEqual([]);
  });

  test('removes those who were told on one page, and joined a group on another; what is newer stands', async () => {
    const world = await makeWorld({ people: 700, groups: { '00gNew': [] } });
    for (const id of ids(1, 80)) {
      world.okta.suspend(id);
      world.okta.addMember('00gNew', id);
    }
    const plan = await world.plan();
    expect(plan.run).toMatchObject({ state: 'stopped', losing: 80 });
    await world.webhook(...world.okta.unsuspend(person(1).id));

    await world.apply(plan);

    expect(world.users()).toHaveLength(621);
  });

  test('renames a group out of what decides, though somebody joined it', async () => {
    const source = { users: { groups: ['Group *'] } };
    const groups = { '00gEng': everyone(1, 20), '00gOps': everyone(21, 40) };
    const world = await makeWorld({ people: 41, groups, source });
    world.okta.renameGroup('00gEng', 'Something else');
    world.okta.addMember('00gEng', person(41).id);
    const plan = await world.plan();
    expect(plan.run).toMatchObject({ state: 'stopped', losing: 20 });

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done' });
    expect(world.users()).toEqual(ids(21, 40));
  });

  test('ends a group that is gone', async () => {
    const world = await makeWorld({ groups: { '00gEng': everyone(1, 20) } });
    world.okta.deleteGroup('00gEng');
    const plan = await world.plan();
    expect(plan.run).toMatchObject({ state: 'stopped', losing: 20 });

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done', asked: 1 });
    expect(world.state()?.groups['00gEng']?.members).toEqual([]);
  });

  test('carries out another configuration', async () => {
    const world = await makeWorld({ groups: { '00gEng': everyone(1, 10) } });
    world.reconfigure({ users: { groups: ['Group *'] } });
    const plan = await world.plan();
    expect(plan.run).toMatchObject({ state: 'stopped', losing: 20 });

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done' });
    expect(world.users()).toEqual(ids(1, 10));
  });
});

describe('while a plan is applied', () => {
  const interrupted = (phase: Run['phase']): Partial<RunDeps> => ({
    onProgress: (run) => {
      if (run.state === 'running' && run.phase === phase) throw new WorldFault('out-of-time', 'interrupted');
    },
  });

  test('nobody else works on the source', async () => {
    const world = await makeWorld();
    loseEvents(world);
    const plan = await world.plan();
    const others: unknown[] = [];

    await world.apply(plan, {
      onProgress: ({ state }) => {
        if (state === 'running')
          others.push(runSource({ source: 'okta' }, Number.MAX_SAFE_INTEGER, world.depsOf()));
      },
    });

    expect(new Set(await Promise.all(others))).toEqual(new Set(['busy']));
  });

  test('it is not applied while a run is under way', async () => {
    const world = await makeWorld();
    loseEvents(world);
    const plan = await world.plan();
    let applied: unknown;

    await world.read({
      onProgress: () => {
        applied ??= applyPlan(plan, Number.MAX_SAFE_INTEGER, world.depsOf());
      },
    });

    expect(await applied).toBe('busy');
  });

  test('an interruption behind the breaker leaves a checkpoint, from which any run goes on', async () => {
    const world = await makeWorld();
    world.deleteAll(11, 30);
    await expect(world.apply(await world.plan(), interrupted('ask'))).rejects.toThrow('interrupted');
    expect((await world.runs.current('okta'))?.run).toMatchObject({ state: 'running', phase: 'ask' });

    const run = await world.read({}, { resume: true });

    expect(run).toMatchObject({ state: 'done', asked: 20 });
    expect(world.users()).toEqual(ids(1, 10));
  });

  test('an interruption before it lets nobody else through, and the plan can be applied again', async () => {
    const world = await makeWorld({ people: MANY });
    world.deleteAll(11, MANY);
    const plan = await world.plan();
    await expect(world.apply(plan, interrupted('absences'))).rejects.toThrow('interrupted');

    const resumed = await world.read({}, { resume: true });
    expect([resumed, world.users().length]).toEqual([expect.objectContaining({ state: 'stopped' }), MANY]);
    const again = await world.apply(plan);

    expect(again).toMatchObject({ state: 'done', asked: MANY - 10 });
    expect(world.users()).toEqual(ids(1, 10));
  }, 20_000);

  test('a directory out of reach leaves everyone at Velt, and the plan to be applied', async () => {
    const world = await makeWorld();
    world.deleteAll(11, 30);
    const plan = await world.plan();
    const { readPage } = world.directory;
    world.directory.readPage = async () => {
      throw new WorldFault('credentials', 'Okta refused the credentials');
    };

    await expect(world.apply(plan)).rejects.toMatchObject({ code: 'credentials' });
    expect(world.users()).toHaveLength(30);
    world.directory.readPage = readPage;

    expect(await world.apply(plan)).toMatchObject({ state: 'done' });
    expect(world.users()).toEqual(ids(1, 10));
  });
});
