import { describe, expect, test } from 'vitest';
import type { CallKind } from '../../../lib/directory/calls.ts';
import { added, error, KINDS, type Response, read, refused, result } from '../../support/velt-answers.ts';

// Each as the pages of docs.velt.dev/api-reference/rest-apis have it (2026-08-19), ids shortened.
const documented: [string, CallKind, Response, unknown][] = [
  ['v2 users/add', 'users.add', { body: result({ ada: added, bob: added }) }, ['done', 'done']],
  [
    'v2 users/update, one missing',
    'users.update',
    { body: result({ ada: added, bob: { success: false, id: 'x', message: 'User does not exist.' } }) },
    ['done', 'refused'],
  ],
  [
    'v2 users/delete, one missing: already gone',
    'users.delete',
    {
      body: result({
        ada: { success: true, message: 'User removed.' },
        bob: { success: false, message: 'User does not exist.' },
      }),
    },
    ['done', 'done'],
  ],
  [
    'v2 usergroups/add',
    'groups.add',
    {
      body: result({
        ada: { success: true, id: 'x', message: 'Organization user group added.' },
        bob: added,
      }),
    },
    ['done', 'done'],
  ],
  [
    'v2 usergroups/users/add',
    'group.users.add',
    {
      body: result({
        ada: {
          success: true,
          organizationUserGroupId: 'g',
          message: 'User added to organization user group.',
        },
        bob: { success: false, organizationUserGroupId: 'g', message: 'User is already added to the group.' },
      }),
    },
    ['done', 'exists'],
  ],
  [
    'v2 usergroups/users/delete',
    'group.users.delete',
    {
      body: result({
        ada: {
          success: true,
          organizationUserGroupId: 'g',
          message: 'User deleted from organization user group.',
        },
        bob: { success: false, organizationUserGroupId: 'g', message: 'User does not exist in group.' },
      }),
    },
    ['done', 'done'],
  ],
  [
    'a failure within 200, as v1 documents/update',
    'users.delete',
    {
      body: result({
        ada: added,
        bob: { success: false, id: 'bob', message: 'Document does not exist', code: 'not-found' },
      }),
    },
    ['done', 'done'],
  ],
  [
    'a map in the details of a 500, as v2 documents/add',
    'users.add',
    {
      status: 500,
      body: error({
        details: {
          ada: added,
          bob: { success: false, message: 'Document already exists', code: 'already-exists' },
        },
      }),
    },
    ['done', 'exists'],
  ],
  [
    'a map in the data of a 500',
    'users.add',
    { status: 500, body: error({ status: 'PARTIAL_FAILURE', data: { ada: added, bob: refused } }) },
    ['done', 'refused'],
  ],
];

describe('an answer with a map of items', () => {
  test.each(documented)('tells what became of each: %s', (_what, kind, response, kinds) => {
    const outcomes = read(response, kind);

    expect([...outcomes].map(([id, outcome]) => [id, outcome.kind])).toEqual([
      ['ada', (kinds as string[])[0]],
      ['bob', (kinds as string[])[1]],
    ]);
  });

  test.each([200, 202, 400, 403, 404, 409, 429, 500, 503])(
    'is read by its items, whatever the HTTP status is: %s',
    (status) => {
      for (const body of [
        result({ ada: added, bob: refused }),
        error({ details: { ada: added, bob: refused } }),
        error({ data: { ada: added, bob: refused } }),
      ]) {
        const outcomes = read({ status, body });

        expect(outcomes.get('ada')).toEqual({ kind: 'done' });
        expect(outcomes.get('bob')).toEqual({ kind: 'refused', reason: 'Invalid e-mail.' });
      }
    },
  );

  test('is matched by id, in whatever order it stands', () => {
    const outcomes = read({ body: result({ bob: refused, ada: added }) });

    expect([outcomes.get('ada')?.kind, outcomes.get('bob')?.kind]).toEqual(['done', 'refused']);
  });

  test.each(KINDS)('proves nothing of an item that it does not name: %s', (kind) => {
    const outcomes = read({ body: result({ ada: added }) }, kind);

    expect([...outcomes]).toEqual([['ada', { kind: 'done' }]]);
  });

  test.each([
    ['an empty one', {}],
    ['one of others', { eve: added }],
  ])('proves nothing, and is no fault, when it is %s', (_what, data) => {
    expect([...read({ body: result(data) })]).toEqual([]);
  });

  test('tells nothing of items that were not asked for', () => {
    const outcomes = read({ body: result({ ada: added, eve: added }) });

    expect([...outcomes.keys()]).toEqual(['ada']);
  });

  test.each([
    ['no flag', { message: 'User added.' }],
    ['a flag that is a text', { success: 'true' }],
    ['nothing', null],
  ])('costs the others nothing where one item has %s', (_what, odd) => {
    const outcomes = read({ body: result({ ada: added, bob: odd }) });

    expect([...outcomes]).toEqual([['ada', { kind: 'done' }]]);
  });

  test.each([
    ['a message that is none', { message: null, code: 7 }],
    ['a number for a status', { status: 500 }],
  ])('counts in spite of %s beside it', (_what, more) => {
    const outcomes = read({ status: 500, body: error({ ...more, details: { ada: added, bob: added } }) });

    expect([...outcomes.values()]).toEqual([{ kind: 'done' }, { kind: 'done' }]);
  });
});

describe('a refused item', () => {
  const outcomeOf = (kind: CallKind, item: object) =>
    read({ body: result({ ada: { success: false, ...item } }) }, kind, ['ada']).get('ada')?.kind;

  test.each([
    { message: 'User already exists' },
    { message: 'Something else', code: 'already-exists' },
    { message: 'User is already a member of the group.' },
  ])('that is there already exists for an add: %j', (item) => {
    expect(KINDS.filter((kind) => outcomeOf(kind, item) === 'exists')).toEqual([
      'groups.add',
      'users.add',
      'group.users.add',
    ]);
  });

  test.each([
    { message: 'User does not exist.' },
    { message: 'Something else', code: 'not-found' },
    { message: 'User not found' },
    { message: 'User is not a member of the group.' },
    { message: 'User is not an organization user.' },
  ])('that is gone already is done for a delete, and for nothing else: %j', (item) => {
    expect(KINDS.filter((kind) => outcomeOf(kind, item) === 'done')).toEqual([
      'group.users.delete',
      'users.delete',
    ]);
  });

  test.each(['This is not a supported operation.', 'You are not an admin.', 'Internal failure', undefined])(
    'is not done for a delete when Velt says: %s',
    (message) => {
      expect(outcomeOf('users.delete', { message })).toBe('refused');
    },
  );

  test.each([
    ['User is not an organization user.', 'user'],
    ['User does not exist.', 'user'],
    ['Organization user group does not exist.', 'user'],
    ['Group not found.', 'group'],
  ])('names what Velt missed: %s', (message, prerequisite) => {
    const outcomes = read({ body: result({ ada: { success: false, message } }) }, 'group.users.add', ['ada']);

    expect(outcomes.get('ada')).toMatchObject({ kind: 'refused', reason: message, prerequisite });
  });
});
