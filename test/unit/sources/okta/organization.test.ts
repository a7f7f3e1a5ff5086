import { describe, expect, test } from 'vitest';
import { type PersonChange, takeIn } from '../../../../lib/directory/change.ts';
import { desired } from '../../../../lib/directory/desired.ts';
import { newPerson } from '../../../../lib/directory/entry.ts';
import { foldPerson } from '../../../../lib/directory/fold.ts';
import { leftOut } from '../../../../lib/sources/attributes.ts';
import { mappingOf as mappingOfAuth0 } from '../../../../lib/sources/auth0/config.ts';
import { mappingOf } from '../../../../lib/sources/okta/config.ts';
import { personFact } from '../../../../lib/sources/okta/facts.ts';
import { mapBody } from '../../../../lib/sources/okta/inbound.ts';
import { usersBy } from '../../../../lib/sources/okta/schema.ts';
import {
  makePolicy,
  NOW,
  oktaDelivery,
  oktaEvent,
  oktaTarget,
  sourceConfig,
} from '../../../support/factories.ts';

const MAP = { Seven: 'acme', seven: 'acme', 7: 'globex', 'No. Seven!': 'acme', 'No. 7!': 'globex' };

/** What a read of somebody says of their Velt organization, and where they are by it. */
function read(attribute: unknown, profile: object, map: object = MAP) {
  const source = { kind: 'okta', api: {}, organization: { attribute, map } };
  const said = { id: '00u1', status: 'ACTIVE', profile };
  const user = usersBy(mappingOf(sourceConfig(source))).OktaUser.parse(said);
  const { taken } = takeIn(personFact(user, { source: 'idp', askedAt: NOW }));
  const [fact] = taken as PersonChange[];
  const entry = (taken as PersonChange[]).reduce(foldPerson, newPerson('idp', '00u1'));
  return {
    told: fact?.profile?.organization,
    leftOut: leftOut(said, user),
    scopes: [...(desired(entry, new Map(), makePolicy(source), NOW)?.scopes.keys() ?? [])],
  };
}

describe.each([
  ['a path', 'profile.x'],
  ['a path as keys', { path: ['profile', 'x'] }],
  ['a path in lower case', { path: 'profile.x', lower: true }],
  ['a template', { template: 'No. {profile.x}!' }],
  ['a list', ['profile.nothing', 'profile.x']],
])('by %s an attribute', (_rule, attribute) => {
  test.each([
    ['a text of the map', 'Seven', 'acme', 0],
    ['a whole number', 7, 'globex', 0],
    ['a text that is in no map', 'Eight', null, 0],
    ['a name that every object has', 'constructor', null, 0],
    ['missing', undefined, null, 0],
    ['null', null, null, 0],
    ['empty', '', null, 0],
    ['blank', ' \u200b', null, 0],
    ['a number with a fraction', 7.5, undefined, 1],
    ['a yes', true, undefined, 1],
    ['several', ['Seven', 7], undefined, 1],
    ['an object', {}, undefined, 1],
  ])('that is %s says the organization, or none, or nothing', (_what, value, told, count) => {
    const came = read(attribute, { x: value });

    expect(came).toEqual({ told, leftOut: count, scopes: told ? [`["${told}"]`] : [] });
  });
});

describe('of several rules', () => {
  const rules = ['profile.x', 'profile.y', { constant: 'Seven' }];

  test.each([
    ['the first that is in the map counts', { x: 7, y: 'Seven' }, 'globex'],
    ['the next counts where the first is in no map', { x: 'Eight', y: '7' }, 'globex'],
    ['a constant is for everyone else', { x: null, y: 'Eight' }, 'acme'],
    ['none is asked after one that cannot be read', { x: ['Seven'], y: 'Seven' }, undefined],
  ])('%s', (_what, profile, told) => {
    expect(read(rules, profile).told).toBe(told);
  });
});

test('texts are compared as names are: without blanks around them, and composed', () => {
  expect(read('profile.x', { x: ' Zu\u0308rich\t' }, { Zürich: 'acme' }).told).toBe('acme');
  expect(read('profile.x', { x: 'zürich' }, { Zürich: 'acme' }).told).toBe(null);
});

test('an event says it of the login, and nothing where it has none', () => {
  const attribute = { path: 'profile.login', lower: true };
  const organization = { attribute, map: { 'ada@example.com': 'acme' } };
  const hear = (target: object) => {
    const event = oktaEvent('user.lifecycle.create', { target: [oktaTarget('User', { ...target })] });
    const config = sourceConfig({ kind: 'okta', organization }) as never;
    const { changes } = mapBody(oktaDelivery(event), { source: 'idp', latest: NOW, config });
    return (changes[0] as PersonChange).profile;
  };

  expect(hear({ alternateId: 'Ada@example.com' })).toMatchObject({ organization: 'acme' });
  expect(hear({ alternateId: 'eve@example.com' })).toMatchObject({ organization: null });
  expect(hear({ alternateId: 'unknown' })).not.toHaveProperty('organization');
});

test('organizations of Auth0 that are called as our settings are no rules', () => {
  const organization = { attribute: 'acme', map: 'globex', groups: 'acme' };

  expect(mappingOfAuth0(sourceConfig({ kind: 'auth0', organization }))).toBeUndefined();
});
