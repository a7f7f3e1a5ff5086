import { describe, expect, test } from 'vitest';
import { backfill } from '../../lib/reconcile/backfill.ts';
import { groupChange, membershipChange, personChange } from '../support/factories.ts';
import { makeReading, person } from '../support/reading.ts';

const everyone = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
const namesOf = (numbers: number[]) => numbers.map((n) => person(n).id);

describe('what no webhook told is found by the next reading:', () => {
  test.each([
    ['a deletion', (world: ReturnType<typeof makeReading>) => world.okta.deleteUser(person(7).id)],
    ['a deactivation', (world: ReturnType<typeof makeReading>) => world.okta.deactivate(person(7).id)],
    ['a suspension', (world: ReturnType<typeof makeReading>) => world.okta.suspend(person(7).id)],
  ])('%s', async (_what, lose) => {
    const world = makeReading({ people: 100, groups: { '00gEng': [7, 8] } });
    await world.read();

    lose(world);
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 1, kept: 0 });
    expect(world.users()).toEqual(namesOf(everyone(1, 100).filter((n) => n !== 7)));
    expect(world.state()?.groups['00gEng']?.members).toEqual(namesOf([8]));
  });

  test('the return of somebody who was suspended', async () => {
    const world = makeReading();
    world.okta.suspend(person(7).id);
    await world.read();
    world.time.now += 60_000;

    world.okta.unsuspend(person(7).id);
    await world.read();

    expect(world.users()).toContain(person(7).id);
  });

  test('the return of somebody whom the directory did not show for a while, though nothing of them is new', async () => {
    const world = makeReading({ groups: { '00gEng': [7, 8] } });
    await world.read();
    world.okta.removeUser(person(7).id);
    await world.read();
    const meanwhile = world.users();

    world.okta.putUser(person(7));
    world.okta.addMember('00gEng', person(7).id);
    await world.read();
    const calls = world.calls.length;
    const again = await world.read();

    expect(meanwhile).not.toContain(person(7).id);
    expect(world.users()).toContain(person(7).id);
    expect(world.state()?.groups['00gEng']?.members).toContain(person(7).id);
    expect([again, world.calls.length]).toMatchObject([{ state: 'done', queued: 0 }, calls]);
  });

  test('new names of a person and of a group', async () => {
    const world = makeReading();
    await world.read();

    world.okta.updateProfile(person(1).id, { displayName: 'Another Name' });
    world.okta.renameGroup('00gEng', 'Engineering');
    await world.read();

    expect(world.state()?.users[person(1).id]?.name).toBe('Another Name');
    expect(world.state()?.groups['00gEng']?.groupName).toBe('Engineering');
  });

  test('a membership that ended, confirmed by reading the person', async () => {
    const world = makeReading();
    await world.read();

    world.okta.removeMember('00gEng', person(2).id);
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 1 });
    expect(world.state()?.groups['00gEng']?.members).toEqual(namesOf([1, 3]));
    expect(world.users()).toHaveLength(30);
  });

  test('the end of a group, with one read of it for all of its members', async () => {
    const world = makeReading({ people: 100, groups: { '00gEng': everyone(1, 8), '00gOps': [1, 2] } });
    await world.read();
    const before = world.okta.calls.length;

    world.okta.deleteGroup('00gEng');
    const run = await world.read();

    const asked = world.okta.calls.slice(before).map(({ path }) => path);
    expect(run).toMatchObject({ state: 'done', losing: 8 });
    expect(asked.filter((path) => !path.includes('?'))).toEqual(['/api/v1/groups/00gEng']);
    expect(world.state()?.groups['00gEng']?.members ?? []).toEqual([]);
    expect(world.state()?.groups['00gOps']?.members).toEqual(namesOf([1, 2]));
  });

  test('somebody taken out of the application that decides', async () => {
    const assignments = everyone(1, 20).map((n) => ['0oaVelt', person(n).id] as const);
    const org = { apps: [{ id: '0oaVelt', label: 'Velt' }], assignments };
    const world = makeReading({ source: { users: { application: '0oaVelt' } }, org });
    await world.read();

    world.okta.unassignApp('0oaVelt', person(4).id);
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', people: 19 });
    expect(world.users()).toEqual(namesOf(everyone(1, 20).filter((n) => n !== 4)));
  });

  test('somebody taken out of the group that decides', async () => {
    const source = { users: { groups: ['Group 00gEng'] } };
    const world = makeReading({ groups: { '00gEng': everyone(1, 20) }, source });
    await world.read();

    world.okta.removeMember('00gEng', person(4).id);
    await world.read();

    expect(world.users()).toEqual(namesOf(everyone(1, 20).filter((n) => n !== 4)));
  });

  test('somebody whom two groups gave a folder, of which one ended and the other one they left', async () => {
    const groups = { '00gEng': [1, 2, 3], '00gOps': [3, 4] };
    const grants = [{ group: 'Group *', folderId: 'handbook' }];
    const world = makeReading({ groups, source: { grants, groups: { include: [] } } });
    await world.read();

    world.okta.deleteGroup('00gOps');
    world.okta.removeMember('00gEng', person(3).id);
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 2, kept: 0 });
    expect(world.state()?.folders.handbook).toEqual(namesOf([1, 2]));
  });

  test('somebody who left, joined a group last and is still listed there', async () => {
    const world = makeReading();
    await world.read();
    world.time.now += 60_000;

    world.okta.addMember('00gEng', person(9).id);
    world.okta.deactivate(person(9).id);
    const { writeItems } = world.runs;
    // What the first pages queued is delivered before the mirror is compared.
    const runs = {
      ...world.runs,
      writeListed: async (...args: Parameters<typeof world.runs.writeListed>) => {
        await world.settle();
        return world.runs.writeListed(...args);
      },
    };
    await world.read({ runs: { ...runs, writeItems } });

    expect(world.users()).not.toContain(person(9).id);
  });
});

describe('the vendor of the time wins:', () => {
  test('a leaver whose removal arrives before their page is read stays removed', async () => {
    const world = makeReading();
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
      const world = makeReading();
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
      expect(world.state()?.groups['00gEng']?.members).toEqual(namesOf([1, 2, 3]));
    },
  );

  test('whoever an event says is gone is not brought back by a list, however long it lags', async () => {
    const world = makeReading();
    await world.read();
    const at = new Date(world.time.now).toISOString();
    await world.hear(personChange({ personId: person(7).id, at, exists: false }));

    await world.read();

    expect(world.users()).not.toContain(person(7).id);
  });

  test('whoever left a group a moment ago is not put back by a list that lags behind', async () => {
    const world = makeReading();
    await world.read();
    world.time.now += 60_000;
    await world.webhook(...world.okta.removeMember('00gEng', person(2).id));
    world.okta.addMember('00gEng', person(2).id);
    world.time.now += 60_000;

    await backfill({ source: 'okta' }, world.time.now + 900_000, world.depsOf());
    await world.settle();

    expect(world.state()?.groups['00gEng']?.members).toEqual(namesOf([1, 3]));
  });

  test('nor where they are heard to have left only after the list was read, and before what it tells is delivered', async () => {
    const world = makeReading();
    await world.read();
    world.okta.updateProfile(person(3).id, { displayName: 'Another Name' });
    await world.readOnly();
    const container = { kind: 'group' as const, id: '00gEng' };
    const at = new Date(world.time.now - 1_000).toISOString();
    const left = membershipChange({ personId: person(3).id, container, member: false, at });

    await world.hear(left);
    await world.settle();

    expect(world.state()?.groups['00gEng']?.members).toEqual(namesOf([1, 2]));
    expect(world.state()?.users[person(3).id]?.name).toBe('Another Name');
  });

  test('nor together with what else a list that lags behind tells of them', async () => {
    const world = makeReading();
    await world.read();
    world.time.now += 60_000;
    await world.webhook(...world.okta.removeMember('00gEng', person(2).id));
    world.okta.addMember('00gEng', person(2).id);
    world.okta.updateProfile(person(2).id, { displayName: 'Another Name' });
    world.time.now += 60_000;

    await backfill({ source: 'okta' }, world.time.now + 900_000, world.depsOf());
    await world.settle();

    expect(world.state()?.groups['00gEng']?.members).toEqual(namesOf([1, 3]));
    expect(JSON.stringify(world.state())).toContain('Another Name');
  });

  test('a joiner created while the run goes on is not removed by it', async () => {
    const world = makeReading({ people: 450 });
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

    expect(run).toMatchObject({ state: 'done', losing: 0, kept: 0 });
    expect(world.users()).toContain(person(0).id);
  });

  test('a membership heard of while the run goes on is not taken for a lost one', async () => {
    const world = makeReading();
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
    expect(world.state()?.groups['00gEng']?.members).toEqual(namesOf([1, 2, 3, 9]));
  });

  test('whoever was found missing and came back before the removal is kept', async () => {
    const world = makeReading();
    await world.read();
    world.okta.removeUser(person(7).id);
    const { readPerson } = world.directory;
    world.directory.readPerson = async (...args) => {
      world.okta.putUser(person(7));
      return readPerson(...args);
    };

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', kept: 1, reason: '1 were not listed, but are there' });
    expect(world.users()).toHaveLength(30);
  });
});

describe('a new configuration reaches everyone by the next run:', () => {
  test('a grant', async () => {
    const world = makeReading();
    await world.read();

    world.reconfigure({ grants: [{ group: '00gEng', folderId: 'handbook' }] });
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', effect: { joins: 3 } });
    expect(world.state()?.folders.handbook).toEqual(namesOf([1, 2, 3]));
  });

  test('a pattern that leaves a group out', async () => {
    const world = makeReading({ groups: { '00gEng': [1, 2, 3], '00gOps': [3, 4] } });
    await world.read();

    world.reconfigure({ groups: { include: ['*'], exclude: ['00gOps'] } });
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 2 });
    expect(world.state()?.groups['00gOps']?.members ?? []).toEqual([]);
  });

  test('a filter that leaves out fewer than may go in any case, whom no list names any more', async () => {
    const groups = { '00gEng': everyone(1, 26), '00gOps': everyone(27, 30) };
    const world = makeReading({
      groups,
      source: { users: { groups: ['Group *'] }, groups: { include: [] } },
    });
    await world.read();

    world.reconfigure({ users: { groups: ['Group 00gEng'] } });
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 4 });
    expect(world.users()).toEqual(namesOf(everyone(1, 26)));
  });

  test('a filter that leaves out some whom a list still names counts each of them once', async () => {
    const groups = { '00gEng': everyone(1, 27), '00gOps': everyone(28, 30) };
    const world = makeReading({ groups, source: { users: { groups: ['Group *'] } } });
    await world.read();

    world.reconfigure({ users: { groups: ['Group 00gEng'] } });
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 3 });
    expect(world.users()).toEqual(namesOf(everyone(1, 27)));
  });

  test('somebody in many groups that were left out counts once', async () => {
    const groups = Object.fromEntries(everyone(1, 9).map((n) => [`00g${n}`, [1, 2]]));
    const world = makeReading({ groups });
    await world.read();

    world.reconfigure({ groups: { include: [] }, grants: [{ group: '*', folderId: 'all' }] });
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 2 });
  });
});

describe('where deactivated people stay at Velt,', () => {
  const source = { deprovision: { deactivated: 'keep' } };

  test('they lose nothing and hold up nobody else, though no list names them', async () => {
    const world = makeReading({ people: 40, source });
    await world.read();
    for (const n of everyone(10, 29)) await world.webhook(...world.okta.deactivate(person(n).id));
    await world.read();
    world.okta.deleteUser(person(5).id);

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 1, kept: 0 });
    expect(world.users()).toHaveLength(39);
  });

  test('they are removed when they are deleted, though no webhook told it, and cost nothing while they are not', async () => {
    const world = makeReading({ people: 40, groups: { '00gEng': everyone(10, 15) }, source });
    await world.read();
    for (const n of everyone(10, 29)) await world.webhook(...world.okta.deactivate(person(n).id));
    const kept = await world.read();
    const [calls, asked] = [world.calls.length, world.okta.calls.length];
    const again = await world.read();
    const idle = [world.calls.length - calls, world.okta.calls.slice(asked).map(({ path }) => path)];
    world.okta.deleteUser(person(10).id);
    world.okta.deleteUser(person(20).id);

    const run = await world.read();

    expect([kept, again]).toMatchObject([
      { state: 'done', queued: 0, losing: 0 },
      { state: 'done', queued: 0, losing: 0 },
    ]);
    expect(idle).toEqual([0, expect.not.arrayContaining([expect.stringMatching(/users\/00u/)])]);
    expect(run).toMatchObject({ state: 'done', losing: 2, kept: 0 });
    expect(world.users()).toEqual(namesOf(everyone(1, 40).filter((n) => n !== 10 && n !== 20)));
  });

  test('they wait for an operator when too many of them are missing', async () => {
    const world = makeReading({ people: 40, source });
    await world.read();
    for (const n of everyone(10, 29)) await world.webhook(...world.okta.deactivate(person(n).id));
    for (const n of everyone(10, 29)) world.okta.deleteUser(person(n).id);

    const run = await world.read();

    expect(run).toMatchObject({ state: 'stopped', losing: 20 });
    expect(world.users()).toHaveLength(40);
  });

  test('a deactivation without a webhook is learned from a read', async () => {
    const world = makeReading({ source });
    await world.read();
    world.okta.deactivate(person(5).id);

    const first = await world.read();
    const second = await world.read();

    expect([first, second]).toMatchObject([{ losing: 1 }, { losing: 0, queued: 0 }]);
    expect(world.users()).toHaveLength(30);
  });
});

describe('a group that is renamed out of what decides', () => {
  const source = { users: { groups: ['Group 00gEng', 'Group 00gOps'] } };
  const groups = { '00gEng': everyone(1, 20), '00gOps': everyone(21, 60) };

  test('takes nobody from Velt when that would be too many, though its new name was read', async () => {
    const world = makeReading({ people: 60, groups, source });
    await world.read();
    world.time.now += 60_000;

    world.okta.renameGroup('00gEng', 'Something else');
    const run = await world.read();

    expect(run).toMatchObject({ state: 'stopped', losing: 20 });
    expect(world.users()).toHaveLength(60);
  });

  test('takes few', async () => {
    const world = makeReading({ people: 60, groups: { ...groups, '00gEng': [1, 2, 3] }, source });
    await world.read();
    world.time.now += 60_000;

    world.okta.renameGroup('00gEng', 'Something else');
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 3, kept: 0 });
    expect(world.users()).toEqual(namesOf(everyone(21, 60)));
  });

  test('takes nobody where it only stops being a group, when that would be too many', async () => {
    const world = makeReading({ people: 60, groups, source: { groups: { include: ['Group *'] } } });
    await world.read();
    world.time.now += 60_000;

    world.okta.renameGroup('00gEng', 'Something else');
    const run = await world.read();

    expect(run).toMatchObject({ state: 'stopped', losing: 20 });
    expect(world.state()?.groups['00gEng']?.members).toHaveLength(20);
  });

  test('keeps its members at the word of a new member too', async () => {
    const world = makeReading({ people: 61, groups, source });
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
    const world = makeReading({ groups, source });
    await world.read();
    world.okta.renameGroup('00gOps', 'Aside');
    await world.read();

    world.okta.removeMember('00gOps', person(7).id);
    world.okta.renameGroup('00gOps', 'Group of operators');
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 0, kept: 0 });
    expect(world.state()?.groups['00gOps']?.members).toEqual(namesOf([8]));
    expect(world.users().includes(person(7).id)).toBe(!('users' in source));
  });

  test('after a new configuration', async () => {
    const world = makeReading({ groups });
    await world.read();
    world.reconfigure({ groups: { include: ['*'], exclude: ['00gOps'] } });
    await world.read();

    world.okta.removeMember('00gOps', person(7).id);
    world.reconfigure({ groups: { include: ['*'] } });
    await world.read();

    expect(world.state()?.groups['00gOps']?.members).toEqual(namesOf([8]));
  });

  test('and one who is still in it, but was left out of its list, is', async () => {
    const world = makeReading({ groups, source: { users: { groups: ['Group *'] } } });
    await world.read();
    world.okta.renameGroup('00gOps', 'Aside');
    await world.read();
    world.okta.renameGroup('00gOps', 'Group of operators');
    world.okta.faults.add({ path: /groups\/00gOps\/users/, answer: { kind: 'lost-next', items: 0 } });

    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', kept: 2 });
    expect(world.users()).toEqual(namesOf([1, 2, 3, 7, 8]));
  });
});

test('whoever comes back is in nothing that they left while they were out', async () => {
  const world = makeReading({ groups: { '00gEng': [1, 7], '00gOps': [7, 8] } });
  await world.read();
  world.time.now += 60_000;
  world.okta.suspend(person(7).id);
  await world.read();
  const meanwhile = world.users();

  world.okta.unsuspend(person(7).id);
  world.okta.removeMember('00gOps', person(7).id);
  const run = await world.read();

  expect(meanwhile).not.toContain(person(7).id);
  expect(run).toMatchObject({ state: 'done', losing: 0, kept: 0 });
  expect(world.state()?.groups['00gEng']?.members.toSorted()).toEqual(namesOf([1, 7]));
  expect(world.state()?.groups['00gOps']?.members).toEqual(namesOf([8]));
});

test('nothing read of a directory is taken for news of its own', async () => {
  const world = makeReading();
  await world.read();
  const at = new Date(world.time.now + 7_200_000).toISOString();
  const read = { at, id: undefined, askedAt: at, container: { kind: 'group', id: '00gEng' } } as const;
  await world.hear(membershipChange({ personId: person(9).id, ...read }));

  world.okta.removeUser(person(9).id);
  await world.read();

  expect(world.users()).not.toContain(person(9).id);
});

test('a group that comes back keeps who is in it now', async () => {
  const world = makeReading();
  await world.read();
  await world.hear(
    groupChange({ containerId: '00gEng', exists: false, at: new Date(world.time.now).toISOString() }),
  );

  await world.read();

  expect(world.state()?.groups['00gEng']?.members).toEqual(namesOf([1, 2, 3]));
});

test('what the run itself has delivered meanwhile keeps it from nothing that is left to do', async () => {
  const source = { users: { groups: ['Group *'] } };
  const world = makeReading({ groups: { '00gEng': [1, 2, 3] }, source });
  await world.read();
  world.time.now += 60_000;
  world.okta.renameGroup('00gEng', 'Group of engineers');
  world.okta.addMember('00gEng', person(4).id);

  const run = await world.read({ queue: { send: async (changes) => world.hear(...changes) } });

  expect(run).toMatchObject({ state: 'done' });
  expect(world.state()?.groups['00gEng']).toEqual({
    groupName: 'Group of engineers',
    members: namesOf([1, 2, 3, 4]),
  });
});

test.each([
  ['takes its members out of it', 3, { state: 'done', losing: 3 }, 0],
  ['waits for an operator where they are too many', 20, { state: 'stopped', losing: 20 }, 20],
])('the end of a group between its listing and that of its members %s', async (_what, size, ended, left) => {
  const world = makeReading({ groups: { '00gEng': everyone(1, size) } });
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
