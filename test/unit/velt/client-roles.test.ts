import { describe, expect, test } from 'vitest';
import type { Call } from '../../../lib/directory/calls.ts';
import type { Role } from '../../../lib/directory/roles.ts';
import type { FaultRule } from '../../../local/doubles/velt/velt.ts';
import { ids, kindsOf, LATE, makeVelt, usersAdd } from '../../support/velt-client.ts';

const withRole = (call: Call, role: Role = 'viewer'): Call => ({
  ...call,
  items: call.items.map((item) => ({ ...item, role })),
});
const update = (userIds: string[]): Call => ({ ...usersAdd(userIds), kind: 'users.update' });

describe('a role', () => {
  test.each(['v1', 'v2'] as const)('goes by v2, whatever adds go by otherwise: %s', async (version) => {
    const { velt, requests, double } = makeVelt({ deps: { usersAdd: version } });

    await velt.apply(withRole(usersAdd(['ada'])), LATE);

    expect(requests[0]?.url).toBe('https://api.velt.dev/v2/users/add');
    expect(double.roles().acme?.here).toEqual({ ada: 'viewer' });
  });

  test('is told of each by itself', async () => {
    const { velt, requests } = makeVelt();
    const { items, ...call } = usersAdd(['ada', 'bob', 'eve']);
    const [ada, bob, eve] = items as [(typeof items)[number], (typeof items)[number], (typeof items)[number]];

    await velt.apply({ ...call, items: [{ ...ada, role: 'viewer' }, { ...bob, role: 'editor' }, eve] }, LATE);

    const { users } = JSON.parse(requests[0]?.body ?? '').data;
    expect(users.map(({ accessRole }: { accessRole?: string }) => accessRole)).toEqual([
      'viewer',
      'editor',
      undefined,
    ]);
  });

  test('stays with whoever is sent once more without attributes', async () => {
    const refuse: FaultRule = {
      match: { attribute: 'email' },
      answer: { kind: 'refuse-item', reason: 'Invalid e-mail' },
    };
    const { velt, double } = makeVelt({ faults: [refuse] });

    const { outcomes } = await velt.apply(withRole(usersAdd(['ada'])), LATE);

    expect(outcomes.get('ada')).toMatchObject({ kind: 'partly', attributes: ['email'] });
    expect(double.state().organizations.acme?.users.ada).toEqual({ name: 'ada', accessRole: 'viewer' });
  });

  test('that Velt refuses is refused, and nobody is there without it', async () => {
    const refuse: FaultRule = {
      match: { attribute: 'accessRole' },
      answer: { kind: 'refuse-item', reason: 'no' },
    };
    const { velt, double } = makeVelt({ faults: [refuse] });

    const { outcomes } = await velt.apply(withRole(usersAdd(['ada'])), LATE);

    expect(kindsOf(outcomes)).toEqual({ ada: 'refused' });
    expect(double.roles().acme?.here).toEqual({});
  });

  test.each([
    ['an organization', {}, ids(2)],
    ['a folder', { folderId: 'f' }, ids(2)],
    ['a folder of one', { folderId: 'f' }, ids(1)],
  ])('of nobody that Velt knows in %s is refused for want of them', async (_what, more, userIds) => {
    const missing: FaultRule = {
      answer: {
        ...{ kind: 'refuse-call', status: 404, errorStatus: 'NOT_FOUND' },
        message: 'folderId' in more ? 'Folder or document does not exist' : 'Organization does not exist.',
      },
    };
    const { velt, requests } = makeVelt({ faults: [missing] });

    const { outcomes } = await velt.apply(
      withRole({ ...update(userIds), scope: { organizationId: 'acme', ...more } }),
      LATE,
    );

    expect([...outcomes.values()]).toMatchObject(
      userIds.map(() => ({ kind: 'refused', prerequisite: 'user' })),
    );
    expect(requests).toHaveLength(2);
  });
});

describe('success that names nobody', () => {
  const silent = (listsRoles: boolean) => {
    const world = makeVelt({ options: { success: 'none', listsRoles } });
    world.double.byHand.add('acme', { userId: 'ada', name: 'ada', email: 'ada@example.com' });
    world.double.byHand.setRole('acme', 'ada', 'editor');
    return world;
  };
  const nothingDone: FaultRule = { match: { userId: 'ada' }, answer: { kind: 'omit-item' } };

  test.each([
    ['that the list shows is done', update, true, [], 'done'],
    ['that the list has otherwise is owed after an add', usersAdd, true, [nothingDone], 'exists'],
    ['that the list has otherwise is refused after an update', update, true, [nothingDone], 'refused'],
    ['that the list does not show is unproven', update, false, [], 'unproven'],
    ['that the list does not show is unproven after an add', usersAdd, false, [], 'unproven'],
  ] as const)('proves no role: one %s', async (_what, callOf, listsRoles, faults, outcome) => {
    const { velt, double } = silent(listsRoles);
    for (const fault of faults) double.faults.add(fault);

    const { outcomes } = await velt.apply(withRole(callOf(['ada'])), LATE);

    expect(kindsOf(outcomes)).toEqual({ ada: outcome });
  });
});
