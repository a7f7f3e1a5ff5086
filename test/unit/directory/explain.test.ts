import { describe, expect, test } from 'vitest';
import type { Change, ContainerRef, PersonChange } from '../../../lib/directory/change.ts';
import { explain } from '../../../lib/directory/explain.ts';
import { makePolicy, membershipChange, NOW, personChange, readAt, second } from '../../support/factories.ts';
import { knownAfter } from '../../support/known.ts';

const ada = (facts: Partial<PersonChange> = {}) =>
  personChange({ exists: true, profile: { name: 'Ada', email: 'ada@example.com' }, ...facts });
const joins = (id: string, more: Partial<ContainerRef> = {}) =>
  membershipChange({ id: `joins ${id}`, container: { kind: 'group', id, ...more } });

/** What is explained of Ada after these changes. */
function explained(source: Record<string, unknown>, ...changes: Change[]) {
  const { entry, containers } = knownAfter(changes);
  return explain(entry, containers, makePolicy(source), NOW);
}

const outcomesOf = (source: Record<string, unknown>, ...changes: Change[]) =>
  explained(source, ada(), ...changes).memberships.flatMap(({ outcomes }) =>
    outcomes.map(({ becomes, scope, role, setting, pattern }) =>
      [becomes, ...Object.values(scope ?? {}), role, 'by', setting, pattern].filter(Boolean).join(' '),
    ),
  );

const engineers = joins('eng', { name: 'Engineering' });
const inAcme = joins('org_1', { kind: 'organization', name: 'acme-inc' });
const editorInAcme = joins('rol_1', { kind: 'role', name: 'Editor', organization: 'org_1' });
const auth0 = { kind: 'auth0', organization: { 'acme-inc': 'acme', org_2: 'globex' } };

describe('what somebody is in', () => {
  test.each<[string, Record<string, unknown>, Change[], string[]]>([
    ['a group', { groups: { include: ['Sales', 'Eng*'] } }, [engineers], ['group acme eng by groups Eng*']],
    ['a group by its id', { groups: { include: ['eng'] } }, [engineers], ['group acme eng by groups eng']],
    ['a group that is left out', { groups: { exclude: ['Eng*'] } }, [engineers], ['excluded by groups Eng*']],
    ['a group of no use', { groups: { include: ['Sales'] } }, [engineers], []],
    [
      'a group that brings into scope',
      { users: { groups: ['Eng*'] }, groups: { include: [] } },
      [engineers],
      ['scope by users Eng*'],
    ],
    [
      'a group that says the organization, by two patterns',
      {
        organization: { groups: { 'Eng*': 'makers', eng: 'acme', Sales: 'sellers' } },
        groups: { include: [] },
      },
      [engineers],
      ['organization makers by organization Eng*', 'organization acme by organization eng'],
    ],
    [
      'the application that decides',
      { users: { application: '0oa1' } },
      [joins('0oa1', { kind: 'application' })],
      ['scope by users 0oa1'],
    ],
    [
      'a group with a role and with folders',
      {
        groups: { include: [] },
        access: [{ group: 'Eng*', role: 'viewer' }],
        grants: [
          { group: 'Eng*', folderId: 'specs', role: 'editor' },
          { group: 'eng', documentId: 'plan' },
          { group: 'Sales', folderId: 'deals' },
          { folderId: 'all' },
        ],
      },
      [engineers],
      [
        'organization acme viewer by access Eng*',
        'folder acme specs editor by grants Eng*',
        'document acme plan by grants eng',
      ],
    ],
    ['an organization, by its name', auth0, [inAcme], ['organization acme by organization acme-inc']],
    [
      'a role in an organization that counts',
      { ...auth0, roles: { include: ['Edit*'] } },
      [inAcme, editorInAcme],
      ['organization acme by organization acme-inc', 'group acme rol_1 by roles Edit*'],
    ],
    [
      'a group of one organization, which counts there alone',
      auth0,
      [inAcme, joins('org_2', { kind: 'organization' }), joins('grp', { organization: 'org_2' })],
      [
        'organization acme by organization acme-inc',
        'organization globex by organization org_2',
        'group globex grp by groups *',
      ],
    ],
    [
      'an organization of a source with one for everyone',
      { kind: 'auth0' },
      [inAcme, joins('eng')],
      ['group acme eng by groups *'],
    ],
  ])('%s is told with its setting and pattern', (_what, source, changes, expected) => {
    expect(outcomesOf(source, ...changes)).toEqual(expected);
  });

  test('has the names by which patterns mean it', () => {
    expect(explained({}, ada(), engineers).memberships).toMatchObject([
      { kind: 'group', id: 'eng', name: 'Engineering' },
    ]);
  });
});

describe('where somebody is to be', () => {
  const access = [
    { group: 'Eng*', role: 'viewer' },
    { group: 'eng', role: 'editor' },
    { group: 'Staff', role: 'editor' },
  ];

  test('has by which rules, of those that give the role which they have', () => {
    const source = {
      access,
      grants: [{ folderId: 'all' }, { group: 'Eng*', folderId: 'all' }, { group: 'eng', folderId: 'all' }],
    };

    expect(explained(source, ada(), engineers).places).toEqual([
      {
        scope: { organizationId: 'acme' },
        role: 'editor',
        causes: [{ setting: 'access', pattern: 'eng' }],
      },
      {
        scope: { organizationId: 'acme', folderId: 'all' },
        causes: [
          { setting: 'grants' },
          { setting: 'grants', pattern: 'Eng*' },
          { setting: 'grants', pattern: 'eng' },
        ],
      },
    ]);
  });

  test('has no rule where the role is that of Velt', () => {
    expect(explained({ access }, ada()).places).toEqual([
      { scope: { organizationId: 'acme' }, role: 'editor', causes: [] },
    ]);
  });

  test('without roles has the organization of the source', () => {
    expect(explained({}, ada())).toMatchObject({
      user: { userId: 'ada' },
      places: [{ scope: { organizationId: 'acme' }, causes: [{ setting: 'organization' }] }],
    });
  });
});

describe('somebody who is not in Velt', () => {
  const reads = { api: {} };
  test.each<[string, Record<string, unknown>, Change[], string]>([
    ['is gone', {}, [ada({ exists: false })], 'the source does not know them (any more)'],
    ['is deactivated', {}, [ada({ active: false })], 'they are deactivated'],
    ['is blocked', {}, [ada({ blocked: true })], 'they are suspended or blocked'],
    ['is only a member', {}, [engineers], 'nothing is known of them'],
    [
      'was not read',
      reads,
      [personChange({ exists: true })],
      'they are known by a read only, and were not read',
    ],
    [
      'has no address',
      { userId: 'email' },
      [ada({ profile: { name: 'Ada', email: null } })],
      'they have no usable e-mail address',
    ],
    [
      'has an address of nobody',
      { kind: 'auth0', userId: 'email' },
      [ada({ emailVerified: false })],
      'their e-mail address is not verified',
    ],
    [
      'has no attribute',
      { userId: { path: 'profile.login' } },
      [ada({ profile: { userId: null } })],
      'they have no attribute that can be their Velt user id',
    ],
    [
      'is in no such group',
      { users: { groups: ['Sales'] } },
      [ada(), engineers],
      'they are in nothing that "users" names',
    ],
    [
      'is in no such organization',
      auth0,
      [ada()],
      'none of their organizations is mapped to a Velt organization',
    ],
  ])('who %s is told why, and has no place', (_what, source, changes, why) => {
    const { user, places, ...rest } = explained(source, ...changes);

    expect([rest.why, user, places]).toEqual([why, undefined, []]);
  });

  test('is told what they are in, and nothing that would come of it', () => {
    const { memberships } = explained({ users: { groups: ['Sales'] } }, ada(), engineers);

    expect(memberships).toMatchObject([{ id: 'eng', outcomes: [] }]);
  });

  test('is kept where the configuration keeps such people', () => {
    const deprovision = { suspended: 'keep', deactivated: 'keep', deleted: 'keep' };
    const out = ada({ ...readAt(2), blocked: true, active: false });

    expect(explained({ deprovision }, out).why).toBeUndefined();
    expect(explained({ deprovision }, ada(), ada({ at: second(2), exists: false })).why).toBeUndefined();
  });
});
