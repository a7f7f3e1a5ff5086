import { describe, expect, test } from 'vitest';
import { type Entry, newContainer, newPerson, type PersonEntry } from '../../../lib/directory/entry.ts';
import { isOwed, owesRemoval } from '../../../lib/directory/owed.ts';
import { makePolicy, NOW } from '../../support/factories.ts';

const MINUTE_MS = 60_000;
const scope = JSON.stringify(['acme']);
const refusal = { reason: 'no name', attempts: 1, content: 'any', dueAt: NOW + MINUTE_MS };
const ada = (more: Partial<PersonEntry> = {}): PersonEntry => ({ ...newPerson('okta', 'ada'), ...more });
const at = (known: object): Partial<PersonEntry> => ({
  delivered: { ada: { [scope]: { present: true, ...known } } },
});
const group = (known: object): Entry => ({
  ...newContainer({ source: 'okta', kind: 'group', id: 'eng' }),
  delivered: { acme: { present: true, ...known } },
});

describe('something is owed', () => {
  test.each<[what: string, entry: Entry, minutes: number | undefined, expected: boolean]>([
    ['where Velt refused a person', ada(at({ present: false, refusal })), 60, true],
    ['where Velt refused an update', ada(at({ refusal })), 60, true],
    ['where Velt refused a group', group({ refusal }), 60, true],
    ['where a call was not confirmed', ada(at({ present: false })), 15, true],
    ['where a group was not confirmed', group({ present: false }), 15, true],
    ['where nobody looked in time', ada({ readDue: true }), -16, true],
    ['but not where a read is owed', ada({ readDue: true }), 15, false],
    [
      'but not to somebody who is there without a picture',
      ada(at({ refusal: { ...refusal, attributes: ['photoUrl'] } })),
      60,
      false,
    ],
    ['but not where nothing waits', ada(at({})), undefined, false],
  ])('%s', (_what, entry, minutes, expected) => {
    const dueAt = minutes === undefined ? undefined : NOW + minutes * MINUTE_MS;

    expect(isOwed({ entry, dueAt }, NOW)).toBe(expected);
  });

  test('but not while a delivery is at it', () => {
    const waiting = { entry: ada(at({ present: false })), dueAt: NOW + 15 * MINUTE_MS };
    const heldUntil = (until: number) => isOwed({ ...waiting, lease: { until } }, NOW);

    expect([heldUntil(NOW + 1), heldUntil(NOW)]).toEqual([false, true]);
  });

  test('but not where access only expires later', () => {
    const expiresAt = { value: new Date(NOW + MINUTE_MS).toISOString(), version: 'any' };
    const expiring = (then: number) =>
      isOwed({ entry: ada({ ...at({}), profile: { expiresAt } }), dueAt: NOW + MINUTE_MS }, then);

    expect([expiring(NOW), expiring(NOW + 2 * MINUTE_MS)]).toEqual([false, true]);
  });
});

describe('a removal is owed', () => {
  const here = { exists: { value: true, version: '1' } };
  const isOwedOf = (entry: PersonEntry) => owesRemoval(entry, new Map(), makePolicy(), NOW);

  test.each<[what: string, entry: PersonEntry, expected: boolean]>([
    ['of who left and is there', ada({ ...at({}), exists: { value: false, version: '2' } }), true],
    [
      'of who left and may be there',
      ada({ ...at({ present: false }), exists: { value: false, version: '2' } }),
      true,
    ],
    ['of who is blocked', ada({ ...at({}), ...here, blocked: { value: true, version: '2' } }), true],
    [
      'of who is in a group that they left',
      ada({ ...here, delivered: { ada: { [JSON.stringify(['acme', 'group', 'eng'])]: { present: true } } } }),
      true,
    ],
    [
      'of who was somebody else at Velt',
      ada({ ...here, delivered: { before: { [scope]: { present: true } } } }),
      true,
    ],
    ['but not of who is where they should be', ada({ ...here, ...at({ present: false }) }), false],
    ['but not of whom a newer version wrote', ada({ ...at({}), unreadable: true }), false],
  ])('%s', (_what, entry, expected) => {
    expect(isOwedOf(entry)).toBe(expected);
  });
});
