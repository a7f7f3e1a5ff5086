import { describe, expect, test } from 'vitest';
import { makeDelivery } from '../support/delivery.ts';
import { membershipChange, personChange, second } from '../support/factories.ts';

const email = 'ada@example.com';
const sourcesBy = (userId: 'id' | 'email') => {
  const source = { kind: 'okta', organization: 'acme', userId };
  return { okta: source, partners: source };
};

const password = { source: 'okta', personId: 'auth0|1' };
const social = { source: 'partners', personId: 'google|2' };
const joins = (who: typeof password, at: number) =>
  personChange({ ...who, at: second(at), exists: true, profile: { email, name: 'Ada' } });
const leaves = (who: typeof password, at: number) => personChange({ ...who, at: second(at), exists: false });

describe('two people who are one user of Velt', () => {
  test('leave it only when both have left, in either order', async () => {
    const { run, users } = makeDelivery(sourcesBy('email'));

    await run(joins(password, 1));
    await run(joins(social, 2));
    await run(leaves(password, 3));
    const after = users();
    await run(leaves(social, 4));

    expect([after, users()]).toEqual([[email], []]);
  });

  test('keep each other in Velt also when one leaves in the very batch in which the other comes', async () => {
    const { run, users } = makeDelivery(sourcesBy('email'));
    await run(joins(password, 1));

    await run(leaves(password, 3), joins(social, 2));

    expect(users()).toEqual([email]);
  });

  test('keep a group that one leaves and the other is in', async () => {
    const { run, state } = makeDelivery(sourcesBy('email'));
    const inGroup = (who: typeof password, at: number, member: boolean) =>
      membershipChange({ ...who, at: second(at), member, container: { kind: 'group', id: 'g', name: 'G' } });
    await run(joins(password, 1), inGroup(password, 1, true));
    await run(joins(social, 2), inGroup(social, 2, true));

    await run(inGroup(password, 3, false));
    const after = state()?.groups.g?.members;
    await run(inGroup(social, 4, false));

    expect([after, state()?.groups.g?.members]).toEqual([[email], []]);
  });

  test('are no more once the address of one has changed', async () => {
    const { run, users } = makeDelivery(sourcesBy('email'));
    await run(joins(password, 1));
    await run(joins(social, 2));

    await run(personChange({ ...social, at: second(3), profile: { email: 'grace@example.com' } }));
    const after = users();
    await run(leaves(password, 4));

    expect([after.toSorted(), users()]).toEqual([[email, 'grace@example.com'], ['grace@example.com']]);
  });
});

test("nobody claims anything where Velt's ids are the vendor's own", async () => {
  const { run, claims, calls } = makeDelivery(sourcesBy('id'));

  await run(joins(password, 1));
  await run(leaves(password, 2));

  expect([claims, calls.map(({ path }) => path)]).toEqual([[], ['/v1/users/add', '/v2/users/delete']]);
});

test('of two profiles told for one user of Velt in one batch one is sent, and neither is owed afterwards', async () => {
  const { run, calls } = makeDelivery(sourcesBy('email'));
  const both = [
    joins(password, 1),
    personChange({ ...social, at: second(2), exists: true, profile: { email, name: 'Countess' } }),
  ];

  await run(...both);
  await run(...both);

  expect(calls.map(({ path }) => path)).toEqual(['/v1/users/add']);
});
