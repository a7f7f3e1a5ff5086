import { describe, expect, test } from 'vitest';
import type { MembershipChange } from '../../../lib/directory/change.ts';
import { newContainer, newPerson } from '../../../lib/directory/entry.ts';
import { foldContainer, foldPerson } from '../../../lib/directory/fold.ts';
import { attributesAsOf, isJustHeard, isLagging, isOvertaken } from '../../../lib/directory/trust.ts';
import { versionOf } from '../../../lib/directory/version.ts';
import { groupChange, membershipChange, personChange } from '../../support/factories.ts';

const START = Date.parse('2026-09-01T09:00:00.000Z');
const at = (ms: number) => new Date(START + ms).toISOString();
const MINUTE_MS = 60_000;
const event = (ms: number) => ({ at: at(ms), id: 'event-1' });
const read = (ms: number) => ({ at: at(ms), id: undefined, askedAt: at(ms) });
const organization = { kind: 'organization', id: 'org_1' } as const;
const role = { kind: 'role', id: 'editor', organization: 'org_1' } as const;

const entryOf = (...changes: MembershipChange[]) => changes.reduce(foldPerson, newPerson('okta', 'ada'));
const left = (when: object, container: MembershipChange['container'] = { kind: 'group', id: 'engineers' }) =>
  membershipChange({ ...when, container, member: false });

describe('a list lags behind', () => {
  test.each<[string, MembershipChange, MembershipChange[]]>([
    ['the event that somebody left', membershipChange(read(10 * MINUTE_MS - 1)), [left(event(0))]],
    ['also where it is older than that event', membershipChange(read(-MINUTE_MS)), [left(event(0))]],
    [
      'the event that they left the organization of a role',
      membershipChange({ ...read(MINUTE_MS), container: role }),
      [left(event(0), organization)],
    ],
    [
      'the event that they left an organization which they are in again',
      membershipChange({ ...read(MINUTE_MS), container: organization }),
      [left(event(0), organization), membershipChange({ ...event(1_000), container: organization })],
    ],
  ])('%s', (_what, listed, known) => {
    expect(isLagging(listed, entryOf(...known), 'event')).toBe(true);
    expect(isLagging(listed, entryOf(...known), 'any')).toBe(true);
  });

  test('a read by which somebody left, only where reads count as well', () => {
    const listed = membershipChange(read(MINUTE_MS));
    const entry = entryOf(left(read(0)));

    expect(['event', 'any'].map((by) => isLagging(listed, entry, by as 'event' | 'any'))).toEqual([
      false,
      true,
    ]);
  });

  test.each<[string, Parameters<typeof isLagging>[0], MembershipChange[]]>([
    ['ten minutes later', membershipChange(read(10 * MINUTE_MS)), [left(event(0))]],
    ['where nobody left', membershipChange(read(0)), [membershipChange(event(0))]],
    ['where they left something else', membershipChange(read(0)), [left(event(0), organization)]],
    ['that tells nobody a member', left(read(1)), [left(event(0))]],
    ['with what it tells of a person', personChange(read(1)), [left(event(0))]],
    [
      'with a role elsewhere',
      membershipChange({ ...read(1), container: { ...role, organization: 'org_2' } }),
      [left(event(0), organization)],
    ],
  ])('nothing %s', (_when, listed, known) => {
    expect(isLagging(listed, entryOf(...known), 'any')).toBe(false);
  });
});

describe('a membership is just heard of', () => {
  test.each([
    ['that an event told two minutes before a read at most', event(0), 2 * MINUTE_MS - 1, true],
    ['but not any longer before', event(0), 2 * MINUTE_MS, false],
    ['that an event told after the read', event(1_000), 0, true],
    ['but not by another read', read(0), 1_000, false],
  ])('%s', (_when, told, askedAt, expected) => {
    expect(isJustHeard(versionOf(told), START + askedAt)).toBe(expected);
  });
});

describe('the event that somebody left is overtaken', () => {
  test.each<[string, Parameters<typeof isOvertaken>[0], MembershipChange[], boolean]>([
    ['by a read of the same moment that has them in it', left(event(0)), [membershipChange(read(0))], true],
    ['by one up to ten minutes later', left(event(0)), [membershipChange(read(10 * MINUTE_MS - 1))], true],
    ['but not by one after that', left(event(0)), [membershipChange(read(10 * MINUTE_MS))], false],
    ['nor by an earlier one', left(event(0)), [membershipChange(read(-1))], false],
    ['nor by an event', left(event(0)), [membershipChange(event(1_000))], false],
    ['nor by a read that does not have them in it', left(event(0)), [left(read(1_000))], false],
    ['nor where nothing is known of it', left(event(0)), [], false],
    ['nor is what a read told', left(read(0)), [membershipChange(read(1_000))], false],
    ['nor the event that they joined', membershipChange(event(0)), [membershipChange(read(1_000))], false],
  ])('%s', (_by, heard, known, expected) => {
    expect(isOvertaken(heard, entryOf(...known))).toBe(expected);
  });
});

describe('attributes count as of', () => {
  test.each([
    ['the event that told them', event(0), at(0)],
    [
      'the last update, where that was less than ten minutes before the read',
      { ...read(MINUTE_MS), at: at(0) },
      at(0),
    ],
    [
      'ten minutes before the read, where that is older',
      { ...read(60 * MINUTE_MS), at: at(0) },
      at(50 * MINUTE_MS),
    ],
  ])('%s', (_when, told, expected) => {
    expect(versionOf(attributesAsOf(personChange(told)))).toBe(versionOf({ ...told, at: expected }));
  });

  test('and so does the name of a container, whose event is dated after the update that it tells of', () => {
    const heard = groupChange({ ...event(4), name: 'Team' });
    const listed = groupChange({ ...read(60 * MINUTE_MS), at: at(1), name: 'Group' });

    const team = newContainer({ source: 'okta', kind: 'group', id: heard.containerId });

    expect([heard, listed].reduce(foldContainer, team).name?.value).toBe('Group');
  });

  test('that alone: the rest of a read counts as of the last update', () => {
    const known = personChange({ ...event(4), blocked: true, profile: { name: 'Ada' } });
    const later = { ...read(60 * MINUTE_MS), at: at(0), blocked: false, profile: { name: 'Ada Lovelace' } };

    const entry = [known, personChange(later)].reduce(foldPerson, newPerson('okta', 'ada'));

    expect([entry.blocked?.value, entry.profile.name?.value]).toEqual([true, 'Ada Lovelace']);
  });
});
