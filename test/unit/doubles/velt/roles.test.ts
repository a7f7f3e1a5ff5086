import { describe, expect, test } from 'vitest';
import { ada, addUsers, grace, makeVelt, send } from './calls.ts';

const add = (velt: ReturnType<typeof makeVelt>, accessRole?: string, more: object = {}) =>
  send(velt, '/v2/users/add', { organizationId: 'acme', users: [{ ...ada, accessRole }], ...more });
const update = (velt: ReturnType<typeof makeVelt>, accessRole?: string, more: object = {}) =>
  send(velt, '/v2/users/update', { organizationId: 'acme', users: [{ ...ada, accessRole }], ...more });
const list = (velt: ReturnType<typeof makeVelt>) =>
  send(velt, '/v2/users/get', { organizationId: 'acme' }).json.result.data;

describe('roles', () => {
  test('are of each place by itself; who was told none is an editor', () => {
    const velt = makeVelt();
    add(velt, 'viewer');
    add(velt, undefined, { folderId: 'plans' });
    add(velt, 'viewer', { documentId: 'budget' });
    addUsers(velt, [grace]);

    expect(velt.roles().acme).toEqual({
      here: { ada: 'viewer', grace: 'editor' },
      plans: { ada: 'editor' },
      budget: { ada: 'viewer' },
    });
  });

  test('are changed by an update of their place, and stay through one without a role', () => {
    const velt = makeVelt();
    add(velt, 'viewer');
    add(velt, 'viewer', { folderId: 'plans' });

    const { json } = update(velt, 'editor');
    update(velt, undefined, { folderId: 'plans' });

    expect(json.result.data.ada).toMatchObject({ success: true });
    expect(velt.roles().acme).toEqual({ here: { ada: 'editor' }, plans: { ada: 'viewer' } });
  });

  test('stay through a repeated add, which says success', () => {
    const velt = makeVelt();
    add(velt, 'viewer');

    const { json } = add(velt, 'editor');

    expect(json.result.data.ada).toMatchObject({ success: true });
    expect(velt.roles().acme?.here).toEqual({ ada: 'viewer' });
  });

  test('come to nothing by v1, which says success', () => {
    const velt = makeVelt();

    const { status } = addUsers(velt, [{ ...ada, accessRole: 'viewer' }]);

    expect([status, velt.roles().acme?.here]).toEqual([200, { ada: 'editor' }]);
  });

  test('are listed, or are not', () => {
    const worlds = [true, false].map((listsRoles) => makeVelt({ listsRoles }));
    for (const velt of worlds) add(velt, 'viewer');

    expect(worlds.map(list)).toEqual([[{ ...ada, accessRole: 'viewer' }], [ada]]);
  });
});
