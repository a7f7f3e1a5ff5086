import { describe, expect, test } from 'vitest';
import { WorldFault } from '../../lib/errors.ts';
import type { RunDeps } from '../../lib/reconcile/work.ts';
import { everyone, makeOktaRuns, person } from '../support/okta-runs.ts';

test('brings everyone with their groups, and nothing the second time', async () => {
  const world = makeOktaRuns({ people: 450, groups: { '00gEng': [1, 2, 3], '00gOps': [3, 4] } });

  const first = await world.read();
  const calls = world.calls.length;
  const mirror = world.memory.scan('okta');
  const second = await world.read();

  expect(first).toMatchObject({ state: 'done', people: 450, asked: 0 });
  expect(world.users()).toHaveLength(450);
  expect(world.state()?.groups['00gEng']?.members).toHaveLength(3);
  expect(second).toMatchObject({ state: 'done', queued: 0, asked: 0 });
  expect(world.calls).toHaveLength(calls);
  expect(world.memory.scan('okta')).toEqual(mirror);
});

test('brings whoever is refused with their e-mail address without it, and asks for nothing the second time', async () => {
  const world = makeOktaRuns({ people: 60 });
  const odd = person(7).id;
  world.faults.add({
    match: { userId: odd, attribute: 'email' },
    answer: { kind: 'refuse-call', status: 400, errorStatus: 'INVALID_ARGUMENT', message: 'Invalid e-mail' },
  });

  await world.read();
  const calls = world.calls.length;
  // An hour later the refusal is due.
  world.time.now -= 3_600_000;
  const run = await world.read();

  expect(run).toMatchObject({ state: 'done', queued: 0, asked: 0 });
  expect(world.calls).toHaveLength(calls);
  expect(world.users()).toHaveLength(60);
  expect(world.state()?.users[odd]).toEqual({ name: 'Person 7' });
});

test('costs no more calls than the batch size makes necessary', async () => {
  const groups = Object.fromEntries(
    Array.from({ length: 50 }, (_, g) => [
      `00g${String(g).padStart(3, '0')}`,
      everyone(g * 100 + 1, g * 100 + 100),
    ]),
  );
  const world = makeOktaRuns({ people: 5_000, groups });
  // As the queue cuts what is sent in order: into messages of 100 changes.
  const send = async (changes: Parameters<RunDeps['queue']['send']>[0]) => {
    for (let start = 0; start < changes.length; start += 100)
      world.queued.push(changes.slice(start, start + 100));
  };

  const run = await world.read({ queue: { send } });

  const necessary = 5_000 / 50 + 50 + 5_000 / 50;
  expect(run).toMatchObject({ state: 'done', people: 5_000 });
  expect(world.users()).toHaveLength(5_000);
  expect(Object.values(world.state()?.groups ?? {}).flatMap(({ members }) => members)).toHaveLength(5_000);
  expect(world.calls.length).toBeLessThanOrEqual(necessary * 1.1);
}, 60_000);

test('calls for those who changed, and for nobody else', async () => {
  const world = makeOktaRuns({ people: 1_000 });
  await world.read();
  const before = world.calls.length;

  for (const n of everyone(101, 110)) world.okta.updateProfile(person(n).id, { displayName: `Renamed ${n}` });
  const run = await world.read();

  expect(run).toMatchObject({ state: 'done', queued: 10, losing: 0, asked: 0 });
  expect(
    world.calls.slice(before).map(({ body }) => (body as { data: { users: unknown[] } }).data.users),
  ).toEqual([expect.objectContaining({ length: 10 })]);
});

test('counts a person once, however many of the deciding groups they are in', async () => {
  const source = { users: { groups: ['Group 00gA', 'Group 00gB'] } };
  const world = makeOktaRuns({ groups: { '00gA': everyone(1, 20), '00gB': everyone(1, 20) }, source });

  const run = await world.read();

  expect(run).toMatchObject({ state: 'done', people: 20 });
  expect(world.users()).toHaveLength(20);
});

test('counts what it lists checkpoint by checkpoint, so that a run cut in two counts nothing twice', async () => {
  const world = makeOktaRuns({ people: 700 });
  const stopAfterOne = () => {
    throw new WorldFault('out-of-time', 'interrupted');
  };

  await world.read({ onProgress: stopAfterOne }).catch(() => undefined);
  const halfway = { ...world.meter.counted };
  await world.read({}, { resume: true });

  expect(halfway.PeopleRead).toBeLessThan(700);
  expect(world.meter.counted).toMatchObject({ PeopleRead: 700, ChangesFound: 704 });
});

describe('a listing that goes in circles', () => {
  test.each([1, 2, 3, 7, 40])('of %i pages ends, with a reason', async (length) => {
    const world = makeOktaRuns();
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

  test('is found by many processes together that list little each', async () => {
    const world = makeOktaRuns();
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
