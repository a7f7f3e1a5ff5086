import { describe, expect, test } from 'vitest';
import { WorldFault } from '../../lib/errors.ts';
import { runSource } from '../../lib/reconcile/run.ts';
import { everyone, idsOf, inPages, makeOktaRuns, person, runOf } from '../support/okta-runs.ts';

type World = ReturnType<typeof makeOktaRuns>;

/** A directory every page of which takes 100 s. */
function slowly(world: World) {
  const readPage = async (cursor: string | undefined) => {
    world.time.now += 100_000;
    return world.directory.readPage(cursor);
  };
  return new Map([['okta', { ...world.directory, readPage }]]);
}

/** A table every page of whose scans takes 100 s, from the scan on that begins as the `nth`. */
function slowTable(world: World, nth = 1) {
  const mirror = inPages(world.deps.mirror, 150);
  let scans = 0;
  const scan: typeof mirror.scan = async (source, cursor) => {
    if (cursor === undefined) scans += 1;
    if (scans >= nth) world.time.now += 100_000;
    return mirror.scan(source, cursor);
  };
  return { ...mirror, scan };
}

describe('a run that comes to its deadline goes on from there when it is resumed:', () => {
  test('between two pages of the list', async () => {
    const world = makeOktaRuns({ people: 450 });

    const first = runOf(await world.readOnly({ directories: slowly(world) }, {}, 150_000));
    const second = runOf(await world.readOnly({}, { resume: true }));
    await world.settle();

    expect(first).toMatchObject({ state: 'running', phase: 'list', pages: 2 });
    expect(first.lease).toBeUndefined();
    expect(second).toMatchObject({ state: 'done', people: 450, runId: first.runId });
    expect(world.users()).toHaveLength(450);
  });

  test.each([
    { title: 'who was not listed', nth: 1, left: { phase: 'absences', asked: 0, losing: 1, toAsk: 1 } },
    { title: 'who is asked about', nth: 2, left: { phase: 'ask', asked: 1, losing: 2, toAsk: 2 } },
  ])('between two pages of the mirror, $title', async ({ nth, left }) => {
    const world = makeOktaRuns({ people: 400 });
    await world.read();
    for (const n of [1, 399]) world.okta.deleteUser(person(n).id);

    const first = runOf(await world.readOnly({ mirror: slowTable(world, nth) }, {}, 50_000));
    const second = runOf(await world.read({ mirror: inPages(world.deps.mirror, 150) }, { resume: true }));

    expect(first).toMatchObject({ state: 'running', ...left });
    expect(first.lease).toBeUndefined();
    expect(second).toMatchObject({ state: 'done', runId: first.runId, losing: 2, toAsk: 2, asked: 2 });
    expect(second.delivered).toBe(400);
    expect(world.users()).toEqual(idsOf([...everyone(2, 398), 400]));
  });

  test('with a rate limit that outlasts it', async () => {
    const world = makeOktaRuns({ people: 450 });
    world.okta.faults.add({ nth: 2, times: 1, answer: { kind: 'status', status: 429 } });

    await expect(world.readOnly({}, {}, 500)).rejects.toMatchObject({ code: 'throttled' });
    const left = (await world.runs.current('okta'))?.run;
    const second = await world.read({}, { resume: true });

    expect(left).toMatchObject({ state: 'running', reason: 'Okta rate limit reached (429)' });
    expect(second).toMatchObject({ state: 'done', runId: left?.runId, people: 450 });
  });
});

describe('a run begins anew', () => {
  test('when the configuration changed meanwhile, and nothing is resumed', async () => {
    const world = makeOktaRuns({ people: 450 });
    const first = runOf(await world.readOnly({}, {}, 0));
    world.reconfigure({ groups: { include: [] } });

    const resumed = await world.readOnly({}, { resume: true });
    const second = runOf(await world.read());

    expect(resumed).toBe('nothing');
    expect(second).toMatchObject({ state: 'done', people: 450 });
    expect(second.runId).not.toBe(first.runId);
    expect(world.state()?.groups ?? {}).toEqual({});
  });

  test('a day after the last checkpoint of one that every try since failed to go on with', async () => {
    const world = makeOktaRuns({ people: 450 });
    world.okta.faults.add({ path: /after=/, answer: { kind: 'status', status: 400 } });
    await world.read().catch(() => undefined);
    const first = (await world.runs.current('okta'))?.run;

    for (let hour = 0; hour < 24; hour += 1) await world.read({}, { resume: true }).catch(() => undefined);
    world.okta.faults.clear();
    const second = runOf(await world.read());

    expect(first).toMatchObject({ state: 'running', reason: 'Okta rejected the request (400)' });
    expect(second).toMatchObject({ state: 'done', people: 450 });
    expect(second.runId).not.toBe(first?.runId);
  });

  test('at once where a program of another version left its cursor', async () => {
    const world = makeOktaRuns({ people: 450 });
    const left = runOf(await world.readOnly({}, {}, 0));
    const found = await world.runs.current('okta');
    await world.runs.save({ ...left, cursor: '{"v":0}', pages: 2 }, found?.revision ?? 0);

    const run = runOf(await world.read({}, { resume: true }));

    expect(run).toMatchObject({ state: 'done', people: 450 });
    expect(run.runId).not.toBe(left.runId);
  });

  test('only when somebody wants one, where it found no credentials', async () => {
    const world = makeOktaRuns();
    const { readPage } = world.directory;
    world.directory.readPage = async () => Promise.reject(new WorldFault('no-credentials', 'none yet'));

    await expect(world.read()).rejects.toMatchObject({ code: 'no-credentials' });
    world.directory.readPage = readPage;

    expect(await world.read({}, { resume: true })).toBe('nothing');
    expect(await world.read()).toMatchObject({ state: 'done', people: 30 });
  });
});

test('is busy while another process works on it, and does nothing', async () => {
  const world = makeOktaRuns();
  let other: unknown;
  const { readPage } = world.directory;
  world.directory.readPage = async (cursor) => {
    world.directory.readPage = readPage;
    other = await runSource({ source: 'okta' }, world.time.now + 900_000, world.depsOf());
    return readPage(cursor);
  };

  const run = await world.read();

  expect(other).toBe('busy');
  expect(run).toMatchObject({ state: 'done', people: 30 });
  expect(world.users()).toHaveLength(30);
});

test('is taken over when the lease ends, and whoever had it before does nothing any more', async () => {
  const world = makeOktaRuns({ people: 450 });
  const { readPage } = world.directory;
  let second: unknown;
  world.directory.readPage = async (cursor) => {
    const page = await readPage(cursor);
    world.directory.readPage = readPage;
    world.time.now += 61_000;
    second = await runSource({ source: 'okta' }, world.time.now + 900_000, world.depsOf());
    world.queued.push([]);
    return page;
  };

  const first = await world.readOnly();

  expect(first).toBe('busy');
  expect(second).toMatchObject({ state: 'done', people: 450 });
  expect(world.queued.at(-1)).toEqual([]);
});

test.each([
  ['the last page was listed', 'readPage', 1],
  ['the mirror was searched for absences', 'scan', 1],
  ['the mirror was searched for whom to ask about', 'scan', 2],
] as const)('whoever lost the run after %s queues and writes nothing any more', async (_what, slow, nth) => {
  const world = makeOktaRuns();
  await world.read();
  world.okta.deleteUser(person(7).id);
  world.okta.createUser(person(31));
  const other = world.depsOf();
  let left: unknown;
  let ends = 0;
  async function loseAfter<T extends { next: string | undefined }>(page: T): Promise<T> {
    if (page.next === undefined) ends += 1;
    if (ends !== nth || left !== undefined) return page;
    world.time.now += 61_000;
    left = {};
    await runSource({ source: 'okta' }, world.time.now + 900_000, other);
    left = { parts: world.runs.writes.parts, queued: world.queued.length };
    return page;
  }
  const directory = { ...world.directory };
  const mirror = { ...world.deps.mirror };
  if (slow === 'readPage')
    directory.readPage = async (cursor) => loseAfter(await world.directory.readPage(cursor));
  else mirror.scan = async (...place) => loseAfter(await world.deps.mirror.scan(...place));
  other.directories = new Map([['okta', { ...world.directory }]]);

  const first = await world.readOnly({ directories: new Map([['okta', directory]]), mirror });

  expect(first).toBe('busy');
  expect({ parts: world.runs.writes.parts, queued: world.queued.length }).toEqual(left);
});

test('keeps its lease through pages that take longer together', async () => {
  const world = makeOktaRuns({ people: 1_900 });
  const { readPage } = world.directory;
  const others: unknown[] = [];
  world.directory.readPage = async (cursor) => {
    world.time.now += 40_000;
    others.push(await runSource({ source: 'okta' }, world.time.now + 900_000, world.depsOf()));
    return readPage(cursor);
  };

  const run = await world.read();

  expect(new Set(others)).toEqual(new Set(['busy']));
  expect(run).toMatchObject({ state: 'done', people: 1_900 });
});
