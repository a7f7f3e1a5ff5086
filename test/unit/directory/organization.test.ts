import { describe, expect, test } from 'vitest';
import { desired, lackOf } from '../../../lib/directory/desired.ts';
import { newPerson, type PersonEntry } from '../../../lib/directory/entry.ts';
import { foldPerson } from '../../../lib/directory/fold.ts';
import { makePolicy, membershipChange, NOW, personChange, second } from '../../support/factories.ts';

const ATTRIBUTE = { attribute: 'profile.division', map: { North: 'acme', South: 'globex' } };
const byAttribute = { kind: 'okta', api: {}, organization: ATTRIBUTE };
const byGroups = { kind: 'okta', organization: { groups: { g9: 'acme' } } };
const auth0 = { kind: 'auth0', organization: { org_1: 'acme' } };

/** Somebody in the group g1, of whom this was told, and who was at Velt in these scopes. */
function entryAfter(facts: object, delivered: PersonEntry['delivered'] = {}): PersonEntry {
  const told = [
    personChange({ exists: true, profile: { name: 'Ada' } }),
    membershipChange({ personId: 'ada' }),
    personChange({ at: second(2), ...facts }),
  ];
  return { ...told.reduce(foldPerson, newPerson('okta', 'ada')), delivered };
}

const organizationsOf = (entry: PersonEntry, source: object) => {
  const scopes = desired(entry, new Map(), makePolicy({ ...source }), NOW)?.scopes.values() ?? [];
  return [...new Set([...scopes].map(({ organizationId }) => organizationId))];
};
const known = { '["acme"]': { present: true }, '["acme","group","g1"]': { present: true } };
const begun = { '["globex"]': { present: false } };

describe('the organization that an attribute says', () => {
  test.each<[string, object, PersonEntry['delivered'], string[]]>([
    ['is where somebody is', { profile: { organization: 'globex' } }, { ada: known }, ['globex']],
    ['is none where it was told to be none', { profile: { organization: null } }, { ada: known }, []],
    ['is where they are at Velt where nobody told it', {}, { ada: known }, ['acme']],
    ['is also where a call may have brought them', {}, { ada: known, old: begun }, ['acme', 'globex']],
    ['is none where nobody told it of somebody new', {}, {}, []],
  ])('%s', (_what, facts, delivered, expected) => {
    expect(organizationsOf(entryAfter(facts, delivered), byAttribute)).toEqual(expected);
  });

  test('says nothing where another thing does', () => {
    const entry = entryAfter({ profile: { organization: 'globex' } }, { ada: known });

    expect([byGroups, { organization: 'solo' }].map((source) => organizationsOf(entry, source))).toEqual([
      [],
      ['solo'],
    ]);
  });
});

describe('somebody without an organization', () => {
  const organization = (why: string) => ({ of: 'organization', why });

  test.each<[string, object, object, object | undefined]>([
    [
      'by an attribute that was told to be none',
      byAttribute,
      { profile: { organization: null } },
      organization('they have no attribute that is mapped to a Velt organization'),
    ],
    [
      'by an attribute that nobody told',
      byAttribute,
      {},
      organization('the attribute that is their Velt organization was not told, or cannot be read'),
    ],
    ['by groups', byGroups, {}, organization('none of their groups is mapped to a Velt organization')],
    ['of Auth0', auth0, {}, organization('none of their organizations is mapped to a Velt organization')],
    [
      'and without a user id',
      { ...byGroups, userId: 'email' },
      { profile: { email: null } },
      { of: 'userId', why: 'they have no usable e-mail address' },
    ],
    ['who is blocked', byGroups, { blocked: true }, undefined],
    ['who left', byGroups, { exists: false }, undefined],
    ['who is out of scope', { ...byGroups, users: { groups: ['VIP'] } }, {}, undefined],
    ['who has one', byAttribute, { profile: { organization: 'acme' } }, undefined],
    ['where there is one for everyone', {}, {}, undefined],
  ])('%s is told with the reason, or for no such reason at all', (_what, source, facts, expected) => {
    expect(lackOf(entryAfter(facts), new Map(), makePolicy({ ...source }), NOW)).toEqual(expected);
  });
});
