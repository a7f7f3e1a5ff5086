import { describe, expect, test } from 'vitest';
import type { Run } from '../../lib/aws/runs.ts';
import { readConfig } from '../../lib/config.ts';
import type { Change } from '../../lib/directory/change.ts';
import { WorldFault } from '../../lib/errors.ts';
import { type ApplyDeps, apply } from '../../lib/reconcile/apply.ts';
import { backfill } from '../../lib/reconcile/backfill.ts';
import { readPlan } from '../../lib/reconcile/planned.ts';
import type { OktaApp } from '../../local/doubles/okta/org.ts';
import { personChange } from '../support/factories.ts';
import { makeReading, person } from '../support/reading.ts';

/** More than are compared at a time: what is told of a person is then written down in several items. */
const MANY = 1_050;
const DAY_MS = 24 * 60 * 60_000;
const [leaver, renamed, quitter, deleted] = [person(4).id, person(5).id, person(1).id, person(6).id];
const joiner = person(40);

/** Everyone is at Velt already; then Okta changes and nobody is told. */
async function makeMissed(options: Parameters<typeof makeReading>[0] = {}) {
  const reading = makeReading(options);
  await reading.read();
  reading.time.now += 60_000;
  const { okta } = reading;
  okta.deactivate(leaver);
  okta.updateProfile(renamed, { displayName: 'Another Name' });
  okta.createUser(joiner);
  okta.addMember('00gEng', joiner.id);
  okta.removeMember('00gEng', quitter);
  okta.deleteUser(deleted);
  okta.renameGroup('00gEng', 'Engineering');

  const plan = async () => (await reading.read({}, { plan: true })) as Run;
  const applyIt = async (planId: string, over: Partial<ApplyDeps> = {}) => {
    const applied = await apply(planId, { ...reading.depsOf(), ...over });
    await reading.settle();
    return applied;
  };
  return { ...reading, plan, applyIt };
}

describe('a plan', () => {
  test('counts what all pages together would do, and does nothing', async () => {
    const world = await makeMissed();
    const calls = world.calls.length;

    const plan = await readPlan(await world.plan(), world.depsOf());

    expect(plan.effect).toEqual({ adds: 1, updates: 1, joins: 1, removes: 2, leaves: 1 });
    expect(plan.items.map(({ key, confirm }) => [key, confirm])).toEqual(
      expect.arrayContaining([
        [`okta#person#${joiner.id}`, undefined],
        [`okta#person#${deleted}`, 'person'],
        ['okta#group#00gEng', undefined],
      ]),
    );
    expect(world.calls).toHaveLength(calls);
  });

  test('of an empty mirror counts the memberships of people who are not there yet', async () => {
    const world = makeReading({ people: MANY });

    const plan = await readPlan((await world.read({}, { plan: true })) as Run, world.depsOf());

    expect(plan.effect).toEqual({ adds: MANY, updates: 0, joins: 3, removes: 0, leaves: 0 });
    expect(plan.items).toHaveLength(MANY + 1);
  });
});

describe('applying a plan', () => {
  test('brings Velt to the directory', async () => {
    const world = await makeMissed();
    const { runId } = await world.plan();

    const applied = await world.applyIt(runId);

    const { users = {}, groups = {} } = world.state() ?? {};
    expect(applied).toMatchObject({ kind: 'applied', void: 0, kept: 0 });
    expect(Object.keys(users)).toContain(joiner.id);
    expect(Object.keys(users)).not.toContain(leaver);
    expect(Object.keys(users)).not.toContain(deleted);
    expect(users[renamed]?.name).toBe('Another Name');
    expect(groups['00gEng']).toEqual({
      groupName: 'Engineering',
      members: [person(2).id, person(3).id, joiner.id],
    });
  });

  test('leaves nothing for the next reading to do', async () => {
    const world = await makeMissed();
    await world.applyIt((await world.plan()).runId);

    const next = await world.plan();

    expect(next.effect).toEqual({ adds: 0, updates: 0, joins: 0, removes: 0, leaves: 0 });
    expect(next).toMatchObject({ itemParts: 0, before: 29 });
  });

  test('a second time changes nothing and says so', async () => {
    const world = await makeMissed();
    const { runId } = await world.plan();
    const first = await world.applyIt(runId);
    const calls = world.calls.length;

    const second = await world.applyIt(runId);

    expect(second).toEqual({ kind: 'repeated', run: first.kind === 'applied' && first.run });
    expect(world.calls).toHaveLength(calls);
  });

  test('leaves out whose entry changed since, and counts them', async () => {
    const world = await makeMissed();
    const { runId } = await world.plan();
    const at = new Date(world.time.now).toISOString();
    await world.hear(personChange({ personId: deleted, at, exists: true, profile: { name: 'Back' } }));

    const applied = await world.applyIt(runId);

    expect(applied).toMatchObject({ kind: 'applied', void: 1 });
    expect(world.users()).toContain(deleted);
  });

  test('keeps whom another read finds', async () => {
    const world = await makeMissed();
    const { runId } = await world.plan();
    world.okta.putUser(person(6));

    const applied = await world.applyIt(runId);

    expect(applied).toMatchObject({ kind: 'applied', kept: 1 });
    expect(world.users()).toContain(deleted);
  });

  test('of a run that the breaker stopped removes, and makes its people the next baseline', async () => {
    const world = makeReading();
    await world.read();
    for (let n = 11; n <= 30; n += 1) world.okta.deleteUser(person(n).id);
    const stopped = (await world.read()) as Run;
    expect(stopped.state).toBe('stopped');

    const applied = await apply(stopped.runId, world.depsOf());
    await world.settle();

    expect(applied).toMatchObject({ kind: 'applied', applied: 20, kept: 0 });
    expect(world.users()).toHaveLength(10);
    expect((await world.runs.current('okta'))?.run).toMatchObject({ state: 'done', runId: stopped.runId });
    expect(await world.read()).toMatchObject({ state: 'done', before: 10 });
  });

  test('of a run that the breaker stopped removes also whom its own deliveries gave something since', async () => {
    const all = Array.from({ length: 20 }, (_, n) => n + 1);
    const world = makeReading({ groups: { '00gOld': all, '00gNew': [] } });
    await world.read();
    for (const n of all) {
      world.okta.removeMember('00gOld', person(n).id);
      world.okta.addMember('00gNew', person(n).id);
    }
    const stopped = (await world.read()) as Run;
    expect(stopped).toMatchObject({ state: 'stopped', losing: 20 });

    const applied = await apply(stopped.runId, world.depsOf());
    await world.settle();

    expect(applied).toMatchObject({ kind: 'applied', applied: 20, void: 0 });
    expect(world.state()?.groups['00gOld']?.members).toEqual([]);
    expect(world.state()?.groups['00gNew']?.members).toHaveLength(20);
  });

  test('of a run that was stopped because the deciding application was deactivated removes its users', async () => {
    const app: OktaApp = { id: '0oaVelt', label: 'Velt', status: 'ACTIVE' };
    const assignments = Array.from({ length: 30 }, (_, n) => ['0oaVelt', person(n + 1).id] as const);
    const source = { users: { application: '0oaVelt' } };
    const world = makeReading({ source, org: { apps: [app], assignments } });
    await world.read();
    app.status = 'INACTIVE';
    const stopped = (await world.read()) as Run;
    expect([stopped.state, world.users().length]).toEqual(['stopped', 30]);

    const applied = await apply(stopped.runId, world.depsOf());
    await world.settle();

    expect(applied).toMatchObject({ kind: 'applied', applied: 30, kept: 0 });
    expect(world.users()).toEqual([]);
  });

  test('of a run that the breaker stopped takes also those out of Velt who were told on one page, and joined a group on another', async () => {
    const suspended = Array.from({ length: 80 }, (_, n) => n + 1);
    const world = makeReading({ people: 700, groups: { '00gNew': [] } });
    await world.read();
    world.time.now += 60_000;
    for (const n of suspended) {
      world.okta.suspend(person(n).id);
      world.okta.addMember('00gNew', person(n).id);
    }
    const stopped = (await world.read()) as Run;
    expect(stopped).toMatchObject({ state: 'stopped', losing: 80 });
    await world.webhook(...world.okta.unsuspend(person(1).id));

    const applied = await apply(stopped.runId, world.depsOf());
    await world.settle();

    expect(applied).toMatchObject({ kind: 'applied', applied: 80, void: 0 });
    // What is newer than the run stands.
    expect(world.users()).toHaveLength(621);
  });

  test('of a run that the breaker stopped renames a group out of what decides, though somebody joined it', async () => {
    const [engineers, others] = [0, 20].map((from) => Array.from({ length: 20 }, (_, n) => from + n + 1));
    const source = { users: { groups: ['Group *'] } };
    const groups = { '00gEng': engineers as number[], '00gOps': others as number[] };
    const world = makeReading({ people: 41, groups, source });
    await world.read();
    world.time.now += 60_000;
    world.okta.renameGroup('00gEng', 'Something else');
    world.okta.addMember('00gEng', person(41).id);
    const stopped = (await world.read()) as Run;
    expect(stopped).toMatchObject({ state: 'stopped', losing: 20 });

    const applied = await apply(stopped.runId, world.depsOf());
    await world.settle();

    expect(applied).toMatchObject({ kind: 'applied', void: 0 });
    expect(world.users()).toEqual((others as number[]).map((n) => person(n).id));
  });

  test('of a run that was stopped before the last one lifts the baseline of that', async () => {
    const world = makeReading();
    await world.read();
    for (let n = 11; n <= 30; n += 1) world.okta.deleteUser(person(n).id);
    const first = (await world.read()) as Run;
    const second = (await world.read()) as Run;
    expect([first.state, second.state]).toEqual(['stopped', 'stopped']);

    await apply(first.runId, world.depsOf());
    await world.settle();

    expect(await world.read()).toMatchObject({ state: 'done', before: 10 });
  });
});

describe('deliveries that begin before all is queued', () => {
  test('make no item of the plan void', async () => {
    const world = makeReading({ people: MANY });
    const { runId } = (await world.read({}, { plan: true })) as Run;
    const queue = { send: async (changes: Change[]) => world.run(...changes) };

    const applied = await apply(runId, { ...world.depsOf(), queue });

    expect(applied).toMatchObject({ kind: 'applied', void: 0 });
    expect(world.state()?.groups['00gEng']?.members).toHaveLength(3);
  });
});

describe('a plan is refused', () => {
  test('while a reading is under way', async () => {
    const world = await makeMissed();
    const { runId } = await world.plan();
    let refused: unknown;

    await world.read({
      onProgress: () => {
        refused ??= apply(runId, world.depsOf());
      },
    });

    expect(await refused).toMatchObject({ kind: 'refused', reason: expect.stringContaining('under way') });
  });

  test('while a reading that was interrupted waits to go on', async () => {
    const world = await makeMissed();
    const { runId } = await world.plan();
    await backfill({ source: 'okta' }, world.time.now, world.depsOf());

    const applied = await world.applyIt(runId);

    expect((await world.runs.current('okta'))?.run).toMatchObject({ state: 'running' });
    expect(applied).toMatchObject({ kind: 'refused', reason: expect.stringContaining('under way') });
  });

  test('while somebody else applies it', async () => {
    const world = await makeMissed();
    const { runId } = await world.plan();
    let other: unknown;

    await world.applyIt(runId, {
      onChecked: () => {
        other ??= apply(runId, world.depsOf());
      },
    });

    expect(await other).toMatchObject({ kind: 'refused', reason: expect.stringContaining('under way') });
  });

  test('when it is older than 14 days', async () => {
    const world = await makeMissed();
    const { runId } = await world.plan();
    world.time.now += 14 * DAY_MS + 1;

    const applied = await world.applyIt(runId);

    expect(applied).toMatchObject({ kind: 'refused', reason: expect.stringContaining('14 days') });
  });

  test('when the source is configured otherwise now', async () => {
    const world = await makeMissed();
    const { runId } = await world.plan();
    const config = readConfig({ sources: { okta: { kind: 'okta', organization: 'another' } } });

    const applied = await world.applyIt(runId, { config });

    expect(applied).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('npm run plan -- --source okta'),
    });
  });

  test.each(['okta-20200101T000000000Z', 'ldap-20200101T000000000Z', 'constructor-1', 'okta', ''])(
    'when nobody knows it: %s',
    async (planId) => {
      const world = await makeMissed();

      expect(await world.applyIt(planId)).toMatchObject({ kind: 'refused' });
    },
  );
});

describe('while a plan is applied', () => {
  test('no reading begins', async () => {
    const world = await makeMissed();
    const { runId } = await world.plan();
    let meanwhile: unknown;

    await world.applyIt(runId, {
      onChecked: () => {
        meanwhile ??= backfill({ source: 'okta' }, world.time.now + 900_000, world.depsOf());
      },
    });

    expect(await meanwhile).toBe('busy');
  });

  test('no reading begins either while many slow reads confirm one part of it', async () => {
    const world = await makeMissed();
    const { runId } = await world.plan();
    const { readPerson } = world.directory;
    const others: unknown[] = [];
    world.directory.readPerson = async (...args) => {
      world.time.now += 40_000;
      others.push(await backfill({ source: 'okta' }, world.time.now + 900_000, world.depsOf()));
      return readPerson(...args);
    };

    const applied = await world.applyIt(runId);

    expect(others).toEqual(['busy', 'busy', 'busy']);
    expect(applied).toMatchObject({ kind: 'applied', kept: 0 });
  });

  test('a directory that asks for patience gets it', async () => {
    const world = await makeMissed();
    const { runId } = await world.plan();
    world.okta.faults.add({ path: /users\/00u/, times: 1, answer: { kind: 'status', status: 503 } });

    const applied = await world.applyIt(runId);

    expect(world.time.slept).toEqual([1_000]);
    expect(applied).toMatchObject({ kind: 'applied', kept: 0 });
  });

  test('a directory out of reach leaves everything as it was, and the plan to be applied', async () => {
    const world = await makeMissed();
    const { runId } = await world.plan();
    const calls = world.calls.length;
    world.directory.readPerson = async () => {
      throw new WorldFault('credentials', 'Okta refused the credentials');
    };

    await expect(world.applyIt(runId)).rejects.toMatchObject({ code: 'credentials' });
    await world.settle();

    expect(world.calls).toHaveLength(calls);
    expect((await world.runs.current('okta'))?.run).toMatchObject({ state: 'planned' });
    expect((await world.runs.current('okta'))?.run?.lease).toBeUndefined();
  });
});
