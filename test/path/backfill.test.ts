import { expect, test } from 'vitest';
import { ConfigError, WorldFault } from '../../lib/errors.ts';
import { type BackfillDeps, backfill, backfillAll } from '../../lib/reconcile/backfill.ts';
import { makeReading, person, runOf } from '../support/reading.ts';

const everyone = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('brings everyone with their groups, and nothing the second time', async () => {
  const world = makeReading({ people: 450, groups: { '00gEng': [1, 2, 3], '00gOps': [3, 4] } });

  const first = await world.read();
  const calls = world.calls.length;
  const mirror = world.memory.scan('okta');
  const second = await world.read();

  expect(first).toMatchObject({ state: 'done', people: 450 });
  expect(world.users()).toHaveLength(450);
  expect(world.state()?.groups['00gEng']?.members).toHaveLength(3);
  expect(second).toMatchObject({ state: 'done', queued: 0, itemParts: 0 });
  expect(world.calls).toHaveLength(calls);
  expect(world.memory.scan('okta')).toEqual(mirror);
});

test('costs no more calls than the batch size makes necessary', async () => {
  const groups = Object.fromEntries(
    Array.from({ length: 50 }, (_, g) => [
      `00g${String(g).padStart(3, '0')}`,
      everyone(g * 100 + 1, g * 100 + 100),
    ]),
  );
  const world = makeReading({ people: 5_000, groups });
  // As the queue cuts what is sent in order: into messages of 100 changes.
  const send = async (changes: Parameters<BackfillDeps['queue']['send']>[0]) => {
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
  const world = makeReading({ people: 1_000 });
  await world.read();
  const before = world.calls.length;

  for (const n of everyone(101, 110)) world.okta.updateProfile(person(n).id, { displayName: `Renamed ${n}` });
  const run = await world.read();

  expect(run).toMatchObject({ state: 'done', queued: 10, effect: { updates: 10 } });
  expect(
    world.calls.slice(before).map(({ body }) => (body as { data: { users: unknown[] } }).data.users),
  ).toEqual([expect.objectContaining({ length: 10 })]);
});

test('counts a person once, however many of the deciding groups they are in', async () => {
  const source = { users: { groups: ['Group 00gA', 'Group 00gB'] } };
  const world = makeReading({ groups: { '00gA': everyone(1, 20), '00gB': everyone(1, 20) }, source });

  const run = await world.read();

  expect(run).toMatchObject({ state: 'done', people: 20 });
  expect(world.users()).toHaveLength(20);
});

test('a plan lists what it would do and does nothing', async () => {
  const world = makeReading();
  await world.read();
  const before = { calls: world.calls.length, mirror: world.memory.scan('okta') };
  world.okta.createUser(person(31));
  world.okta.updateProfile(person(5).id, { displayName: 'Another Name' });
  world.okta.deleteUser(person(7).id);

  const run = runOf(await world.readOnly({}, { plan: true }));

  const items = [];
  for await (const part of world.runs.items(run, 0)) items.push(...part.items);
  expect(run).toMatchObject({ mode: 'plan', state: 'planned', queued: 0, losing: 1 });
  expect(items.map(({ key, effect }) => [key, effect])).toEqual([
    [`okta#person#${person(5).id}`, expect.objectContaining({ updates: 1 })],
    [`okta#person#${person(31).id}`, expect.objectContaining({ adds: 1 })],
    [`okta#person#${person(7).id}`, expect.objectContaining({ removes: 1 })],
  ]);
  expect(world.queued).toEqual([]);
  expect({ calls: world.calls.length, mirror: world.memory.scan('okta') }).toEqual(before);
});

test('a plan fits into the table, however long the names in it are', async () => {
  const world = makeReading({ people: 60 });
  const name = 'ü'.repeat(8_000);
  for (const n of everyone(1, 60)) world.okta.updateProfile(person(n).id, { displayName: name });

  const run = runOf(await world.read({}, { plan: true }));

  const sizes: number[] = [];
  for await (const { items } of world.runs.items(run, 0))
    sizes.push(Buffer.byteLength(JSON.stringify(items)));
  expect(Math.max(...sizes)).toBeLessThan(400_000);
  expect(run.effect.adds).toBe(60);
});

test('a plan is kept under its name', async () => {
  const world = makeReading();

  const run = runOf(await world.read({}, { plan: true }));

  expect(await world.runs.kept('okta', run.runId)).toEqual(run);
});

test('keeps a run that ended before anybody can see that it has', async () => {
  const world = makeReading();
  const kept: string[] = [];
  const runs = {
    ...world.runs,
    keep: async (run: Parameters<typeof world.runs.keep>[0]) => {
      kept.push(`${run.state} while ${(await world.runs.current('okta'))?.run?.state}`);
    },
  };

  await world.read({ runs });

  expect(kept).toEqual(['done while running']);
});

test('stops at the deadline, and goes on from there when it is resumed', async () => {
  const world = makeReading({ people: 450 });
  const slow = async (cursor: string | undefined) => {
    world.time.now += 100_000;
    return readPage(cursor);
  };
  const { readPage } = world.directory;
  const directories = new Map([['okta', { ...world.directory, readPage: slow }]]);

  const first = runOf(await world.readOnly({ directories }, {}, 150_000));
  const second = runOf(await world.readOnly({}, { resume: true }));
  await world.settle();

  expect(first).toMatchObject({ state: 'running', phase: 'read', pages: 2 });
  expect(first.lease).toBeUndefined();
  expect(second).toMatchObject({ state: 'done', people: 450, runId: first.runId });
  expect(world.users()).toHaveLength(450);
});

test('stops at the deadline also between two of many slow reads of who is missing', async () => {
  const world = makeReading({ people: 400 });
  await world.read();
  for (let n = 1; n <= 40; n += 1) world.okta.deleteUser(person(n).id);
  const { readPerson } = world.directory;
  world.directory.readPerson = async (...read) => {
    world.time.now += 5_000;
    return readPerson(...read);
  };
  const began = world.time.now + 3_600_000;

  const first = runOf(await world.readOnly({}, {}, 100_000));
  const took = world.time.now - began;
  const second = runOf(await world.read({}, { resume: true }));

  expect(first).toMatchObject({ state: 'running', phase: 'remove' });
  expect([first.lease, took]).toEqual([undefined, 100_000]);
  expect(second).toMatchObject({ state: 'done', runId: first.runId });
  expect(world.users()).toHaveLength(360);
});

test('resumes nothing when nothing is under way', async () => {
  const world = makeReading();
  await world.read();

  const run = await world.read({}, { resume: true });

  expect(run).toBe('nothing');
});

test('of a reading that waits to go on, a plan throws nothing away', async () => {
  const world = makeReading({ people: 450 });
  const { readPage } = world.directory;
  const slow = async (cursor: string | undefined) => {
    world.time.now += 100_000;
    return readPage(cursor);
  };
  const directories = new Map([['okta', { ...world.directory, readPage: slow }]]);
  const first = runOf(await world.readOnly({ directories }, {}, 150_000));

  const plan = await world.read({}, { plan: true });
  const resumed = await world.read({}, { resume: true });

  expect(plan).toBe('busy');
  expect(resumed).toMatchObject({ state: 'done', runId: first.runId, people: 450 });
});

test('begins anew when the configuration changed meanwhile', async () => {
  const world = makeReading({ people: 450 });
  const first = runOf(await world.readOnly({}, {}, 0));
  world.reconfigure({ groups: { include: [] } });

  const resumed = await world.readOnly({}, { resume: true });
  const second = runOf(await world.read());

  expect(resumed).toBe('nothing');
  expect(second).toMatchObject({ state: 'done', people: 450 });
  expect(second.runId).not.toBe(first.runId);
  expect(world.state()?.groups ?? {}).toEqual({});
});

test('begins anew a day after a run began that nobody finished', async () => {
  const world = makeReading();
  const first = runOf(await world.readOnly({}, {}, 0));
  world.time.now += 24 * 3_600_000;

  const second = runOf(await world.read());

  expect(second.runId).not.toBe(first.runId);
  expect(second.state).toBe('done');
});

test('begins anew a day after the last checkpoint of a run that every try since failed to go on with', async () => {
  const world = makeReading({ people: 450 });
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

test('begins anew at once where a program of another version left its cursor', async () => {
  const world = makeReading({ people: 450 });
  const left = runOf(await world.readOnly({}, {}, 0));
  const found = await world.runs.current('okta');
  await world.runs.save({ ...left, cursor: '{"v":0}', pages: 2 }, found?.revision ?? 0);

  const run = runOf(await world.read({}, { resume: true }));

  expect(run).toMatchObject({ state: 'done', people: 450 });
  expect(run.runId).not.toBe(left.runId);
});

test('without credentials leaves nothing behind that would begin as soon as there are some', async () => {
  const world = makeReading();
  const { readPage } = world.directory;
  world.directory.readPage = async () => Promise.reject(new WorldFault('no-credentials', 'none yet'));

  await expect(world.read()).rejects.toMatchObject({ code: 'no-credentials' });
  world.directory.readPage = readPage;

  expect(await world.read({}, { resume: true })).toBe('nothing');
  expect(await world.read()).toMatchObject({ state: 'done', people: 30 });
});

test('is busy while another process works on it, and does nothing', async () => {
  const world = makeReading();
  let other: unknown;
  const { readPage } = world.directory;
  world.directory.readPage = async (cursor) => {
    world.directory.readPage = readPage;
    other = await backfill({ source: 'okta' }, world.time.now + 900_000, world.depsOf());
    return readPage(cursor);
  };

  const run = await world.read();

  expect(other).toBe('busy');
  expect(run).toMatchObject({ state: 'done', people: 30 });
  expect(world.users()).toHaveLength(30);
});

test('of two that begin at one moment one works', async () => {
  const world = makeReading();

  const begin = () => backfill({ source: 'okta' }, world.time.now + 900_000, world.depsOf());
  const both = await Promise.all([begin(), begin()]);
  await world.settle();

  expect(both.filter((run) => run === 'busy')).toHaveLength(1);
  expect(world.users()).toHaveLength(30);
});

test('is taken over when the lease ends, and whoever had it before does nothing any more', async () => {
  const world = makeReading({ people: 450 });
  const { readPage } = world.directory;
  let second: unknown;
  world.directory.readPage = async (cursor) => {
    const page = await readPage(cursor);
    world.directory.readPage = readPage;
    world.time.now += 61_000;
    second = await backfill({ source: 'okta' }, world.time.now + 900_000, world.depsOf());
    world.queued.push([]);
    return page;
  };

  const first = await world.readOnly();

  expect(first).toBe('busy');
  expect(second).toMatchObject({ state: 'done', people: 450 });
  expect(world.queued.at(-1)).toEqual([]);
});

test.each([
  ['the last page was read', 'readPage'],
  ['the mirror was read', 'scan'],
] as const)('whoever lost the run after %s queues and writes nothing any more', async (_what, slow) => {
  const world = makeReading();
  await world.read();
  world.okta.deleteUser(person(7).id);
  world.okta.createUser(person(31));
  const other = world.depsOf();
  let left: unknown;
  async function loseAfter<T extends { next: string | undefined }>(page: T): Promise<T> {
    if (page.next !== undefined || left !== undefined) return page;
    world.time.now += 61_000;
    left = {};
    await backfill({ source: 'okta' }, world.time.now + 900_000, other);
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

test('keeps its lease through reads that take longer together', async () => {
  const world = makeReading({ people: 1_900 });
  const { readPage } = world.directory;
  const others: unknown[] = [];
  world.directory.readPage = async (cursor) => {
    world.time.now += 40_000;
    others.push(await backfill({ source: 'okta' }, world.time.now + 900_000, world.depsOf()));
    return readPage(cursor);
  };

  const run = await world.read();

  expect(new Set(others)).toEqual(new Set(['busy']));
  expect(run).toMatchObject({ state: 'done', people: 1_900 });
});

test('does for every source what it can, and throws what held one up in the end', async () => {
  const world = makeReading();
  const down = {
    ...world.directory,
    readPage: async () => Promise.reject(new WorldFault('credentials', 'refused')),
  };
  const deps = world.depsOf();
  const { okta } = deps.config.sources;
  const config = { ...deps.config, sources: { first: okta, okta } } as typeof deps.config;
  const directories = new Map([
    ['first', down],
    ['okta', world.directory],
  ]);

  const all = backfillAll({}, world.time.now + 900_000, { ...deps, config, directories });

  await expect(all).rejects.toMatchObject({ code: 'credentials' });
  expect((await world.runs.current('okta'))?.run?.state).toBe('done');
  expect(world.log.lines).toContainEqual({
    level: 'error',
    message: 'A reading is held up',
    fields: { source: 'first', code: 'credentials', error: 'refused' },
  });
});

test('a rate limit that outlasts the time is no failure: the run keeps its place', async () => {
  const world = makeReading({ people: 450 });
  world.okta.faults.add({ nth: 2, times: 1, answer: { kind: 'status', status: 429 } });

  const first = await backfillAll({}, world.time.now + 500, world.depsOf());
  const left = (await world.runs.current('okta'))?.run;
  const [line] = world.log.lines.filter(({ level }) => level !== 'info');
  const second = await world.read({}, { resume: true });

  expect(first).toEqual({});
  expect(line).toMatchObject({ level: 'warn', message: 'A reading waits for its directory' });
  expect(left).toMatchObject({ state: 'running', reason: 'Okta rate limit reached (429)' });
  expect(second).toMatchObject({ state: 'done', runId: left?.runId, people: 450 });
});

test.each([
  ['a source that there is not', { source: 'other' }],
  ['a setting that there is not', { source: 'okta', dry: true }],
])('refuses %s', async (_what, input) => {
  const world = makeReading();

  const run = backfillAll(input, world.time.now + 900_000, world.depsOf());

  await expect(run).rejects.toBeInstanceOf(ConfigError);
});

test('counts what it reads checkpoint by checkpoint, so that a run cut in two counts nothing twice', async () => {
  const world = makeReading({ people: 700 });
  const stopAfterOne = () => {
    throw new WorldFault('out-of-time', 'interrupted');
  };

  await world.read({ onProgress: stopAfterOne }).catch(() => undefined);
  const halfway = { ...world.meter.counted };
  await world.read({}, { resume: true });

  expect(halfway.PeopleRead).toBeLessThan(700);
  expect(world.meter.counted).toMatchObject({ PeopleRead: 700, ChangesFound: 704 });
});
