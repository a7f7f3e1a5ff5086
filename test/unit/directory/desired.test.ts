import { describe, expect, test } from 'vitest';
import type { Change, ContainerChange } from '../../../lib/directory/change.ts';
import { desired, profileDigest } from '../../../lib/directory/desired.ts';
import {
  groupChange,
  makePolicy,
  membershipChange,
  NOW,
  personChange,
  second,
} from '../../support/factories.ts';
import { knownAfter } from '../../support/known.ts';

/** What Velt should hold for Ada after these changes: her scopes as readable texts. */
function wantedAfter(changes: Change[], source: Record<string, unknown> = {}) {
  const { entry, containers } = knownAfter(changes);
  return desired(entry, containers, makePolicy(source), NOW);
}

const scopesAfter = (changes: Change[], source: Record<string, unknown> = {}) =>
  [...(wantedAfter(changes, source)?.scopes.values() ?? [])].map((scope) => Object.values(scope).join('/'));

const ada = personChange({ exists: true, profile: { name: 'Ada Example', email: 'ada@example.com' } });
const joins = (id: string, name?: string, kind: 'group' | 'organization' | 'application' = 'group') =>
  membershipChange({ id: `joins ${id}`, container: { kind, id, ...(name !== undefined && { name }) } });

describe('a person', () => {
  test('is an organization user with her profile', () => {
    const wanted = wantedAfter([ada]);

    expect(wanted?.user).toEqual({ userId: 'ada', name: 'Ada Example', email: 'ada@example.com' });
    expect(scopesAfter([ada])).toEqual(['acme']);
  });

  test.each([
    ['an e-mail address', { name: null, email: 'ada@example.com' }, 'ada@example.com'],
    ['an id', { name: null, email: null }, 'ada'],
  ])('without a name goes by %s', (_what, profile, name) => {
    expect(wantedAfter([personChange({ exists: true, profile })])?.user.name).toBe(name);
  });

  test.each([
    ['was deleted', [ada, personChange({ at: second(2), exists: false })]],
    ['was deactivated', [ada, personChange({ at: second(2), active: false })]],
    ['is blocked', [ada, personChange({ at: second(2), blocked: true })]],
    ['is not known yet', [joins('engineers')]],
  ])('who %s is nowhere', (_what, changes) => {
    expect(wantedAfter(changes)).toBeUndefined();
  });

  test.each([
    ['deleted', { exists: false }],
    ['deactivated', { active: false }],
    ['suspended', { blocked: true }],
  ])('who was %s stays where the configuration keeps such people, and only such', (what, facts) => {
    const changes = [ada, personChange({ at: second(2), ...facts })];
    const others = { deleted: 'keep', deactivated: 'keep', suspended: 'keep', [what]: 'remove' };

    expect(scopesAfter(changes, { deprovision: { [what]: 'keep' } })).toEqual(['acme']);
    expect(wantedAfter(changes, { deprovision: others })).toBeUndefined();
  });

  test('who was deleted and is kept stays in everything they were in, and begins anew when they come back', () => {
    const source = { kind: 'auth0', organization: { org_1: 'acme' }, deprovision: { deleted: 'keep' } };
    const gone = personChange({ at: second(2), exists: false });
    const editor = { kind: 'role' as const, id: 'editor', organization: 'org_1' };
    const life = [
      ada,
      joins('org_1', undefined, 'organization'),
      joins('engineers'),
      membershipChange({ container: editor }),
      gone,
    ];
    const orgGone = {
      ...groupChange({ at: second(3), exists: false }),
      ...{ kind: 'organization' as const, containerId: 'org_1' },
    };

    expect(scopesAfter(life, source)).toEqual(['acme', 'acme/engineers', 'acme/editor']);
    expect(scopesAfter([...life, orgGone], source)).toEqual([]);
    expect(scopesAfter([...life, personChange({ at: second(3), exists: true })], source)).toEqual([]);
    expect(wantedAfter(life, { ...source, deprovision: {} })).toBeUndefined();
  });

  test('is mirrored only while assigned to the application that decides', () => {
    const users = { application: '0oaVELT' };
    const leaves = { ...joins('0oaVELT', undefined, 'application'), at: second(3), member: false };

    const scopes = [
      [ada],
      [ada, joins('0oaOTHER', undefined, 'application')],
      [ada, joins('engineers'), joins('0oaVELT', undefined, 'application')],
      [ada, joins('0oaVELT', undefined, 'application'), leaves],
    ].map((changes) => scopesAfter(changes, { users }));

    expect(scopes).toEqual([[], [], ['acme', 'acme/engineers'], []]);
  });

  test('is mirrored only while in one of the groups that decide', () => {
    const users = { groups: ['Velt *'] };

    const scopes = [
      [ada],
      [ada, joins('g', 'Engineers')],
      [ada, joins('g', 'Velt users'), joins('h', 'Engineers')],
    ].map((changes) => scopesAfter(changes, { users }));

    expect(scopes).toEqual([[], [], ['acme', 'acme/g', 'acme/h']]);
  });

  test('is everywhere again once unblocked', () => {
    const changes = [
      ada,
      joins('engineers'),
      personChange({ at: second(2), blocked: true }),
      personChange({ at: second(3), blocked: false }),
    ];

    expect(scopesAfter(changes)).toEqual(['acme', 'acme/engineers']);
  });

  test('is known by a profile alone: an update may arrive before its creation', () => {
    expect(scopesAfter([personChange({ profile: { name: 'Ada' } })])).toEqual(['acme']);
  });

  test('gets the memberships that waited for her', () => {
    expect(scopesAfter([joins('engineers'), ada])).toEqual(['acme', 'acme/engineers']);
  });
});

describe('a digest', () => {
  const user = { userId: 'ada', name: 'Ada', email: 'ada@example.com' };

  test('changes with the profile and not with the id', () => {
    expect(profileDigest({ ...user, userId: 'other' })).toBe(profileDigest(user));
    const digests = [
      user,
      { ...user, name: 'Eve' },
      { ...user, email: 'a@example.com' },
      { ...user, photoUrl: 'p' },
    ];
    expect(new Set(digests.map(profileDigest)).size).toBe(4);
  });

  test('of the usual attributes is as it always was, so that a new version delivers nobody anew', () => {
    const digests = [
      { userId: 'ada', name: 'Ada Example', email: 'ada@example.com' },
      { userId: 'ada', name: 'Ada', photoUrl: 'https://images.example.com/1.png' },
    ].map(profileDigest);

    expect(digests).toEqual(['4XwDCD-EI2_ZbzYx', 'QBOcCkaTjTgweiDJ']);
  });

  test('tells every other attribute from every other', () => {
    const others = ['initial', 'color', 'textColor', 'plan', 'type'] as const;
    const digests = [user, ...others.map((attribute) => ({ ...user, [attribute]: 'x' }))].map(profileDigest);

    expect(new Set(digests).size).toBe(6);
  });

  test('holds nothing that can be read', () => {
    expect(profileDigest(user)).toMatch(/^[\w-]{16}$/);
  });
});

describe('a group', () => {
  test('has the members that joined after its end', () => {
    const ended = groupChange({ at: second(5), exists: false });
    const after = membershipChange({ at: second(6) });

    expect(scopesAfter([ada, membershipChange({ at: second(4) }), ended])).toEqual(['acme']);
    expect(scopesAfter([ada, membershipChange({ at: second(4) }), ended, after])).toEqual([
      'acme',
      'acme/engineers',
    ]);
  });

  test.each([
    ['Velt *', 'Velt Editors', true],
    ['velt *', 'VELT EDITORS', true],
    ['Velt *', 'Not Velt Editors', false],
    ['*-velt', 'eu-velt', true],
    ['*a*b', 'xaxb', true],
    ['g-1', 'Whatever', true],
    ['G-1', 'Whatever', false],
    ['a.c', 'abc', false],
    ['(team)', '(team)', true],
    ['Sales', 'Sales', true],
    ['Sales', 'Sales EU', false],
  ])('is in the pattern "%s" by the name "%s": %s', (pattern, name, expected) => {
    const source = makePolicy({ groups: { include: [pattern] } });

    expect(source.becomesGroup({ kind: 'group', id: 'g-1', name })).toBe(expected);
  });

  test('that is excluded is out, whatever includes it', () => {
    const groups = { include: ['*'], exclude: ['Everyone', 'g-2'] };

    expect(
      scopesAfter([ada, joins('g-1', 'Everyone'), joins('g-2', 'Sales'), joins('g-3', 'Support')], {
        groups,
      }),
    ).toEqual(['acme', 'acme/g-3']);
  });

  test('of which no name is known yet matches by its id or by *', () => {
    expect(makePolicy({ groups: { include: ['Velt*'] } }).becomesGroup({ kind: 'group', id: 'g-1' })).toBe(
      false,
    );
    expect(makePolicy({ groups: { include: ['g-1'] } }).becomesGroup({ kind: 'group', id: 'g-1' })).toBe(
      true,
    );
    expect(makePolicy().becomesGroup({ kind: 'group', id: 'g-1' })).toBe(true);
  });

  test('matters by its name only where a pattern or a map looks at names', () => {
    expect(makePolicy().namesMatter).toBe(false);
    expect(makePolicy({ groups: { include: ['Velt*'] } }).namesMatter).toBe(true);
    expect(makePolicy({ grants: [{ group: 'Sales', folderId: 'f' }] }).namesMatter).toBe(true);
    expect(makePolicy({ grants: [{ folderId: 'f' }] }).namesMatter).toBe(false);
    expect(makePolicy({ kind: 'auth0', organization: { o: 'acme' } }).namesMatter).toBe(true);
  });
});

describe('a grant', () => {
  test('is for everyone, or for the members of its groups', () => {
    const grants = [{ documentId: 'handbook' }, { group: 'Sales*', folderId: 'deals' }];

    expect(scopesAfter([ada], { grants })).toEqual(['acme', 'acme/handbook']);
    expect(scopesAfter([ada, joins('g-1', 'Sales EU')], { grants })).toEqual([
      'acme',
      'acme/g-1',
      'acme/handbook',
      'acme/deals',
    ]);
  });

  test('counts for a group that is no Velt group itself', () => {
    const source = { groups: { include: [] }, grants: [{ group: 'Sales', folderId: 'deals' }] };

    expect(scopesAfter([ada, joins('g-1', 'Sales')], source)).toEqual(['acme', 'acme/deals']);
  });

  test('may be for one Velt organization only', () => {
    const grants = [{ folderId: 'deals', organizationId: 'other' }];

    expect(scopesAfter([ada], { grants })).toEqual(['acme']);
  });
});

describe('an Auth0 organization', () => {
  const organization = { org_1: 'acme', globex: 'globex' };
  const source = { kind: 'auth0', organization };

  test('is mapped by its id or by its name', () => {
    const changes = [
      ada,
      joins('org_1', 'whatever', 'organization'),
      joins('org_2', 'globex', 'organization'),
    ];

    expect(scopesAfter(changes, source)).toEqual(['acme', 'globex']);
  });

  test('gives each of its Velt organizations all of the person’s groups', () => {
    const changes = [
      ada,
      joins('org_1', undefined, 'organization'),
      joins('org_2', 'globex', 'organization'),
      joins('g-1'),
    ];

    expect(scopesAfter(changes, source)).toEqual(['acme', 'acme/g-1', 'globex', 'globex/g-1']);
  });

  test.each([
    ['none', []],
    ['one that is not mapped', [joins('org_9', 'initech', 'organization')]],
    ['one with a name that every object has', [joins('org_9', 'constructor', 'organization')]],
    ['one with an id that every object has', [joins('__proto__', undefined, 'organization')]],
  ])('leaves who is in %s without access', (_what, changes) => {
    expect(scopesAfter([ada, ...changes], source)).toEqual([]);
  });

  test('that ended takes its members’ access with it', () => {
    const joined = joins('org_1', undefined, 'organization');
    const ended: ContainerChange = {
      ...groupChange({ at: second(5), exists: false }),
      kind: 'organization',
      containerId: 'org_1',
    };

    expect(scopesAfter([ada, joined, ended], source)).toEqual([]);
  });
});
