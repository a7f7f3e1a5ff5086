import { describe, expect, test } from 'vitest';
import type { Call } from '../../../lib/directory/calls.ts';
import { callOf, ids, kindsOf, LATE, makeVelt, usersAdd } from '../../support/velt-client.ts';

const acme = { organizationId: 'acme' };
const eng = { ...acme, groupId: 'eng' };
const group: Call = {
  ...{ kind: 'groups.add', scope: acme },
  items: [{ id: 'eng', owners: [], groupName: 'Engineers' }],
};

/** A Velt in which Zoe is already, and that answers success without naming anybody. */
function makeSilent(success: 'empty' | 'none', advancedQueries: 'on' | 'empty' | 'refused' = 'on') {
  const world = makeVelt({ options: { success, advancedQueries } });
  const { double, velt } = world;
  double.byHand.add('acme', { userId: 'zoe', name: 'Zoe' });
  const kinds = async (...calls: Call[]) => {
    const applied = [];
    for (const call of calls) applied.push(await velt.apply(call, LATE));
    return applied.map(({ outcomes, fault }) => fault ?? kindsOf(outcomes));
  };
  const reads = () => double.calls.filter(({ path }) => path === '/v2/users/get');
  return { ...world, kinds, reads };
}

describe.each(['empty', 'none'] as const)('success with a map that is %s', (success) => {
  test('is proven by Velt’s own list, call by call', async () => {
    const { kinds, reads } = makeSilent(success);

    const made = await kinds(
      usersAdd(['ada', 'bob']),
      { ...usersAdd(['ada']), kind: 'users.update' },
      group,
      callOf('group.users.add', eng, ['ada', 'bob']),
      callOf('group.users.delete', eng, ['ada']),
      callOf('users.delete', acme, ['ada']),
    );

    expect(made).toEqual([
      { ada: 'done', bob: 'done' },
      { ada: 'done' },
      { eng: 'unproven' },
      { ada: 'done', bob: 'done' },
      { ada: 'done' },
      { ada: 'done' },
    ]);
    expect(reads().map(({ body }) => body)).toContainEqual({
      data: { ...acme, organizationUserGroupIds: ['eng'], userIds: ['ada', 'bob'] },
    });
  });

  test('is read for 30 of them at a time', async () => {
    const { kinds, reads } = makeSilent(success);

    const [made] = await kinds(usersAdd(ids(50)));

    expect(new Set(Object.values(made ?? {}))).toEqual(new Set(['done']));
    expect(reads().map(({ body }) => (body as { data: { userIds: [] } }).data.userIds.length)).toEqual([
      30, 20,
    ]);
  });

  test.each(['empty', 'refused'] as const)('stays unproven where Velt lists nobody: %s', async (queries) => {
    const { kinds } = makeSilent(success, queries);

    expect(await kinds(usersAdd(['ada']), callOf('users.delete', acme, ['zoe']))).toEqual([
      { ada: 'unproven' },
      { zoe: 'unproven' },
    ]);
  });

  test('is no proof against what Velt lists', async () => {
    const { velt, double } = makeSilent(success);
    double.faults.add({ match: { userId: 'zoe' }, answer: { kind: 'omit-item' } });
    double.faults.add({ match: { userId: 'ada' }, answer: { kind: 'omit-item' } });

    const removed = await velt.apply(callOf('users.delete', acme, ['zoe']), LATE);
    const added = await velt.apply(usersAdd(['ada']), LATE);

    expect([kindsOf(removed.outcomes), kindsOf(added.outcomes)]).toEqual([
      { zoe: 'refused' },
      { ada: 'refused' },
    ]);
  });

  test.each([
    ['an add owes the profile', 'users.add', 'Zoe', 'exists'],
    ['an update is not done', 'users.update', 'Zoe', 'refused'],
    ['an add owes the profile that the list does not show', 'users.add', undefined, 'exists'],
    ['an update may be done that the list does not show', 'users.update', undefined, 'unproven'],
  ] as const)('proves no profile that the list has otherwise: %s', async (_what, kind, name, outcome) => {
    const { kinds, double } = makeSilent(success);
    double.byHand.add('acme', { userId: 'ada', name: name as string });
    double.faults.add({ match: { path: '/v1' }, answer: { kind: 'omit-item' } });
    double.faults.add({ match: { path: '/v2/users/update' }, answer: { kind: 'omit-item' } });

    expect(await kinds({ ...usersAdd(['ada']), kind })).toEqual([{ ada: outcome }]);
  });

  test('stays unproven, and is no fault, while the list cannot be read', async () => {
    const { kinds, double } = makeSilent(success);
    double.faults.add({ match: { path: '/v2/users/get' }, answer: { kind: 'status', status: 503 } });

    expect(await kinds(usersAdd(['ada']))).toEqual([{ ada: 'unproven' }]);
  });

  test('proves nothing after a try that may still land', async () => {
    const { velt, double, reads } = makeSilent(success);
    double.faults.add({ match: { userId: 'ada' }, answer: { kind: 'reset' }, times: 1 });

    const { outcomes, fault, landsUntil } = await velt.apply(usersAdd(['ada']), LATE);

    expect([outcomes.size, fault?.code, landsUntil]).toEqual([0, 'connection', expect.any(Number)]);
    expect(reads()).toEqual([]);
  });
});
