import { describe, expect, test } from 'vitest';
import { groupChange, membershipChange } from '../support/factories.ts';
import { everyone, idsOf, makeOktaRuns, person } from '../support/okta-runs.ts';

describe('what no webhook told is found by the next run:', () => {
  test.each([
    ['a deletion', (world: ReturnType<typeof makeOktaRuns>) => world.okta.deleteUser(person(7).id)],
    ['a deactivation', (world: ReturnType<typeof makeOktaRuns>) => world.okta.deactivate(person(7).id)],
    ['a suspension', (world: ReturnType<typeof makeOktaRuns>) => world.okta.suspend(person(7).id)],
  ])('%s', async (_what, lose) => {
    const world = makeOktaRuns({ people: 100, groups: { '00gEng': [7, 8] } });
    await world.read();

    lose(world);
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 1, asked: 1 });
    expect(world.users()).toEqual(idsOf(everyone(1, 100).filter((n) => n !== 7)));
    expect(world.state()?.groups['00gEng']?.members).toEqual(idsOf([8]));
  });

  test('the return of somebody who was suspended', async () => {
    const world = makeOktaRuns();
    world.okta.suspend(person(7).id);
    await world.read();
    world.time.now += 60_000;

    world.okta.unsuspend(person(7).id);
    await world.read();

    expect(world.users()).toContain(person(7).id);
  });

  test('the return of somebody whom the directory did not show for a while, though nothing of them is new', async () => {
    const world = makeOktaRuns({ groups: { '00gEng': [7, 8] } });
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
    const world = makeOktaRuns();
    await world.read();

    world.okta.updateProfile(person(1).id, { displayName: 'Another Name' });
    world.okta.renameGroup('00gEng', 'Engineering');
    await world.read();

    expect(world.state()?.users[person(1).id]?.name).toBe('Another Name');
    expect(world.state()?.groups['00gEng']?.groupName).toBe('Engineering');
  });

  test('a membership that ended, with one read of the person', async () => {
    const world = makeOktaRuns();
    await world.read();

    world.okta.removeMember('00gEng', person(2).id);
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 1 });
    expect(world.state()?.groups['00gEng']?.members).toEqual(idsOf([1, 3]));
    expect(world.users()).toHaveLength(30);
  });

  test('the end of a group, with one read of it for all of its members', async () => {
    const world = makeOktaRuns({ people: 100, groups: { '00gEng': everyone(1, 8), '00gOps': [1, 2] } });
    await world.read();
    const before = world.okta.calls.length;

    world.okta.deleteGroup('00gEng');
    const run = await world.read();

    const asked = world.okta.calls.slice(before).map(({ path }) => path);
    expect(run).toMatchObject({ state: 'done', losing: 8, toAsk: 1, asked: 1 });
    expect(asked.filter((path) => !path.includes('?'))).toEqual(['/api/v1/groups/00gEng']);
    expect(world.state()?.groups['00gEng']?.members ?? []).toEqual([]);
    expect(world.state()?.groups['00gOps']?.members).toEqual(idsOf([1, 2]));
  });

  test('somebody taken out of the application that decides', async () => {
    const assignments = everyone(1, 20).map((n) => ['0oaVelt', person(n).id] as const);
    const org = { apps: [{ id: '0oaVelt', label: 'Velt' }], assignments };
    const world = makeOktaRuns({ source: { users: { application: '0oaVelt' } }, org });
    await world.read();

    world.okta.unassignApp('0oaVelt', person(4).id);
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', people: 19, asked: 1 });
    expect(world.users()).toEqual(idsOf(everyone(1, 20).filter((n) => n !== 4)));
  });

  test('somebody taken out of the group that decides', async () => {
    const source = { users: { groups: ['Group 00gEng'] } };
    const world = makeOktaRuns({ groups: { '00gEng': everyone(1, 20) }, source });
    await world.read();

    world.okta.removeMember('00gEng', person(4).id);
    await world.read();

    expect(world.users()).toEqual(idsOf(everyone(1, 20).filter((n) => n !== 4)));
  });

  test('somebody whom two groups gave a folder, of which one ended and the other one they left', async () => {
    const groups = { '00gEng': [1, 2, 3], '00gOps': [3, 4] };
    const grants = [{ group: 'Group *', folderId: 'handbook' }];
    const world = makeOktaRuns({ groups, source: { grants, groups: { include: [] } } });
    await world.read();

    world.okta.deleteGroup('00gOps');
    world.okta.removeMember('00gEng', person(3).id);
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 2 });
    expect(world.state()?.folders.handbook).toEqual(idsOf([1, 2]));
  });

  test('somebody who left, joined a group last and is still listed there', async () => {
    const world = makeOktaRuns();
    await world.read();
    world.time.now += 60_000;

    world.okta.addMember('00gEng', person(9).id);
    world.okta.deactivate(person(9).id);
    // What the first pages queued is delivered before the mirror is compared.
    const runs = {
      ...world.runs,
      writeListed: async (...args: Parameters<typeof world.runs.writeListed>) => {
        await world.settle();
        return world.runs.writeListed(...args);
      },
    };
    await world.read({ runs });

    expect(world.users()).not.toContain(person(9).id);
  });
});

test('whoever comes back is in nothing that they left while they were out', async () => {
  const world = makeOktaRuns({ groups: { '00gEng': [1, 7], '00gOps': [7, 8] } });
  await world.read();
  world.time.now += 60_000;
  world.okta.suspend(person(7).id);
  await world.read();
  const meanwhile = world.users();

  world.okta.unsuspend(person(7).id);
  world.okta.removeMember('00gOps', person(7).id);
  const run = await world.read();

  expect(meanwhile).not.toContain(person(7).id);
  expect(run).toMatchObject({ state: 'done', losing: 0 });
  expect(world.state()?.groups['00gEng']?.members.toSorted()).toEqual(idsOf([1, 7]));
  expect(world.state()?.groups['00gOps']?.members).toEqual(idsOf([8]));
});

test('nothing read of a directory is taken for news of its own', async () => {
  const world = makeOktaRuns();
  await world.read();
  const at = new Date(world.time.now + 7_200_000).toISOString();
  const read = { at, id: undefined, askedAt: at, container: { kind: 'group', id: '00gEng' } } as const;
  await world.hear(membershipChange({ personId: person(9).id, ...read }));

  world.okta.removeUser(person(9).id);
  await world.read();

  expect(world.users()).not.toContain(person(9).id);
});

test('a group that comes back keeps who is in it now', async () => {
  const world = makeOktaRuns();
  await world.read();
  await world.hear(
    groupChange({ containerId: '00gEng', exists: false, at: new Date(world.time.now).toISOString() }),
  );

  await world.read();

  expect(world.state()?.groups['00gEng']?.members).toEqual(idsOf([1, 2, 3]));
});
