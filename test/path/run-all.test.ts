import { expect, test } from 'vitest';
import { ConfigError, WorldFault } from '../../lib/errors.ts';
import { runAll } from '../../lib/reconcile/run.ts';
import { makeOktaRuns } from '../support/okta-runs.ts';

test('does for every source what it can, and throws what held one up in the end', async () => {
  const world = makeOktaRuns();
  const down = {
    ...world.directory,
    readPage: async () => Promise.reject(new WorldFault('credentials', 'refused')),
  };
  const deps = world.depsOf();
  const { okta } = deps.config.sources;
  const config = { ...deps.config, sources: { first: okta, okta } } as typeof deps.config;
  const policies = new Map([...deps.policies, ['first', deps.policies.get('okta') as never]]);
  const directories = new Map([
    ['first', down],
    ['okta', world.directory],
  ]);

  const all = runAll({}, world.time.now + 900_000, { ...deps, config, policies, directories });

  await expect(all).rejects.toMatchObject({ code: 'credentials' });
  expect((await world.runs.current('okta'))?.run?.state).toBe('done');
  expect(world.log.lines).toContainEqual({
    level: 'error',
    message: 'A run is held up',
    fields: { source: 'first', code: 'credentials', error: 'refused' },
  });
});

test('a source with a long list keeps the next one no longer than its share, and then has the rest', async () => {
  const world = makeOktaRuns();
  const { okta } = world.depsOf().config.sources;
  const deps = world.depsOf();
  const config = { ...deps.config, sources: { long: okta, okta } } as typeof deps.config;
  const policies = new Map([...deps.policies, ['long', deps.policies.get('okta') as never]]);
  const endless = {
    ...world.directory,
    readPage: async (cursor: string | undefined) => {
      world.time.now += 3_000;
      return { changes: [], complete: [], unreadable: 0, next: String(Number(cursor ?? 0) + 1) };
    },
  };
  const directories = new Map([
    ['long', endless],
    ['okta', world.directory],
  ]);
  const began = world.time.now;

  const all = await runAll({}, began + 900_000, { ...deps, config, policies, directories });

  const ended = Date.parse((await world.runs.current('okta'))?.run?.endedAt ?? '') - began;
  expect(all).toMatchObject({ long: { state: 'running' }, okta: { state: 'done' } });
  expect(ended).toBeLessThan(500_000);
  expect(all.long).toHaveProperty('pages', 300);
});

test('a rate limit that outlasts the time is no failure', async () => {
  const world = makeOktaRuns({ people: 450 });
  world.okta.faults.add({ nth: 2, times: 1, answer: { kind: 'status', status: 429 } });

  const all = await runAll({}, world.time.now + 500, world.depsOf());

  expect(all).toEqual({});
  expect(world.log.lines.filter(({ level }) => level !== 'info')).toMatchObject([
    { level: 'warn', message: 'A run waits for its directory' },
  ]);
});

test.each([
  ['a source that has none is nothing', undefined, { okta: 'nothing' }],
  ['a source that was asked for and has none holds the run up', 'okta', undefined],
])('of credentials, %s', async (_what, source, expected) => {
  const world = makeOktaRuns();
  world.directory.readPage = async () => Promise.reject(new WorldFault('no-credentials', 'none yet'));

  const all = await runAll({ source }, world.time.now + 900_000, world.depsOf()).catch(({ code }) => code);

  expect(all).toEqual(expected ?? 'no-credentials');
});

test.each([
  ['a source that there is not', { source: 'other' }],
  ['a setting that there is not', { source: 'okta', dry: true }],
])('refuses %s', async (_what, input) => {
  const world = makeOktaRuns();

  const run = runAll(input, world.time.now + 900_000, world.depsOf());

  await expect(run).rejects.toBeInstanceOf(ConfigError);
});
