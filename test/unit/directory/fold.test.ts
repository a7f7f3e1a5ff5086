import { describe, expect, test } from 'vitest';
import type {
  ContainerChange,
  MembershipChange,
  NestingChange,
  PersonChange,
} from '../../../lib/directory/change.ts';
import {
  type ContainerEntry,
  entryKey,
  newContainer,
  newPerson,
  newUnreadable,
  type PersonEntry,
} from '../../../lib/directory/entry.ts';
import { foldContainer, foldPerson } from '../../../lib/directory/fold.ts';
import { membershipsOf } from '../../../lib/directory/graph.ts';
import { groupChange, membershipChange, personChange, second } from '../../support/factories.ts';

const engineers = { kind: 'group' as const, id: 'engineers' };

const foldAll = (...changes: (PersonChange | MembershipChange)[]): PersonEntry =>
  changes.reduce(foldPerson, newPerson('okta', 'ada'));
const foldGroup = (...changes: (ContainerChange | MembershipChange | NestingChange)[]): ContainerEntry =>
  changes.reduce(foldContainer, newContainer({ source: 'okta', ...engineers }));

const isEngineer = (entry: PersonEntry, group?: ContainerEntry): boolean =>
  membershipsOf(entry, new Map(group ? [[entryKey(group), group]] : [])).some(({ id }) => id === 'engineers');

const bothWays = <T, U>(fold: (...changes: T[]) => U, changes: T[]): [U, U] => [
  fold(...changes),
  fold(...changes.toReversed()),
];

describe('a person', () => {
  test('is what the newest event of each part says, in whatever order they come', () => {
    const entries = bothWays(foldAll, [
      personChange({ at: second(1), exists: true, profile: { name: 'Ada', email: 'ada@example.com' } }),
      personChange({ at: second(2), profile: { name: 'Countess Ada' } }),
    ]);

    for (const { exists, profile } of entries) {
      expect(exists?.value).toBe(true);
      expect([profile.name?.value, profile.email?.value]).toEqual(['Countess Ada', 'ada@example.com']);
    }
  });

  test('follows the greater event id where two events have the same time', () => {
    const entries = bothWays(foldAll, [
      personChange({ id: 'b', exists: false }),
      personChange({ id: 'a', exists: true }),
    ]);

    expect(entries.map(({ exists }) => exists?.value)).toEqual([false, false]);
  });

  test('is the same object when an event tells nothing newer', () => {
    const entry = foldAll(
      personChange({ at: second(1), exists: false }),
      personChange({ at: second(2), exists: true, connections: ['b', 'a'] }),
      membershipChange({ at: second(2) }),
    );

    expect(foldPerson(entry, personChange({ at: second(0), exists: false, connections: [] }))).toBe(entry);
    expect(foldPerson(entry, personChange({ at: second(1), exists: false }))).toBe(entry);
    expect(foldPerson(entry, personChange({ at: second(2), exists: true }))).toBe(entry);
    expect(foldPerson(entry, membershipChange({ at: second(1), member: false }))).toBe(entry);
    expect(foldPerson(entry, personChange({ at: second(3) }))).toBe(entry);
  });

  test('keeps an attribute that an event does not carry, and clears one that is null', () => {
    const { profile } = foldAll(
      personChange({ at: second(1), profile: { name: 'Ada', email: 'ada@example.com' } }),
      personChange({ at: second(2), profile: { email: null } }),
    );

    expect([profile.name?.value, profile.email?.value]).toEqual(['Ada', null]);
  });

  test('who left stays away from a late creation, and comes back with a later one', () => {
    const left = [
      personChange({ at: second(5), exists: false }),
      personChange({ at: second(1), exists: true }),
    ];

    const [gone] = bothWays(foldAll, left);
    const back = foldAll(...left, personChange({ at: second(6), exists: true }));

    expect([gone.exists?.value, back.exists?.value]).toEqual([false, true]);
  });

  test('who came back is remembered to have been deleted, and when last', () => {
    const entries = bothWays(foldAll, [
      personChange({ at: second(2), exists: false }),
      personChange({ at: second(4), exists: false }),
      personChange({ at: second(6), exists: true }),
    ]);

    const ends = entries.map(({ endedAt }) => endedAt);
    expect(ends).toEqual([`${second(4)}#event-1`, `${second(4)}#event-1`]);
  });

  test('has the newest list of connections as a whole', () => {
    const entries = bothWays(foldAll, [
      personChange({ at: second(1), connections: ['google', 'corp'] }),
      personChange({ at: second(2), connections: ['web', 'corp'] }),
      personChange({ at: second(3), exists: true }),
    ]);

    expect(entries.map(({ connections }) => connections?.value)).toEqual([
      ['corp', 'web'],
      ['corp', 'web'],
    ]);
  });

  test('is unblocked by a later event only', () => {
    const blocked = personChange({ at: second(2), blocked: true });

    const early = foldAll(blocked, personChange({ at: second(1), blocked: false }));
    const later = foldAll(blocked, personChange({ at: second(3), blocked: false }));

    expect([early.blocked?.value, later.blocked?.value]).toEqual([true, false]);
  });

  test('keeps a departure as a tombstone, against a join that comes late', () => {
    const entries = bothWays(foldAll, [
      membershipChange({ at: second(1), member: true }),
      membershipChange({ at: second(2), member: false }),
    ]);

    expect(entries.map((entry) => isEngineer(entry))).toEqual([false, false]);
  });
});

describe('a membership in an organization', () => {
  const organization = { kind: 'organization' as const, id: 'org_1' };
  const step = (at: number, member: boolean) =>
    membershipChange({ at: second(at), container: organization, member });
  const endedOf = ({ memberships }: PersonEntry) => memberships['organization:org_1']?.ended;

  test.each([
    ['no end before it', [step(3, true)], undefined],
    ['its newest end', [step(1, false), step(3, false), step(5, true)], second(3)],
    ['an end that is heard of late', [step(5, true), step(3, false)], second(3)],
  ])('remembers %s', (_what, changes, ended) => {
    const [entry, reversed] = bothWays(foldAll, changes);

    expect(entry).toEqual(reversed);
    expect(endedOf(entry)).toBe(ended && `${ended}#event-1`);
  });

  test('is the same object when an older end tells nothing newer', () => {
    const entry = foldAll(step(3, false), step(5, true));

    expect(foldPerson(entry, step(2, false))).toBe(entry);
    expect(foldPerson(entry, step(4, true))).toBe(entry);
  });
});

describe('what a container is nested in', () => {
  const nested = (at: number, member: boolean): NestingChange => ({
    ...{ kind: 'nesting', source: 'okta', at: second(at), id: 'event-1', member },
    child: engineers,
    container: { kind: 'role', id: 'editor', organization: 'org_1', name: 'Editor' },
  });
  const editor = newContainer({ source: 'okta', kind: 'role', id: 'editor' });

  test('is the newest word of each, in whatever order they come', () => {
    const entries = bothWays(foldGroup, [nested(1, true), nested(3, false), nested(2, true)]);

    expect(entries.map(({ memberships }) => memberships?.['role:org_1/editor']?.value)).toEqual([
      false,
      false,
    ]);
  });

  test('is there and has a name, which a departure does not tell', () => {
    const [there, unknown] = [true, false].map((member) => foldContainer(editor, nested(1, member)));

    expect([there?.exists?.value, there?.name?.value]).toEqual([true, 'Editor']);
    expect(unknown).toBe(editor);
  });

  test('is the same object when an event tells nothing newer', () => {
    const entry = foldGroup(nested(2, true));

    expect(foldContainer(entry, nested(1, false))).toBe(entry);
  });
});

describe('a group', () => {
  test('belongs to the organization that was told first, and an end tells none', () => {
    const told = foldGroup(
      groupChange({ organization: 'org_1' }),
      groupChange({ at: second(2), name: 'New' }),
    );

    expect(told.organization).toBe('org_1');
    expect(foldGroup(membershipChange({ member: false })).organization).toBeUndefined();
  });

  test('has the newest name, whoever told it', () => {
    const [entry, reversed] = bothWays(foldGroup, [
      groupChange({ at: second(1), name: 'Engineers' }),
      membershipChange({ at: second(2), container: { ...engineers, name: 'Engineering' } }),
    ]);

    expect([entry.name?.value, reversed.name?.value]).toEqual(['Engineering', 'Engineering']);
  });

  test('is there when someone joins, and a departure does not create it', () => {
    expect(foldGroup(membershipChange()).exists?.value).toBe(true);
    expect(foldGroup(membershipChange({ member: false })).exists).toBeUndefined();
  });

  test('that ended ends the memberships of that moment and before, and not those after', () => {
    const group = foldGroup(groupChange({ at: second(5), id: 'm', exists: false }));
    const joinedAt = (at: string, id: string) => foldAll(membershipChange({ at, id }));

    const members = [
      joinedAt(second(4), 'z'),
      joinedAt(second(5), 'l'),
      joinedAt(second(5), 'm'),
      joinedAt(second(5), 'n'),
      joinedAt(second(6), 'a'),
    ];

    expect(members.map((entry) => isEngineer(entry, group))).toEqual([false, false, false, true, true]);
  });

  test('that came back has lost its members of before', () => {
    const [entry, reversed] = bothWays(foldGroup, [
      groupChange({ at: second(5), exists: false }),
      groupChange({ at: second(7), exists: true }),
      groupChange({ at: second(3), exists: false }),
    ]);

    const member = foldAll(membershipChange({ at: second(4) }));
    expect([entry.exists?.value, entry.endedAt]).toEqual([true, reversed.endedAt]);
    expect(isEngineer(member, entry)).toBe(false);
  });

  test('is the same object when an event tells nothing newer', () => {
    const entry = foldGroup(groupChange({ at: second(5), exists: false, name: 'Engineers' }));

    expect(foldContainer(entry, groupChange({ at: second(4), exists: false, name: 'Old' }))).toBe(entry);
    expect(foldContainer(entry, membershipChange({ at: second(9), member: false }))).toBe(entry);
  });
});

test('nothing is folded into an entry that only a newer version can read', () => {
  const person = newUnreadable({ source: 'okta', kind: 'person', id: 'ada' }) as PersonEntry;
  const group = newUnreadable({ source: 'okta', kind: 'group', id: 'engineers' }) as ContainerEntry;

  expect(foldPerson(person, personChange({ exists: true }))).toBe(person);
  expect(foldContainer(group, groupChange({ exists: true }))).toBe(group);
});
