import { describe, expect, test } from 'vitest';
import { makeApi, url } from '../../../support/auth0-api.ts';
import { NOW } from '../../../support/factories.ts';

describe('an event stream', () => {
  test.each([403, 404])(
    'is none where the plan has none (%i), but a missing scope is told',
    async (status) => {
      const without = makeApi({ status, body: { errorCode: 'feature_not_enabled' } });
      const unscoped = makeApi({
        status: 403,
        body: {
          errorCode: 'insufficient_scope',
          message: 'Insufficient scope, expected any of: read:event_streams',
        },
      });

      expect(await without.api.readEventStreams()).toBeUndefined();
      await expect(unscoped.api.readEventStreams()).rejects.toMatchObject({ code: 'credentials' });
    },
  );

  test('is found among all', async () => {
    const destination = { type: 'webhook', configuration: { webhook_endpoint: 'https://hooks.example.com' } };
    const { api } = makeApi({
      body: { eventStreams: [{ id: 'est_1', name: 'velt', destination }, { id: 'est_2' }] },
    });

    expect((await api.readEventStreams())?.items).toEqual([{ id: 'est_1', destination }, { id: 'est_2' }]);
  });

  const failed = (n: number, event: unknown = { n }) => ({
    id: `evt_${n}`,
    event_type: 'user.updated',
    event,
  });
  /** Three a page, whatever is asked for: as a plain list that goes on after an id, or by checkpoint. */
  const answers: Record<string, (from: string | null) => unknown> = {
    'a plain list': (from) => {
      const start = from === null ? 0 : Number(from.slice('evt_'.length)) + 1;
      return [0, 1, 2, 3].map((n) => failed(n)).slice(start, start + 3);
    },
    'a list by checkpoint': (from) =>
      ({
        null: { deliveries: [0, 1, 2].map((n) => failed(n)), next: 'b' },
        b: { deliveries: [], next: 'c' },
        c: { deliveries: [failed(3)] },
      })[String(from)],
  };

  test.each([
    ['a plain list', 'evt_2', 3],
    ['a list by checkpoint', 'b', 3],
  ])(
    'tells its failed deliveries as %s, which goes on until nothing follows',
    async (shape, second, calls) => {
      const { api, paths } = makeApi(({ searchParams }) => ({
        body: answers[shape]?.(searchParams.get('from')) as object,
      }));

      const events: unknown[] = [];
      for (let from: string | undefined, first = true; first || from !== undefined; first = false) {
        const page = await api.readFailedDeliveries('est_1', { since: NOW + 999, from });
        events.push(...(page?.items ?? []));
        from = page?.next;
      }

      expect(events).toEqual([0, 1, 2, 3].map((n) => failed(n)));
      expect(paths()).toHaveLength(calls);
      expect(paths()[1]).toBe(
        `event-streams/est_1/deliveries?statuses=failed&date_from=2026-09-30T12%3A00%3A00Z&take=100&from=${second}`,
      );
    },
  );

  test('loses no failed delivery for an id that is none, and goes on after the last that has one', async () => {
    const odd = { ...failed(1), id: 7 };
    const { api } = makeApi({ body: [failed(0), odd, 'no delivery'] });

    const page = await api.readFailedDeliveries('est_1', { since: NOW });

    expect(page).toMatchObject({
      items: [{ event: { n: 0 } }, { event: { n: 1 } }],
      unreadable: 1,
      next: 'evt_0',
    });
  });

  test.each([
    [202, true],
    [403, false],
    [404, false],
    [409, false],
  ])('answers the wish to deliver what failed again with %i: %s', async (status, again) => {
    const { api, requests } = makeApi({ status });

    expect(await api.redeliver('est_1', NOW)).toBe(again);
    expect(requests).toMatchObject([
      {
        method: 'POST',
        url: `${url}/api/v2/event-streams/est_1/redeliver`,
        body: '{"date_from":"2026-09-30T12:00:00Z","statuses":["failed"]}',
      },
    ]);
  });
});
