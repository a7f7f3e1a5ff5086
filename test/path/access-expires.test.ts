import { describe, expect, test } from 'vitest';
import { sweep } from '../../lib/delivery/sweep.ts';
import { preview } from '../../lib/reconcile/preview.ts';
import { auth0Id, makeAuth0Runs } from '../support/auth0-runs.ts';
import { makeOktaRuns, person } from '../support/okta-runs.ts';

// When somebody is to leave Velt is an attribute of the customer's own.

const DAY_MS = 86_400_000;
const dayAfter = (now: number, days: number) => new Date(now + days * DAY_MS).toISOString().slice(0, 10);

/** Three people, of whom the second has a last day. */
async function makeOkta(lastDay: (now: number) => unknown = (now) => dayAfter(now, 2), source: object = {}) {
  const world = makeOktaRuns({
    people: 3,
    groups: { '00gEng': [1, 2] },
    source: {
      api: { headroom: 0 },
      expiresAt: 'profile.contractEnd',
      grants: [{ folderId: 'specs' }],
      ...source,
    },
  });
  world.okta.updateProfile(person(2).id, { contractEnd: lastDay(world.time.now) });
  await world.read();
  return world;
}

type World = Pick<Awaited<ReturnType<typeof makeOkta>>, 'deps' | 'time' | 'settle'>;

/** The sweep, so much later. */
async function sweepAfter(world: World, days: number): Promise<void> {
  world.time.now += days * DAY_MS;
  await sweep(world.deps as never);
  await world.settle();
}

const numbers = (users: string[]) => users.map((id) => Number(id.match(/\d+$/)?.[0])).toSorted();

describe('somebody whose access expires', () => {
  test('is in Velt until the day is over, and then leaves everything, by the sweep alone', async () => {
    const world = await makeOkta();
    const atFirst = numbers(world.users());
    await sweepAfter(world, 1);
    const before = numbers(world.users());
    const calls = world.calls.length;

    await sweepAfter(world, 2);

    expect([atFirst, before, numbers(world.users())]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 3],
    ]);
    expect(world.calls.slice(calls).map(({ path }) => path)).toEqual([
      '/v2/organizations/usergroups/users/delete',
      '/v2/users/delete',
      '/v2/users/delete',
    ]);
    expect(world.state()?.groups['00gEng']?.members).toEqual([person(1).id]);
    expect(world.state()?.folders.specs?.toSorted()).toEqual([person(1).id, person(3).id]);
  });

  test('is not brought back by a run or an event, and costs no call', async () => {
    const world = await makeOkta();
    await sweepAfter(world, 3);
    const calls = world.calls.length;

    await world.read();
    await world.webhook(...world.okta.updateProfile(person(2).id, { firstName: 'Renamed' }));
    await sweepAfter(world, 1);

    expect(numbers(world.users())).toEqual([1, 3]);
    expect(world.calls.length).toBe(calls);
  });

  test('comes back with everything when the day is moved, and stays when it is taken away', async () => {
    const world = await makeOkta();
    await sweepAfter(world, 3);

    const later = dayAfter(world.time.now, 5);
    await world.webhook(...world.okta.updateProfile(person(2).id, { contractEnd: later }));
    const back = [numbers(world.users()), world.state()?.groups['00gEng']?.members.length];
    world.time.now += 60_000;
    await world.webhook(...world.okta.updateProfile(person(2).id, { contractEnd: null }));
    await sweepAfter(world, 30);

    expect(back).toEqual([[1, 2, 3], 2]);
    expect(numbers(world.users())).toEqual([1, 2, 3]);
  });

  test('stays where what was a date cannot be read any more, as it was known', async () => {
    const world = await makeOkta();
    world.time.now += 60_000;
    await world.webhook(...world.okta.updateProfile(person(2).id, { contractEnd: 'next week' }));
    const meanwhile = numbers(world.users());

    await sweepAfter(world, 3);

    expect([meanwhile, numbers(world.users())]).toEqual([
      [1, 2, 3],
      [1, 3],
    ]);
  });

  test('is never put into Velt where the day was over before', async () => {
    const world = await makeOkta((now) => dayAfter(now, -2));

    expect(numbers(world.users())).toEqual([1, 3]);
  });

  test('is told nothing of it at Velt, also where Velt holds nothing but ids', async () => {
    const worlds = [await makeOkta(), await makeOkta(undefined, { profile: 'ids' })];

    for (const { calls } of worlds) expect(JSON.stringify(calls)).not.toMatch(/expires|contractEnd/);
    for (const { users } of worlds) expect(numbers(users())).toEqual([1, 2, 3]);
  });

  test('waits for the breaker where the days of too many moved to the past', async () => {
    const world = makeOktaRuns({
      people: 20,
      source: { api: { headroom: 0 }, expiresAt: 'profile.contractEnd' },
    });
    await world.read();
    for (let n = 1; n <= 20; n += 1) world.okta.updateProfile(person(n).id, { contractEnd: '2020-01-01' });
    world.time.now += 60_000;

    const run = await world.read();

    expect([run, world.users().length]).toEqual([expect.objectContaining({ state: 'stopped' }), 20]);
  });

  test('does not stop a run that finds the moments of many come, and leaves by the sweep', async () => {
    const world = makeOktaRuns({
      ...{ people: 20, source: { api: { headroom: 0 }, expiresAt: 'profile.contractEnd' } },
    });
    const until = dayAfter(world.time.now, 1);
    for (let n = 1; n <= 20; n += 1) world.okta.updateProfile(person(n).id, { contractEnd: until });
    await world.read();
    world.time.now += 3 * DAY_MS;

    const run = await world.read();
    await sweepAfter(world, 0);

    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(world.users()).toEqual([]);
  });

  test('counts for the breaker where the moment was moved and something else takes them out', async () => {
    const world = makeOktaRuns({
      ...{ people: 20, source: { api: { headroom: 0 }, expiresAt: 'profile.contractEnd' } },
    });
    const all = Array.from({ length: 20 }, (_, n) => person(n + 1).id);
    for (const id of all) world.okta.updateProfile(id, { contractEnd: dayAfter(world.time.now, 1) });
    await world.read();
    world.time.now += 3 * DAY_MS;
    for (const id of all) world.okta.updateProfile(id, { contractEnd: dayAfter(world.time.now, 9) });
    for (const id of all) world.okta.suspend(id);

    expect(await world.read()).toMatchObject({ state: 'stopped', losing: 20 });
  });

  test('is called for only what was begun, where the moment comes during a delivery', async () => {
    const moment = '2026-10-30T20:00:00.000Z';
    const world = await makeOkta(() => moment);
    const calls = world.calls.length;
    const { write } = world.deps.mirror;
    world.time.now = Date.parse(moment) - 1;
    world.deps.mirror.write = async (...stored) => {
      world.time.now += 1;
      return write(...stored);
    };

    await world.webhook(...world.okta.updateProfile(person(2).id, { firstName: 'Renamed' }));
    const during = world.calls.slice(calls).map(({ path }) => path);
    await sweepAfter(world, 1);

    expect(during.filter((path) => path.endsWith('delete'))).toEqual([]);
    expect(numbers(world.users())).toEqual([1, 3]);
  });

  test('costs no sweep where the configuration has no moments any more', async () => {
    const world = await makeOkta();
    world.reconfigure({ expiresAt: undefined });
    world.time.now += 60_000;
    await world.webhook(...world.okta.updateProfile(person(2).id, { firstName: 'Renamed' }));

    const due = await world.deps.mirror.due(world.time.now + 30 * DAY_MS, 10);

    expect([due, numbers(world.users())]).toEqual([[], [1, 2, 3]]);
  });

  test('of Auth0 leaves at the moment that an event told', async () => {
    const world = makeAuth0Runs({ people: 2, source: { expiresAt: 'app_metadata.until' } });
    await world.read();
    world.time.now += 60_000;
    const until = new Date(world.time.now + DAY_MS).toISOString();
    await world.webhook(...world.auth0.updateUser(auth0Id(1), { app_metadata: { until } }));
    const before = numbers(world.users());

    await sweepAfter(world, 1);

    expect([before, numbers(world.users())]).toEqual([[1, 2], [2]]);
  });

  test('is told so by a preview', async () => {
    const world = await makeOkta();
    const user = {
      id: '00u9',
      status: 'ACTIVE',
      profile: { login: 'a@example.com', contractEnd: '2020-01-01' },
    };

    const { people } = await preview(
      'okta',
      { people: [user] },
      { config: world.deps.config, clock: () => world.time.now },
    );

    expect(people).toMatchObject([{ why: 'their access expired at 2020-01-02T00:00:00.000Z' }]);
    expect(people[0]?.fields).toContainEqual({
      ...{ field: 'expiresAt', value: '2020-01-02T00:00:00.000Z', rule: 'path', from: 'profile.contractEnd' },
    });
  });
});
