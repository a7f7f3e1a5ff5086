import { describe, expect, test } from 'vitest';
import { desired, lackOf } from '../../../lib/directory/desired.ts';
import { newPerson } from '../../../lib/directory/entry.ts';
import { foldPerson } from '../../../lib/directory/fold.ts';
import { createPolicy, type Settings } from '../../../lib/directory/policy.ts';
import { makePolicy, NOW, personChange, second } from '../../support/factories.ts';

const SETTINGS: Settings = {
  ...{ userId: 'id', users: 'all', organization: 'acme', grants: [], access: [] },
  deprovision: { deactivated: 'remove', suspended: 'remove', deleted: 'remove' },
  ...{ groups: { include: ['*'], exclude: [] }, roles: { include: [], exclude: [] } },
  ...{ readsPeople: false, readsOnEvents: false },
};
const ada = personChange({ exists: true, profile: { name: 'Ada Example', email: 'ada@example.com' } });
const entryAfter = (...facts: object[]) =>
  [ada, ...facts.map((told, index) => personChange({ at: second(index + 2), ...told }))].reduce(
    foldPerson,
    newPerson('okta', 'ada'),
  );
const userAfter = (source: object, ...facts: object[]) =>
  desired(entryAfter(...facts), new Map(), makePolicy({ ...source }), NOW)?.user;

describe('an e-mail address that is the Velt user id', () => {
  const byEmail = { userId: 'email' };

  test('is one as long as nobody says that it is not verified', () => {
    const verified = { emailVerified: true };
    const unverified = { emailVerified: false };

    expect(userAfter(byEmail)?.userId).toBe('ada@example.com');
    expect(userAfter(byEmail, verified)?.userId).toBe('ada@example.com');
    expect(userAfter(byEmail, unverified)).toBeUndefined();
    expect(userAfter(byEmail, unverified, verified)?.userId).toBe('ada@example.com');
    expect(userAfter(byEmail, verified, { ...unverified, at: second(1), id: 'a' })?.userId).toBe(
      'ada@example.com',
    );
  });

  test.each([
    ['has no address', { profile: { email: null } }, {}, true],
    ['has one that is not verified', { emailVerified: false }, {}, true],
    ['has one that is too long', { profile: { email: `${'a'.repeat(300)}@example.com` } }, {}, true],
    ['has a verified one', { emailVerified: true }, {}, false],
    ['is blocked as well', { emailVerified: false, blocked: true }, {}, false],
    ['is out of scope as well', { emailVerified: false }, { users: { groups: ['VIP'] } }, false],
    ['is known by id', { emailVerified: false }, { userId: 'id' }, false],
  ])('is what somebody lacks who %s: %#', (_what, facts, source, lacks) => {
    const policy = makePolicy({ ...byEmail, ...source });

    expect(lackOf(entryAfter(facts), new Map(), policy, NOW) !== undefined).toBe(lacks);
  });
});

test.each([
  ['id', 'ada'],
  ['email', 'Ada@Example.com'],
  ['lower-case-email', 'ada@example.com'],
])('of the setting %s the Velt user id is %s, and the address is told as it is written', (userId, id) => {
  const user = userAfter({ userId }, { profile: { email: 'Ada@Example.com' } });

  expect(user).toMatchObject({ userId: id, email: 'Ada@Example.com' });
});

test('an address that is not verified is an attribute as before where it is not the Velt user id', () => {
  expect(userAfter({}, { emailVerified: false })?.email).toBe('ada@example.com');
});

describe('an attribute that is the Velt user id', () => {
  const policy = createPolicy({ ...SETTINGS, userId: 'attribute' });
  const userOf = (...facts: object[]) => desired(entryAfter(...facts), new Map(), policy, NOW)?.user;
  const whyNot = (...facts: object[]) => lackOf(entryAfter(...facts), new Map(), policy, NOW)?.why;

  test('is who somebody is, and is never told as an attribute', () => {
    expect(userOf({ profile: { userId: 'E-1' } })).toEqual({
      ...{ userId: 'E-1', name: 'Ada Example', email: 'ada@example.com' },
    });
  });

  test.each([
    ['was told to be none', { profile: { userId: null } }, 'they have no attribute'],
    ['was never told', {}, 'was not told, or cannot be read'],
    ['is none, of somebody who is blocked', { profile: { userId: null }, blocked: true }, undefined],
    ['is there', { profile: { userId: 'E-1' } }, undefined],
  ])('that %s says why somebody is not in Velt, or nothing', (_what, facts, why) => {
    expect(whyNot(facts)).toEqual(why === undefined ? undefined : expect.stringContaining(why));
  });

  test('that was never told leaves whoever is at Velt who they are there', () => {
    const known = { ...entryAfter(), delivered: { before: { '["acme"]': { present: true } } } };

    expect(desired(known, new Map(), policy, NOW)?.user.userId).toBe('before');
    expect(desired(known, new Map(), makePolicy({ userId: 'email' }), NOW)?.user.userId).toBe(
      'ada@example.com',
    );
  });
});

test('whoever has neither name nor address is called by their Velt user id', () => {
  expect(userAfter({}, { profile: { name: null, email: null } })).toEqual({ userId: 'ada', name: 'ada' });
});

describe('where people are read', () => {
  const policy = createPolicy({ ...SETTINGS, userId: 'id', readsPeople: true });
  const isHere = (over: object) =>
    desired({ ...newPerson('okta', 'ada'), ...over }, new Map(), policy, NOW) !== undefined;
  const [heard, read] = [`${second(1)}#event-1`, `${second(1)}#read ${second(1)}`];
  const delivered = { ada: { '["acme"]': { present: true } } };

  test.each([
    ['an event alone says that they are there', { exists: { value: true, version: heard } }, false],
    ['a read says so', { exists: { value: true, version: read } }, true],
    ['an event says so, and they are at Velt', { exists: { value: true, version: heard }, delivered }, true],
    ['nothing says so, though they are at Velt', { delivered }, false],
    ['a read says that they left', { exists: { value: false, version: read }, delivered }, false],
  ])('somebody without a profile is known, or not, of whom %s', (_what, over, known) => {
    expect(isHere(over)).toBe(known);
  });
});

describe('somebody who is gone and kept, and of whom no attribute is known', () => {
  const gone = foldPerson(newPerson('okta', 'zoe'), personChange({ personId: 'zoe', exists: false }));
  const keeping = makePolicy({ deprovision: { deleted: 'keep' } });
  const atVelt = (known: object) => ({
    ...gone,
    delivered: { zoe: { '["acme"]': { present: true, ...known } } },
  });

  test('stays at Velt where Velt was told of them', () => {
    expect(desired(atVelt({ digest: 'told' }), new Map(), keeping, NOW)?.user.userId).toBe('zoe');
  });

  test('is nobody of ours where somebody else put them there', () => {
    expect(desired(atVelt({}), new Map(), keeping, NOW)).toBeUndefined();
  });
});

test.each([
  ['first', ['E-2', 'E-1']],
  ['last', ['E-1', 'E-2']],
])('who moves and was not told of stays the one who is not being taken away, who stands %s', (_, ids) => {
  const known = (id: string) => ({ '["acme"]': { present: id === 'E-2' } });
  const delivered = Object.fromEntries(ids.map((id) => [id, known(id)]));
  const policy = makePolicy({ api: {}, userId: 'profile.employeeNumber' });

  expect(desired({ ...entryAfter(), delivered }, new Map(), policy, NOW)?.user.userId).toBe('E-2');
});
