import { describe, expect, test } from 'vitest';
import { sweep } from '../../lib/delivery/sweep.ts';
import type { QueueItem } from '../../lib/directory/change.ts';
import { everyone, idsOf, makeLoss, makeOktaRuns, person, runOf } from '../support/okta-runs.ts';

type World = ReturnType<typeof makeOktaRuns>;

/** Whom and which groups the directory was asked for one by one since it had been called so often, by their ids. */
function readsSince(world: World, before: number): (string | undefined)[] {
  return world.okta.calls.slice(before).flatMap(({ path }) => {
    const [, id] = /^\/api\/v1\/(?:users|groups)\/([^/?]+)$/.exec(path) ?? [];
    return id ?? [];
  });
}

/** Delivers each message that is queued; returns the faults by which some come back. */
async function deliverAll(world: World) {
  const faults = [];
  for (const changes of world.queued.splice(0)) faults.push(await world.once(...changes));
  return faults.filter((fault) => fault !== undefined);
}

describe('whoever or whatever was not listed stays where a read finds it:', () => {
  test.each([
    {
      title: 'people',
      groups: { '00gEng': [1, 2, 3] },
      fault: { path: /v1\/users\?limit/, items: 36 },
      expected: { losing: 4, asked: 4 },
    },
    {
      title: 'members of a group',
      groups: { '00gEng': everyone(1, 9) },
      fault: { path: /00gEng\/users/, items: 5 },
      expected: { losing: 4, asked: 4 },
    },
    {
      title: 'a group, by one read of it',
      groups: { '00gEng': [1, 2], '00gOps': [3] },
      fault: { path: /v1\/groups\?limit/, items: 1 },
      expected: { losing: 1, asked: 1 },
    },
  ])('$title', async ({ groups, fault: { path, items }, expected }) => {
    const world = makeOktaRuns({ people: 40, groups });
    await world.read();
    const [before, calls] = [world.state(), world.calls.length];
    world.okta.faults.add({ path, answer: { kind: 'lost-next', items } });

    const run = await world.read();
    world.okta.faults.clear();
    const next = await world.read();

    expect(run).toMatchObject({ state: 'done', ...expected });
    expect(run).not.toHaveProperty('reason');
    expect([world.state(), world.calls.length]).toEqual([before, calls]);
    expect(next).toMatchObject({ state: 'done', queued: 0 });
  });
});

describe('who is asked about', () => {
  /** Three of 120 lose something, in three ways, a group of eight ends, and others change and come. */
  async function makeChanged() {
    const world = makeOktaRuns({
      people: 120,
      groups: { '00gEng': everyone(1, 8), '00gOps': everyone(20, 30) },
    });
    await world.read();
    world.time.now += 60_000;
    world.okta.deleteUser(person(20).id);
    world.okta.suspend(person(21).id);
    world.okta.removeMember('00gOps', person(22).id);
    world.okta.deleteGroup('00gEng');
    for (const n of everyone(40, 60)) world.okta.updateProfile(person(n).id, { displayName: `Renamed ${n}` });
    world.okta.createUser(person(121));
    world.okta.addMember('00gOps', person(50).id);
    return world;
  }

  test('is who could lose something, each by one read, and nobody else', async () => {
    const world = await makeChanged();
    const before = world.okta.calls.length;

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done', losing: 11, toAsk: 4, asked: 4 });
    expect(readsSince(world, before).sort()).toEqual([...idsOf([20, 21, 22]), '00gEng'].sort());
    expect(world.users()).toHaveLength(119);
    expect(world.state()?.groups['00gOps']?.members).toHaveLength(9);
  });

  test('is nobody while the list is read, and what takes nothing from anybody does not wait', async () => {
    const world = await makeChanged();
    const early: QueueItem[] = [];
    const send = async (items: QueueItem[]) => {
      const phase = (await world.runs.current('okta'))?.run?.phase;
      if (phase === 'list') early.push(...items);
      world.queued.push(items);
    };

    await world.read({ queue: { send } });

    expect(early.filter(({ kind }) => kind === 'recheck')).toEqual([]);
    const ids = early.map((item) => ('personId' in item ? item.personId : undefined));
    expect([...new Set(ids)].sort()).toEqual(idsOf([...everyone(40, 60), 121]));
  });

  test('is nobody where the run was stopped, while who is new comes', async () => {
    const world = await makeChanged();
    for (const n of everyone(61, 80)) world.okta.deleteUser(person(n).id);
    const before = world.okta.calls.length;

    const run = await world.read();

    expect(run).toMatchObject({ state: 'stopped', losing: 31, asked: 0 });
    expect(readsSince(world, before)).toEqual([]);
    expect(world.users()).toEqual(idsOf(everyone(1, 121)));
    expect(world.state()?.groups['00gEng']?.members).toHaveLength(8);
  });

  test('is everybody again by the next run, where the messages were lost', async () => {
    const world = await makeLoss();
    await world.readOnly();
    world.queued.splice(0);

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 1, asked: 1 });
    expect(world.users()).toHaveLength(449);
  });
});

describe('a read that was asked for', () => {
  test('and whose answer cannot be read takes nothing from that person, and holds up nobody else', async () => {
    const world = await makeLoss();
    world.okta.deactivate(person(8).id);
    world.okta.faults.add({ path: /users\/00u00008/, answer: { kind: 'cut-body' } });

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 2, asked: 2 });
    expect(world.users()).toHaveLength(449);
    expect(world.users()).toContain(person(8).id);
    expect(world.log.lines).toContainEqual({
      level: 'warn',
      message: 'Something could not be read',
      fields: expect.objectContaining({ source: 'okta', code: 'unreadable-answer' }),
    });
  });

  test('is owed while the directory is out of reach, also where the message is lost', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ path: /users\/00u00007/, answer: { kind: 'status', status: 503 } });

    const run = await world.readOnly();
    const faults = await deliverAll(world);
    const users = world.users().length;
    world.okta.faults.clear();
    world.time.now += 3_600_000;
    await sweep({ ...world.deps, meter: world.meter });
    await world.settle();

    expect(run).toMatchObject({ state: 'done', asked: 1 });
    expect(faults).toMatchObject([{ code: 'unavailable' }]);
    expect(users).toBe(450);
    expect(world.users()).toHaveLength(449);
  });

  test('takes out also whom it tells to have left with a name that no message can hold', async () => {
    const world = makeOktaRuns({ people: 100 });
    await world.read();
    const profile = { ...person(7).profile, displayName: 'x'.repeat(20_000) };

    world.okta.putUser(person(7, { status: 'DEPROVISIONED', profile }));
    world.okta.removeUser(person(8).id);
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 2, asked: 2 });
    expect(world.users()).toEqual(idsOf(everyone(1, 100).filter((n) => n !== 7 && n !== 8)));
  });
});
