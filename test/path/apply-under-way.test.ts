import { describe, expect, test } from 'vitest';
import type { Run } from '../../lib/aws/runs.ts';
import { WorldFault } from '../../lib/errors.ts';
import { applyPlan } from '../../lib/reconcile/apply.ts';
import { runSource } from '../../lib/reconcile/run.ts';
import type { RunDeps } from '../../lib/reconcile/work.ts';
import { ids, makePlannedDirectory } from '../support/planned-directory.ts';
import { loseEvents } from './missed.ts';

/** More people than one checkpoint lists. */
const MANY = 1_050;

describe('while a plan is applied', () => {
  const interrupted = (phase: Run['phase']): Partial<RunDeps> => ({
    onProgress: (run) => {
      if (run.state === 'running' && run.phase === phase) throw new WorldFault('out-of-time', 'interrupted');
    },
  });

  test('nobody else works on the source', async () => {
    const world = await makePlannedDirectory();
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
    const world = await makePlannedDirectory();
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
    const world = await makePlannedDirectory();
    world.deleteAll(11, 30);
    await expect(world.apply(await world.plan(), interrupted('ask'))).rejects.toThrow('interrupted');
    expect((await world.runs.current('okta'))?.run).toMatchObject({ state: 'running', phase: 'ask' });

    const run = await world.read({}, { resume: true });

    expect(run).toMatchObject({ state: 'done', asked: 20 });
    expect(world.users()).toEqual(ids(1, 10));
  });

  test('an interruption before it lets nobody else through, and the plan can be applied again', async () => {
    const world = await makePlannedDirectory({ people: MANY });
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
    const world = await makePlannedDirectory();
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
