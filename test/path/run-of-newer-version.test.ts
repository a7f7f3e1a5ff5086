import { describe, expect, test } from 'vitest';
import type { Mirror } from '../../lib/aws/mirror.ts';
import type { Run } from '../../lib/aws/runs.ts';
import { WorldFault } from '../../lib/errors.ts';
import type { RunDeps } from '../../lib/reconcile/work.ts';
import { everyone, idsOf, makeOktaRuns, person, runOf } from '../support/okta-runs.ts';

const MINUTE = 60_000;

/** Forty people are at Velt, one left since, and a newer version has left a run behind, as `left` says. */
async function makeRolledBack(left: object) {
  const world = makeOktaRuns({ people: 40 });
  const done = runOf(await world.read());
  world.okta.deleteUser(person(7).id);
  const { endedAt: _, ...begun } = done;
  const found = await world.runs.current('okta');
  const savedAt = new Date(world.time.now).toISOString();
  const newer = { ...begun, state: 'running', pages: 3, savedAt, before: 40, ...left };
  await world.runs.save(newer as Run, found?.revision ?? 0);
  return { ...world, runId: done.runId };
}

describe('a run that a newer version left in a phase of its own', () => {
  test.each([{ phase: 'verify' }, { state: 'paused' }, { phase: 'verify', state: 'paused' }])(
    'is begun anew, with the number of people that it began with: %j',
    async (left) => {
      const world = await makeRolledBack({ cursor: 'of its own', ...left });

      const run = runOf(await world.read());

      expect(run).toMatchObject({ state: 'done', phase: 'ask', before: 40, asked: 1 });
      expect(run.runId).not.toBe(world.runId);
      expect(world.users().toSorted()).toEqual(idsOf(everyone(1, 40).filter((n) => n !== 7)));
    },
  );

  test('is not one to go on with', async () => {
    const world = await makeRolledBack({ phase: 'verify' });

    expect(await world.read({}, { resume: true })).toBe('nothing');
  });

  test('is left alone while its lease lasts', async () => {
    const world = await makeRolledBack({ phase: 'verify' });
    const found = await world.runs.current('okta');
    const lease = { owner: 'newer', until: world.time.now + 24 * 60 * MINUTE };
    await world.runs.save({ ...(found?.run as Run), lease }, found?.revision ?? 0);

    expect(await world.read()).toBe('busy');
  });
});

test.each(['absences', 'ask'] as const)(
  'a place in the mirror that a newer version wrote begins the run anew: %s',
  async (phase) => {
    const world = await makeRolledBack({ phase, cursor: '{"shards":[]}' });
    const { scan } = world.deps.mirror;
    const mirror: Mirror = {
      ...world.deps.mirror,
      scan: async (source, cursor) => {
        if (cursor === undefined) return scan(source, cursor);
        throw new WorldFault('unreadable-message', 'another version');
      },
    };

    const run = runOf(await world.read({ mirror }));

    expect(run).toMatchObject({ state: 'done', asked: 1 });
    expect(world.users()).toHaveLength(39);
  },
);

test('entries that only a newer version can read are counted once, and stay', async () => {
  const world = await makeRolledBack({ state: 'done' });
  const { scan } = world.deps.mirror;
  const hidden = person(3).id;
  const mirror: RunDeps['mirror'] = {
    ...world.deps.mirror,
    scan: async (...place) => {
      const { entries, next } = await scan(...place);
      return { entries: entries.filter(({ entry }) => entry.id !== hidden), unreadable: 1, next };
    },
  };
  world.okta.deleteUser(hidden);

  const run = runOf(await world.read({ mirror }));

  expect(run).toMatchObject({ state: 'done', asked: 1 });
  expect(world.users()).toContain(hidden);
  expect(world.meter.counted).toMatchObject({ EntriesUnreadable: 1 });
});

test('news of a kind that only a newer version knows is left out of what is deferred, and counted', async () => {
  const world = await makeRolledBack({ phase: 'absences', cursor: undefined, deferredParts: 1 });
  const run = (await world.runs.current('okta'))?.run as Run;
  await world.runs.writeDeferred(run, 0, [{ kind: 'team', source: 'okta', at: run.startedAt } as never]);

  const ended = runOf(await world.read());

  expect(ended).toMatchObject({ runId: world.runId, state: 'done' });
  expect(world.meter.counted).toMatchObject({ ChangesDropped: 1 });
});

test('attributes beside an entry outlive what is delivered to it', async () => {
  const world = await makeRolledBack({ state: 'done' });
  const [stored] = world.memory.scan('okta').entries.filter(({ entry }) => entry.id === person(7).id);
  if (!stored) throw new Error('no such person');
  world.memory.write({ ...stored, others: { shadow: true } }, { expiresAt: undefined });

  await world.read();

  const [after] = world.memory.scan('okta').entries.filter(({ entry }) => entry.id === person(7).id);
  expect(after).toMatchObject({ others: { shadow: true }, entry: { exists: { value: false } } });
});
