import { describe, expect, test } from 'vitest';
import type { QueueItem } from '../../lib/directory/change.ts';
import { allowanceOf, makePlan } from '../../lib/reconcile/plan.ts';
import { everyone, idsOf, inPages, makeOktaRuns, person, runOf } from '../support/okta-runs.ts';

const source = { users: { groups: ['Group 00gEng', 'Group 00gOps'] } };

/** A group that decides who is a user gets another name; so many are in it. */
async function makeRenamed(size: number) {
  const groups = { '00gEng': everyone(1, size), '00gOps': everyone(size + 1, 60) };
  const world = makeOktaRuns({ people: 60, groups, source });
  await world.read();
  world.time.now += 60_000;
  world.okta.renameGroup('00gEng', 'Aside');
  world.okta.createUser(person(61));
  world.okta.addMember('00gOps', person(61).id);
  return world;
}

const isName = (item: QueueItem) => item.kind === 'group' && item.name === 'Aside';

describe('news of a group that takes something from its members', () => {
  test('is queued once, behind the breaker and before anybody is asked about', async () => {
    const world = await makeRenamed(3);
    const sent: { phase: string | undefined; items: QueueItem[] }[] = [];
    const send = async (items: QueueItem[]) => {
      sent.push({ phase: (await world.runs.current('okta'))?.run?.phase, items });
      world.queued.push(items);
    };

    const run = await world.read({ queue: { send }, mirror: inPages(world.deps.mirror, 10) });

    const [first, ...later] = sent.filter(({ phase }) => phase === 'ask').flatMap(({ items }) => items);
    expect(run).toMatchObject({ state: 'done', losing: 3 });
    expect(first).toSatisfy(isName);
    expect(later.filter(({ kind }) => kind !== 'recheck')).toEqual([]);
    expect(sent.filter(({ phase, items }) => phase !== 'ask' && items.some(isName))).toEqual([]);
    expect(world.users()).toEqual(idsOf(everyone(4, 61)));
  });

  test('is not queued by a run that is stopped, and told by the next one again', async () => {
    const world = await makeRenamed(20);

    const runs = [await world.readOnly(), await world.readOnly()].map(runOf);

    expect(runs).toMatchObject([
      { state: 'stopped', losing: 20, deferredParts: 1 },
      { state: 'stopped', losing: 20, deferredParts: 1 },
    ]);
    expect(world.queued.flat().filter(isName)).toEqual([]);
    await world.settle();
    expect(world.users()).toEqual(idsOf(everyone(1, 61)));
  });

  test('gets through with the plan that an operator applies', async () => {
    const world = await makeRenamed(20);
    await world.read();

    const plan = await makePlan('okta', world.depsOf());
    const run = await world.read({ allowance: allowanceOf(plan) });

    expect(plan.run).toMatchObject({ state: 'stopped', losing: 20 });
    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(world.users()).toEqual(idsOf(everyone(21, 61)));
  });

  test('is not lost where the process that listed it is not the one that queues it', async () => {
    const world = await makeRenamed(3);
    const { readPage } = world.directory;
    const slow = async (cursor: string | undefined) => {
      const page = await readPage(cursor);
      if (page.next === undefined) world.time.now += 100_000;
      return page;
    };
    const directories = new Map([['okta', { ...world.directory, readPage: slow }]]);

    const first = await world.readOnly({ directories }, {}, 50_000);
    const second = await world.read({}, { resume: true });

    expect(first).toMatchObject({ state: 'running', phase: 'absences', deferredParts: 1 });
    expect(second).toMatchObject({ state: 'done', losing: 3 });
    expect(world.users()).toEqual(idsOf(everyone(4, 61)));
  });
});
