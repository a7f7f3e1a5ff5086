import { describe, expect, test } from 'vitest';
import type { Run, Runs } from '../../../lib/aws/runs.ts';
import { WorldFault } from '../../../lib/errors.ts';
import { type LeasedRun, takeRun, type Wanted } from '../../../lib/reconcile/lease.ts';
import { makeClock, NOW, sourceConfig } from '../../support/factories.ts';
import { makeRuns } from '../../support/memory-runs.ts';

const HOUR_MS = 3_600_000;
const EARLIER = '2026-08-01T00:00:00.000Z';

/** Processes that take runs of one source, each under its own name, in one time. */
function makeProcesses(over: Partial<Runs> = {}) {
  const time = makeClock();
  const stored = makeRuns();
  const runs = { ...stored, ...over };
  let owners = 0;

  function take(
    wanted: Partial<Wanted> = {},
    { config = sourceConfig(), owner = `process ${++owners}` } = {},
  ) {
    const deps = { runs, clock: time.clock, sleep: (ms: number) => time.sleep(ms), owner };
    return takeRun({ source: 'okta', ...wanted }, config, deps);
  }

  async function taken(...how: Parameters<typeof take>): Promise<LeasedRun> {
    const lease = await take(...how);
    if (typeof lease === 'string') throw new Error(`the run was ${lease}`);
    return lease;
  }

  const current = async () => (await stored.current('okta'))?.run;
  return { time, runs, take, taken, current };
}

describe('a run', () => {
  test('begins at the first page, and is leased for a minute', async () => {
    const { taken, current } = makeProcesses();

    const { run } = await taken();

    expect(run).toMatchObject({
      ...{ v: 2, source: 'okta', phase: 'list', state: 'running', pages: 0, losing: 0, asked: 0 },
      ...{ startedAt: new Date(NOW).toISOString(), lease: { owner: 'process 1', until: NOW + 60_000 } },
    });
    expect(await current()).toEqual(run);
  });

  test('is gone on with where it was left, as soon as the lease is given back', async () => {
    const { taken } = makeProcesses();
    const first = await taken();
    await first.save({ cursor: 'c', pages: 2 }, 'give back');

    const second = await taken({ resume: true });

    const owner = { lease: { owner: 'process 2', until: NOW + 60_000 } };
    expect(second.run).toEqual({ ...first.run, ...owner });
    expect(second.run).toMatchObject({ cursor: 'c', pages: 2 });
  });

  test('that another process works on is busy until its lease ends, and then gone on with', async () => {
    const { take, taken, time } = makeProcesses();
    const first = await taken();

    time.now += 60_000 - 1;
    const during = await take();
    time.now += 1;
    const after = await taken();

    expect(during).toBe('busy');
    expect(after.run.runId).toBe(first.run.runId);
  });

  test('is gone on with at once by the process that has it', async () => {
    const { taken } = makeProcesses();
    const first = await taken({}, { owner: 'process 1' });

    const second = await taken({}, { owner: 'process 1' });

    expect(second.run.runId).toBe(first.run.runId);
  });

  test('of two that begin one at the same moment, one has it', async () => {
    const { take } = makeProcesses();

    const both = await Promise.all([take(), take()]);

    expect(both.filter((lease) => lease === 'busy')).toHaveLength(1);
  });

  test('that is lost is written by whoever had it no more', async () => {
    const { taken, time, current } = makeProcesses();
    const first = await taken();
    time.now += 60_000;
    const second = await taken();

    await expect(first.save({ pages: 9 })).rejects.toMatchObject({ name: 'Conflict' });
    time.now += 31_000;
    await expect(first.keep()).rejects.toMatchObject({ name: 'Conflict' });

    expect(await current()).toEqual(second.run);
  });

  test('renews its lease when half of it is over, and not before', async () => {
    const { taken, time } = makeProcesses();
    const held = await taken();

    time.now += 30_000;
    await held.keep();
    const early = held.run.lease?.until;
    time.now += 1;
    await held.keep();

    expect([early, held.run.lease?.until]).toEqual([NOW + 60_000, NOW + 90_001]);
  });
});

describe('a run begins anew', () => {
  const left = async (processes: ReturnType<typeof makeProcesses>, changed: Partial<Run> = {}) => {
    const lease = await processes.taken();
    await lease.save({ cursor: 'c', pages: 3, people: 40, ...changed }, 'give back');
    processes.time.now += HOUR_MS;
    return lease.run.runId;
  };

  test.each<[string, Partial<Run>, number, Parameters<ReturnType<typeof makeProcesses>['taken']>]>([
    ['after the last one was done', { state: 'done' }, 0, [{}]],
    ['after the last one was stopped', { state: 'stopped' }, 0, [{}]],
    ['a day after the last checkpoint', {}, 23 * HOUR_MS, [{}]],
    [
      'where the configuration is another one',
      {},
      0,
      [{}, { config: sourceConfig({ organization: 'globex' }) }],
    ],
    ['where that was asked for', {}, 0, [{ anew: true }]],
  ])('%s, and nothing is resumed', async (_when, changed, afterMs, [wanted, how]) => {
    const processes = makeProcesses();
    const runId = await left(processes, changed);
    processes.time.now += afterMs;

    const resumed = await processes.take({ ...wanted, resume: true }, how);
    const { run } = await processes.taken(wanted, how);

    expect(resumed).toBe('nothing');
    expect(run.runId).not.toBe(runId);
    expect(run).toMatchObject({ phase: 'list', pages: 0, people: 0 });
    expect(run).not.toHaveProperty('cursor');
  });

  test('less than a day after its last checkpoint it does not', async () => {
    const processes = makeProcesses();
    const runId = await left(processes);
    processes.time.now += 23 * HOUR_MS - 1;

    expect((await processes.taken()).run.runId).toBe(runId);
  });

  test('nothing is resumed where there was none', async () => {
    expect(await makeProcesses().take({ resume: true })).toBe('nothing');
  });

  test('over a record of another version, which it does not read', async () => {
    let revision = 0;
    const processes = makeProcesses({
      current: async () => ({ run: undefined, revision: 7 }),
      save: async (_run, found) => {
        revision = found;
        return found + 1;
      },
    });

    expect(await processes.take({ resume: true })).toBe('nothing');
    const { run } = await processes.taken();

    expect([revision, run.pages]).toEqual([7, 0]);
    expect(run).not.toHaveProperty('before');
  });

  test.each<[string, Partial<Run>, number | undefined]>([
    ['done, by its people', { state: 'done', people: 40 }, 40],
    ['stopped, by what that one was measured by', { state: 'stopped', people: 40, before: 70 }, 70],
    ['stopped, and the first, by nothing', { state: 'stopped', people: 40 }, undefined],
  ])('and is measured, after a run that was %s', async (_what, changed, before) => {
    const processes = makeProcesses();
    await left(processes, changed);

    const { run } = await processes.taken();

    expect(run.before).toBe(before);
  });

  test.each<[string, Partial<Run>, before: 'its start' | 'what it knew' | 'nothing']>([
    ['done, its start', { state: 'done', since: EARLIER }, 'its start'],
    ['stopped, what it knew', { state: 'stopped', since: EARLIER }, 'what it knew'],
    ['stopped, and the first, its start', { state: 'stopped', pages: 1 }, 'its start'],
    ['without credentials, and the first, nothing', { state: 'stopped', pages: 0 }, 'nothing'],
    ['without credentials, what it knew', { state: 'stopped', pages: 0, since: EARLIER }, 'what it knew'],
  ])('and keeps since when none is complete: of one that was %s', async (_what, changed, kept) => {
    const processes = makeProcesses();
    await left(processes, changed);
    const startedAt = (await processes.current())?.startedAt;

    const { run } = await processes.taken();

    expect(run.startedAt).not.toBe(startedAt);
    expect(run.since).toBe({ 'its start': startedAt, 'what it knew': EARLIER, nothing: undefined }[kept]);
  });
});

describe('a run that lists patiently', () => {
  const unavailable = new WorldFault('unavailable', 'Okta answered 503');
  const throttled = new WorldFault('throttled', 'rate limit', { retryAfterMs: 90_000 });

  /** A read that throws these one after the other, and then answers. */
  function failing(...faults: Error[]) {
    return async () => {
      const fault = faults.shift();
      if (fault) throw fault;
      return 'page';
    };
  }

  test('waits longer each time for a directory that is out of reach', async () => {
    const { taken, time } = makeProcesses();

    const page = await (await taken()).patiently(
      failing(unavailable, unavailable, unavailable),
      NOW + HOUR_MS,
    );

    expect([page, time.slept]).toEqual(['page', [1_000, 2_000, 4_000]]);
  });

  test('gives up after five tries more', async () => {
    const { taken, time } = makeProcesses();
    const read = failing(...Array.from({ length: 7 }, () => unavailable));

    await expect((await taken()).patiently(read, NOW + HOUR_MS)).rejects.toBe(unavailable);

    expect(time.slept).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
  });

  test('waits as often and as long as a rate limit asks for, under the lease', async () => {
    const { taken, time, take } = makeProcesses();
    const lease = await taken();
    const others: unknown[] = [];
    const { sleep } = time;
    time.sleep = async (ms) => {
      await sleep(ms);
      others.push(await take());
    };
    const read = failing(...Array.from({ length: 7 }, () => throttled));

    const page = await lease.patiently(read, NOW + HOUR_MS);

    expect([page, time.slept]).toEqual(['page', Array.from({ length: 7 }, () => 90_000)]);
    expect(new Set(others)).toEqual(new Set(['busy']));
  });

  test.each([
    ['a wait that ends after the deadline', throttled, NOW + 90_000],
    ['refused credentials', new WorldFault('credentials', 'refused'), NOW + HOUR_MS],
    ['an answer that cannot be read', new WorldFault('unreadable-answer', 'half'), NOW + HOUR_MS],
    ['a fault of the program', new TypeError('undefined'), NOW + HOUR_MS],
  ])('does not wait for %s', async (_what, fault, deadline) => {
    const { taken, time } = makeProcesses();

    await expect((await taken()).patiently(failing(fault), deadline)).rejects.toBe(fault);

    expect(time.slept).toEqual([]);
  });
});
