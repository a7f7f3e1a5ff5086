import { describe, expect, test } from 'vitest';
import { WorldFault } from '../../../lib/errors.ts';
import type { Http, HttpRequest } from '../../../lib/http/client.ts';
import { LATE_MS } from '../../../lib/velt/request.ts';
import type { FaultRule } from '../../../local/doubles/velt/velt.ts';
import { callOf, ids, kindsOf, LATE, makeVelt, usersAdd } from '../../support/velt-client.ts';

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

  test('is not done when Velt lists others and not this one, and costs the others nothing', async () => {
    const { velt, requests } = makeVelt({ faults: [omit('bob')] });

    const { outcomes, fault } = await velt.apply(usersAdd(['ada', 'bob']), LATE);

    expect(outcomes.get('bob')).toEqual({ kind: 'refused', reason: "Velt's list contradicts its success" });
    expect([outcomes.get('ada'), fault]).toEqual([{ kind: 'done' }, undefined]);
    expect(requests.map(({ url }) => new URL(url).pathname)).toEqual([
      ...['/v1/users/add', '/v1/users/add'],
      ...['/v2/users/get', '/v2/users/get'],
    ]);
  });

  test('does not make the next calls of that kind smaller', async () => {
    const { velt, requests } = makeVelt({ faults: [omit('bob')] });
    await velt.apply(usersAdd(['ada', 'bob']), LATE);
    requests.length = 0;

    await velt.apply(usersAdd(ids(20)), LATE);

    expect(requests).toHaveLength(1);
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

  test('is as late as the last try that was given up for it', async () => {
    const named = JSON.stringify({ result: { data: { ada: { success: true } } } });
    const { velt, time } = makeVelt({
      deps: {
        http: async ({ timeoutMs }) => {
          tries += 1;
          if (tries === 1) throw new WorldFault('connection', 'reset');
          if (tries === 2) return { status: 200, headers: {}, body: named };
          time.now += timeoutMs;
          throw new WorldFault('timeout', 'no answer');
        },
      },
    });
    let tries = 0;

    const { outcomes, landsUntil } = await velt.apply(usersAdd(['ada', 'bob']), LATE);

    expect([outcomes.size, landsUntil]).toEqual([0, time.now + LATE_MS]);
  });
});

describe('a Velt that takes only so many items of a call, and says success', () => {
  const sizesOf = (calls: { body: unknown }[]) =>
    calls.map(({ body }) => {
      const { data } = body as { data: { users?: unknown[]; userIds?: unknown[] } };
      return (data.users ?? data.userIds)?.length;
    });

  test('is sent the others at once, in calls of that size', async () => {
    const { velt, double } = makeVelt({ options: { truncateAt: 20 } });

    const { outcomes, fault } = await velt.apply(usersAdd(ids(50)), LATE);

    expect([new Set(Object.values(kindsOf(outcomes))), fault]).toEqual([new Set(['done']), undefined]);
    expect(outcomes.size).toBe(50);
    expect(Object.keys(double.state().organizations.acme?.users ?? {})).toHaveLength(50);
    expect(sizesOf(double.calls)).toEqual([50, 20, 10]);
  });

  test('gets calls of that kind in that size from then on, and others as before', async () => {
    const { velt, double } = makeVelt({ options: { truncateAt: 20 } });
    await velt.apply(usersAdd(ids(50)), LATE);
    double.calls.length = 0;

    await velt.apply(usersAdd(ids(50)), LATE);
    await velt.apply(callOf('users.delete', { organizationId: 'acme' }, ids(30)), LATE);

    expect(sizesOf(double.calls)).toEqual([20, 20, 10, 30, 10]);
    expect(Object.keys(double.state().organizations.acme?.users ?? {})).toHaveLength(20);
  });
});
