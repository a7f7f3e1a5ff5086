import { describe, expect, test } from 'vitest';
import type { FaultRule } from '../../../local/doubles/velt/velt.ts';
import { callOf, ids, kindsOf, LATE, makeVelt, usersAdd } from '../../support/velt-client.ts';

describe('a call refused as a whole', () => {
  const refuseFor = (userId: string): FaultRule => ({
    match: { userId },
    answer: { kind: 'refuse-call', status: 400, errorStatus: 'INVALID_ARGUMENT', message: 'Required' },
  });
  const BATCH = 50;
  // The last one is without attributes.
  const bound = Math.floor(2 * Math.log2(BATCH) + 1) + 1;

  test.each([0, 1, 24, 25, 37, 49])('is narrowed down to its one culprit, at place %s', async (place) => {
    const { velt, requests, double } = makeVelt({ faults: [refuseFor(`person-${place}`)] });

    const { outcomes, fault } = await velt.apply(usersAdd(ids(BATCH)), LATE);

    const expected = ids(BATCH).map((id, n) => [id, n === place ? 'refused' : 'done']);
    expect(kindsOf(outcomes)).toEqual(Object.fromEntries(expected));
    expect(fault).toBeUndefined();
    expect(Object.keys(double.state().organizations.acme?.users ?? {})).toHaveLength(BATCH - 1);
    expect(requests.length - 1).toBeLessThanOrEqual(bound);
  });

  test('is narrowed down to two culprits as well, and all others are delivered', async () => {
    const { velt, requests, double } = makeVelt({ faults: [refuseFor('person-3'), refuseFor('person-40')] });

    const { outcomes } = await velt.apply(usersAdd(ids(BATCH)), LATE);

    const refused = [...outcomes].filter(([, { kind }]) => kind !== 'done').map(([id]) => id);
    expect(refused).toEqual(['person-3', 'person-40']);
    expect(Object.keys(double.state().organizations.acme?.users ?? {})).toHaveLength(BATCH - 2);
    expect(requests.length - 1).toBeLessThanOrEqual(2 * bound);
  });

  test('refuses every item when every item is at fault: two calls for each, with attributes and without', async () => {
    const { velt, requests } = makeVelt({ faults: ids(8).map(refuseFor) });

    const { outcomes } = await velt.apply(usersAdd(ids(8)), LATE);

    expect(new Set(Object.values(kindsOf(outcomes)))).toEqual(new Set(['refused']));
    expect(requests).toHaveLength(2 * (2 * 8 - 1));
  });

  test('takes no removal for done that was refused for another reason than that somebody is gone', async () => {
    const { velt } = makeVelt({ faults: [refuseFor('ada')] });

    const { outcomes } = await velt.apply(callOf('users.delete', { organizationId: 'acme' }, ['ada']), LATE);

    expect(kindsOf(outcomes)).toEqual({ ada: 'refused' });
  });

  test('keeps what the halves before a fault of the world brought', async () => {
    const { velt } = makeVelt({
      faults: [
        refuseFor('person-0'),
        { match: { userId: 'person-3' }, answer: { kind: 'status', status: 503 } },
      ],
    });
    const halves = usersAdd(ids(4));

    // The whole is refused first; the 503 meets the second half.
    const { outcomes, fault } = await velt.apply(halves, LATE);

    expect(kindsOf(outcomes)).toEqual({ 'person-0': 'refused', 'person-1': 'done' });
    expect(fault).toMatchObject({ code: 'unavailable' });
  });

  test('is not narrowed down further after a fault of the world', async () => {
    const { velt, double } = makeVelt({
      faults: [
        refuseFor('person-3'),
        { match: { userId: 'person-0' }, answer: { kind: 'status', status: 503 } },
      ],
    });

    const { outcomes, fault } = await velt.apply(usersAdd(ids(4)), LATE);

    expect([outcomes.size, fault?.code]).toEqual([0, 'unavailable']);
    expect(double.calls.map(({ status }) => status)).toEqual([400, 503, 503, 503]);
  });

  test('means for a single item that already exists what it means within a map', async () => {
    const exists: FaultRule = {
      answer: { kind: 'refuse-call', status: 409, errorStatus: 'ALREADY_EXISTS', message: 'exists' },
    };
    const { velt } = makeVelt({ faults: [exists] });

    const { outcomes } = await velt.apply(usersAdd(['ada']), LATE);

    expect(kindsOf(outcomes)).toEqual({ ada: 'exists' });
  });
});

describe.each<FaultRule['answer']>([
  { kind: 'refuse-item', reason: 'Invalid e-mail' },
  { kind: 'refuse-call', status: 400, errorStatus: 'INVALID_ARGUMENT', message: 'Invalid e-mail' },
])('users who are refused with an e-mail address, by $kind', (answer) => {
  const refuseEmail = (userId: string, path = ''): FaultRule => ({
    match: { path, userId, attribute: 'email' },
    answer,
  });
  const update = (userIds: string[]) => ({ ...usersAdd(userIds), kind: 'users.update' as const });

  test.each([
    ['users.add', usersAdd],
    ['users.update', update],
  ])('are there without it, and the reason is told: %s', async (kind, callFor) => {
    const { velt, double } = makeVelt({ faults: [refuseEmail('ada')] });
    if (kind === 'users.update')
      for (const userId of ['ada', 'bob']) double.byHand.add('acme', { userId, name: 'x' });

    const { outcomes, fault } = await velt.apply(callFor(['ada', 'bob']), LATE);

    expect([outcomes.get('ada'), outcomes.get('bob')]).toEqual([
      { kind: 'partly', reason: 'Invalid e-mail', attributes: ['email'] },
      { kind: 'done' },
    ]);
    expect(fault).toBeUndefined();
    expect(double.state().organizations.acme?.users).toEqual({
      ada: { name: 'ada' },
      bob: { name: 'bob', email: 'bob@example.com' },
    });
  });

  test.each(['empty', 'none'] as const)(
    'are there without it where success names nobody (%s)',
    async (success) => {
      const { velt } = makeVelt({ options: { success }, faults: [refuseEmail('ada')] });

      const { outcomes } = await velt.apply(usersAdd(['ada']), LATE);

      expect(outcomes.get('ada')).toMatchObject({ kind: 'partly' });
    },
  );

  test('stay refused where Velt says nothing of them without it, and are asked for alone before', async () => {
    const { velt, double } = makeVelt({
      options: { truncateAt: 1, advancedQueries: 'empty' },
      faults: [
        refuseEmail('ada'),
        refuseEmail('bob'),
        { match: { userId: 'ada' }, answer: { kind: 'omit-item' } },
      ],
    });

    const { outcomes } = await velt.apply(usersAdd(['ada', 'bob']), LATE);

    expect([outcomes.get('ada')?.kind, outcomes.get('bob')?.kind]).toEqual(['refused', 'partly']);
    expect(Object.keys(double.state().organizations.acme?.users ?? {})).toEqual(['bob']);
  });

  test('are refused, by the first reason, where Velt does not take them without it either', async () => {
    const refuse: FaultRule = { match: { userId: 'ada' }, answer: { kind: 'refuse-item', reason: 'no' } };
    const { velt } = makeVelt({ faults: [refuseEmail('ada'), refuse] });

    const { outcomes } = await velt.apply(usersAdd(['ada']), LATE);

    expect(outcomes.get('ada')).toEqual({ kind: 'refused', reason: 'Invalid e-mail' });
  });

  test('have no outcome where the call without it meets a fault of the world', async () => {
    const { velt, double } = makeVelt({
      faults: [
        { match: { userId: 'ada', attribute: 'email' }, answer, times: 1 },
        { match: { userId: 'ada' }, answer: { kind: 'status', status: 503 } },
      ],
    });

    const { outcomes, fault } = await velt.apply(usersAdd(['ada']), LATE);

    expect([[...outcomes.keys()], fault?.code]).toEqual([[], 'unavailable']);
    expect(double.state().organizations.acme?.users ?? {}).toEqual({});
  });
});

describe('a removal refused as a whole because something is not there', () => {
  const acme = { organizationId: 'acme' };
  const missing = (message: string, userId?: string): FaultRule => ({
    match: userId === undefined ? {} : { userId },
    answer: { kind: 'refuse-call', status: 404, errorStatus: 'NOT_FOUND', message },
  });

  test('is done for the one who is not there, and made for the others', async () => {
    const { velt, double } = makeVelt({ options: { deleteUnknown: 'call' } });
    await velt.apply(usersAdd(ids(20)), LATE);
    await velt.apply(callOf('users.delete', acme, ['person-7']), LATE);

    const { outcomes } = await velt.apply(callOf('users.delete', acme, ids(20)), LATE);

    expect(kindsOf(outcomes)).toEqual(Object.fromEntries(ids(20).map((id) => [id, 'done'])));
    expect(double.state().organizations.acme?.users).toEqual({});
  });

  test.each([
    'Organization does not exist.',
    'Organization user group does not exist.',
    'User group not found',
    'Folder or document does not exist',
  ])('is done for all when it is what they should be in: %s', async (message) => {
    const { velt, requests } = makeVelt({ faults: [missing(message)] });

    const { outcomes } = await velt.apply(callOf('users.delete', acme, ids(20)), LATE);

    expect(new Set(Object.values(kindsOf(outcomes)))).toEqual(new Set(['done']));
    expect(requests).toHaveLength(1);
  });

  test.each([
    'User not found.',
    'User(s) not found in organization.',
    '"group lead" does not exist',
    'No such thing.',
  ])('is narrowed down where that could be one of them: %s', async (message) => {
    const { velt, double } = makeVelt({ faults: [missing(message, 'group lead')] });
    await velt.apply(usersAdd(ids(7)), LATE);

    await velt.apply(callOf('users.delete', acme, [...ids(7), 'group lead']), LATE);

    expect(double.state().organizations.acme?.users).toEqual({});
  });
});
