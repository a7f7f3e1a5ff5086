import { describe, expect, test } from 'vitest';
import { policiesOf, readConfig } from '../../../lib/config.ts';
import type { Scope } from '../../../lib/directory/entry.ts';
import type { Policy } from '../../../lib/directory/policy.ts';
import { isTold, rolesIn, sureOf, toldIn, wayTo } from '../../../lib/directory/roles.ts';
import { makePolicy } from '../../support/factories.ts';

const acme: Scope = { organizationId: 'acme' };
const folder: Scope = { organizationId: 'acme', folderId: 'deals' };
const [ACME, DEALS, HANDBOOK] = ['["acme"]', '["acme","folder","deals"]', '["acme","document","handbook"]'];

const group = (name: string) => ({ kind: 'group', id: `id of ${name}`, name });
const contractors = [{ group: 'Contractors*', role: 'viewer' }];
const leads = { group: 'Leads', role: 'editor' };
const deals = (role?: string, more: object = { group: 'Sales' }) => ({
  ...{ ...more, folderId: 'deals' },
  ...(role && { role }),
});

const rolesOf = (source: object, names: string[], organizationId = 'acme') =>
  Object.fromEntries(rolesIn(organizationId, names.map(group), makePolicy({ ...source })));

describe('roles', () => {
  test.each([
    ['an organization', { access: contractors }, { [ACME]: 'editor' }],
    ['a folder', { grants: [deals('viewer')] }, { [DEALS]: 'editor' }],
    ['another organization', { access: [{ role: 'viewer', organizationId: 'globex' }] }, {}],
    ['no place', { grants: [deals()] }, {}],
  ])(
    'are those of editors in a source without rules, where another one gives them in %s',
    (_place, other, expected) => {
      const okta = { kind: 'okta', organization: 'acme' };
      const policies = policiesOf(readConfig({ sources: { okta, partners: { ...okta, ...other } } }));

      expect(
        Object.fromEntries(rolesIn('acme', [group('Contractors')], policies.get('okta') as Policy)),
      ).toEqual(expected);
    },
  );

  test.each<[string, object, string[], object]>([
    ['there are none where the configuration gives none', { grants: [deals()] }, ['Sales'], {}],
    ['a rule gives one', { access: contractors }, ['Contractors EU'], { [ACME]: 'viewer' }],
    ['whom no rule means is an editor', { access: contractors }, ['Staff'], { [ACME]: 'editor' }],
    [
      'of several the higher one counts',
      { access: [...contractors, leads] },
      ['Leads', 'Contractors'],
      { [ACME]: 'editor' },
    ],
    [
      'in any order of the rules',
      { access: [leads, ...contractors] },
      ['Contractors', 'Leads'],
      { [ACME]: 'editor' },
    ],
    ['a rule without a group is for everyone', { access: [{ role: 'viewer' }] }, [], { [ACME]: 'viewer' }],
    [
      'a rule without a group is lower than one of editors',
      { access: [{ role: 'viewer' }, leads] },
      ['Leads'],
      { [ACME]: 'editor' },
    ],
    [
      'a rule of another organization gives none here',
      { access: [{ role: 'viewer', organizationId: 'globex' }] },
      [],
      {},
    ],
    [
      'a grant gives one in its folder alone',
      { grants: [deals('viewer')] },
      ['Sales'],
      { [DEALS]: 'viewer' },
    ],
    [
      'a grant without one is one of editors, beside another with one',
      { grants: [deals('viewer'), deals(undefined, { group: 'Leads' })] },
      ['Sales', 'Leads'],
      { [DEALS]: 'editor' },
    ],
    [
      'a grant in another organization is of another folder',
      { grants: [deals(), deals('viewer', { organizationId: 'globex' })] },
      ['Sales'],
      {},
    ],
    [
      'places are apart',
      { access: contractors, grants: [deals('editor'), { documentId: 'handbook', role: 'viewer' }] },
      ['Contractors', 'Sales'],
      { [ACME]: 'viewer', [DEALS]: 'editor', [HANDBOOK]: 'viewer' },
    ],
  ])('%s', (_what, source, names, roles) => {
    expect(rolesOf(source, names)).toEqual(roles);
  });
});

describe('what Velt is told', () => {
  const desired = (roles: Record<string, 'viewer' | 'editor'>) => ({
    digest: 'd',
    roles: new Map(Object.entries(roles)),
  });

  test.each<[string, Scope, object, { role?: string } | undefined, object]>([
    ['of an organization user is the profile', acme, {}, undefined, { digest: 'd' }],
    ['of a folder is nothing more', folder, {}, undefined, {}],
    ['is the role as well', acme, { [ACME]: 'viewer' }, undefined, { digest: 'd viewer', role: 'viewer' }],
    [
      'of a folder is its role',
      folder,
      { [DEALS]: 'viewer' },
      undefined,
      { digest: 'viewer', role: 'viewer' },
    ],
    [
      'where roles are given no more is that they are an editor, of whom one was told',
      acme,
      {},
      { role: 'told' },
      { digest: 'd editor', role: 'editor' },
    ],
  ])('%s', (_what, scope, roles, known, told) => {
    expect(toldIn(scope, desired(roles as never), known)).toEqual(told);
  });
});

describe('a role is told', () => {
  const VIEWER = { digest: 'd viewer', role: 'viewer' } as const;
  const [add, both, update] = [
    { kind: 'users.add', mayBeThere: false },
    { kind: 'users.add', mayBeThere: true },
    { kind: 'users.update', mayBeThere: false },
  ];

  test.each<[string, Scope, { present: boolean; digest?: string; role?: string } | undefined, object]>([
    ['by both of whom nothing is known: somebody else may have put them there', acme, undefined, both],
    ['by an update where nothing else is new', acme, { present: true, digest: 'd editor' }, update],
    ['by an update where there was none before', acme, { present: true, digest: 'd' }, update],
    ['with another profile where it is the same', acme, { present: true, digest: 'old viewer' }, add],
    ['by an add and an update where both are new', acme, { present: true, digest: 'old editor' }, both],
    ['by both where nobody knows what Velt has', acme, { present: true }, both],
    ['by both where nobody knows whether they are there', acme, { present: false }, both],
    ['by both where they are not there any more', acme, { present: false, digest: 'd viewer' }, both],
    ['by an update in a folder, which has no profile', folder, { present: true }, update],
    ['by both in a folder where nobody knows whether they are there', folder, { present: false }, both],
    ['by both in a folder of whom nothing is known', folder, undefined, both],
  ])('%s', (_what, scope, known, way) => {
    const told = scope === folder ? { ...VIEWER, digest: 'viewer' } : VIEWER;

    expect(wayTo(scope, { digest: 'd', isShared: false }, told, known)).toEqual(way);
  });

  test.each<[string, Scope, object]>([
    ['by both, where the profile may be the other one', acme, both],
    ['by an update in a folder, which has no profile', folder, update],
  ])('of somebody who may share their user %s', (_what, scope, way) => {
    const known = { present: true, digest: scope === folder ? 'editor' : 'd editor' };

    expect(wayTo(scope, { digest: 'd', isShared: true }, VIEWER, known)).toEqual(way);
  });

  test('nowhere in a group, which knows none', () => {
    const group: Scope = { organizationId: 'acme', groupId: 'eng' };

    expect(wayTo(group, { digest: 'd', isShared: false }, {}, { present: false })).toEqual({
      ...{ kind: 'group.users.add', mayBeThere: false },
    });
  });

  test('nowhere where there is none: then an add says everything', () => {
    const known = { present: true, digest: 'old' };

    expect(wayTo(acme, { digest: 'd', isShared: false }, { digest: 'd' }, known)).toEqual(add);
  });
});

test.each([
  ['the profile, while another role is told', 'd editor', 'd viewer', 'd'],
  ['the profile, while a first role is told', 'd', 'd viewer', 'd'],
  ['the role, while another profile is told', 'old viewer', 'new viewer', 'viewer'],
  ['nothing, while both are told', 'old editor', 'new viewer', undefined],
  ['nothing, while a profile is told without a role', 'old', 'new', undefined],
  ['nothing, while nothing was confirmed', undefined, 'd viewer', undefined],
])('what stays sure is %s', (_what, confirmed, next, sure) => {
  expect(sureOf(confirmed, next)).toBe(sure);
});

test.each<[string, Scope, { digest?: string; role?: string }, boolean]>([
  ['a profile', acme, { digest: 'd' }, true],
  ['no profile yet', acme, {}, false],
  ['a profile and no role yet', acme, { digest: 'd', role: 'told' }, false],
  ['a profile and a role', acme, { digest: 'd viewer', role: 'told' }, true],
  ['a folder without roles', folder, {}, true],
  ['no role in a folder yet', folder, { role: 'told' }, false],
  ['a role in a folder', folder, { digest: 'viewer', role: 'told' }, true],
])('whether all is told is clear by %s', (_what, scope, known, told) => {
  expect(isTold(scope, known)).toBe(told);
});
