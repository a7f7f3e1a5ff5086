import { describe, expect, test } from 'vitest';
import { groupChange, oktaEvent, recheck } from '../support/factories.ts';
import { everyone, makeOktaRuns, person } from '../support/okta-runs.ts';
import { ids, makePlannedDirectory } from '../support/planned-directory.ts';

const source = { users: { groups: ['Group 00gEng', 'Group 00gOps'] } };

/** Groups decide who of thirty is mirrored: twenty are in one, ten in another; a second run has counted who is at Velt. */
async function makeWorld() {
  const groups = { '00gEng': everyone(1, 20), '00gOps': everyone(21, 30) };
  const world = await makePlannedDirectory({ people: 30, groups, source });
  await world.read();
  world.time.now += 60_000;
  return world;
}

/** A group that decides gets a name that does not, and the event of it waits for the breaker. */
async function makeRenamed() {
  const world = await makeWorld();
  await world.webhook(...world.okta.renameGroup('00gEng', 'Aside'));
  expect(world.users()).toHaveLength(30);
  world.time.now += 60_000;
  return world;
}

const deferred = ({ deps }: Awaited<ReturnType<typeof makeWorld>>) => deps.meter.counted.EventsDeferred ?? 0;

describe('an event that takes something from no more people than the breaker lets pass', () => {
  test('is done at once', async () => {
    const groups = { '00gEng': everyone(1, 5), '00gOps': everyone(6, 30) };
    const world = await makePlannedDirectory({ people: 30, groups, source });
    await world.read();

    await world.webhook(...world.okta.renameGroup('00gEng', 'Aside'));

    expect([world.users(), deferred(world)]).toEqual([ids(6, 30), 0]);
  });

  test('is done at once, though many are in the group: they are in another one too', async () => {
    const groups = { '00gEng': everyone(1, 20), '00gOps': everyone(4, 30) };
    const world = await makePlannedDirectory({
      people: 30,
      groups,
      source: { ...source, groups: { include: [] } },
    });
    await world.read();

    await world.webhook(...world.okta.renameGroup('00gEng', 'Aside'));

    expect([world.users(), deferred(world)]).toEqual([ids(4, 30), 0]);
  });

  test('is done at once by the share of those who are at Velt', async () => {
    const groups = { '00gEng': everyone(1, 20), '00gOps': everyone(21, 200) };
    const world = await makePlannedDirectory({ people: 200, groups, source });
    await world.read();

    await world.webhook(...world.okta.deleteGroup('00gEng'));

    expect([world.users(), deferred(world)]).toEqual([ids(21, 200), 0]);
  });
});

describe('an event of a source through which no run has gone', () => {
  test('is done at once, whatever it takes: no run would find it again', async () => {
    const world = makeOktaRuns({ people: 0, source: { users: { groups: ['Engineers'] } } });
    await world.hear(groupChange({ containerId: '00gEng', exists: true, name: 'Engineers' }));
    for (const n of everyone(1, 20)) {
      const who = { source: 'okta', personId: person(n).id, at: '2026-09-01T10:00:00.000Z', id: `e${n}` };
      await world.hear(
        { ...who, kind: 'person', exists: true },
        { ...who, kind: 'membership', container: { kind: 'group', id: '00gEng' }, member: true },
      );
    }
    const before = world.users();

    await world.hear(groupChange({ containerId: '00gEng', exists: false, at: '2026-09-01T11:00:00.000Z' }));

    expect([before.length, world.users()]).toEqual([20, []]);
  });
});

describe('while an event waits for the breaker', () => {
  test('the vendor takes it back: nobody lost anything, and the next run finds nothing', async () => {
    const world = await makeRenamed();

    await world.webhook(...world.okta.renameGroup('00gEng', 'Group 00gEng'));
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(world.users()).toEqual(ids(1, 30));
  });

  test('what is told of one person goes on', async () => {
    const world = await makeRenamed();

    await world.webhook(...world.okta.removeMember('00gEng', person(1).id));
    await world.webhook(...world.okta.deactivate(person(2).id));
    await world.webhook(...world.okta.deleteUser(person(3).id));

    expect(world.users()).toEqual(ids(4, 30));
  });

  test('nothing of it comes by a membership that names the group as it is called now', async () => {
    const world = await makeRenamed();
    await world.webhook(...world.okta.createUser(person(31)));

    await world.webhook(...world.okta.addMember('00gEng', person(31).id));

    expect(world.users()).toEqual(ids(1, 31));
    expect(world.state()?.groups['00gEng']?.groupName).toBe('Group 00gEng');
  });

  test('nothing of it comes by a read of one person that names the group as it is called now', async () => {
    const world = await makeRenamed();
    const of = { kind: 'person', id: person(1).id } as const;

    await world.hear(recheck({ of, at: new Date(world.time.now).toISOString(), read: 'memberships' }));

    expect(world.users()).toEqual(ids(1, 30));
  });

  test('a run that is under way has not counted yet: the one before has', async () => {
    const world = await makeWorld();
    const { readPage } = world.directory;
    world.directory.readPage = async (cursor) => {
      world.time.now += 1_000;
      return readPage(cursor);
    };
    await world.readOnly({}, {}, 1);

    await world.webhook(...world.okta.renameGroup('00gEng', 'Aside'));

    expect((await world.runs.current('okta'))?.run).toMatchObject({ state: 'running', delivered: 0 });
    expect([world.users(), deferred(world)]).toEqual([ids(1, 30), 1]);
  });

  test('its plan takes whom it names, and leaves who is in another group by then', async () => {
    const world = await makeRenamed();
    const plan = await world.plan();
    await world.webhook(...world.okta.addMember('00gOps', person(1).id));
    await world.webhook(...world.okta.removeMember('00gEng', person(2).id));

    const run = await world.apply(plan);

    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(world.users()).toEqual([person(1).id, ...ids(21, 30)]);
  });

  test('what the vendor takes back while its plan is applied has everybody back', async () => {
    const world = await makeRenamed();
    const plan = await world.plan();
    const queued: Parameters<typeof world.hear>[] = [];
    await world.apply(plan, { queue: { send: async (changes) => void queued.push(changes) } });

    const back = world.mapped(...world.okta.renameGroup('00gEng', 'Group 00gEng'));
    for (const changes of [...queued, ...back]) await world.hear(...changes);

    expect(world.users()).toEqual(ids(1, 30));
  });
});

describe('an application that decides and is deleted', () => {
  test('has everybody in Velt until the configuration names another, whose plan takes them out', async () => {
    const assigned = everyone(1, 20).map((n) => ['0oa1', person(n).id] as [string, string]);
    const world = await makePlannedDirectory({
      source: { users: { application: '0oa1' } },
      org: {
        apps: ['0oa1', '0oa2'].map((id) => ({ id, label: id })),
        assignments: [
          ...assigned,
          ...everyone(16, 20).map((n) => ['0oa2', person(n).id] as [string, string]),
        ],
      },
    });
    await world.read();
    const published = new Date(world.time.now).toISOString();
    const target = [{ id: '0oa1', type: 'AppInstance', displayName: '0oa1' }];

    await world.webhook(oktaEvent('application.lifecycle.delete', { published, target }) as never);
    const kept = world.users();
    world.reconfigure({ users: { application: '0oa2' } });
    const stopped = await world.read();
    await world.apply(await world.plan());

    expect([kept, deferred(world)]).toEqual([ids(1, 20), 1]);
    expect(stopped).toMatchObject({ state: 'stopped' });
    expect(world.users()).toEqual(ids(16, 20));
  });
});
