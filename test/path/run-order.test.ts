import { describe, expect, test } from 'vitest';
import { runSource } from '../../lib/reconcile/run.ts';
import { membershipChange, personChange } from '../support/factories.ts';
import { idsOf, makeOktaRuns, person } from '../support/okta-runs.ts';

describe('the vendor of the time wins:', () => {
  test('a leaver whose removal arrives before their page is read stays removed', async () => {
    const world = makeOktaRuns();
    await world.read();
    const left = world.okta.deactivate(person(7).id);

    await world.webhook(...left);
    world.okta.putUser(person(7));
    await world.read();

    expect(world.users()).not.toContain(person(7).id);
  });

  test.each(['before', 'after'])(
    'a leaver whose removal arrives %s the page that lists them is delivered stays removed',
    async (when) => {
      const world = makeOktaRuns();
      const run = await world.readOnly();
      world.time.now += 60_000;

      const left = world.okta.deleteUser(person(7).id);
      if (when === 'after') await world.settle();
      const late = world.queued.splice(0);
      await world.webhook(...left);
      for (const changes of late) await world.hear(...changes);

      expect(run).toMatchObject({ state: 'done' });
      expect(world.users()).toHaveLength(29);
      expect(world.users()).not.toContain(person(7).id);
      expect(world.state()?.groups['00gEng']?.members).toEqual(idsOf([1, 2, 3]));
    },
  );

  test('whoever an event says is gone is not brought back by a list, however long it lags', async () => {
    const world = makeOktaRuns();
    await world.read();
    const at = new Date(world.time.now).toISOString();
    await world.hear(personChange({ personId: person(7).id, at, exists: false }));

    await world.read();

    expect(world.users()).not.toContain(person(7).id);
  });

  test('whoever left a group a moment ago is not put back by a list that lags behind', async () => {
    const world = await heardToHaveLeft();
    world.time.now += 60_000;

    await runSource({ source: 'okta' }, world.time.now + 900_000, world.depsOf());
    await world.settle();

    expect(world.state()?.groups['00gEng']?.members).toEqual(idsOf([1, 3]));
  });

  test('nor where they are heard to have left only after the list was read, and before what it tells is delivered', async () => {
    const world = makeOktaRuns();
    await world.read();
    world.okta.updateProfile(person(3).id, { displayName: 'Another Name' });
    await world.readOnly();
    const container = { kind: 'group' as const, id: '00gEng' };
    const at = new Date(world.time.now - 1_000).toISOString();
    const left = membershipChange({ personId: person(3).id, container, member: false, at });

    await world.hear(left);
    await world.settle();

    expect(world.state()?.groups['00gEng']?.members).toEqual(idsOf([1, 2]));
    expect(world.state()?.users[person(3).id]?.name).toBe('Another Name');
  });

  test('nor together with what else a list that lags behind tells of them', async () => {
    const world = await heardToHaveLeft();
    world.okta.updateProfile(person(2).id, { displayName: 'Another Name' });
    world.time.now += 60_000;

    await runSource({ source: 'okta' }, world.time.now + 900_000, world.depsOf());
    await world.settle();

    expect(world.state()?.groups['00gEng']?.members).toEqual(idsOf([1, 3]));
    expect(JSON.stringify(world.state())).toContain('Another Name');
  });

  test('a joiner created while the run goes on is not removed by it', async () => {
    const world = makeOktaRuns({ people: 450 });
    await world.read();
    const { readPage } = world.directory;
    world.directory.readPage = async (cursor) => {
      const page = await readPage(cursor);
      if (page.next === undefined) {
        world.time.now += 1_000;
        await world.webhook(...world.okta.createUser(person(0)));
      }
      return page;
    };

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(world.users()).toContain(person(0).id);
  });

  test('a membership heard of while the run goes on is not taken for a lost one', async () => {
    const world = makeOktaRuns();
    await world.read();
    const { readPage } = world.directory;
    world.directory.readPage = async (cursor) => {
      const page = await readPage(cursor);
      if (page.next === undefined) {
        world.time.now += 1_000;
        await world.webhook(...world.okta.addMember('00gEng', person(9).id));
      }
      return page;
    };

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(world.state()?.groups['00gEng']?.members).toEqual(idsOf([1, 2, 3, 9]));
  });

  test('whoever was not listed and came back before they were asked about stays', async () => {
    const world = makeOktaRuns();
    await world.read();
    world.okta.removeUser(person(7).id);
    const { readPerson } = world.directory;
    world.directory.readPerson = async (...args) => {
      world.okta.putUser(person(7));
      return readPerson(...args);
    };

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 1, asked: 1 });
    expect(run).not.toHaveProperty('reason');
    expect(world.users()).toHaveLength(30);
  });
});

test('what the run itself has delivered meanwhile keeps it from nothing that is left to do', async () => {
  const source = { users: { groups: ['Group *'] } };
  const world = makeOktaRuns({ groups: { '00gEng': [1, 2, 3] }, source });
  await world.read();
  world.time.now += 60_000;
  world.okta.renameGroup('00gEng', 'Group of engineers');
  world.okta.addMember('00gEng', person(4).id);

  const run = await world.read({ queue: { send: async (changes) => world.hear(...changes) } });

  expect(run).toMatchObject({ state: 'done' });
  expect(world.state()?.groups['00gEng']).toEqual({
    groupName: 'Group of engineers',
    members: idsOf([1, 2, 3, 4]),
  });
});

/** Whoever left a group is heard to have left, and a list that lags behind still names them. */
async function heardToHaveLeft() {
  const world = makeOktaRuns();
  await world.read();
  world.time.now += 60_000;
  await world.webhook(...world.okta.removeMember('00gEng', person(2).id));
  world.okta.addMember('00gEng', person(2).id);
  return world;
}
