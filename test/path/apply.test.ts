import { describe, expect, test } from 'vitest';
import type { OktaApp } from '../../local/doubles/okta/org.ts';
import { everyone, person } from '../support/okta-runs.ts';
import { ids, makePlannedDirectory } from '../support/planned-directory.ts';
import { loseEvents, missed } from './missed.ts';

describe('applying a plan', () => {
  test('brings Velt to the directory', async () => {
    const world = await makePlannedDirectory();
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
    const world = await makePlannedDirectory();
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
    const world = await makePlannedDirectory();
    world.deleteAll(11, 30);
    const plan = await world.plan();
    const from = world.okta.calls.length;

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done', asked: 20 });
    expect(world.users()).toEqual(ids(1, 10));
    expect(world.readsFrom(from)).toBe(20);
  });

  test('takes its word for whom the list itself tells to be gone, and reads none of them', async () => {
    const world = await makePlannedDirectory();
    for (const id of ids(11, 30)) world.okta.suspend(id);
    const plan = await world.plan();
    const from = world.okta.calls.length;

    const run = await world.apply(plan);

    expect([plan.run.state, run]).toEqual(['stopped', expect.objectContaining({ state: 'done', asked: 0 })]);
    expect(world.users()).toEqual(ids(1, 10));
    expect(world.readsFrom(from)).toBe(0);
  });

  test('removes nobody whom a read finds, though list and plan leave them out', async () => {
    const world = await makePlannedDirectory();
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

describe('a plan that is applied', () => {
  test('takes out of Velt also whom their own delivery gave something since', async () => {
    const world = await makePlannedDirectory({ groups: { '00gOld': everyone(1, 20), '00gNew': [] } });
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
    const world = await makePlannedDirectory({ source, org: { apps: [app], assignments } });
    app.status = 'INACTIVE';
    const plan = await world.plan();
    expect([plan.run.state, plan.effect.removes]).toEqual(['stopped', 30]);

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done' });
    expect(world.users()).toEqual([]);
  });

  test('removes those who were told on one page, and joined a group on another; what is newer stands', async () => {
    const world = await makePlannedDirectory({ people: 700, groups: { '00gNew': [] } });
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
    const world = await makePlannedDirectory({ people: 41, groups, source });
    world.okta.renameGroup('00gEng', 'Something else');
    world.okta.addMember('00gEng', person(41).id);
    const plan = await world.plan();
    expect(plan.run).toMatchObject({ state: 'stopped', losing: 20 });

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done' });
    expect(world.users()).toEqual(ids(21, 40));
  });

  test('ends a group that is gone', async () => {
    const world = await makePlannedDirectory({ groups: { '00gEng': everyone(1, 20) } });
    world.okta.deleteGroup('00gEng');
    const plan = await world.plan();
    expect(plan.run).toMatchObject({ state: 'stopped', losing: 20 });

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done', asked: 1 });
    expect(world.state()?.groups['00gEng']?.members).toEqual([]);
  });

  test('carries out another configuration', async () => {
    const world = await makePlannedDirectory({ groups: { '00gEng': everyone(1, 10) } });
    world.reconfigure({ users: { groups: ['Group *'] } });
    const plan = await world.plan();
    expect(plan.run).toMatchObject({ state: 'stopped', losing: 20 });

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done' });
    expect(world.users()).toEqual(ids(1, 10));
  });
});
