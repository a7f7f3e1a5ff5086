import { describe, expect, test } from 'vitest';
import { createPolicy, type Named, type Settings } from '../../../lib/directory/policy.ts';

const NONE = { include: [], exclude: [] };

function makePolicy(settings: Partial<Settings> = {}) {
  return createPolicy({
    ...{
      userId: 'id',
      users: 'all',
      organization: 'acme',
      grants: [],
      access: [],
      groups: NONE,
      roles: NONE,
    },
    deprovision: { deactivated: 'remove', suspended: 'remove', deleted: 'remove' },
    ...{ readsPeople: false, readsOnEvents: false },
    ...settings,
  });
}

const group = (name?: string, id = 'g1'): Named => ({ kind: 'group', id, name });
const role = (name?: string): Named => ({ kind: 'role', id: 'r1', name });
const organization = (id: string, name?: string): Named => ({ kind: 'organization', id, name });
const application = (id: string): Named => ({ kind: 'application', id });
const connection: Named = { kind: 'connection', id: 'saml' };
const including = (...include: string[]) => ({ groups: { include, exclude: [] } });

describe('a pattern', () => {
  test.each([
    ['*', 'anything', true],
    ['*', undefined, true],
    ['g1', undefined, true],
    ['G1', undefined, false],
    ['Engineers', undefined, false],
    ['Engineers', 'ENGINEERS', true],
    ['engineers', 'Engineers', true],
    ['Engineers', 'Engineers 2', false],
    ['Engineers', 'The Engineers', false],
    ['Eng*', 'Engineers', true],
    ['Eng*', 'eng', true],
    ['Eng*', 'The Eng', false],
    ['*eers', 'Engineers', true],
    ['*eers', 'Engineers 2', false],
    ['*gin*', 'Engineers', true],
    ['*gin*', 'Eng', false],
    ['E*g*s', 'Engineers', true],
    ['E*g*s', 'Engineer', false],
    ['E**s', 'Engineers', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['ab*bc', 'abc', false],
    ['*ab*ab*', 'abab', true],
    ['*ab*ab*', 'aba', false],
    ['a*b*c', 'acb', false],
    ['a.c', 'abc', false],
    ['(a|b)+', '(A|B)+', true],
    ['Zo\u00eb*', 'ZOE\u0308 and friends', true],
    ['Zoe\u0308', 'zo\u00eb', true],
    [' Engineers ', 'Engineers\u0000', true],
    ['?*', ' ', false],
    ['\u200B', ' ', false],
  ])('%s means a group g1 called %s: %s', (pattern, name, expected) => {
    expect(makePolicy(including(pattern)).becomesGroup(group(name))).toBe(expected);
  });

  // By trying every place for every star it would take longer than anybody waits.
  test('with hundreds of stars is decided by one pass over a long name', () => {
    const pattern = `${'a*'.repeat(500)}b`;

    expect(makePolicy(including(pattern)).becomesGroup(group('a'.repeat(16_000)))).toBe(false);
  });
});

describe('a Velt group becomes of', () => {
  test.each<[string, Partial<Settings>, Named, boolean]>([
    ['a group that is included', including('Eng*'), group('Engineers'), true],
    [
      'no group that is excluded too',
      { groups: { include: ['*'], exclude: ['Eng*'] } },
      group('Engineers'),
      false,
    ],
    ['no group where none is included', {}, group('Engineers'), false],
    ['no role that is included as a group', including('*'), role('Editor'), false],
    ['a role that is included', { roles: { include: ['Ed*'], exclude: [] } }, role('Editor'), true],
    [
      'no group that is included as a role',
      { roles: { include: ['*'], exclude: [] } },
      group('Editor'),
      false,
    ],
    [
      'nothing else',
      { ...including('*'), roles: { include: ['*'], exclude: [] } },
      organization('o1'),
      false,
    ],
  ])('%s', (_what, settings, ref, expected) => {
    expect(makePolicy(settings).becomesGroup(ref)).toBe(expected);
  });
});

describe('in scope', () => {
  const byGroups = { users: { groups: ['Staff', 'g2'] } };

  test.each<[string, Partial<Settings>, Named[], boolean]>([
    ['is everyone, where everyone is', {}, [], true],
    ['is who is assigned to the application', { users: { application: 'app' } }, [application('app')], true],
    ['is nobody of another application', { users: { application: 'app' } }, [application('other')], false],
    ['is nobody of a group called so', { users: { application: 'app' } }, [group('app', 'app')], false],
    ['is who is in one of the groups', byGroups, [group('Other'), group('staff')], true],
    ['is who is in one by its id', byGroups, [group(undefined, 'g2')], true],
    ['is who has a role called so', byGroups, [role('Staff')], true],
    ['is nobody of an organization called so', byGroups, [organization('o1', 'Staff')], false],
    ['is nobody who is in nothing', byGroups, [], false],
  ])('%s', (_who, settings, memberOf, expected) => {
    expect(makePolicy(settings).isInScope(memberOf)).toBe(expected);
  });

  test.each<[string, Partial<Settings>, object]>([
    ['everyone', {}, { everyone: true, application: undefined }],
    ['an application', { users: { application: 'app' } }, { everyone: false, application: 'app' }],
    ['groups', byGroups, { everyone: false, application: undefined }],
  ])('is decided by %s', (_what, settings, expected) => {
    expect(makePolicy(settings)).toMatchObject(expected);
  });

  test('a group brings its members only where groups decide', () => {
    expect(makePolicy(byGroups).decides(group('Staff'))).toBe(true);
    expect(makePolicy(byGroups).decides(group('Other'))).toBe(false);
    expect(makePolicy(including('*')).decides(group('Staff'))).toBe(false);
  });
});

describe('the Velt organizations of somebody are', () => {
  const mapped = { organization: { organizations: { o1: 'acme', Globex: 'globex', o3: 'acme' } } };
  const policy = makePolicy(mapped);

  test.each<[string, Named[], string[]]>([
    [
      'those of their organizations, by id or by name',
      [organization('o1'), organization('o2', 'Globex')],
      ['acme', 'globex'],
    ],
    ['one where two are the same', [organization('o1'), organization('o3')], ['acme']],
    ['none where theirs are not mapped', [organization('o9', 'globex')], []],
    ['none by a name that every object has', [organization('constructor', 'toString')], []],
    ['none where they are in none', [], []],
  ])('%s', (_what, organizations, expected) => {
    expect([...policy.organizationsOf(organizations)]).toEqual(expected);
  });

  test('the one of everyone where there is one', () => {
    expect([...makePolicy().organizationsOf([])]).toEqual(['acme']);
    expect(makePolicy().organizationFor(organization('o9'))).toBe('acme');
    expect(makePolicy().organizationIds).toEqual(['acme']);
  });

  test('each once, of all that are mapped', () => {
    expect(policy.organizationIds).toEqual(['acme', 'globex']);
  });

  describe('of whom groups or an attribute say it', () => {
    const byGroups = makePolicy({
      organization: { groups: { 'Acme *': 'acme', g7: 'acme', 'Acme East': 'globex', constructor: 'other' } },
    });
    const byAttribute = makePolicy({ organization: { attribute: ['acme', 'globex', 'acme'] } });

    test.each<[string, Named[], string[]]>([
      ['those of their groups, by id or by name', [group('Acme West'), group('Other', 'g7')], ['acme']],
      ['all that a group stands for', [group('acme east')], ['acme', 'globex']],
      ['several of several groups', [group('Acme West'), group('constructor', 'g2')], ['acme', 'other']],
      ['none of a group that no pattern means', [group('Acme'), group(undefined)], []],
      ['none of what is no group', [organization('g7', 'Acme West'), application('g7'), connection], []],
      ['none where they are in none', [], []],
    ])('%s', (_what, memberOf, expected) => {
      expect([...byGroups.organizationsOf(memberOf)]).toEqual(expected);
    });

    test('each once, of all that there can be', () => {
      expect(byGroups.organizationIds).toEqual(['acme', 'globex', 'other']);
      expect(byAttribute.organizationIds).toEqual(['acme', 'globex']);
    });

    test('of use as an attribute where the attribute says it, and nowhere else', () => {
      const needs = [byAttribute, byGroups, makePolicy()].map((policy) => policy.needs('organization'));

      expect(needs).toEqual([true, false, false]);
      expect(byAttribute.attributes).not.toContain('organization');
    });
  });

  test('by the id before the name', () => {
    expect(
      makePolicy({ organization: { organizations: { o1: 'acme', o2: 'globex' } } }).organizationFor(
        organization('o1', 'o2'),
      ),
    ).toBe('acme');
  });
});

describe('a container counts', () => {
  const grants = [{ group: 'Writers', folderId: 'drafts' }];
  const access = [{ group: 'Contractors', role: 'viewer' as const }];
  const byGroup: Partial<Settings> = { organization: { groups: { 'Acme *': 'acme' } } };

  test.each<[string, Partial<Settings>, Named, boolean]>([
    ['a group that becomes one', including('Eng*'), group('Engineers'), true],
    ['a group that decides who is in scope', { users: { groups: ['Staff'] } }, group('Staff'), true],
    ['a group that is granted something', { grants }, group('Writers'), true],
    ['a group that gives a role', { access }, group('Contractors'), true],
    ['a group that says the organization', byGroup, group('Acme West'), true],
    ['no group where an attribute says it', { organization: { attribute: ['acme'] } }, group('acme'), false],
    ['no other group', { ...including('Eng*'), grants, access }, group('Others'), false],
    ['the application that decides', { users: { application: 'app' } }, application('app'), true],
    ['no other application', { users: { application: 'app' } }, application('other'), false],
    ['no application where none decides', {}, application('app'), false],
    [
      'an organization that is mapped',
      { organization: { organizations: { o1: 'acme' } } },
      organization('o1'),
      true,
    ],
    [
      'no organization that is not',
      { organization: { organizations: { o1: 'acme' } } },
      organization('o2'),
      false,
    ],
    [
      'any organization where not everyone is in scope, for a role there may bring somebody',
      { organization: { organizations: { o1: 'acme' } }, users: { groups: ['Editor'] } },
      organization('o2'),
      true,
    ],
    ['a connection, which may be in a group', {}, connection, true],
  ])('%s', (_what, settings, ref, expected) => {
    expect(makePolicy(settings).counts(ref)).toBe(expected);
  });

  test.each<[string, Partial<Settings>, [boolean, boolean]]>([
    ['no group and no role where none is named', {}, [false, false]],
    ['groups where one becomes one', including('*'), [true, false]],
    ['roles where one becomes one', { roles: { include: ['*'], exclude: [] } }, [false, true]],
    ['both where they decide who is in scope', { users: { groups: ['Staff'] } }, [true, true]],
    ['both where they are granted something', { grants }, [true, true]],
    ['both where they give a role', { access }, [true, true]],
    ['both where they say the organization', byGroup, [true, true]],
    ['no group where an attribute says it', { organization: { attribute: ['acme'] } }, [false, false]],
    ['no group where a grant is for everyone', { grants: [{ folderId: 'drafts' }] }, [false, false]],
  ])('%s', (_what, settings, expected) => {
    const policy = makePolicy(settings);

    expect([policy.mayCount('group'), policy.mayCount('role')]).toEqual(expected);
  });
});

test.each<[string, Partial<Settings>, boolean]>([
  ['where no pattern looks at them', including('*'), false],
  ['where a pattern of groups does', including('Eng*'), true],
  ['where a pattern leaves out', { groups: { include: ['*'], exclude: ['Eng*'] } }, true],
  ['where a pattern of roles does', { roles: { include: [], exclude: ['Ed*'] } }, true],
  ['where a grant does', { grants: [{ group: 'Writers', folderId: 'drafts' }] }, true],
  ['where a grant is for everyone', { grants: [{ folderId: 'drafts' }] }, false],
  ['where a role does', { access: [{ group: 'Contractors', role: 'viewer' }] }, true],
  ['where a role is for everyone', { access: [{ role: 'viewer' }] }, false],
  ['where scope does', { users: { groups: ['Staff'] } }, true],
  ['where groups say the organization', { organization: { groups: { 'Acme *': 'acme' } } }, true],
  ['where an attribute says the organization', { organization: { attribute: ['acme'] } }, false],
  ['where organizations are mapped by them', { organization: { organizations: { o1: 'acme' } } }, true],
])('names matter %s: %s', (_where, settings, expected) => {
  expect(makePolicy(settings).namesMatter).toBe(expected);
});

test.each([
  ['everyone, without a pattern', undefined, [], true],
  ['the members of a group that it means', 'Eng*', [group('Others'), group('Engineers')], true],
  ['nobody else', 'Eng*', [group('Others')], false],
])('a grant is for %s', (_whom, pattern, groups, expected) => {
  expect(makePolicy().isGranted({ group: pattern }, groups)).toBe(expected);
});

test('what a configuration says in so many words is passed on', () => {
  const settings = { userId: 'email', readsPeople: true, readsOnEvents: true } as const;

  expect(makePolicy(settings)).toMatchObject(settings);
});
