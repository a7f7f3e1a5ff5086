import { describe, expect, test } from 'vitest';
import { newContainer } from '../../lib/directory/entry.ts';
import { foldContainer } from '../../lib/directory/fold.ts';
import type { Auth0Directory } from '../../local/doubles/auth0/auth0.ts';
import { auth0Event, groupChange, second } from '../support/factories.ts';
import { byField, fileOf, makePreview } from '../support/preview.ts';

const tenant: Auth0Directory = {
  users: [
    {
      user_id: 'auth0|ada',
      email: 'ada@example.com',
      email_verified: true,
      app_metadata: { no: 'C-1', plan: 'pro' },
    },
    { user_id: 'google|ada', email: 'ada@example.com', email_verified: true, app_metadata: { no: ['x'] } },
    { user_id: 'auth0|bob', email: 'bob@example.com', blocked: true, app_metadata: { no: 'C-2' } },
    { user_id: 'samlp|acme|cleo@example.com', email: 'other@example.com', app_metadata: { no: 'C-3' } },
  ],
  organizations: [{ id: 'org_1', name: 'acme-inc' }],
  roles: [{ id: 'rol_1', name: 'Editor' }],
  members: [['org_1', 'auth0|ada']],
  memberRoles: [['org_1', 'auth0|ada', 'rol_1']],
  groups: [{ id: 'grp_1', name: 'Customers', type: 'tenant' }],
  groupMembers: [['grp_1', { member_type: 'user', id: 'auth0|ada' }]],
};
const AUTH0 = {
  ...{ kind: 'auth0', organization: { 'acme-inc': 'acme' }, userId: 'app_metadata.no' },
  attributes: { plan: 'app_metadata.plan', name: 'user_metadata.name' },
};
const auth0 = (source: object = {}) =>
  makePreview({ sources: { auth0: { ...AUTH0, ...source } } }, { auth0: tenant });

describe('of Auth0', () => {
  test('everybody with an address is shown, with organizations, groups and roles', async () => {
    const { people } = await auth0().preview({ person: 'ada@example.com' });

    const [ada, other] = people;
    expect(people).toHaveLength(2);
    expect(ada).toMatchObject({
      id: 'auth0|ada',
      user: { userId: 'C-1', name: 'ada@example.com', plan: 'pro' },
    });
    expect(byField(ada?.fields).name).toEqual([
      'ada@example.com',
      'default',
      'the email, for Velt wants a name',
    ]);
    expect(
      ada?.memberships.map(({ kind, outcomes }) => [kind, ...outcomes.map(({ setting }) => setting)]).sort(),
    ).toEqual([['connection'], ['group', 'groups'], ['organization', 'organization'], ['role', 'roles']]);
    expect(other).toMatchObject({
      id: 'google|ada',
      why: 'the attribute that is their Velt user id was not told, or cannot be read',
    });
    expect(byField(other?.fields).userId).toEqual([null, 'none', 'what the rules name cannot be read']);
  });

  test.each([
    ['auth0|bob', 'they are suspended or blocked'],
    ['samlp|acme|cleo@example.com', 'none of their organizations is mapped to a Velt organization'],
    ['auth0|nobody', 'the source does not know them (any more)'],
  ])('%s is not in Velt, and why', async (id, why) => {
    expect((await auth0().preview({ person: id })).people).toMatchObject([{ id, why }]);
  });

  test('what is known of a group in the table counts as it does in a delivery', async () => {
    const { preview, table } = auth0({ roles: { include: ['Editor', 'Via'] } });
    const nesting = {
      ...{ kind: 'nesting' as const, source: 'auth0', at: second(1), member: true },
      child: { kind: 'group' as const, id: 'grp_1' },
      container: { kind: 'role' as const, id: 'rol_2', name: 'Via', organization: 'org_1' },
    };
    const named = {
      ...groupChange({ source: 'auth0', name: 'Via' }),
      kind: 'role' as const,
      containerId: 'rol_2',
    };
    const entries = [
      foldContainer(newContainer({ source: 'auth0', kind: 'group', id: 'grp_1' }), nesting),
      foldContainer(newContainer({ source: 'auth0', kind: 'role', id: 'rol_2' }), named),
    ];
    for (const entry of entries)
      table.write({ entry, revision: 0 }, { dueAt: undefined, lease: undefined, expiresAt: undefined });
    const before = JSON.stringify(table.entries());

    const { people } = await preview({ person: 'auth0|ada' });

    expect(people[0]?.memberships.find(({ id }) => id === 'rol_2')?.outcomes).toMatchObject([
      { becomes: 'group', setting: 'roles', pattern: 'Via' },
    ]);
    expect(JSON.stringify(table.entries())).toBe(before);
  });

  test('a file of users is shown by the rules', async () => {
    const { people } = await auth0({ organization: 'acme' }).preview({
      people: fileOf([...(tenant.users ?? [])]),
    });

    expect(people.map(({ user, why }) => user?.userId ?? why)).toEqual([
      'C-1',
      'the attribute that is their Velt user id was not told, or cannot be read',
      'they are suspended or blocked',
      'C-3',
    ]);
  });

  test('an event is shown by the rules that its user goes through', async () => {
    const user = { user_id: 'auth0|new', email: 'new@example.com', app_metadata: { no: 12 } };
    const { people } = await auth0({ organization: 'acme' }).preview({
      event: fileOf(auth0Event('user.created', user)),
    });

    expect(people).toMatchObject([{ user: { userId: '12', email: 'new@example.com' } }]);
    expect(byField(people[0]?.fields).userId).toEqual(['12', 'path', 'app_metadata.no']);
  });

  test('with nothing but ids no field but ids is shown', async () => {
    const { people } = await auth0({ organization: 'acme', profile: 'ids', attributes: undefined }).preview({
      person: 'auth0|ada',
    });

    expect(people[0]?.fields.map(({ field, value }) => [field, value])).toEqual([
      ['userId', 'C-1'],
      ['name', 'C-1'],
    ]);
  });
});
