import { describe, expect, test } from 'vitest';
import type { Velt } from '../../../../local/doubles/velt/velt.ts';
import {
  ada,
  addGroup,
  addUsers,
  credentials,
  deleteUsers,
  grace,
  groupUsers,
  headersOf,
  makeVelt,
} from './calls.ts';

const usersOf = (velt: Velt) => Object.keys(velt.state().organizations.acme?.users ?? {});

describe('an answer that says less than it should', () => {
  test.each([
    ['an empty map', 'empty', {}],
    ['no map', 'none', undefined],
  ] as const)('is success with %s, of every call', (_what, success, data) => {
    const velt = makeVelt({ success });

    const answers = [
      addUsers(velt, [ada]),
      addGroup(velt, 'eng'),
      groupUsers(velt, 'add', 'eng', { userIds: ['ada'] }),
      groupUsers(velt, 'delete', 'eng', { userIds: ['ada'] }),
      deleteUsers(velt, ['ada']),
    ];

    expect(answers.map(({ status, json }) => [status, json.result.status, json.result.data])).toEqual(
      answers.map(() => [200, 'success', data]),
    );
    expect(usersOf(velt)).toEqual([]);
  });

  test('names everyone where one of them failed', () => {
    const velt = makeVelt({ success: 'none' });
    addUsers(velt, [ada]);

    expect(Object.keys(deleteUsers(velt, ['ada', 'ghost']).json.result.data)).toEqual(['ada', 'ghost']);
  });

  test('is success for the first few of a call, and nothing is done for the others', () => {
    const velt = makeVelt({ truncateAt: 1 });

    const { status, json } = addUsers(velt, [ada, grace]);

    expect([status, Object.keys(json.result.data), usersOf(velt)]).toEqual([200, ['ada'], ['ada']]);
  });
});

test('a removal can be refused as a whole for somebody who is not there, and removes nobody', () => {
  const velt = makeVelt({ deleteUnknown: 'call' });
  addUsers(velt, [ada]);

  const { status, json } = deleteUsers(velt, ['ada', 'ghost']);

  expect([status, json.error.status, usersOf(velt)]).toEqual([404, 'NOT_FOUND', ['ada']]);
});

test('an answer can take its time for each of a call', () => {
  const velt = makeVelt();
  velt.faults.add({ answer: { kind: 'slow', ms: 200, each: true } });
  const body = JSON.stringify({ data: { organizationId: 'acme', users: [ada, grace] } });

  const reply = velt.handle({ method: 'POST', path: '/v1/users/add', headers: headersOf(credentials), body });

  expect(reply).toMatchObject({ status: 200, delayMs: 400 });
});
