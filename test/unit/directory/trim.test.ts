import { describe, expect, test } from 'vitest';
import type { ContainerRef, MembershipChange, PersonChange } from '../../../lib/directory/change.ts';
import { containerKey, newPerson, type PersonEntry } from '../../../lib/directory/entry.ts';
import { foldAll, foldPerson } from '../../../lib/directory/fold.ts';
import { fitted, pruned, withNeeded } from '../../../lib/directory/trim.ts';
import { makePolicy, membershipChange, NOW, personChange, second } from '../../support/factories.ts';

const policy = makePolicy();
const group = (id: string): ContainerRef => ({ kind: 'group', id });
const org = { kind: 'organization', id: 'org_a' } as const;
const role = { kind: 'role', id: 'editor', organization: 'org_a' } as const;
const joins = (container: ContainerRef, n: number) => membershipChange({ container, at: second(n) });
const leaves = (container: ContainerRef, n: number) =>
  membershipChange({ container, at: second(n), member: false });
const entryOf = (...changes: (MembershipChange | PersonChange)[]) =>
  foldAll(newPerson('okta', 'ada'), changes);
const DAYS = 24 * 60 * 60_000;
const ageing = { now: NOW, keptMs: 30 * DAYS };
const keysOf = ({ memberships }: PersonEntry) => Object.keys(memberships);

describe('of the memberships of somebody', () => {
  test('those are kept that they have, however old', () => {
    const entry = entryOf(joins(group('g1'), 1));

    expect(pruned(entry, policy, { ...ageing, now: NOW + 3_000 * DAYS })).toBe(entry);
  });

  test('an end is kept for as long as something older may still come, counted from when it was told', () => {
    const told = pruned(entryOf(leaves(group('g1'), 1)), policy, ageing);
    const later = (days: number) => pruned(told, policy, { ...ageing, now: NOW + days * DAYS });

    expect(told.memberships['group:g1']).toEqual({ value: false, version: expect.any(String), toldAt: NOW });
    expect(later(30)).toBe(told);
    expect(keysOf(later(31))).toEqual([]);
  });

  test('an end that is told again stays as old as it was, and another end is a new one', () => {
    const told = pruned(entryOf(leaves(group('g1'), 1)), policy, ageing);
    const later = { ...ageing, now: NOW + 20 * DAYS };
    const again = (n: number) => pruned(foldPerson(told, leaves(group('g1'), n)), policy, later);

    expect([again(1), again(0)].map(({ memberships }) => memberships['group:g1']?.toldAt)).toEqual([
      NOW,
      NOW,
    ]);
    expect(again(2).memberships['group:g1']?.toldAt).toBe(later.now);
  });

  test('nothing comes back by a join that is older than an end told just now, whatever the time of both', () => {
    const years = { ...ageing, now: NOW + 900 * DAYS };
    const left = pruned(entryOf(leaves(group('g1'), 5)), policy, years);

    expect(foldPerson(left, joins(group('g1'), 4)).memberships['group:g1']).toMatchObject({ value: false });
  });

  test('no role comes back where the end of its organization goes', () => {
    const entry = pruned(entryOf(joins(role, 1), leaves(org, 2)), policy, ageing);

    expect(keysOf(pruned(entry, policy, { ...ageing, now: NOW + 31 * DAYS }))).toEqual([]);
  });

  test('those before the end of the person go with it', () => {
    const entry = entryOf(joins(group('g1'), 1), personChange({ at: second(2), exists: false }));

    expect(keysOf(pruned(entry, policy, ageing))).toEqual([]);
    expect(pruned(entry, makePolicy({ deprovision: { deleted: 'keep' } }), ageing)).toBe(entry);
  });

  test('a role goes with the end of the membership in its organization, and does not come back with that', () => {
    const left = pruned(entryOf(joins(role, 1), leaves(org, 2)), policy, ageing);
    const back = foldPerson(left, joins(org, 9));

    expect(keysOf(left)).not.toContain(containerKey(role));
    expect(keysOf(back)).toEqual(['organization:org_a']);
  });
});

describe('an entry with more memberships than the table holds', () => {
  const many = (count: number, member = true) =>
    Array.from({ length: count }, (_, n) =>
      membershipChange({ container: group(`00g${String(n).padStart(17, '0')}`), at: second(1), member }),
    );
  const full = fitted(entryOf(...many(1_500)), newPerson('okta', 'ada'));

  test('takes no new one', () => {
    const grown = entryOf(...many(3_000));

    expect(keysOf(full)).toHaveLength(1_500);
    expect(fitted(grown, full).memberships).toEqual(
      Object.fromEntries(Object.entries(grown.memberships).slice(0, 1_500)),
    );
  });

  test('takes every end of one that it has', () => {
    const ends = many(1_500, false).map((change) => ({ ...change, at: second(2) }));
    const left = foldAll(full, [...many(3_000), ...ends]);

    expect(Object.values(fitted(left, full).memberships).map(({ value }) => value)).toEqual(
      Array.from({ length: 1_500 }, () => false),
    );
  });
});

describe('of the attributes of somebody', () => {
  const told = (facts: object) =>
    entryOf(personChange({ profile: { name: 'Ada', email: 'a@example.com', plan: 'Pro' }, ...facts }));
  const left = (facts: object, source: object) =>
    Object.keys(withNeeded(told(facts), makePolicy({ ...source })).profile);

  test.each([
    [{}, ['name', 'email']],
    [{ attributes: { email: null, plan: { constant: 'Pro' } } }, ['name', 'plan']],
    [{ userId: 'email' }, ['name', 'email']],
    [{ profile: 'ids' }, []],
  ])('those are kept that are told, or are the user id: %j', (source, kept) => {
    expect(left({ exists: true }, source)).toEqual(kept);
  });

  test('all are kept that alone say that they are there', () => {
    expect(left({}, { profile: 'ids' })).toEqual(['name', 'email', 'plan']);
    expect(left({ exists: false }, { profile: 'ids' })).toEqual(['name', 'email', 'plan']);
  });

  test('all are kept where there is nothing to take out', () => {
    const entry = entryOf(personChange({ exists: true, profile: { name: 'Ada' } }));

    expect(withNeeded(entry, policy)).toBe(entry);
    expect(withNeeded(entry, undefined)).toBe(entry);
  });
});
