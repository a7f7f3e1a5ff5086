import { describe, expect, test } from 'vitest';
import type { Call, CallKind, Item } from '../../../lib/directory/calls.ts';
import type { User } from '../../../lib/directory/desired.ts';
import type { Scope } from '../../../lib/directory/entry.ts';
import type { FaultRule } from '../../../local/doubles/velt/velt.ts';
import { LATE, makeVelt } from '../../support/velt-client.ts';
import { faultsOf } from './fields.ts';

// Every body that the product can send, held against the field lists of Velt's own client. A new kind of call or a new
// attribute does not compile before it is here.

const acme: Scope = { organizationId: 'acme' };
const folder: Scope = { organizationId: 'acme', folderId: 'specs' };
const document: Scope = { organizationId: 'acme', documentId: 'handbook' };
const group: Scope = { organizationId: 'acme', groupId: 'eng' };

const everything: Required<User> = {
  ...{ userId: 'ada', name: 'Ada Example', email: 'ada@example.com' },
  photoUrl: 'https://images.example.com/ada.png',
  ...{ initial: 'AE', color: '#ff0000', textColor: '#ffffff', plan: 'pro', type: 'internal' },
};
const nothing: User = { userId: 'bob', name: 'bob' };
const named: Item[] = [everything, nothing].map((user) => ({ id: user.userId, owners: [], user }));
const withRoles = named.map((item): Item => ({ ...item, role: 'viewer' }));
const groups: Item[] = ['eng', 'ops'].map((id) => ({ id, owners: [], groupName: `Group ${id}` }));
const ids = named.map(({ id }) => ({ id, owners: [] }));

/** The scopes and items of each kind of call. */
const CALLS: Record<CallKind, { scopes: Scope[]; items: Item[][] }> = {
  'users.add': { scopes: [acme, folder, document], items: [named, withRoles] },
  'users.update': { scopes: [acme, folder, document], items: [named, withRoles] },
  'users.delete': { scopes: [acme, folder, document], items: [ids] },
  'groups.add': { scopes: [acme], items: [groups] },
  'group.users.add': { scopes: [group], items: [ids] },
  'group.users.delete': { scopes: [group], items: [ids] },
};
const calls = Object.entries(CALLS).flatMap(([kind, { scopes, items }]) =>
  scopes.flatMap((scope) => items.map((items): Call => ({ kind: kind as CallKind, scope, items }))),
);
/** Each item once more without its attributes, and in halves. */
const refusals: FaultRule[] = [
  { match: { userId: 'ada' }, answer: { kind: 'refuse-item', reason: 'no' } },
  { answer: { kind: 'refuse-call', status: 400, errorStatus: 'INVALID_ARGUMENT', message: 'no' }, times: 1 },
];

const sent = ({ requests }: ReturnType<typeof makeVelt>) =>
  requests.map(({ url, body = '' }) => ({ path: new URL(url).pathname, body: JSON.parse(body) }));

describe.each(['v1', 'v2'] as const)(
  'with users/add of %s, what is sent has the fields that Velt names',
  (usersAdd) => {
    test.each(
      calls.map((call) => [JSON.stringify([call.kind, call.scope, call.items[0]?.role]), call] as const),
    )('in a call of %s', async (_what, call) => {
      const worlds = [[], refusals].map((faults) => makeVelt({ faults, deps: { usersAdd } }));
      for (const { velt } of worlds) await velt.apply(call, LATE);

      const made = worlds.flatMap(sent);
      expect(made.flatMap(({ path, body }) => faultsOf(path, body))).toEqual([]);
      expect(made.length).toBeGreaterThan(worlds.length);
    });
  },
);

test.each([acme, folder, document, group])('and so has a list of the users in %j', async (scope) => {
  const world = makeVelt();

  await world.velt.readUsers({ ...scope, userIds: ['ada'] }, 'MTA', LATE);
  await world.velt.readUsers(scope, undefined, LATE);

  expect(sent(world).flatMap(({ path, body }) => faultsOf(path, body))).toEqual([]);
});

describe('the lists of fields', () => {
  const data = { organizationId: 'acme', users: [everything] };
  const role = { ...data, users: [{ ...everything, accessRole: 'viewer' }] };

  test.each([
    ['nothing', '/v2/users/add', data, []],
    ['nothing of what v2 has more', '/v2/users/add', { ...role, createOrganization: true }, []],
    ['a role on v1', '/v1/users/add', role, ['users.accessRole is unknown']],
    [
      'a flag of v2 on v1',
      '/v1/users/add',
      { ...data, createOrganization: true },
      ['createOrganization is unknown'],
    ],
    ['what is missing', '/v2/users/add', { users: [everything] }, ['organizationId is missing']],
    [
      'what is missing of a user',
      '/v2/users/add',
      { ...data, users: [{ name: 'Ada' }] },
      ['users.userId is missing'],
    ],
    [
      'what a user has not',
      '/v2/users/add',
      { ...data, users: [{ ...everything, mail: 'a' }] },
      ['users.mail is unknown'],
    ],
    [
      'another type',
      '/v2/users/add',
      { ...data, createOrganization: 'yes' },
      ['createOrganization is no boolean'],
    ],
    ['another type in a list', '/v2/users/delete', { ...acme, userIds: [7] }, ['userIds is no string[]']],
    ['an unknown call', '/v2/users/remove', data, ["/v2/users/remove is no call of Velt's"]],
  ])('find fault with %s', (_what, path, data, faults) => {
    expect(faultsOf(path, { data })).toEqual(faults);
  });
});
