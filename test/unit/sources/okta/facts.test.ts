import { describe, expect, test } from 'vitest';
import type { PersonChange } from '../../../../lib/directory/change.ts';
import { personFact } from '../../../../lib/sources/okta/facts.ts';
import type { OktaUser } from '../../../../lib/sources/okta/schema.ts';
import { NOW, second } from '../../../support/factories.ts';

const reading = { source: 'okta', askedAt: NOW };

describe('a user read from the API', () => {
  const makeUser = (user: Partial<OktaUser> = {}): OktaUser => ({
    id: 'ada',
    status: 'ACTIVE',
    lastUpdated: '2026-09-01T09:00:01.000Z',
    profile: { email: 'ada@example.com', firstName: 'Ada', lastName: 'Example' },
    ...user,
  });

  test.each([
    ['STAGED', true, false],
    ['PROVISIONED', true, false],
    ['ACTIVE', true, false],
    ['RECOVERY', true, false],
    ['PASSWORD_EXPIRED', true, false],
    ['LOCKED_OUT', true, false],
    ['SUSPENDED', true, true],
    ['DEPROVISIONED', false, false],
  ] as const)('%s is active: %s, blocked: %s', (status, active, blocked) => {
    const person = personFact(makeUser({ status }), reading);

    expect(person).toMatchObject([{ exists: true, active, blocked }]);
  });

  test('is what it is on its way to', () => {
    const leaving = makeUser({ status: 'ACTIVE', transitioningToStatus: 'DEPROVISIONED' });
    const coming = makeUser({ status: 'DEPROVISIONED', transitioningToStatus: 'ACTIVE' });

    expect([leaving, coming].map((user) => personFact(user, reading)[0]?.active)).toEqual([false, true]);
  });

  test('is as new as the last event of the second of its last update, and never newer than the next second', () => {
    const [{ at }] = personFact(makeUser({ lastUpdated: second(1) }), reading) as [PersonChange];

    expect(at >= second(1).replace('.000Z', '.999Z')).toBe(true);
    expect(at < second(2)).toBe(true);
  });

  test('is as new as the moment before the request where Okta tells no time', () => {
    const [{ at }] = personFact(makeUser({ lastUpdated: '' }), reading) as [PersonChange];

    expect(at).toBe(new Date(NOW).toISOString());
  });

  test.each([
    ['display name', { displayName: 'Countess 山田', firstName: 'Ada' }, 'Countess 山田'],
    ['first and last name', { firstName: 'Żaneta', lastName: 'Example' }, 'Żaneta Example'],
    ['last name alone', { lastName: 'Example' }, 'Example'],
    ['lack of a name, as cleared', {}, null],
  ])('has the name of its %s', (_what, names, name) => {
    expect(personFact(makeUser({ profile: names }), reading)[0]?.profile).toEqual({ name, email: null });
  });
});
