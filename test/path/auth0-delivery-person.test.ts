import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ada,
  adaAtGoogle,
  at,
  makeAuth0Delivery,
  member,
  organization,
  role,
  user,
} from '../support/auth0-delivery.ts';
import { second } from '../support/factories.ts';

describe('logging in', () => {
  test('1,000 times costs no Velt call', async () => {
    const { take, calls } = makeAuth0Delivery();
    await take(at(1, 'user.created', user(ada)), at(2, 'organization.member.added', member('org_1', ada)));
    const before = calls.length;

    for (let n = 1; n <= 1_000; n += 1) {
      const login = { last_login: second(n), last_ip: `203.0.113.${n % 256}`, logins_count: n };
      await take(at(10 + n, 'user.updated', user(ada, { ...login, updated_at: second(n) })));
    }

    expect(before).toBeGreaterThan(0);
    expect(calls).toHaveLength(before);
  }, 60_000);
});

describe('a person in three organizations with two roles in each', () => {
  const organizations = ['org_1', 'org_2', 'org_3'];
  const arrival = [
    at(1, 'user.created', user(ada)),
    ...organizations.flatMap((id, index) => [
      at(2 + index, 'organization.member.added', member(id, ada)),
      at(12 + index, 'organization.member.role.assigned', role(id, ada, 'admin')),
      at(22 + index, 'organization.member.role.assigned', role(id, ada, 'editor')),
    ]),
  ];
  const everything = (name: string) => ({
    [ada]: name,
    'rol_admin admin': [ada],
    'rol_editor editor': [ada],
  });

  test('is there with all of them', async () => {
    const { take, held } = makeAuth0Delivery();

    await take(...arrival);

    const all = everything('Name of auth0|ada');
    expect(held()).toEqual({ acme: all, globex: all, initech: all });
  });

  test('has a changed profile in all three, by one call each', async () => {
    const { take, held, calls } = makeAuth0Delivery();
    await take(...arrival);
    const before = calls.length;

    await take(at(40, 'user.updated', user(ada, { name: 'Countess' })));

    const all = everything('Countess');
    expect(held()).toEqual({ acme: all, globex: all, initech: all });
    expect(calls).toHaveLength(before + 3);
  });

  test('loses what was in an organization with it, and keeps the rest', async () => {
    const { take, held } = makeAuth0Delivery();
    await take(...arrival);

    await take(at(40, 'organization.deleted', organization('org_2')));

    const all = everything('Name of auth0|ada');
    expect(held()).toEqual({ acme: all, initech: all });
  });

  const both = [...user(ada).identities, ...user(adaAtGoogle, { connection: 'google-oauth2' }).identities];
  const google = user(adaAtGoogle, { connection: 'google-oauth2' });
  const life = [
    ...arrival,
    at(30, 'user.created', google),
    at(31, 'organization.member.added', member('org_1', adaAtGoogle)),
    at(32, 'organization.member.role.assigned', role('org_1', adaAtGoogle, 'editor')),
    at(40, 'user.updated', user(ada, { name: 'Countess' })),
    at(41, 'organization.member.role.deleted', role('org_2', ada, 'editor')),
    at(42, 'organization.member.deleted', member('org_3', ada)),
    // Linked, and unlinked again.
    at(50, 'user.deleted', { user_id: adaAtGoogle, deleted_at: second(50) }),
    at(51, 'user.updated', user(ada, { name: 'Countess', identities: both })),
    at(60, 'user.created', google),
    at(61, 'user.updated', user(ada, { name: 'Countess Ada' })),
    at(62, 'organization.member.added', member('org_1', adaAtGoogle)),
    at(63, 'organization.member.added', member('org_3', ada)),
  ];
  const unlinked = {
    acme: { ...everything('Countess Ada'), [adaAtGoogle]: 'Name of google-oauth2|ada' },
    globex: { [ada]: 'Countess Ada', 'rol_admin admin': [ada] },
    initech: { [ada]: 'Countess Ada' },
  };
  const removed = [...life, at(70, 'user.deleted', { user_id: ada, deleted_at: second(70) })];
  const alone = { acme: { [adaAtGoogle]: 'Name of google-oauth2|ada' } };

  test.each([
    ['linked and unlinked', life, unlinked],
    ['removed in the end', removed, alone],
  ])(
    'ends the same in any order, any batches and however often told: %s',
    async (_what, events, end) => {
      const anyOrder = fc.record({
        order: fc.shuffledSubarray(events, { minLength: events.length }),
        again: fc.array(fc.constantFrom(...events), { maxLength: 8 }),
        batches: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 10 }),
      });
      const property = fc.asyncProperty(anyOrder, async ({ order, again, batches }) => {
        const { take, held } = makeAuth0Delivery();

        const told = [...again, ...order, ...again];
        for (let n = 0; told.length > 0; n += 1) await take(...told.splice(0, batches[n % batches.length]));

        expect(held()).toEqual(end);
      });

      await fc.assert(property, { seed: 20_260_901, numRuns: 200 });
    },
    60_000,
  );
});
