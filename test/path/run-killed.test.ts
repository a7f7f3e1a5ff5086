import { describe, expect, test } from 'vitest';
import type { Queue } from '../../lib/aws/queue.ts';
import { runSource } from '../../lib/reconcile/run.ts';
import { Killed, mortal } from '../support/mortal.ts';
import { everyone, inPages, makeOktaRuns, person } from '../support/okta-runs.ts';

type World = ReturnType<typeof makeOktaRuns>;

test('what a killed process wrote beyond its last checkpoint is neither seen nor done', async () => {
  const world = makeOktaRuns({ people: 40 });
  await world.read();
  for (const n of everyone(1, 4)) world.okta.suspend(person(n).id);
  const dying = { ...world.runs, writeListed: async () => Promise.reject(new Killed()) };
  await world.readOnly({ runs: dying }).catch(() => undefined);
  world.time.now += 60_000;
  for (const n of everyone(1, 4)) world.okta.unsuspend(person(n).id);

  const run = await world.read();

  expect(run).toMatchObject({ state: 'done', losing: 0, asked: 0 });
  expect(world.users()).toHaveLength(40);
});

describe('a process that is killed', () => {
  const source = { grants: [{ group: '00gOps', folderId: 'runbooks' }] };
  const groups = { '00gEng': everyone(1, 10), '00gOps': everyone(5, 15), '00gOld': [1, 2] };

  /** Everyone is at Velt; then people and groups come, go and change, and nobody is told. */
  async function makeChanged() {
    const world = makeOktaRuns({ people: 20, groups, source });
    await world.read();
    world.time.now += 60_000;
    world.okta.deleteUser(person(7).id);
    world.okta.suspend(person(8).id);
    world.okta.createUser(person(21));
    world.okta.addMember('00gOps', person(21).id);
    world.okta.removeMember('00gEng', person(9).id);
    world.okta.updateProfile(person(10).id, { displayName: 'Another Name' });
    world.okta.deleteGroup('00gOld');
    world.okta.renameGroup('00gEng', 'Engineering');
    return world;
  }

  async function killedAt(n: number, when: 'before' | 'after', queueOf: (world: World) => Queue) {
    const world = await makeChanged();
    let wasKilled = false;
    const over = { queue: queueOf(world), mirror: inPages(world.deps.mirror, 10) };
    await world.readOnly(mortal(world.depsOf(over), n, when)).catch((error) => {
      if (!(error instanceof Killed)) throw error;
      wasKilled = true;
    });
    world.time.now += 120_000;
    const run = await runSource({ source: 'okta' }, world.time.now + 900_000, world.depsOf(over));
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
          expect([n, when, run]).toMatchObject([n, when, wasKilled ? { state: 'done' } : {}]);
          expect([n, when, world.state()]).toEqual([n, when, expected]);
          alive = !wasKilled;
          kills += 1;
        }
      }

      expect(kills).toBeGreaterThan(60);
    },
  );
});
