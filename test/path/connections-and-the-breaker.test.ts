import { describe, expect, test } from 'vitest';
import { auth0Id, makeAuth0Runs } from '../support/auth0-runs.ts';
import { runOf } from '../support/okta-runs.ts';

const PEOPLE = 20;
const connections = [
  { id: 'con_1', name: 'acme-saml', strategy: 'samlp' },
  { id: 'con_2', name: 'acme-oidc', strategy: 'oidc' },
];
const everyone = Array.from({ length: PEOPLE }, (_, n) => n + 1);

/** People whom a connection of a group brings into it, by which they are mirrored; with `themselves`, also they themselves. */
async function makeWorld(themselves: boolean) {
  const user = (n: number) => ({ member_type: 'user' as const, id: auth0Id(n) });
  const world = makeAuth0Runs({
    people: 30,
    source: { users: { groups: ['Engineers'] } },
    tenant: {
      ...{ connections, groups: [{ id: 'grp_1', type: 'tenant' as const, name: 'Engineers' }] },
      groupMembers: [
        ['grp_1', { member_type: 'connection', id: 'con_1' }],
        ...(themselves ? everyone.map((n) => ['grp_1', user(n)] as ['grp_1', ReturnType<typeof user>]) : []),
      ],
    },
  });
  const moveTo = (connection: string, provider: string) => {
    for (const n of everyone)
      world.auth0.updateUser(auth0Id(n), {
        identities: [{ connection, provider, user_id: `${n}`, isSocial: false }],
      });
  };
  moveTo('acme-saml', 'samlp');
  await world.read();
  expect(world.users()).toHaveLength(PEOPLE);
  world.time.now += 24 * 60 * 60_000;
  moveTo('acme-oidc', 'oidc');
  return { ...world, user };
}

describe('a connection that people have lost without a webhook', () => {
  test('takes nobody from Velt past the breaker, though they lost their own place in the group too', async () => {
    const world = await makeWorld(true);
    for (const n of everyone) world.auth0.removeGroupMember('grp_1', world.user(n));

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'stopped', losing: PEOPLE });
    expect(world.users()).toHaveLength(PEOPLE);
  });

  test('takes nobody from Velt whom another one brings in, not even for a moment', async () => {
    const world = await makeWorld(false);
    world.auth0.addGroupMember('grp_1', { member_type: 'connection', id: 'con_2' });
    const before = world.calls.length;

    await world.read();
    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done', losing: 0 });
    expect(world.users()).toHaveLength(PEOPLE);
    expect(world.calls.slice(before).filter(({ path }) => path.endsWith('/delete'))).toEqual([]);
  });

  test('takes whom it brought alone, when they are few', async () => {
    const world = await makeWorld(false);
    world.auth0.addGroupMember('grp_1', { member_type: 'connection', id: 'con_2' });
    await world.read();
    await world.read();
    for (const n of [1, 2])
      world.auth0.updateUser(auth0Id(n), {
        identities: [{ connection: 'acme-saml', provider: 'samlp', user_id: `${n}`, isSocial: false }],
      });
    world.auth0.removeGroupMember('grp_1', { member_type: 'connection', id: 'con_1' });

    const run = runOf(await world.read());

    expect(run).toMatchObject({ state: 'done', losing: 2 });
    expect(world.users()).toHaveLength(PEOPLE - 2);
  });
});
