import { describe, expect, test } from 'vitest';
import { mapBody } from '../../../../lib/sources/auth0/inbound.ts';
import { auth0ApiRecord, auth0LogRecord, NOW, recheck } from '../../../support/factories.ts';

const map = (body: unknown, { api = true } = {}) =>
  mapBody(body, { source: 'customers', latest: NOW, config: api ? { api: { headroom: 0 } } : {} });
const named = (body: unknown) =>
  map(body).changes.map((change) => (change.kind === 'recheck' ? change.of.id : change.kind));

const of = { kind: 'person', id: 'auth0|ada' } as const;
const { log_id: id } = auth0LogRecord('ss');
const hint = recheck({ source: 'customers', of, read: 'memberships', id });
const ada = 'auth0|ada';
const adaInPath = 'auth0%7Cada';

describe('a record of a log', () => {
  test.each(['ss', 'sdu', 'sce', 'scu', 'scpn', 'sv', 'organization_member_added'])(
    'of type %s is a hint to read whom it is about with their memberships, and says nothing itself',
    (type) => {
      expect(map(auth0LogRecord(type))).toEqual({
        ...{ changes: [hint], events: [{ type, id }] },
        ...{ ignored: [], unreadable: [] },
      });
    },
  );

  test.each(['ss', 'sdu', 'sce', 'scu', 'scpn', 'sv', 'organization_member_added'])(
    'of type %s is ignored without an api to read from',
    (type) => {
      expect(map(auth0LogRecord(type), { api: false })).toEqual({
        changes: [],
        events: [{ type, id }],
        ignored: [{ type, reason: expect.stringContaining('no api') }],
        unreadable: [],
      });
    },
  );

  test.each([
    ['s', 'not mirrored'],
    ['fsa', 'not mirrored'],
    ['limit_wc', 'not mirrored'],
    ['constructor', 'not mirrored'],
    ['sui', 'backfill'],
    ['sscim', 'backfill'],
    ['directory_sync_completed', 'backfill'],
  ])('of type %s is ignored with its reason', (type, reason) => {
    expect(map(auth0LogRecord(type))).toEqual({
      changes: [],
      events: [{ type, id }],
      ignored: [{ type, reason: expect.stringContaining(reason) }],
      unreadable: [],
    });
  });

  test('of a verified address is about the user in its query, because another may have asked', () => {
    const details = { query: { user_id: 'auth0|alan' } };

    expect([
      named(auth0LogRecord('sv', { details })),
      named(auth0LogRecord('sv', { details: null })),
    ]).toEqual([['auth0|alan'], [ada]]);
  });

  test('takes nothing it says of the person, not even that they were deleted', () => {
    const details = { body: { newEmail: 'mallory@example.com', name: 'Mallory', blocked: true } };

    expect(map(auth0LogRecord('sdu', { user_name: 'mallory@example.com', details })).changes).toEqual([hint]);
  });

  test.each([null, undefined, ''])('that names nobody is ignored: %j', (user_id) => {
    expect(map(auth0LogRecord('ss', { user_id }))).toMatchObject({
      changes: [],
      ignored: [{ type: 'ss', reason: 'it names no user' }],
      unreadable: [],
    });
  });

  test('ahead of the clock counts as of now', () => {
    const { changes } = map(auth0LogRecord('ss', { date: '2099-01-01T00:00:00.000Z' }));

    expect(changes).toMatchObject([{ at: new Date(NOW).toISOString() }]);
  });

  test.each([null, 7, 'none', [], { query: 7 }, { request: 'GET', response: [] }])(
    'is read whatever its details are: %j',
    (details) => {
      expect(map(auth0LogRecord('ss', { details })).changes).toEqual([hint]);
    },
  );

  test.each([
    ['without a date', { date: undefined }],
    ['with a date that is none', { date: 'soon' }],
    ['without a type', { type: '' }],
    ['with a user id that is a number', { user_id: 7 }],
  ])('%s is unreadable', (_what, data) => {
    const { changes, ignored, unreadable } = map(auth0LogRecord('ss', data));

    expect([changes, ignored]).toEqual([[], []]);
    expect(unreadable.map(({ path }) => path).join()).toContain('data.');
  });

  test('in a list is found by its place', () => {
    const records = [auth0LogRecord('ss'), auth0LogRecord('s'), auth0LogRecord('ss', { date: 'soon' })];

    const { changes, ignored, unreadable } = map(records);

    expect(changes).toEqual([hint]);
    expect(ignored.map(({ type }) => type)).toEqual(['s']);
    expect(unreadable.map(({ path }) => path)).toEqual(['2.data.date']);
  });
});

describe('a call of the Management API', () => {
  test.each([
    ['creates a user', 'post', '/api/v2/users', { answer: { user_id: ada } }],
    ['creates a user, with a query', 'post', '/api/v2/users?wait=true', { answer: { user_id: ada } }],
    ['changes a user', 'patch', `/api/v2/users/${adaInPath}`, {}],
    ['changes a user, with a query', 'PATCH', `/api/v2/users/${adaInPath}?wait=true`, {}],
    ['deletes a user', 'delete', `/api/v2/users/${adaInPath}`, {}],
    ['links a user', 'post', `/api/v2/users/${adaInPath}/identities`, {}],
    ['adds a member', 'post', '/api/v2/organizations/org_1/members', { body: { members: [ada] } }],
    ['removes a member', 'delete', '/api/v2/organizations/org_1/members', { body: { members: [ada] } }],
    ['gives a member a role', 'post', `/api/v2/organizations/org_1/members/${adaInPath}/roles`, {}],
    ['takes a role from a member', 'delete', `/api/v2/organizations/org_1/members/${adaInPath}/roles`, {}],
  ])('is a hint about its subject, and never about who called: it %s', (_what, method, path, call) => {
    expect(map(auth0ApiRecord(method, path, call)).changes).toEqual([hint]);
  });

  test.each([
    ['links by id', 'post', '', { provider: 'google-oauth2', user_id: '117' }, ['google-oauth2|117']],
    [
      'links by whole id',
      'post',
      '',
      { provider: 'google-oauth2', user_id: 'google-oauth2|117' },
      ['google-oauth2|117'],
    ],
    ['links by a token', 'post', '', { link_with: 'eyJ' }, []],
    ['links by nothing', 'post', '', null, []],
    ['links by numbers', 'post', '', { provider: 7, user_id: 7 }, []],
    ['unlinks', 'delete', '/samlp/acme-saml%7Cada', {}, ['samlp|acme-saml|ada']],
  ])('is a hint about both users whom it %s', (_what, method, rest, body, others) => {
    const call = auth0ApiRecord(method, `/api/v2/users/${adaInPath}/identities${rest}`, {
      body: body as object,
    });

    expect(named(call)).toEqual([ada, ...others]);
  });

  test('is one hint for each member that it adds', () => {
    const members = [ada, 'auth0|alan', ada, '', 7, null];

    expect(
      named(auth0ApiRecord('post', '/api/v2/organizations/org_1/members', { body: { members } })),
    ).toEqual([ada, 'auth0|alan']);
  });

  test.each([
    ['reads a user', 'get', `/api/v2/users/${adaInPath}`, 'changed nothing'],
    ['writes without a method', '', `/api/v2/users/${adaInPath}`, 'changed nothing'],
    ['gives a role of the tenant', 'post', '/api/v2/roles/rol_1/users', 'roles of the tenant'],
    ['changes a client', 'patch', '/api/v2/clients/cli_1', 'about nobody'],
    ['renames an organization', 'patch', '/api/v2/organizations/org_1', 'about nobody'],
    ['adds nobody', 'post', '/api/v2/organizations/org_1/members', 'names no user'],
    ['creates a user that it does not tell', 'post', '/api/v2/users', 'names no user'],
    ['calls another API', 'post', '/api/v3/users/ada', 'names no user'],
  ])('is ignored where it %s', (_what, method, path, reason) => {
    expect(map(auth0ApiRecord(method, path))).toEqual({
      changes: [],
      events: [{ type: 'sapi', id }],
      ignored: [{ type: 'sapi', reason: expect.stringContaining(reason) }],
      unreadable: [],
    });
  });

  test('whose path is not encoded well is read as it stands', () => {
    expect(named(auth0ApiRecord('patch', '/api/v2/users/100%'))).toEqual(['100%']);
  });

  test('without details is ignored', () => {
    expect(map(auth0LogRecord('sapi', { user_id: 'auth0|admin' }))).toMatchObject({ changes: [] });
  });
});
