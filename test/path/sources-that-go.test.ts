import { expect, test } from 'vitest';
import { policiesOf, readConfig } from '../../lib/config.ts';
import { sweep } from '../../lib/delivery/sweep.ts';
import { newPerson } from '../../lib/directory/entry.ts';
import { applyPlan } from '../../lib/reconcile/apply.ts';
import { makePlan } from '../../lib/reconcile/plan.ts';
import { planRemoval, removeSource } from '../../lib/reconcile/removal.ts';
import { runSource } from '../../lib/reconcile/run.ts';
import { createDirectories } from '../../lib/sources/directories.ts';
import { personChange, second } from '../support/factories.ts';
import { makeShard } from '../support/lasting.ts';
import { makeRows } from '../support/memory-rows.ts';
import { everyone, idsOf, makeOktaRuns, person, runOf } from '../support/okta-runs.ts';

const all = idsOf(everyone(1, 30));

test('a source of which nobody is wanted is out of Velt once its plan is applied', async () => {
  const world = makeOktaRuns();
  await world.read();
  world.reconfigure({ users: { groups: ['nobody'] } });

  const plan = await makePlan('okta', world.depsOf());
  const held = runOf(await world.read());
  const users = world.users().length;
  const run = runOf(
    (await applyPlan(plan, Number.MAX_SAFE_INTEGER, world.depsOf())) as Awaited<
      ReturnType<typeof world.read>
    >,
  );
  await world.settle();

  expect([plan.items.length, held.state, users]).toEqual([30, 'stopped', 30]);
  expect([run.state, world.users()]).toEqual(['done', []]);
});

/** The same tenant under another name: what Velt has of it was brought by the first. */
async function renamed(settings: object = {}) {
  const world = makeOktaRuns();
  await world.read();
  const config = readConfig({ sources: { renamed: { kind: 'okta', organization: 'acme', ...settings } } });
  Object.assign(world.deps, { config, policies: policiesOf(config) });
  const directories = createDirectories(config, {
    http: async ({ url, ...request }) =>
      world.okta.handle({ ...request, path: url.slice('https://example-org.okta.com'.length) }),
    secret: async () => ({ renamed: { url: 'https://example-org.okta.com', ssws: 'example-ssws-token' } }),
    random: () => 0,
    clock: world.clock,
  });
  world.directories.delete('okta');
  for (const [name, directory] of directories) world.directories.set(name, directory);
  const read = async () => {
    world.time.now += 3_600_000;
    const run = await runSource({ source: 'renamed' }, world.time.now + 900_000, world.depsOf());
    await world.settle();
    return runOf(run);
  };
  /** The old name is removed, as by the command, while deliveries go on. */
  const { rows, leftOf } = makeRows(world.memory, world.runs);
  const sleep = async (ms: number) => {
    world.time.now += ms;
    await world.settle();
  };
  const removal = () => ({ ...world.depsOf(), rows, sleep });
  return { ...world, read, removal, leftOf };
}

test('a source under another name keeps everyone, and loses who leaves from then on', async () => {
  const world = await renamed();

  await world.read();
  const users = world.users().toSorted();
  world.okta.deleteUser(person(7).id);
  const run = await world.read();

  expect(users).toEqual(all);
  expect(run).toMatchObject({ state: 'done', losing: 1 });
  expect(world.users().toSorted()).toEqual(all.filter((id) => id !== person(7).id));
});

test('what the old name still hears or owes changes nothing, and comes back to nobody', async () => {
  const world = await renamed();
  await world.read();
  const stray = personChange({
    source: 'okta',
    personId: person(7).id,
    at: second(9_000_000),
    exists: false,
  });
  const times = { dueAt: 1, lease: undefined, expiresAt: undefined };
  world.memory.write({ entry: newPerson('okta', 'owed'), revision: 0 }, times);
  const calls = world.calls.length;

  const fault = await world.once(stray);
  const { swept } = await sweep(world.deps);

  expect([fault, swept, world.calls.length]).toEqual([undefined, 0, calls]);
  expect(world.users().toSorted()).toEqual(all);
});

test('what a removed source owes and still tells is tried no more, and keeps nobody of its shard waiting', async () => {
  const shard = makeShard();
  const okta = { kind: 'okta', organization: 'acme' };
  const configure = (sources: object) => {
    const config = readConfig({ sources });
    Object.assign(shard.deps, { config, policies: policiesOf(config) });
  };
  const joins = (source: string, personId: string) =>
    personChange({ source, personId, exists: true, profile: { name: personId } });
  configure({ old: okta, okta });
  shard.faults.add({ match: { userId: 'bob' }, answer: { kind: 'refuse-item', reason: 'No.' } });
  await shard.send([joins('old', 'bob'), joins('old', 'eve')]);
  await shard.work();
  await shard.send([joins('old', 'late')]);
  configure({ okta });
  const calls = shard.calls.length;

  await shard.live(20 * 60_000);
  await shard.send([joins('okta', 'ada')]);
  await shard.work();
  const inAtOnce = shard.users();
  await shard.live(72 * 3_600_000);

  expect([inAtOnce, shard.users()]).toEqual([
    ['ada', 'eve'],
    ['ada', 'eve'],
  ]);
  expect(shard.calls.length - calls).toBe(1);
  expect(shard.messages.counts()).toMatchObject({ waiting: 0, dead: 0 });
});

test('the old name is forgotten without a call of Velt once the new name has everyone', async () => {
  const world = await renamed();
  await world.read();
  const { length } = world.calls;

  const { losing, staying } = await planRemoval('okta', world.removal());
  const removed = await removeSource('okta', world.removal());

  expect([losing.length, staying.length, removed.left]).toEqual([0, 30, 0]);
  expect(world.calls).toHaveLength(length);
  expect([world.users().toSorted(), world.leftOf('okta')]).toEqual([all, []]);
});

test('of the old name only that is taken away which the new name does not have', async () => {
  const world = await renamed({ groups: { include: [] } });
  await world.read();

  const { losing } = await planRemoval('okta', world.removal());
  await removeSource('okta', world.removal());
  await world.settle();

  expect(losing.map(({ effect }) => [effect.removes, effect.leaves])).toEqual([1, 2, 3].map(() => [0, 1]));
  expect(world.users().toSorted()).toEqual(all);
  expect(world.state()?.groups['00gEng']?.members).toEqual([]);
  expect(world.leftOf('okta')).toEqual([]);
});
