import { describe, expect, test } from 'vitest';
import { desired, whyNoUserId } from '../../../lib/directory/desired.ts';
import { newPerson } from '../../../lib/directory/entry.ts';
import { foldPerson } from '../../../lib/directory/fold.ts';
import { makePolicy, personChange, second } from '../../support/factories.ts';

const ada = personChange({ exists: true, profile: { name: 'Ada Example', email: 'ada@example.com' } });
const entryAfter = (...facts: object[]) =>
  [ada, ...facts.map((told, index) => personChange({ at: second(index + 2), ...told }))].reduce(
    foldPerson,
    newPerson('okta', 'ada'),
  );
const userAfter = (source: object, ...facts: object[]) =>
  desired(entryAfter(...facts), new Map(), makePolicy({ ...source }))?.user;

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

    expect(whyNoUserId(entryAfter(facts), new Map(), policy) !== undefined).toBe(lacks);
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
