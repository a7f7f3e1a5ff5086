import { describe, expect, test } from 'vitest';
import { personChange } from '../support/factories.ts';
import { everyone, idsOf, makeOktaRuns, person } from '../support/okta-runs.ts';

describe('a group that is renamed out of what decides', () => {
  const source = { users: { groups: ['Group 00gEng', 'Group 00gOps'] } };
  const groups = { '00gEng': everyone(1, 20), '00gOps': everyone(21, 60) };

  test('takes nobody from Velt when that would be too many, though its new name was read', async () => {
    const world = makeOktaRuns({ people: 60, groups, source });
    await world.read();
    world.time.now += 60_000;

    world.okta.renameGroup('00gEng', 'Something else');
    const run = await world.read();

    expect(run).toMatchObject({ state: 'stopped', losing: 20 });
    expect(world.users()).toHaveLength(60);
  });

  test('takes few', async () => {
    const world = makeOktaRuns({ people: 60, groups: { ...groups, '00gEng': [1, 2, 3] }, source });
    await world.read();
    world.time.now += 60_000;

    world.okta.renameGroup('00gEng', 'Something else');
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 3 });
    expect(world.users()).toEqual(idsOf(everyone(21, 60)));
  });

  test('takes nobody where it only stops being a group, when that would be too many', async () => {
    const world = makeOktaRuns({ people: 60, groups, source: { groups: { include: ['Group *'] } } });
    await world.read();
    world.time.now += 60_000;

    world.okta.renameGroup('00gEng', 'Something else');
    const run = await world.read();

    expect(run).toMatchObject({ state: 'stopped', losing: 20 });
    expect(world.state()?.groups['00gEng']?.members).toHaveLength(20);
  });

  test('keeps its members at the word of a new member too', async () => {
    const world = makeOktaRuns({ people: 61, groups, source });
    await world.read();
    world.time.now += 60_000;

    world.okta.renameGroup('00gEng', 'Something ELSE');
    world.reconfigure({ users: { groups: ['Group 00gEng', 'Group 00gOps'] }, groups: { include: ['*'] } });
    world.okta.addMember('00gEng', person(61).id);
    const run = await world.read();
    await world.hear(personChange({ personId: person(1).id, at: new Date(world.time.now).toISOString() }));

    expect(run).toMatchObject({ state: 'stopped' });
    expect(world.users()).toHaveLength(60);
  });
});

describe('whoever left a group while it did not count is not in it when it does again:', () => {
  const groups = { '00gEng': [1, 2, 3], '00gOps': [7, 8] };

  test.each([
    ['where groups decide who is a user', { users: { groups: ['Group *'] } }],
    ['where they only become groups', { groups: { include: ['Group *'] } }],
  ])('after its name, %s', async (_what, source) => {
    const world = makeOktaRuns({ groups, source });
    await world.read();
    world.okta.renameGroup('00gOps', 'Aside');
    await world.read();

    world.okta.removeMember('00gOps', person(7).id);
    world.okta.renameGroup('00gOps', 'Group of operators');
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(world.state()?.groups['00gOps']?.members).toEqual(idsOf([8]));
    expect(world.users().includes(person(7).id)).toBe(!('users' in source));
  });

  test('after a new configuration', async () => {
    const world = makeOktaRuns({ groups });
    await world.read();
    world.reconfigure({ groups: { include: ['*'], exclude: ['00gOps'] } });
    await world.read();

    world.okta.removeMember('00gOps', person(7).id);
    world.reconfigure({ groups: { include: ['*'] } });
    await world.read();

    expect(world.state()?.groups['00gOps']?.members).toEqual(idsOf([8]));
  });

  test('and one who is still in it, but was left out of its list, is', async () => {
    const world = makeOktaRuns({ groups, source: { users: { groups: ['Group *'] } } });
    await world.read();
    world.okta.renameGroup('00gOps', 'Aside');
    await world.read();
    world.okta.renameGroup('00gOps', 'Group of operators');
    world.okta.faults.add({ path: /groups\/00gOps\/users/, answer: { kind: 'lost-next', items: 0 } });

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 0, asked: 2 });
    expect(world.users()).toEqual(idsOf([1, 2, 3, 7, 8]));
  });
});

test.each([
  ['takes its members out of it', 3, { state: 'done', losing: 3 }, 0],
  ['waits for an operator where they are too many', 20, { state: 'stopped', losing: 20 }, 20],
])('the end of a group between its listing and that of its members %s', async (_what, size, ended, left) => {
  const world = makeOktaRuns({ groups: { '00gEng': everyone(1, size) } });
  await world.read();
  const readPage = world.directory.readPage;
  world.directory.readPage = async (cursor) => {
    const page = await readPage(cursor);
    if (page.next?.includes('"at":"members"')) world.okta.deleteGroup('00gEng');
    return page;
  };

  const run = await world.read();

  expect(run).toMatchObject(ended);
  expect(world.state()?.groups['00gEng']?.members).toHaveLength(left);
});
