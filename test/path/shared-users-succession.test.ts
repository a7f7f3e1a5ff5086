import { describe, expect, test } from 'vitest';
import { makeDelivery } from '../support/delivery.ts';
import { groupChange, membershipChange, personChange, second } from '../support/factories.ts';

const email = 'ada@example.com';
const password = { source: 'okta', personId: 'auth0|1' };
const social = { source: 'partners', personId: 'google|2' };
const joins = (who: typeof password, at: number) =>
  personChange({ ...who, at: second(at), exists: true, profile: { email, name: 'Ada' } });

describe('what one of two leaves, and the other wants but does not have on record yet: a group has just got a name that counts', () => {
  const granting = {
    ...{ kind: 'okta', organization: 'acme', userId: 'email' },
    grants: [{ group: 'Eng*', folderId: 'specs' }],
  };
  const named = (name: string, at: number) =>
    groupChange({ source: 'partners', containerId: 'h', at: second(at), name });
  const inSome = (who: typeof password, id: string, name: string, at: number, member = true) =>
    membershipChange({ ...who, at: second(at), member, container: { kind: 'group', id, name } });

  /** The one left the folder, and the other has come to want it by a group's new name, but was not looked at yet. */
  async function leaveEarly() {
    const world = makeDelivery({ okta: granting, partners: granting });
    await world.run(joins(password, 1), inSome(password, 'g', 'Eng', 1));
    await world.run(joins(social, 2), inSome(social, 'h', 'Ops', 2));
    await world.once(named('Eng Ops', 3));
    const rechecks = world.queued.splice(0);
    const leaving = inSome(password, 'g', 'Eng', 4, false);
    const fault = await world.once(leaving);
    return { ...world, rechecks: [...rechecks, ...world.queued.splice(0)], leaving, fault };
  }

  test('waits until they have', async () => {
    const { run, state, calls, rechecks, leaving, fault } = await leaveEarly();
    for (const items of rechecks) await run(...items);

    await run(leaving);

    expect(fault?.code).toBe('leased');
    expect(state()?.folders.specs).toEqual([email]);
    expect(calls.filter(({ path }) => path.startsWith('/v2/users/delete'))).toEqual([]);
  });

  test('is taken where they want it no more by then', async () => {
    const { once, run, state, rechecks, leaving } = await leaveEarly();
    await once(named('Ops', 5));
    for (const items of rechecks) await run(...items);

    await run(leaving);

    expect(state()?.folders.specs).toEqual([]);
  });

  test('is taken when they still have begun nothing after minutes, and is theirs as soon as they have', async () => {
    const { receive, run, state, rechecks, leaving } = await leaveEarly();

    const again = await receive([leaving], 8);
    const taken = state()?.folders.specs;
    for (const items of rechecks) await run(...items);

    expect([again, taken, state()?.folders.specs]).toEqual([undefined, [], [email]]);
  });
});
