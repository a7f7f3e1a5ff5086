import { describe, expect, test } from 'vitest';
import type { FaultRule, Velt, VeltOptions } from '../../../../local/doubles/velt/velt.ts';
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

describe('call log', () => {
  test('tells calls that changed something from those that did not', () => {
    const velt = makeVelt();

    addUsers(velt, [ada]);
    addUsers(velt, [ada]);
    addUsers(velt, [{ ...ada, name: 'Ada Byron' }]);
    addUsers(velt, []);
    deleteUsers(velt, ['ghost']);

    expect(velt.calls.map(({ status, effective }) => [status, effective])).toEqual([
      [200, true],
      [200, false],
      [200, true],
      [400, false],
      [200, false],
    ]);
    expect(velt.calls[0]).toMatchObject({
      at: 1_000,
      path: '/v1/users/add',
      body: { data: { organizationId: 'acme', users: [ada] } },
    });
  });

  test('forgets state, calls and faults on reset', () => {
    const velt = makeVelt();
    velt.faults.add({ answer: { kind: 'status', status: 503 } });
    addUsers(velt, [ada]);

    velt.reset();

    expect(velt.calls).toEqual([]);
    expect(velt.state()).toEqual({ organizations: {} });
    expect(addUsers(velt, [ada]).status).toBe(200);
  });
});

describe('faults', () => {
  const faulty = (rule: FaultRule, options: Partial<VeltOptions> = {}) => {
    const velt = makeVelt(options);
    velt.faults.add(rule);
    return velt;
  };
  const usersOf = (velt: Velt) => Object.keys(velt.state().organizations.acme?.users ?? {});

  test('answers a status as often as told, then the truth', () => {
    const velt = faulty({ times: 2, answer: { kind: 'status', status: 429, retryAfterSeconds: 7 } });

    const statuses = [1, 2, 3].map(() => addUsers(velt, [ada]));

    expect(statuses.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect(statuses[0]).toMatchObject({
      headers: { 'retry-after': '7' },
      json: { error: { status: 'RESOURCE_EXHAUSTED' } },
    });
    expect(velt.calls.map(({ effective }) => effective)).toEqual([false, false, true]);
  });

  test('changes the state behind a fault that was applied', () => {
    const velt = faulty({ applied: true, times: 1, answer: { kind: 'hang' } });
    const body = JSON.stringify({ data: { organizationId: 'acme', users: [ada] } });

    const reply = velt.handle({
      method: 'POST',
      path: '/v1/users/add',
      headers: headersOf(credentials),
      body,
    });

    expect(reply).toEqual({ misbehaviour: 'hang' });
    expect(usersOf(velt)).toEqual(['ada']);
    expect(velt.calls[0]).toMatchObject({ status: 'hang', effective: true });
  });

  test('refuses single users and applies the rest', () => {
    const velt = faulty({
      match: { userId: 'ada' },
      answer: { kind: 'refuse-item', reason: 'Not today.', code: 'internal' },
    });

    const { json } = addUsers(velt, [ada, grace]);

    expect(json.result.data).toMatchObject({
      ada: { success: false, message: 'Not today.', code: 'internal' },
      grace: { success: true },
    });
    expect(usersOf(velt)).toEqual(['grace']);
  });

  test('refuses the users who have an attribute, and takes them without', () => {
    const velt = faulty({
      match: { attribute: 'email' },
      answer: { kind: 'refuse-item', reason: 'Bad e-mail.' },
    });

    const { json } = addUsers(velt, [
      { ...ada, email: 'ada@example.com' },
      { userId: 'bob', name: 'Bob' },
    ]);
    addUsers(velt, [{ userId: 'ada', name: 'Ada' }]);

    expect(json.result.data).toMatchObject({ ada: { success: false }, bob: { success: true } });
    expect(usersOf(velt)).toEqual(['ada', 'bob']);
  });

  test('refuses the whole call while it names the matching user', () => {
    const velt = faulty({
      match: { userId: 'ada' },
      answer: { kind: 'refuse-call', status: 400, errorStatus: 'INVALID_ARGUMENT', message: 'Bad user.' },
    });

    expect(addUsers(velt, [ada, grace])).toMatchObject({
      status: 400,
      json: { error: { message: 'Bad user.' } },
    });
    expect(usersOf(velt)).toEqual([]);
    expect(addUsers(velt, [grace]).status).toBe(200);
  });

  test.each([
    [true, ['ada', 'grace']],
    [false, ['grace']],
  ])('leaves an item out of the answer (applied: %s)', (applied, users) => {
    const velt = faulty({ match: { userId: 'ada' }, applied, answer: { kind: 'omit-item' } });

    const { json } = addUsers(velt, [ada, grace]);

    expect(Object.keys(json.result.data)).toEqual(['grace']);
    expect(usersOf(velt)).toEqual(users);
  });

  test('answers HTML with status 200', () => {
    const velt = faulty({ answer: { kind: 'garbage', body: '<html>' } });

    expect(addUsers(velt, [ada])).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<html>',
    });
    expect(usersOf(velt)).toEqual([]);
  });

  test.each<[FaultRule['match'], number[]]>([
    [{ path: '/v2/organizations/usergroups/add' }, [200, 500, 200]],
    [{ path: '/v2/organizations/usergroups' }, [200, 500, 500]],
    [{ groupId: 'eng' }, [200, 500, 500]],
    [{ groupId: 'design' }, [200, 200, 200]],
    [{ organizationId: 'acme', userId: 'ada' }, [500, 200, 500]],
    [{ organizationId: 'other' }, [200, 200, 200]],
  ])('meets only the calls that match %j', (match, statuses) => {
    const velt = makeVelt();
    addUsers(velt, [ada]);
    addGroup(velt, 'eng');
    velt.faults.add({ match, answer: { kind: 'status', status: 500 } });

    const answers = [
      addUsers(velt, [ada]),
      addGroup(velt, 'eng'),
      groupUsers(velt, 'add', 'eng', { userIds: ['ada'] }),
    ];

    expect(answers.map(({ status }) => status)).toEqual(statuses);
  });

  test('strikes by chance', () => {
    const draws = [0.9, 0.1];
    const velt = faulty(
      { probability: 0.5, answer: { kind: 'status', status: 503 } },
      { random: () => draws.shift() ?? 1 },
    );

    expect(addUsers(velt, [ada]).status).toBe(200);
    expect(addUsers(velt, [ada]).status).toBe(503);
  });

  test('never hides a call that Velt would refuse', () => {
    const velt = faulty({ times: 1, answer: { kind: 'status', status: 503 } });

    expect(addUsers(velt, []).status).toBe(400);
    expect(addUsers(velt, [ada]).status).toBe(503);
  });
});
