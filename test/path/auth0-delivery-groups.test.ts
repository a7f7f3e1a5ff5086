import { describe, expect, test } from 'vitest';
import {
  ada,
  at,
  bob,
  group,
  inGroup,
  makeAuth0Delivery,
  makeAuth0Directory,
  member,
  ofConnection,
  organization,
  user,
} from '../support/auth0-delivery.ts';

describe('a group of one organization', () => {
  test('is left elsewhere by those who came before it was known to be one', async () => {
    const { take, held } = makeAuth0Delivery();
    await take(
      at(1, 'user.created', user(ada)),
      at(2, 'organization.member.added', member('org_1', ada)),
      at(3, 'organization.member.added', member('org_2', ada)),
      at(4, 'group.member.added', inGroup({ member_type: 'user', id: ada })),
    );
    await take(at(5, 'group.updated', group));
    const everywhere = held();

    await take(at(6, 'group.updated', { ...group, type: 'organization', organization_id: 'org_1' }));

    const inIt = { [ada]: 'Name of auth0|ada', 'grp_1 Everyone at Corp': [ada] };
    expect(everywhere).toEqual({ acme: inIt, globex: inIt });
    expect(held()).toEqual({ acme: inIt, globex: { [ada]: 'Name of auth0|ada' } });
  });
});

describe('a connection that is a member of a group', () => {
  const joined = (id: string, n: number) => [
    at(n, 'user.created', user(id, { connection: 'corp' })),
    at(n + 1, 'organization.member.added', member('org_1', id)),
  ];
  const makeCorp = async () => {
    const delivery = makeAuth0Delivery(
      makeAuth0Directory({ people: { [ada]: { user: user(ada) } }, connections: { con_1: 'corp' } }),
    );
    await delivery.take(...joined(ada, 1), ...joined(bob, 3));
    await delivery.take(at(10, 'group.member.added', inGroup(ofConnection)));
    return {
      ...delivery,
      groups: () => Object.keys(delivery.held().acme ?? {}).filter((id) => !id.includes('|')),
    };
  };
  const everyone = 'grp_1 Everyone at Corp';

  test('brings everyone of that connection into it', async () => {
    const { held } = await makeCorp();

    expect(held().acme).toMatchObject({ [everyone]: [ada, bob] });
  });

  test('brings in who is new in the connection, and nobody of another', async () => {
    const { take, held } = await makeCorp();

    await take(...joined('auth0|eve', 11));
    await take(
      at(13, 'user.created', user('auth0|dan', { connection: 'web' })),
      at(14, 'organization.member.added', member('org_1', 'auth0|dan')),
    );

    expect(held().acme).toMatchObject({
      [everyone]: [ada, bob, 'auth0|eve'],
      'auth0|dan': 'Name of auth0|dan',
    });
  });

  test.each([
    ['the group is deleted', at(20, 'group.deleted', group)],
    ['the connection leaves the group', at(20, 'group.member.deleted', inGroup(ofConnection))],
    [
      'the connection is deleted',
      at(20, 'connection.deleted', { id: 'con_1', name: 'corp', strategy: 'samlp' }),
    ],
  ])('takes everyone out when %s', async (_what, end) => {
    const { take, held, groups } = await makeCorp();

    await take(end);

    expect(groups()).toEqual([]);
    expect(held().acme).toMatchObject({ [ada]: 'Name of auth0|ada', [bob]: 'Name of auth0|bob' });
  });

  test('gives everyone of it the role of the group, in the organization of the role', async () => {
    const { take, held } = await makeCorp();
    const groupRole = {
      organization: organization('org_1'),
      group,
      role: { id: 'rol_editor', name: 'editor' },
    };
    await take(at(11, 'organization.member.added', member('org_2', bob)));

    await take(at(20, 'organization.group.role.assigned', groupRole));
    const assigned = held();
    await take(at(21, 'organization.group.role.deleted', groupRole));

    expect(assigned.acme).toMatchObject({ 'rol_editor editor': [ada, bob] });
    expect(assigned.globex).toEqual({ [bob]: 'Name of auth0|bob', [everyone]: [bob] });
    expect(held().acme).not.toHaveProperty('rol_editor editor');
  });
});
