import { describe, expect, test } from 'vitest';
import type { Queue } from '../../lib/aws/queue.ts';
import { WorldFault } from '../../lib/errors.ts';
import { backfill } from '../../lib/reconcile/backfill.ts';
import { Killed, mortal } from '../support/mortal.ts';
import { makeReading, person, runOf } from '../support/reading.ts';

type World = ReturnType<typeof makeReading>;

const everyone = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
const idsOf = (numbers: number[]) => numbers.map((n) => person(n).id);
const usersPage = /\/users\?.*limit=/;

/** Everyone is at Velt, and one of them left since without a webhook. */
async function makeLoss(options: Parameters<typeof makeReading>[0] = {}) {
  const world = makeReading({ people: 450, groups: { '00gEng': everyone(1, 300) }, ...options });
  await world.read();
  world.okta.deleteUser(person(7).id);
  return world;
}

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
    world.okta.faults.add({ path: /groups\/00gEng\/users/, answer: { kind: 'status', status: 500 } });

    await expect(world.read()).rejects.toMatchObject({ code: 'unavailable' });
    const held = (await world.runs.current('okta'))?.run;
    const users = world.users().length;
    world.okta.faults.clear();
    const run = runOf(await world.read({}, { resume: true }));

    expect(held).toMatchObject({ state: 'running', phase: 'read', reason: 'Okta answered 500' });
    expect(held).not.toHaveProperty('lease');
    expect(users).toBe(450);
    expect(run).toMatchObject({ runId: held?.runId, state: 'done', people: 449 });
    expect(run).not.toHaveProperty('reason');
    expect(world.users()).toHaveLength(449);
  });

  test.each([401, 403])('%i holds the run up at once', async (status) => {
    const world = await makeLoss();
    world.okta.faults.add({ answer: { kind: 'status', status } });

    await expect(world.read()).rejects.toMatchObject({ code: 'credentials' });

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

    expect(run).toMatchObject({ state: 'done', people: 449, losing: 1, kept: 0 });
    expect(world.users()).toHaveLength(449);
  });
});

describe('a listing that goes in circles', () => {
  test.each([1, 2, 3, 7, 40])('of %i pages ends, with a reason', async (length) => {
    const world = makeReading();
    let reads = 0;
    world.directory.readPage = async (cursor = '0') => {
      reads += 1;
      const next = Number(cursor) + 1;
      // Three pages lead into the circle.
      return { changes: [], complete: [], unreadable: 0, next: String(next < 3 + length ? next : 3) };
    };

    await expect(world.read()).rejects.toMatchObject({ message: 'the directory repeated a page' });

    expect(reads).toBeLessThan(3 + 4 * length);
    expect((await world.runs.current('okta'))?.run?.reason).toBe('the directory repeated a page');
  });

  test('is found by many processes together that read little each', async () => {
    const world = makeReading();
    let reads = 0;
    world.directory.readPage = async (cursor = '0') => {
      reads += 1;
      world.time.now += 1_000;
      return {
        changes: [],
        complete: [],
        unreadable: 0,
        next: cursor === '12' ? '4' : String(Number(cursor) + 1),
      };
    };

    let end: unknown;
    while (end === undefined && reads < 200)
      await world.readOnly({}, {}, 1_500).catch((error) => {
        end = error;
      });

    expect(end).toMatchObject({ message: 'the directory repeated a page' });
  });
});

describe('nobody is removed, and the reason is told, when', () => {
  async function stopped(world: Awaited<ReturnType<typeof makeLoss>>) {
    const users = world.users().length;
    const run = runOf(await world.read());
    return {
      run,
      lost: users - world.users().length,
      errors: world.log.lines.filter(({ level }) => level === 'error'),
    };
  }

  test('the first page is empty', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ path: usersPage, answer: { kind: 'lost-next', items: 0 } });

    const { run, lost, errors } = await stopped(world);

    expect(run).toMatchObject({ state: 'stopped', reason: 'the directory listed nobody' });
    expect(lost).toBe(0);
    expect(errors).toEqual([
      {
        level: 'error',
        message: 'A reading was stopped',
        fields: expect.objectContaining({ source: 'okta', error: 'the directory listed nobody' }),
      },
    ]);
    expect(world.meter.counted.RunsStopped).toBe(1);
  });

  test('the pages after the first are lost', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ path: /v1\/users\?limit/, answer: { kind: 'lost-next' } });

    const { run, lost } = await stopped(world);

    expect(run).toMatchObject({ state: 'stopped', people: 200, before: 450 });
    expect(run.reason).toBe('the directory listed 200 people, 56 % fewer than the 450 of last time');
    expect(lost).toBe(0);
  });

  test('most members of a group are lost', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ path: /00gEng\/users/, answer: { kind: 'lost-next', items: 10 } });

    const { run, lost } = await stopped(world);

    expect(run).toMatchObject({ state: 'stopped', losing: 290 });
    expect(run.reason).toBe(
      '290 of 450 people would lose something at Velt (64 %), more than the limit of 45',
    );
    expect([lost, world.state()?.groups['00gEng']?.members.length]).toEqual([0, 300]);
  });

  test('one item cannot be read', async () => {
    const world = await makeLoss();
    world.okta.putUser({ ...person(9), profile: { ...person(9).profile, email: 7 } } as never);

    const { run, lost } = await stopped(world);

    expect(run).toMatchObject({ state: 'stopped' });
    expect(run.reason).toMatch(/^[12] items of the listing could not be read$/);
    expect(lost).toBe(0);
  });

  test('the configuration leaves out 40 % by a mistake', async () => {
    const source = { users: { groups: ['Group 00gEng', 'Group 00gOps'] } };
    const groups = { '00gEng': everyone(1, 60), '00gOps': everyone(61, 100) };
    const world = await makeLoss({ people: 100, groups, source });

    world.reconfigure({ users: { groups: ['Group 00gEng', 'Gruop 00gOps'] } });
    const { run, lost } = await stopped(world);

    expect(run).toMatchObject({ state: 'stopped', people: 59, before: 100 });
    expect(run.reason).toBe('the directory listed 59 people, 41 % fewer than the 100 of last time');
    expect(lost).toBe(0);
  });

  test('the configuration names no group that there is', async () => {
    const world = await makeLoss({ source: { users: { groups: ['Group 00gEng'] } } });

    world.reconfigure({ users: { groups: ['Enginering'] } });
    const { run, lost } = await stopped(world);

    expect(run).toMatchObject({ state: 'stopped', reason: 'the directory listed nobody' });
    expect(lost).toBe(0);
  });

  test('as few as are always allowed are missing, but are there when they are read', async () => {
    const world = makeReading({ people: 40 });
    await world.read();
    world.okta.faults.add({ path: /v1\/users\?limit/, answer: { kind: 'lost-next', items: 36 } });

    const { run, lost } = await stopped(world as never);

    expect(run).toMatchObject({
      state: 'done',
      losing: 4,
      kept: 4,
      reason: '4 were not listed, but are there',
    });
    expect(lost).toBe(0);
  });

  test('a few members of a group are missing, but are in it when they are read', async () => {
    const world = makeReading({ people: 40, groups: { '00gEng': everyone(1, 9) } });
    await world.read();
    world.okta.faults.add({ path: /00gEng\/users/, answer: { kind: 'lost-next', items: 5 } });

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 4, kept: 4 });
    expect(world.state()?.groups['00gEng']?.members).toHaveLength(9);
  });

  test('a group is missing that is there when it is read', async () => {
    const world = makeReading({ people: 40, groups: { '00gEng': [1, 2], '00gOps': [3] } });
    await world.read();
    world.okta.faults.add({ path: /v1\/groups\?limit/, answer: { kind: 'lost-next', items: 1 } });

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 1, kept: 1 });
    expect(world.state()?.groups['00gOps']?.members).toEqual(idsOf([3]));
  });

  test('a run was stopped before: the listing is still measured by the last complete one', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ path: /v1\/users\?limit/, answer: { kind: 'lost-next' } });

    const runs = [await stopped(world), await stopped(world)];

    expect(runs).toMatchObject([
      { run: { state: 'stopped', before: 450 }, lost: 0 },
      { run: { state: 'stopped', before: 450 }, lost: 0 },
    ]);
  });

  test('the directory goes out of reach while those who are missing are read again', async () => {
    const world = await makeLoss();
    world.okta.faults.add({ path: /users\/00u00007/, answer: { kind: 'status', status: 503 } });

    await expect(world.read()).rejects.toMatchObject({ code: 'unavailable' });
    const held = (await world.runs.current('okta'))?.run;
    world.okta.faults.clear();
    const users = world.users().length;
    const run = await world.read({}, { resume: true });

    expect(held).toMatchObject({ state: 'running', phase: 'remove' });
    expect(users).toBe(450);
    expect(run).toMatchObject({ state: 'done' });
    expect(world.users()).toHaveLength(449);
  });
});

test('one of those who are missing whose answer cannot be read stays, and holds up none of the others', async () => {
  const world = await makeLoss();
  world.okta.deactivate(person(8).id);
  world.okta.faults.add({ path: /users\/00u00008/, answer: { kind: 'cut-body' } });

  const run = await world.read();

  expect(run).toMatchObject({ state: 'done', losing: 2, kept: 1 });
  expect(world.users()).toHaveLength(449);
  expect(world.users()).toContain(person(8).id);
  expect(world.log.lines).toContainEqual({
    level: 'warn',
    message: 'Somebody could not be read',
    fields: { source: 'okta', count: 1 },
  });
});

describe('a person with a name that no message can hold', () => {
  /** Somebody else left, and was not heard of. */
  async function makeLongName() {
    const world = await makeLoss({ people: 40 });
    world.okta.updateProfile(person(9).id, { displayName: 'x'.repeat(20_000) });
    world.okta.createUser(person(41));
    return world;
  }

  test('holds up nobody, and lets nobody be removed', async () => {
    const world = await makeLongName();

    const run = await world.read();

    expect(run).toMatchObject({ state: 'stopped', unreadable: 1, losing: 1, people: 40 });
    expect(world.users()).toHaveLength(41);
    expect(world.state()?.users[person(9).id]).toMatchObject({ name: 'Person 9' });
  });

  test('is left out of a plan', async () => {
    const world = await makeLongName();

    const run = runOf(await world.read({}, { plan: true }));

    expect(run).toMatchObject({ state: 'planned', unreadable: 1, effect: { adds: 1, updates: 0 } });
  });
});

test('what a killed process wrote beyond its last checkpoint is neither seen nor done', async () => {
  const world = makeReading({ people: 40 });
  await world.read();
  for (const n of everyone(1, 4)) world.okta.suspend(person(n).id);
  const dying = { ...world.runs, writeSeen: async () => Promise.reject(new Killed()) };
  await world.readOnly({ runs: dying }).catch(() => undefined);
  world.time.now += 60_000;
  for (const n of everyone(1, 4)) world.okta.unsuspend(person(n).id);

  const run = await world.read();

  expect(run).toMatchObject({ state: 'done', itemParts: 0, losing: 0 });
  expect(world.users()).toHaveLength(40);
});

describe('a process that is killed', () => {
  const source = { grants: [{ group: '00gOps', folderId: 'runbooks' }] };
  const groups = { '00gEng': everyone(1, 10), '00gOps': everyone(5, 15), '00gOld': [1, 2] };

  /** Everyone is at Velt; then people and groups come, go and change, and nobody is told. */
  async function makeChanged() {
    const world = makeReading({ people: 20, groups, source });
    await world.read();
    world.time.now += 60_000;
    world.okta.deleteUser(person(7).id);
    world.okta.suspend(person(8).id);
    world.okta.createUser(person(21));
    world.okta.addMember('00gOps', person(21).id);
    world.okta.removeMember('00gEng', person(9).id);
    world.okta.updateProfile(person(10).id, { displayName: 'Another Name' });
    world.okta.deleteGroup('00gOld');
    return world;
  }

  async function killedAt(n: number, when: 'before' | 'after', queueOf: (world: World) => Queue) {
    const world = await makeChanged();
    let wasKilled = false;
    const queue = queueOf(world);
    await world.readOnly(mortal(world.depsOf({ queue }), n, when)).catch((error) => {
      if (!(error instanceof Killed)) throw error;
      wasKilled = true;
    });
    world.time.now += 120_000;
    const run = await backfill({ source: 'okta' }, world.time.now + 900_000, world.depsOf({ queue }));
    await world.settle();
    return { world, run, wasKilled };
  }

  test.each<[string, (world: World) => Queue]>([
    ['after it', (world) => world.deps.queue],
    ['at once', (world) => ({ send: (changes) => world.hear(...changes) })],
  ])(
    'wherever that is, loses nothing: another one ends the run with the same result (delivered %s)',
    async (_when, queueOf) => {
      const whole = await makeChanged();
      await whole.read();
      const expected = whole.state();

      let kills = 0;
      for (let n = 1, alive = false; !alive; n += 1) {
        for (const when of ['before', 'after'] as const) {
          const { world, run, wasKilled } = await killedAt(n, when, queueOf);
          expect([n, when, run]).toMatchObject([n, when, wasKilled ? { state: 'done', kept: 0 } : {}]);
          expect([n, when, world.state()]).toEqual([n, when, expected]);
          alive = !wasKilled;
          kills += 1;
        }
      }

      expect(kills).toBeGreaterThan(60);
    },
  );
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
    phase: 'compare',
    reason: 'throttled',
  });
  expect(world.users()).toHaveLength(450);
});

test('whom a second read confirms to have left with more than a message can hold is kept, and holds up nobody', async () => {
  const world = makeReading({ people: 100 });
  await world.read();
  const { profile: known } = person(7);
  const profile = { ...known, displayName: 'x'.repeat(20_000) };

  world.okta.putUser(person(7, { status: 'DEPROVISIONED', profile }));
  world.okta.removeUser(person(8).id);
  const run = await world.read();

  expect(run).toMatchObject({ state: 'done', kept: 1 });
  expect(world.users()).toHaveLength(99);
  expect(world.users()).toContain(person(7).id);
});
