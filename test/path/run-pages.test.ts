import { describe, expect, test } from 'vitest';
import { WorldFault } from '../../lib/errors.ts';
import { makePlan } from '../../lib/reconcile/plan.ts';
import { makeLoss, person, runOf } from '../support/okta-runs.ts';

const usersPage = /\/users\?.*limit=/;

describe('a page that is answered with', () => {
  test('500 a few times is asked for again', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ path: /after=/, times: 3, answer: { kind: 'status', status: 500 } });

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 1 });
    expect(world.time.slept).toEqual([1_000, 2_000, 4_000]);
    expect(world.users()).toHaveLength(449);
  });

  test('500 for ever holds the run up, which keeps its place and goes on later', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ nth: 2, answer: { kind: 'status', status: 500 } });

    await expect(world.read()).rejects.toMatchObject({ code: 'unavailable' });
    const held = (await world.runs.current('okta'))?.run;
    const users = world.users().length;
    world.okta.faults.clear();
    const run = runOf(await world.read({}, { resume: true }));

    expect(held).toMatchObject({ state: 'running', phase: 'list', reason: 'Okta answered 500' });
    expect(held).not.toHaveProperty('lease');
    expect(users).toBe(450);
    expect(run).toMatchObject({ runId: held?.runId, state: 'done', people: 449 });
    expect(run).not.toHaveProperty('reason');
    expect(world.users()).toHaveLength(449);
  });

  test.each([
    [401, 'credentials'],
    [403, 'forbidden'],
  ])('%i holds the run up at once', async (status, code) => {
    const world = await makeLoss();
    world.okta.faults.add({ answer: { kind: 'status', status } });

    await expect(world.read()).rejects.toMatchObject({ code });

    expect(world.time.slept).toEqual([]);
    expect(world.users()).toHaveLength(450);
  });

  test('429 is waited for as long as it asks', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ nth: 2, times: 1, answer: { kind: 'status', status: 429 } });

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 1 });
    expect(world.time.slept).toHaveLength(1);
  });

  test('429 beyond the deadline is left to a later run', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ nth: 2, times: 1, answer: { kind: 'status', status: 429 } });

    await expect(world.readOnly({}, {}, 500)).rejects.toMatchObject({ code: 'throttled' });
    const run = await world.read({}, { resume: true });

    expect(run).toMatchObject({ state: 'done', losing: 1 });
  });

  test('half of its JSON holds the run up', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ nth: 2, answer: { kind: 'cut-body' } });

    await expect(world.read()).rejects.toMatchObject({ code: 'unreadable-answer' });

    expect(world.users()).toHaveLength(450);
    expect((await world.runs.current('okta'))?.run).toMatchObject({ state: 'running', losing: 0 });
  });

  test('itself as the next page holds the run up', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ path: /after=/, answer: { kind: 'repeated-cursor' } });

    await expect(world.read()).rejects.toMatchObject({
      message: expect.stringContaining('Okta repeated a page'),
    });

    expect(world.users()).toHaveLength(450);
  });

  test('short pages is read to its end', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ path: usersPage, answer: { kind: 'short-page', items: 90 } });

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', people: 449, losing: 1 });
    expect(world.users()).toHaveLength(449);
  });
});

describe('a person whose id no message can hold', () => {
  /** Somebody else left, and was not heard of. */
  async function makeLongId() {
    const world = await makeLoss({ people: 40 });
    world.okta.putUser({ ...person(9), id: 'x'.repeat(301) });
    world.okta.createUser(person(41));
    return world;
  }

  test('holds up nobody, and no removal of anybody else', async () => {
    const world = await makeLongId();

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', unreadable: 1, losing: 1 });
    expect(world.users()).toHaveLength(40);
  });

  test('is left out of a plan', async () => {
    const world = await makeLongId();

    const { run, effect } = await makePlan('okta', world.depsOf());

    expect(run).toMatchObject({ state: 'done', unreadable: 1 });
    expect(effect).toMatchObject({ adds: 1, updates: 0, removes: 1 });
  });
});

test('a fault of the table holds the run up', async () => {
  const world = await makeLoss();
  const mirror = {
    ...world.deps.mirror,
    scan: async () => Promise.reject(new WorldFault('mirror', 'throttled')),
  };

  await expect(world.read({ mirror })).rejects.toMatchObject({ code: 'mirror' });

  expect((await world.runs.current('okta'))?.run).toMatchObject({
    state: 'running',
    phase: 'absences',
    reason: 'throttled',
  });
  expect(world.users()).toHaveLength(450);
});
