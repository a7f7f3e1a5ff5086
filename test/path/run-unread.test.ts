import { describe, expect, test } from 'vitest';
import { WorldFault } from '../../lib/errors.ts';
import { atVelt, auth0Id, makeAuth0Runs } from '../support/auth0-runs.ts';
import { recheck } from '../support/factories.ts';
import { everyone, idsOf, makeLoss, makeOktaRuns, person, runOf } from '../support/okta-runs.ts';
import { answerOtherwise, forbid } from '../support/other-answers.ts';

const sick = /groups\/00gSick\/users/;

/** Three people leave without a webhook: one of a group whose list Okta does not tell any more, and two of others. */
async function makeSickGroup(source: Record<string, unknown> = {}) {
  const groups = { '00gEng': everyone(1, 10), '00gSick': everyone(11, 20), '00gZen': everyone(21, 30) };
  const world = makeOktaRuns({ people: 30, groups, source });
  await world.read();
  for (const [id, n] of [
    ['00gEng', 3],
    ['00gSick', 13],
    ['00gZen', 23],
  ] as const)
    world.okta.removeMember(id, person(n).id);
  const members = (id: string) => world.state()?.groups[id]?.members.toSorted();
  return { ...world, members };
}

describe('one group whose members Okta never tells', () => {
  test.each([500, 403, 400])('%i keeps its members, and costs no other group anything', async (status) => {
    const world = await makeSickGroup();
    world.okta.faults.add({ path: sick, answer: { kind: 'status', status } });

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done', unreadable: 1, losing: 2, asked: 2 });
    expect(world.members('00gEng')).toEqual(idsOf(everyone(1, 10).filter((n) => n !== 3)));
    expect(world.members('00gSick')).toEqual(idsOf(everyone(11, 20)));
    expect(world.members('00gZen')).toEqual(idsOf(everyone(21, 30).filter((n) => n !== 23)));
    expect(world.users()).toHaveLength(30);
    expect(world.log.lines.filter(({ message }) => message === 'A list could not be read')).toHaveLength(1);
    expect(world.meter.counted).toMatchObject({ ReadsFailed: 1 });
  });

  test('nor where groups decide who is mirrored: nobody of it is taken for gone', async () => {
    const world = await makeSickGroup({ users: { groups: ['*'] } });
    world.okta.faults.add({ path: sick, answer: { kind: 'status', status: 403 } });

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done', unreadable: 1, losing: 2, asked: 2 });
    expect(world.users().toSorted()).toEqual(idsOf(everyone(1, 30).filter((n) => n !== 3 && n !== 23)));
  });

  test('and as many more of them as there are', async () => {
    const world = await makeSickGroup();
    world.okta.faults.add({ path: /groups\/00g(Sick|Zen)\/users/, answer: { kind: 'status', status: 500 } });

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done', unreadable: 2, losing: 1 });
    expect(world.members('00gEng')).not.toContain(person(3).id);
  });

  test('is unlike a directory that answers nothing else either, for which the run waits', async () => {
    const world = await makeSickGroup();
    world.okta.faults.add({ nth: 4, answer: { kind: 'status', status: 500 } });

    await expect(world.read()).rejects.toMatchObject({ code: 'unavailable' });
    const held = (await world.runs.current('okta'))?.run;
    world.okta.faults.clear();
    const run = runOf(await world.read({}, { resume: true }));

    expect(held).toMatchObject({ state: 'running', phase: 'list' });
    expect(run).toMatchObject({ runId: held?.runId, state: 'done', unreadable: 0, losing: 3 });
  });

  test('is not given up where the time is up before patience is', async () => {
    const world = await makeSickGroup();
    world.okta.faults.add({ path: sick, answer: { kind: 'status', status: 500 } });

    await expect(world.readOnly({}, {}, 10_000)).rejects.toMatchObject({ code: 'unavailable' });

    expect((await world.runs.current('okta'))?.run).toMatchObject({ state: 'running', unreadable: 0 });
  });

  test('nor for credentials that are refused', async () => {
    const world = await makeSickGroup();
    const { readPage } = world.directory;
    world.directory.readPage = async (cursor) => {
      if (cursor?.includes('"members"')) throw new WorldFault('credentials', 'refused');
      return readPage(cursor);
    };

    await expect(world.read()).rejects.toMatchObject({ code: 'credentials' });
  });
});

test('a person whom nobody can read keeps nobody else from leaving', async () => {
  const world = await makeLoss();
  world.okta.putUser({ ...person(9), id: 'x'.repeat(301) });

  const run = runOf(await world.read());

  expect(run).toMatchObject({ state: 'done', losing: 1, asked: 1 });
  expect(run.unreadable).toBeGreaterThan(0);
  expect(world.users().toSorted()).toEqual(idsOf(everyone(1, 450).filter((n) => n !== 7)));
});

describe('a page of whose items none has an id any more', () => {
  /** From now on Okta answers so about each item of the lists at this path that `isOdd` means. */
  function spoil({ okta }: ReturnType<typeof makeOktaRuns>, path: RegExp, isOdd: (id: string) => boolean) {
    answerOtherwise(okta, path, (items: { id: string }[]) =>
      items.map((item) => (isOdd(item.id) ? { no: 'id' } : item)),
    );
  }

  test('of people protects them, and others leave', async () => {
    const world = makeOktaRuns({ people: 201 });
    await world.read();
    world.okta.deleteUser(person(3).id);
    // The only one of the second page.
    world.okta.createUser(person(202));
    spoil(world, /users\?/, (id) => id > person(200).id);

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done', unreadable: 2, asked: 2 });
    expect(world.users().toSorted()).toEqual(idsOf(everyone(1, 201).filter((n) => n !== 3)));
  });

  test.each([
    ['members', /groups\/00gOne\/users/],
    ['groups', /groups\?/],
  ])('of %s keeps a group and who is in it, and others leave', async (_what, path) => {
    const world = makeOktaRuns({ people: 30, groups: { '00gOne': [1] } });
    await world.read();
    world.okta.deleteUser(person(3).id);
    spoil(world, path, () => true);

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done', unreadable: 1 });
    expect(world.users()).toHaveLength(29);
    expect(world.state()?.groups['00gOne']?.members).toEqual([person(1).id]);
  });

  test('of the groups of somebody who is read takes nothing from them', async () => {
    const world = makeOktaRuns({ people: 30, groups: { '00gOne': [1] } });
    await world.read();
    spoil(world, /users\/.*\/groups/, () => true);
    const at = new Date(world.time.now + 3_600_000).toISOString();
    world.time.now += 7_200_000;

    await world.hear(recheck({ of: { kind: 'person', id: person(1).id }, at, read: 'memberships' }));

    expect(world.state()?.groups['00gOne']?.members).toEqual([person(1).id]);
  });
});

describe('one list of an Auth0 tenant that is never told', () => {
  const organization = (id: string) => ({ id, name: id });
  const groups = [{ id: 'grp_1', type: 'tenant' as const, name: 'Engineers' }];

  async function makeTenant() {
    const world = makeAuth0Runs({
      people: 12,
      source: { organization: { org_1: 'acme', org_2: 'globex' } },
      tenant: {
        organizations: [organization('org_1'), organization('org_2')],
        members: [
          ...everyone(1, 6).map((n) => ['org_1', auth0Id(n)] as const),
          ...everyone(7, 12).map((n) => ['org_2', auth0Id(n)] as const),
        ],
        groups,
        groupMembers: everyone(1, 3).map(
          (n) => ['grp_1', { member_type: 'user' as const, id: auth0Id(n) }] as const,
        ),
      },
    });
    await world.read();
    world.auth0.deleteUser(auth0Id(1));
    world.auth0.deleteUser(auth0Id(7));
    world.auth0.removeMember('org_1', auth0Id(4));
    world.auth0.removeMember('org_2', auth0Id(10));
    world.auth0.removeGroupMember('grp_1', { member_type: 'user', id: auth0Id(2) });
    return world;
  }

  const members = (...numbers: number[]) => numbers.map(auth0Id);

  test.each(
    [400, 403, 500].flatMap((status) => [
      ['the members of an organization', status, /organizations\/org_1\/members\?/] as const,
      ['the members of a group', status, /groups\/grp_1\/members\?/] as const,
    ]),
  )('costs nobody anything, and no other list: %s, answered %i', async (what, status, path) => {
    const world = await makeTenant();
    if (status === 403) forbid(world.auth0, path);
    else world.auth0.faults.add({ path, answer: { kind: 'status', status } });

    const run = runOf(await world.read());

    const isGroup = what.endsWith('group');
    expect(run).toMatchObject({ state: 'done', unreadable: 1, losing: 4 });
    expect(atVelt(world)).toEqual({
      acme: {
        users: isGroup ? members(2, 3, 5, 6) : members(2, 3, 4, 5, 6),
        groups: { grp_1: isGroup ? members(2, 3) : members(3) },
      },
      globex: { users: members(8, 9, 11, 12), groups: {} },
    });
    expect(world.log.lines.filter(({ message }) => message === 'A list could not be read')).toHaveLength(1);
  });
});

test('a run ends though the members of many groups get no answer, be there time for few of them at a time', async () => {
  const ids = everyone(1, 14).map((n) => `00g${n}`);
  const world = makeOktaRuns({ groups: Object.fromEntries(ids.map((id, n) => [id, [n + 1]])) });
  await world.read();
  world.okta.faults.add({ path: /groups\/\w+\/users/, answer: { kind: 'status', status: 500 } });

  const next = { resume: true };
  await expect(world.readOnly({}, {}, 200_000)).rejects.toThrow('Okta answered 500');
  await expect(world.readOnly({}, next, 200_000)).rejects.toThrow('Okta answered 500');
  const run = runOf(await world.readOnly({}, next, 200_000));

  expect(run).toMatchObject({ state: 'done', losing: 0, unreadable: 14 });
});
