import { describe, expect, test } from 'vitest';
import type { Http, HttpRequest } from '../../../lib/http/client.ts';
import type { FaultRule } from '../../../local/doubles/velt/velt.ts';
import { ids, kindsOf, LATE, makeVelt, usersAdd } from '../../support/velt-client.ts';

describe('an item that the answer does not name', () => {
  const omit = (userId: string, more: Partial<FaultRule> = {}): FaultRule => ({
    match: { userId },
    answer: { kind: 'omit-item' },
    ...more,
  });
  const usersOf = ({ body = '' }: HttpRequest) =>
    (JSON.parse(body).data.users as { userId: string }[]).map(({ userId }) => userId);

  test.each([
    ['took effect', true],
    ['did not take effect', false],
  ])('is sent again alone, whether the call %s for it, and goes by that answer', async (_what, applied) => {
    const { velt, requests, double } = makeVelt({ faults: [omit('bob', { times: 1, applied })] });

    const { outcomes, fault } = await velt.apply(usersAdd(['ada', 'bob', 'eve']), LATE);

    expect(requests.map(usersOf)).toEqual([['ada', 'bob', 'eve'], ['bob']]);
    expect([kindsOf(outcomes), fault]).toEqual([{ ada: 'done', bob: 'done', eve: 'done' }, undefined]);
    expect(Object.keys(double.state().organizations.acme?.users ?? {})).toEqual(['ada', 'bob', 'eve'].sort());
  });

  test('is refused when an answer about it alone does not name it either, and costs the others nothing', async () => {
    const { velt, requests } = makeVelt({ faults: [omit('bob')] });

    const { outcomes, fault } = await velt.apply(usersAdd(['ada', 'bob']), LATE);

    expect(outcomes.get('bob')).toEqual({
      kind: 'refused',
      reason: "Velt's answer does not name this item",
    });
    expect([outcomes.get('ada'), fault, requests.length]).toEqual([{ kind: 'done' }, undefined, 2]);
  });

  test('of many that are never named costs two calls at most', async () => {
    const { velt, requests } = makeVelt({ faults: ids(8).map((id) => omit(id)) });

    const { outcomes } = await velt.apply(usersAdd(ids(8)), LATE);

    expect(new Set(Object.values(kindsOf(outcomes)))).toEqual(new Set(['refused']));
    expect(requests).toHaveLength(2 * 8 - 1);
  });

  test('is neither done nor refused after a fault of the world, and what was named stays so', async () => {
    const named = JSON.stringify({ result: { data: { ada: { success: true } } } });
    const answers = [{ status: 200, body: named }];
    const http: Http = async () => ({ headers: {}, ...(answers.shift() ?? { status: 503, body: '' }) });
    const { velt } = makeVelt({ deps: { http } });

    const { outcomes, fault } = await velt.apply(usersAdd(['ada', 'bob']), LATE);

    expect(kindsOf(outcomes)).toEqual({ ada: 'done' });
    expect(fault).toMatchObject({ code: 'unavailable' });
  });
});
