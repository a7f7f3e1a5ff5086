import { describe, expect, test } from 'vitest';
import type { Change } from '../../lib/directory/change.ts';
import { auth0Error } from '../../local/doubles/auth0/error.ts';
import { auth0Id, idsOf, makeAuth0Runs, organizations } from '../support/auth0-runs.ts';

describe('a tenant with one Velt organization for everyone', () => {
  test('of more than a thousand users is read whole, and costs nothing the second time', async () => {
    const world = makeAuth0Runs({ people: 1_130 });

    const first = await world.read();
    const before = { calls: world.calls.length, mirror: world.memory.scan('auth0') };
    const second = await world.read();

    expect(first).toMatchObject({ state: 'done', people: 1_130 });
    expect(world.users()).toHaveLength(1_130);
    expect(second).toMatchObject({ state: 'done', queued: 0, people: 1_130 });
    expect({ calls: world.calls.length, mirror: world.memory.scan('auth0') }).toEqual(before);
  });

  test('loses whoever was deleted or blocked without a webhook', async () => {
    const world = makeAuth0Runs();
    await world.read();

    world.auth0.deleteUser(auth0Id(7));
    world.auth0.blockUser(auth0Id(8));
    const run = await world.read();

    expect(run).toMatchObject({ state: 'done', losing: 2 });
    expect(world.users()).toHaveLength(28);
  });

  test('keeps out who was deleted before the page that lists them is delivered', async () => {
    const world = makeAuth0Runs();
    const readPage = world.directory.readPage;
    world.directory.readPage = async (cursor) => {
      const page = await readPage(cursor);
      world.time.now += 1_000;
      if (cursor === undefined) await world.webhook(...world.auth0.deleteUser(auth0Id(7)));
      return page;
    };

    await world.read();

    expect(world.users()).toHaveLength(29);
    expect(world.users()).not.toContain(auth0Id(7));
  });

  test('loses nobody when users cannot be listed to their end', async () => {
    const world = makeAuth0Runs({ people: 300 });
    await world.read();
    world.auth0.faults.add({ path: /users\?/, answer: { kind: 'lost-next', items: 50 } });

    const run = await world.read().catch((error) => error);

    expect(run).toSatisfy(({ state, code }) => state === 'stopped' || code === 'unreadable-answer');
    expect(world.users()).toHaveLength(300);
  });
});

test('a tenant that has no groups any more keeps what was in them, and loses who left', async () => {
  const groups = [{ id: 'grp_1', type: 'tenant' as const, name: 'Engineers' }];
  const groupMembers = [1, 2].map(
    (n) => ['grp_1', { member_type: 'user' as const, id: auth0Id(n) }] as const,
  );
  const world = makeAuth0Runs({ tenant: { groups, groupMembers } });
  await world.read();
  world.auth0.deleteUser(auth0Id(7));
  const { handle } = world.auth0;
  world.auth0.handle = (request) =>
    request.path.includes('/groups') ? auth0Error(403, 'This feature is not enabled.') : handle(request);

  const run = await world.read();

  expect(run).toMatchObject({ state: 'done' });
  expect(world.users()).toHaveLength(29);
  expect(world.users()).not.toContain(auth0Id(7));
  expect(world.state()?.groups.grp_1?.members).toEqual(idsOf(1, 2));
});

test('a group that turns out to count in one organization only takes it from nobody outside when they are too many', async () => {
  const tenant = {
    organizations,
    groups: [{ id: 'grp_1', type: 'tenant' as const, name: 'Engineers' }],
    groupMembers: Array.from(
      { length: 20 },
      (_, n) => ['grp_1', { member_type: 'user' as const, id: auth0Id(n + 1) }] as const,
    ),
  };
  const world = makeAuth0Runs({ tenant });
  await world.read();
  const { readPage } = world.directory;
  world.directory.readPage = async (cursor) => {
    const page = await readPage(cursor);
    const changes = page.changes.map((change): Change => {
      if (change.kind === 'group') return { ...change, organization: 'org_1' };
      if (change.kind !== 'membership' || change.container.kind !== 'group') return change;
      return { ...change, container: { ...change.container, organization: 'org_1' } };
    });
    return { ...page, changes };
  };

  const run = await world.read();

  expect(run).toMatchObject({ state: 'stopped', losing: 20 });
  expect(world.state()?.groups.grp_1?.members).toHaveLength(20);
});
