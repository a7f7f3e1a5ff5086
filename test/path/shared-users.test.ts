import { describe, expect, test } from 'vitest';
import { makeDelivery } from '../support/delivery.ts';
import { membershipChange, personChange, second } from '../support/factories.ts';

const email = 'ada@example.com';
const sourcesBy = (userId: string) => {
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

test('two people whose addresses differ in upper and lower case are one user where the setting says so, and else two', async () => {
  const ended = [];
  for (const userId of ['email', 'lower-case-email']) {
    const { run, users } = makeDelivery(sourcesBy(userId));
    await run(joins(password, 1));
    await run(
      personChange({ ...social, at: second(2), exists: true, profile: { email: 'Ada@Example.com' } }),
    );
    const before = users().toSorted();
    await run(leaves(password, 3));
    ended.push([before, users()]);
  }

  expect(ended).toEqual([
    [['Ada@Example.com', email], ['Ada@Example.com']],
    [[email], [email]],
  ]);
});

describe('somebody whose attribute is the id that somebody has in another source', () => {
  const sources = {
    okta: { kind: 'okta', organization: 'acme' },
    partners: { kind: 'auth0', organization: 'acme', userId: 'app_metadata.no' },
  };
  const employee = { source: 'okta', personId: '00u1' };
  const partner = { source: 'partners', personId: 'auth0|1' };
  const comes = (who: typeof employee, at: number) =>
    personChange({ ...who, at: second(at), exists: true, profile: { name: 'Ada', userId: '00u1' } });

  test.each([
    [employee, partner],
    [partner, employee],
  ])('is one user of Velt with them, until both have left: %#', async (first, last) => {
    const { run, users, calls } = makeDelivery(sources);
    await run(comes(first, 1));
    await run(comes(last, 2));

    await run(leaves(first, 3));
    const left = [users(), calls.filter(({ path }) => path.includes('delete'))];
    await run(leaves(last, 4));

    expect([left, users()]).toEqual([[['00u1'], []], []]);
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

describe('what one of two leaves and the other wants', () => {
  const source = {
    ...{ kind: 'okta', organization: 'acme', userId: 'email' },
    grants: [{ group: 'g', folderId: 'specs' }, { documentId: 'handbook' }],
  };
  const sources = { okta: source, partners: source };
  const inGroup = (who: typeof password, at: number, member = true) =>
    membershipChange({ ...who, at: second(at), member, container: { kind: 'group', id: 'g', name: 'G' } });
  const called = (who: typeof password, at: number, name: string) =>
    personChange({ ...who, at: second(at), exists: true, profile: { email, name } });

  test.each([
    ['is deleted', (who: typeof password) => leaves(who, 3)],
    ['is blocked', (who: typeof password) => personChange({ ...who, at: second(3), blocked: true })],
    [
      'has no verified address',
      (who: typeof password) => personChange({ ...who, at: second(3), emailVerified: false }),
    ],
    ['is in no group any more', (who: typeof password) => inGroup(who, 3, false)],
  ])(
    'is only taken off the record of who %s: an organization, a group, a folder and a document',
    async (_what, goes) => {
      const { run, calls, state } = makeDelivery(sources);
      await run(joins(password, 1), inGroup(password, 1));
      await run(joins(social, 2), inGroup(social, 2));
      const before = { held: structuredClone(state()), calls: calls.length };

      await run(goes(social));

      expect({ held: state(), calls: calls.length }).toEqual(before);
      expect(state()).toMatchObject({ groups: { g: { members: [email] } }, folders: { specs: [email] } });

      await run(goes(password));
      expect(state()?.groups.g?.members).toEqual([]);
      expect(state()?.folders.specs ?? []).toEqual([]);
    },
  );

  test('is shown by the profile of who stays', async () => {
    const { run, calls, state, memory } = makeDelivery(sources);
    await run(called(password, 1, 'Ada'));
    await run(called(social, 2, 'Pay invoices to me'));
    const before = calls.length;

    await run(leaves(social, 3));

    expect(state()?.users[email]?.name).toBe('Ada');
    expect(calls.slice(before).filter(({ path }) => path.includes('delete'))).toEqual([]);
    expect(memory.members('', { kind: 'user', id: email })).toEqual(['okta#person#auth0|1']);
  });

  test('is all that stays: what the other is not in is taken', async () => {
    const { run, users, state } = makeDelivery(sources);
    await run(joins(password, 1));
    await run(joins(social, 2), inGroup(social, 2));

    await run(leaves(social, 3));

    expect([users(), state()?.groups.g?.members, state()?.folders.specs]).toEqual([[email], [], []]);
  });

  test.each([
    ['the user', '/v2/users/delete', (who: typeof password) => leaves(who, 3), undefined],
    [
      'a member',
      '/v2/organizations/usergroups/users/delete',
      (who: typeof password) => inGroup(who, 3, false),
      'g',
    ],
  ])(
    'is given back where a removal of %s from before may have landed after all',
    async (_what, path, goes, group) => {
      const { run, once, state, faults, gone, time } = makeDelivery(sources);
      await run(joins(password, 1), inGroup(password, 1));
      faults.add({ match: { path }, answer: { kind: 'hang' } });
      await once(goes(password));
      time.now += 600_000;
      await run(joins(social, 4), inGroup(social, 4));
      gone('acme', email, group);

      await run(goes(password));

      expect(state()).toMatchObject({ users: { [email]: {} }, groups: { g: { members: [email] } } });
    },
  );

  test('is given back to who came while it was being taken', async () => {
    const { run, once, users, deps } = makeDelivery(sources);
    await run(joins(password, 1));
    const { apply } = deps.velt;
    deps.velt.apply = async (call, deadline) => {
      deps.velt.apply = apply;
      await once(joins(social, 4));
      return apply(call, deadline);
    };

    await run(leaves(password, 3));

    expect(users()).toEqual([email]);
  });

  test('is taken where the other is of a source that is not configured any more', async () => {
    const { run, users, deps } = makeDelivery(sources);
    await run(joins(password, 1));
    await run(joins(social, 2));
    deps.policies.delete('partners');

    await run(leaves(password, 3));

    expect(users()).toEqual([]);
  });

  test('is taken where both leave at once', async () => {
    const { run, users } = makeDelivery(sources);
    await run(joins(password, 1), joins(social, 1));

    await run(leaves(password, 2), leaves(social, 2));

    expect(users()).toEqual([]);
  });
});
