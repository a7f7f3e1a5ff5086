import { expect, test } from 'vitest';
import { makeReading, person } from '../reading.ts';

test('brings everyone with their groups, and nothing the second time', async () => {
  const world = makeReading({ people: 450, groups: { '00gEng': [1, 2, 3], '00gOps': [3, 4] } });

  const first = await world.read();
  const calls = world.calls.length;
  const writes = world.memory.entries().length;
  const second = await world.read();

  expect(first).toMatchObject({ state: 'done', people: 450 });
  expect(world.users()).toHaveLength(450);
  expect(world.state()?.groups['00gEng']?.members).toHaveLength(3);
  expect(second).toMatchObject({ state: 'done', queued: 0 });
  expect([world.calls.length, world.memory.entries().length]).toEqual([calls, writes]);
});

test('removes whoever left without a webhook', async () => {
  const world = makeReading({ people: 100 });
  await world.read();

  world.okta.removeUser(person(7).id);
  world.okta.putUser(
    person(8, { status: 'DEPROVISIONED', statusChanged: '2026-09-29T00:00:00.000Z' } as never),
  );
  const run = await world.read();

  expect(run).toMatchObject({ state: 'done', losing: 2 });
  expect(world.users()).toHaveLength(98);
});
