import { describe, expect, test } from 'vitest';
import type { Change, ContainerNews, ContainerRef } from '../../../lib/directory/change.ts';
import { entryKey, newContainer, newPerson, type PersonEntry } from '../../../lib/directory/entry.ts';
import { foldPerson } from '../../../lib/directory/fold.ts';
import { createHashSet } from '../../../lib/directory/hash-set.ts';
import { absenceOf, endOfGroup, type ListedDirectory } from '../../../lib/reconcile/absence.ts';
import { foldContainers } from '../../../lib/reconcile/diff.ts';
import { losingKey, noteComplete, noteListed } from '../../../lib/reconcile/listed.ts';
import type { Page } from '../../../lib/sources/source.ts';
import { makePolicy, membershipChange, NOW, personChange, second } from '../../support/factories.ts';

const started = new Date(NOW).toISOString();
const later = { at: new Date(NOW + 1_000).toISOString() };
const group = { kind: 'group', id: 'engineers' } as const;
const organization = { kind: 'organization', id: 'org_1' } as const;
const role = { kind: 'role', id: 'editor', organization: 'org_1' } as const;
const ada = personChange({ exists: true, profile: { name: 'Ada' } });
const isIn = (container: ContainerRef, change = {}) => membershipChange({ container, ...change });
const auth0 = { kind: 'auth0', organization: { org_1: 'acme' }, roles: { include: ['*'] } };

/** Ada as facts made her, with the scopes that Velt holds of her in its organization `acme`. */
function makeEntry(facts: Change[], atVelt: string[][] = []): PersonEntry {
  const entry = facts.reduce(
    (so, change) => foldPerson(so, change as Parameters<typeof foldPerson>[1]),
    newPerson('okta', 'ada'),
  );
  const scopes = atVelt.map((scope) => [JSON.stringify(['acme', ...scope]), { present: true }]);
  return { ...entry, delivered: scopes.length > 0 ? { ada: Object.fromEntries(scopes) } : {} };
}

interface Lists {
  listed?: Change[];
  complete?: Page['complete'];
  unread?: Page['complete'];
  deactivated?: Page['deactivated'];
  losing?: boolean;
  /** What says that the group is there. */
  containersAt?: string;
  covers?: ListedDirectory['directory']['covers'];
  source?: Record<string, unknown>;
}

function makeListing({
  listed = [],
  complete = [],
  unread = [],
  deactivated,
  losing,
  covers = ['group'],
  source,
}: Lists): ListedDirectory {
  const hashes = createHashSet();
  for (const change of listed) noteListed(change, hashes);
  noteComplete({ complete, unread, ...(deactivated && { deactivated }) } as Page, 'okta', hashes);
  if (losing) hashes.add(losingKey('okta#person#ada'));
  return {
    run: { source: 'okta', startedAt: started },
    listed: hashes,
    directory: { covers },
    policy: makePolicy(source),
  };
}

/** What comes of Ada; what is deferred of containers is `news`. */
function absence(entry: PersonEntry, lists: Lists, news: ContainerNews[] = []) {
  const listing = makeListing(lists);
  const exists = { value: true, version: lists.containersAt ?? second(0) };
  const containers = [group, organization, role].map(({ kind, id }) => {
    const container = newContainer({ source: 'okta', kind, id });
    return { ...container, exists, name: { value: id, version: second(0) } };
  });
  const around = new Map(containers.map((container) => [entryKey(container), container]));
  const ends = containers.flatMap((container) => endOfGroup(container, listing));
  const ahead = [...news, ...ends].length > 0 ? foldContainers(around, [...news, ...ends]) : around;
  return absenceOf(entry, { around, ahead }, listing, NOW + 60_000);
}

const atVelt = [[]];
const inGroup = [[], ['group', 'engineers']];
const loss = (part: object) => ({
  effect: expect.objectContaining({ adds: 0, removes: 0, leaves: 0, ...part }),
  lost: expect.arrayContaining([expect.any(String)]),
});

describe('of whom was listed with everything they are in,', () => {
  test('nothing is asked', () => {
    const entry = makeEntry([ada, isIn(group)], inGroup);

    expect(absence(entry, { listed: [ada, isIn(group)], complete: [group] })).toEqual({
      ...{ ask: undefined, rolesIn: [], loss: undefined },
    });
  });

  test.each([
    ['suspended or blocked', { blocked: true }],
    ['deactivated', { active: false }],
    ['deleted', { exists: false }],
  ])('and is %s there, that is asked', (reason, facts) => {
    const entry = makeEntry([ada, personChange({ at: second(2), ...facts })], atVelt);

    expect(absence(entry, { listed: [ada], losing: true })).toMatchObject({
      ask: reason,
      loss: loss({ removes: 1 }),
    });
  });

  test('and was found to lose something by the list, which is not folded in yet, it is asked', () => {
    const entry = makeEntry([ada], atVelt);

    expect(absence(entry, { listed: [ada], losing: true })).toEqual({
      ask: 'the directory or the configuration says so',
      ...{ rolesIn: [], loss: undefined },
    });
  });

  test('what deferred news of a group takes away is counted, and asked of nobody', () => {
    const entry = makeEntry([ada, isIn(group)], inGroup);
    const gone: ContainerNews = {
      kind: 'group',
      source: 'okta',
      containerId: 'engineers',
      exists: false,
      ...later,
    };

    const found = absence(entry, { listed: [ada, isIn(group)], complete: [group] }, [gone]);

    expect(found).toEqual({ ask: undefined, rolesIn: [], loss: loss({ leaves: 1 }) });
  });
});

describe('whoever was not listed is asked about', () => {
  test.each<[string, PersonEntry, Lists]>([
    ['who is at Velt', makeEntry([ada], atVelt), {}],
    ['of whom something is at Velt and nothing is known', makeEntry([], atVelt), {}],
    [
      'who is at Velt, and was read since the run began',
      makeEntry([ada, personChange({ exists: true, at: later.at, askedAt: later.at })], atVelt),
      {},
    ],
    [
      'who is deactivated and stays so, where all of those were listed',
      makeEntry([ada, personChange({ active: false })], atVelt),
      { source: { deprovision: { deactivated: 'keep' } }, deactivated: { personIds: [], complete: true } },
    ],
    [
      'who is deactivated and would be removed anyway',
      makeEntry([ada, personChange({ active: false })], atVelt),
      { deactivated: { personIds: ['ada'], complete: true } },
    ],
  ])('%s, and would be removed', (_who, entry, lists) => {
    expect(absence(entry, lists)).toMatchObject({ ask: 'not listed', loss: loss({ removes: 1 }) });
  });

  test('who should be at Velt and is not, and would lose nothing', () => {
    expect(absence(makeEntry([ada]), {})).toMatchObject({ ask: 'not listed', loss: undefined });
  });

  test('who would be at Velt by deferred news of a group, and would lose nothing', () => {
    const entry = makeEntry([ada, isIn(group)]);
    const source = { users: { groups: ['Staff'] } };
    const named: ContainerNews = {
      kind: 'group',
      source: 'okta',
      containerId: 'engineers',
      name: 'Staff',
      ...later,
    };

    expect(absence(entry, { source, listed: [named] }, [named])).toMatchObject({
      ask: 'not listed',
      loss: undefined,
    });
    expect(absence(entry, { source, listed: [named] })).toMatchObject({ ask: undefined });
  });

  test('with the organizations of all of their roles', () => {
    const entry = makeEntry([ada, isIn(organization), isIn(role)], atVelt);

    expect(absence(entry, { source: auth0 })).toMatchObject({ ask: 'not listed', rolesIn: ['org_1'] });
  });
});

describe('whoever was not listed is not asked about', () => {
  const isGrace = isIn(group, { personId: 'grace' });

  test.each<[string, PersonEntry, Lists]>([
    ['who is nobody at Velt and should not be', makeEntry([isIn(group)]), {}],
    [
      'who is known to be gone, and at Velt no more',
      makeEntry([ada, personChange({ exists: false, at: second(2) })]),
      {},
    ],
    ['of whom an event told since the run began', makeEntry([ada, { ...ada, ...later }], atVelt), {}],
    [
      'who joined something by an event since the run began',
      makeEntry([ada, isIn(group, { ...later })], atVelt),
      {},
    ],
    [
      'who comes with a group whose members could not be read',
      makeEntry([ada, isIn(group)], atVelt),
      { source: { users: { groups: ['engineers'] } }, listed: [isGrace], unread: [group] },
    ],
    [
      'who is deactivated and stays so, where nobody listed those',
      makeEntry([ada, personChange({ active: false })], atVelt),
      { source: { deprovision: { deactivated: 'keep' } } },
    ],
    [
      'who is deactivated and stays so, and was listed with those',
      makeEntry([ada, personChange({ active: false })], atVelt),
      {
        source: { deprovision: { deactivated: 'keep' } },
        deactivated: { personIds: ['ada'], complete: true },
      },
    ],
  ])('%s', (_who, entry, lists) => {
    expect(absence(entry, lists)).toEqual({ ask: undefined, rolesIn: [], loss: undefined });
  });
});

describe('a membership that was not listed', () => {
  const member = makeEntry([ada, isIn(group)], inGroup);

  test('in a group that was listed to its end is asked about', () => {
    expect(absence(member, { listed: [ada, isIn(group, { personId: 'grace' })], complete: [group] })).toEqual(
      {
        ...{ ask: 'not listed in 1 of their groups', rolesIn: [], loss: loss({ leaves: 1 }) },
      },
    );
  });

  test('is asked about also where it brings nothing at Velt yet', () => {
    const entry = makeEntry([ada, isIn(group)], atVelt);

    expect(
      absence(entry, { listed: [ada, isIn(group, { personId: 'grace' })], complete: [group] }),
    ).toMatchObject({ ask: 'not listed in 1 of their groups', loss: undefined });
  });

  test('in a group that was not listed either is counted; the group is asked about', () => {
    const found = absence(member, { listed: [ada] });

    expect(found).toEqual({ ask: undefined, rolesIn: [], loss: loss({ leaves: 1 }) });
  });

  test('in a group that no list has, and that an event has there since the run began, is asked about', () => {
    expect(absence(member, { listed: [ada], containersAt: later.at })).toEqual({
      ...{ ask: 'not listed in 1 of their groups', rolesIn: [], loss: loss({ leaves: 1 }) },
    });
  });

  test('of a role is asked about where the members of its organization were listed, and the role counts', () => {
    const entry = makeEntry([ada, isIn(organization), isIn(role)], [[], ['group', 'editor']]);
    const lists = { listed: [ada, isIn(organization)], complete: [organization] };
    const none = { ...auth0, roles: { include: [] } };

    expect(absence(entry, { ...lists, source: auth0 })).toEqual({
      ...{ ask: 'not listed in 1 of their groups', rolesIn: ['org_1'], loss: loss({ leaves: 1 }) },
    });
    expect(absence(entry, { ...lists, source: none })).not.toMatchObject({ rolesIn: ['org_1'] });
    expect(absence(entry, { listed: lists.listed, source: auth0 })).toMatchObject({ ask: undefined });
  });

  test.each<[string, PersonEntry, Lists]>([
    ['in a group whose list was cut short', member, { listed: [ada, isIn(group, { personId: 'grace' })] }],
    ['in a group that no list is said to tell', member, { listed: [ada], covers: [] }],
    [
      'that an event told since the run began',
      makeEntry([ada, isIn(group, later)], inGroup),
      { listed: [ada], complete: [group] },
    ],
    [
      'of somebody who was deleted after it',
      makeEntry([ada, isIn(group), personChange({ exists: false, at: second(2) })], []),
      { listed: [ada], complete: [group] },
    ],
    [
      'in a group, of somebody who was deleted and is kept in it,',
      makeEntry([ada, isIn(group), personChange({ exists: false, at: second(2) })], inGroup),
      {
        listed: [isIn(group, { personId: 'grace' })],
        complete: [group],
        source: { deprovision: { deleted: 'keep' } },
      },
    ],
    [
      'that ended',
      makeEntry([ada, isIn(group), isIn(group, { at: second(2), member: false })], atVelt),
      { listed: [ada], complete: [group] },
    ],
  ])('%s is not asked about', (_what, entry, lists) => {
    expect(absence(entry, lists)).toEqual({ ask: undefined, rolesIn: [], loss: undefined });
  });
});
