import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import committedSchema from '../../config/schema.json' with { type: 'json' };
import { readConfig } from '../../lib/config.ts';
import type { ConfigError } from '../../lib/errors.ts';
import committedConfig from '../../local/demo/config.json' with { type: 'json' };
import { readWhole, schemaOfFile } from '../../scripts/config-file.ts';

const okta = { kind: 'okta', organization: 'acme' };
const streamed = { ...okta, partnerEventSource: 'aws.partner/okta.com/example/velt' };
const read = { ...okta, api: {} };
const auth0 = { kind: 'auth0', organization: { org_1: 'acme', globex: 'globex' } };

function faultsOf(read: () => unknown): ConfigError {
  try {
    read();
  } catch (error) {
    return error as ConfigError;
  }
  throw new Error('it was accepted');
}

describe('a configuration', () => {
  test('needs a kind and an organization of each source, and fills in the rest', () => {
    const config = readConfig({ sources: { okta, customers: auth0 } });

    const deprovision = { deactivated: 'remove', suspended: 'remove', deleted: 'remove' };
    const groups = { include: ['*'], exclude: [] };
    const common = { users: 'all', deprovision, userId: 'id', groups, grants: [], access: [] };
    expect(config).toEqual({
      sources: {
        okta: { ...okta, ...common, header: 'authorization' },
        customers: { ...auth0, ...common, roles: groups, header: 'authorization', scheme: 'bearer' },
      },
      velt: { batchSize: 50, usersAdd: 'v1', adopt: false },
      reconcile: { removalShare: 0.1, removalsAtLeast: 5 },
      tombstoneDays: 30,
    });
  });

  test('reads as if a source that is removed were not there, also where it is the only one', () => {
    const removed = { ...okta, removed: true };

    const configs = [{ okta: removed, customers: auth0 }, { okta: removed }].map((sources) =>
      readConfig({ sources }),
    );

    expect(configs.map(({ sources }) => Object.keys(sources))).toEqual([['customers'], []]);
    expect(() => readConfig({ sources: { okta: { ...removed, oganization: 'acme' } } })).toThrow(
      'oganization',
    );
  });

  test('is refused with all of its faults at once, each by its path', () => {
    const fault = faultsOf(() =>
      readConfig({
        sources: {
          okta: { ...okta, organisation: 'acme', grants: [{ folderId: 'f', documentId: 'd' }] },
          'Not A Name': okta,
          ldap: { kind: 'ldap' },
        },
        velt: { batchSize: 0 },
        tombstoneDays: 1,
      }),
    );

    expect(fault).toMatchObject({ name: 'ConfigError' });
    expect(fault.issues.map(({ path }) => path).toSorted()).toEqual([
      'sources.Not A Name',
      'sources.ldap.kind',
      'sources.okta',
      'sources.okta.grants.0',
      'tombstoneDays',
      'velt.batchSize',
    ]);
    for (const { path, message } of fault.issues) expect(fault.message).toContain(`${path}: ${message}`);
    expect(fault.message).toContain('organisation');
  });

  test('takes the event source of a source that is on its way out for free', () => {
    const { sources } = readConfig({ sources: { old: { ...streamed, removed: true }, okta: streamed } });

    expect(Object.keys(sources)).toEqual(['okta']);
  });

  test.each([
    ['no source', { sources: {} }],
    ['an unknown key', { sources: { okta }, tombstoneDay: 30 }],
    ['a scheme for Okta, which knows none', { sources: { okta: { ...okta, scheme: 'bearer' } } }],
    [
      'an event source of another partner',
      { sources: { okta: { ...okta, partnerEventSource: 'aws.partner/x/y' } } },
    ],
    ['one event source for two', { sources: { okta: streamed, other: streamed } }],
    ['several organizations for Okta', { sources: { okta: { ...okta, organization: { a: 'b' } } } }],
    ['a grant of nothing', { sources: { okta: { ...okta, grants: [{ group: 'Staff' }] } } }],
    ['a source name that could leave its part of a key', { sources: { 'a#b': okta } }],
    [
      'an empty map of organizations, by which nobody is in Velt',
      { sources: { a: { ...auth0, organization: {} } } },
    ],
    ['nothing', undefined],
  ])('is refused with %s', (_what, config) => {
    expect(() => readConfig(config)).toThrow('the configuration is not valid');
  });

  test.each([
    [
      'users',
      { ...okta, users: 'everyone' },
      'write "all", { "application": "0oa…" } or { "groups": ["…"] }',
    ],
    ['users', { ...auth0, users: { application: '0oa1' } }, 'write "all" or { "groups": ["…"] }'],
    ['organization', { kind: 'auth0' }, 'write one Velt organization, or a map'],
    ['partnerEventSource', { ...auth0, partnerEventSource: 5 }, 'write aws.partner/auth0.com/…, or a list'],
  ])('of which %s can be several things says of another what may stand there', (setting, source, words) => {
    const { message } = faultsOf(() => readConfig({ sources: { a: source } }));

    expect(message).toContain(`sources.a.${setting}: ${words}`);
  });

  test.each([
    ['userId', { ...okta, userId: 'profile.no' }, 'events do not carry "profile.no": set "api": {}'],
    [
      'attributes.plan',
      { ...okta, attributes: { plan: 'profile.tier' } },
      'events do not carry "profile.tier"',
    ],
    ['userId', { ...read, userId: 'employeeNumber' }, '"employeeNumber": Okta has "id" and "profile.…"'],
    ['userId', { ...read, userId: ['profile.no', { constant: 'x' }] }, 'make everybody one Velt user'],
    ['userId', { ...auth0, userId: ['user_metadata.no'] }, 'people can write "user_metadata.no" themselves'],
    ['userId', { ...auth0, userId: { path: 'email', lower: true } }, 'or "email", which has to be verified'],
    [
      'userId',
      { ...auth0, userId: { template: '{app_metadata.a}{nickname}' } },
      'write "nickname" themselves',
    ],
    ['userId', { ...auth0, userId: 'identities.corp.profileData.no' }, 'themselves'],
    ['userId', { ...auth0, userId: ['app_metadata.no', 'username'] }, 'write "username" themselves'],
    ['userId', { ...read, userId: 'profile.mobilePhone' }, 'write "profile.mobilePhone" themselves'],
    [
      'organization.attribute',
      { ...read, organization: { attribute: 'profile.lastName', map: { acme: 'acme' } } },
      'write "profile.lastName" themselves, and would be where they like',
    ],
    ['attributes.plan', { ...auth0, attributes: { plan: 'identities.corp' } }, 'of an identity write'],
    ['expiresAt', { ...okta, expiresAt: 'profile.end' }, 'events do not carry "profile.end": set "api": {}'],
    ['expiresAt', { ...auth0, expiresAt: 'user_metadata.end' }, 'and would be in Velt as long as they like'],
    ['expiresAt', { ...auth0, expiresAt: { constant: 'soon' } }, 'write 2026-12-31, or'],
    [
      'attributes.color',
      { ...okta, attributes: { color: { constant: 'red' } } },
      'does not take this constant',
    ],
    [
      'attributes.email',
      { ...okta, userId: 'email', attributes: { email: null } },
      'the userId is the e-mail',
    ],
    ['userId', { ...okta, userId: 'lower-case-email', profile: 'ids' }, 'nothing personal is told'],
    ['userId', { ...okta, userId: 'profile.login', profile: 'ids' }, '"profile.login" is'],
    ['userId', { ...okta, userId: 'profile.login', profile: 'ids' }, '"profile.login" is'],
    ['attributes', { ...okta, profile: 'ids', attributes: {} }, 'Velt is told of no attribute'],
    [
      'organization.attribute',
      { ...okta, organization: { attribute: 'profile.no', map: { 1: 'acme' } } },
      'events do not carry "profile.no": set "api": {}',
    ],
    [
      'organization.attribute',
      { ...read, organization: { attribute: 'division', map: { 1: 'acme' } } },
      'Okta has "id"',
    ],
    [
      'organization.attribute',
      { ...read, organization: { attribute: ['profile.no', { constant: 'x' }], map: { y: 'acme' } } },
      'the map does not have this constant',
    ],
    ['organization', { ...read, organization: { attribute: 'profile.no' } }, '"map": {'],
    ['organization', { ...okta, organization: { groups: ['Acme *'] } }, '"groups": {'],
    ['organization', { ...okta, organization: { 'Acme *': 'acme' } }, 'write one Velt organization'],
    ['organization.groups', { ...okta, organization: { groups: {} } }, 'name at least one organization'],
    ['organization.map', { ...read, organization: { attribute: 'profile.no', map: {} } }, 'at least one'],
  ])('of which %s cannot be as it is written is refused: %#', (setting, source, words) => {
    const { issues } = faultsOf(() => readConfig({ sources: { a: source } }));

    expect(issues).toEqual([{ path: `sources.a.${setting}`, message: expect.stringContaining(words) }]);
  });

  test.each([
    [{ template: 'no attribute in it' }, 'a template has paths in braces'],
    [{ template: '{a' }, 'a template has paths in braces'],
    [{ template: '{a}}' }, 'a template has paths in braces'],
    ['profile..x', 'a path is made of keys with dots between them'],
    [[], 'expected array to have >=1 items'],
    [7, 'write a path'],
    [{ path: 'profile.x', upper: true }, 'Unrecognized key: "upper"'],
  ])('with something that is no rule says what one is: %j', (rule, words) => {
    const { message } = faultsOf(() =>
      readConfig({ sources: { a: { ...read, attributes: { plan: rule } } } }),
    );

    expect(message).toContain(words);
  });

  test.each([
    { ...okta, userId: { path: 'profile.login', lower: true }, attributes: { type: { constant: 'staff' } } },
    { ...read, userId: ['profile.employeeNumber', 'id'], attributes: { plan: 'profile.tier', email: null } },
    { ...read, profile: 'ids', userId: 'profile.employeeNumber' },
    { ...read, profile: 'ids', organization: { attribute: 'profile.email', map: { 'a@b.example': 'acme' } } },
    { ...okta, organization: { attribute: ['profile.login', { constant: 'x' }], map: { x: 'acme' } } },
    { ...okta, organization: { groups: { 'Acme *': 'acme', '00g1': 'globex' } } },
    { ...auth0, organization: { attribute: 'acme', map: 'globex', groups: 'acme' } },
    { ...auth0, userId: { path: ['app_metadata', 'https://example.com/no'] } },
    { ...auth0, userId: 'identities.corp.user_id', attributes: { name: ['user_metadata.name', 'name'] } },
  ])('may make the Velt user id and fields of attributes: %j', (source) => {
    expect(readConfig({ sources: { a: source } }).sources.a).toMatchObject(source);
  });

  test('says of a source name that is refused what one is made of', () => {
    const { message } = faultsOf(() => readConfig({ sources: { Okta: okta } }));

    expect(message).toContain('sources.Okta: a source name is made of lower-case letters, digits and dashes');
  });

  test.each(['__proto__', 'constructor'])('takes no source called %s for one', (name) => {
    const sources = JSON.parse(`{"okta":${JSON.stringify(okta)},"${name}":${JSON.stringify(okta)}}`);

    const names = Object.keys(readConfig({ sources }).sources);

    expect(names).toEqual(name === 'constructor' ? ['okta', 'constructor'] : ['okta']);
  });

  const roles = { access: [{ group: 'Contractors', role: 'viewer' }] };
  const rolesInFolder = { grants: [{ folderId: 'deals', role: 'viewer' }] };
  test.each([
    ['v1 where there are no roles', okta, undefined, 'v1'],
    ['v2 where there are roles', { ...okta, ...roles }, undefined, 'v2'],
    ['v2 where a grant has a role', { ...okta, ...rolesInFolder }, undefined, 'v2'],
    ['v1 where the source of the roles is on its way out', { ...okta, ...roles, removed: true }, 'v1', 'v1'],
    ['what is written', okta, 'v2', 'v2'],
  ])('adds users by %s', (_what, source, usersAdd, expected) => {
    const velt = usersAdd === undefined ? {} : { usersAdd };

    expect(readConfig({ sources: { okta: source, other: okta }, velt }).velt.usersAdd).toBe(expected);
  });

  test.each([roles, rolesInFolder])('with roles cannot demand v1, which takes none: %j', (more) => {
    const fault = faultsOf(() =>
      readConfig({ sources: { okta, other: { ...okta, ...more } }, velt: { usersAdd: 'v1' } }),
    );

    expect(fault.issues).toEqual([
      {
        path: 'velt.usersAdd',
        message: 'v1 takes no roles, and a source has some: write "v2", or leave it out',
      },
    ]);
  });

  test.each([
    ['a role that there is not', { access: [{ group: 'Staff', role: 'owner' }] }],
    ['a rule without a role', { access: [{ group: 'Staff' }] }],
    ['a rule of a folder, which is a grant', { access: [{ role: 'viewer', folderId: 'f' }] }],
  ])('is refused with %s', (_what, more) => {
    expect(() => readConfig({ sources: { okta: { ...okta, ...more } } })).toThrow('sources.okta.access.0');
  });

  test('with viewers by group, as the README shows one, is valid', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [, example = ''] =
      /### Viewers by group[^`]*(?:`[^`\n]+`[^`]*)*```json\n(.*?)```/s.exec(readme) ?? [];

    const { sources, velt } = readConfig(JSON.parse(example));

    expect([sources.okta?.access.length, sources.okta?.grants.length, velt.usersAdd]).toEqual([2, 2, 'v2']);
  });

  test('is valid as each example of the guide has it', () => {
    const guide = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
    const examples = [...guide.matchAll(/```json\n(.*?)```/gs)].map(([, json = '']) => JSON.parse(json));

    const sources = examples.map((example) => Object.keys(readWhole(example, 'guide').config.sources));

    expect(sources).toEqual([['okta', 'auth0'], ['okta', 'auth0'], ['okta'], ['okta'], ['okta']]);
  });

  test('as committed is valid', () => {
    expect(readConfig(committedConfig).sources).not.toEqual({});
  });

  test('has a committed JSON Schema that is up to date (npm run schema writes it)', () => {
    expect(committedSchema).toEqual(schemaOfFile());
  });
});
