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

  test('tells its failed deliveries, which go on after the last of a full page', async () => {
    const failed = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ id: `evt_${n}`, event_type: 'user.updated', event: { n } }));
    const { api, paths } = makeApi(({ searchParams }) => ({
      body: failed(searchParams.has('from') ? 3 : 100),
    }));

    const first = await api.readFailedDeliveries('est_1', { since: NOW + 999 });
    const last = await api.readFailedDeliveries('est_1', { since: NOW, from: first?.next });

    expect([first?.next, last?.items.length, last?.next]).toEqual(['evt_99', 3, undefined]);
    expect(first?.items[0]).toEqual({ id: 'evt_0', event_type: 'user.updated', event: { n: 0 } });
    expect(paths()[1]).toBe(
      'event-streams/est_1/deliveries?statuses=failed&date_from=2026-09-30T12%3A00%3A00Z&take=100&from=evt_99',
    );
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
