import { describe, expect, test } from 'vitest';
import { makeDirectory, now, type Routes } from '../../../support/auth0-directory.ts';
import { NOW } from '../../../support/factories.ts';

describe('what Auth0 could not deliver', () => {
  const event = { type: 'user.deleted', id: 'evt_1', time: now, data: { object: { user_id: 'auth0|ada' } } };
  const failed = (id: string, facts: object = {}) => ({ id, event_type: 'user.deleted', ...facts });
  const webhook = (id: string, path = '/webhooks/auth0') => ({
    id,
    destination: { type: 'webhook', configuration: { webhook_endpoint: `https://hooks.example.com${path}` } },
  });
  const streams = { eventStreams: [webhook('est_1'), webhook('est_2')] };

  async function readAll(routes: Routes) {
    const pages: Awaited<ReturnType<ReturnType<typeof makeDirectory>['directory']['readEvents']>>[] = [];
    let cursor: string | undefined;
    do {
      const page = await makeDirectory(routes).directory.readEvents(cursor, NOW - 3_600_000);
      pages.push(page);
      cursor = page.next;
    } while (pages.at(-1)?.more);
    return { pages, cursor: JSON.parse(cursor) };
  }

  test('is told of every event stream, page by page, as the stream carries it', async () => {
    const full = Array.from({ length: 100 }, (_, n) => failed(`evt_${n}`, { event }));

    const { pages, cursor } = await readAll({
      'event-streams': streams,
      'event-streams/est_1/deliveries': full,
      'event-streams/est_1/deliveries?from=evt_99': [failed('evt_100', { event }), failed('no content'), 7],
      'event-streams/est_1/deliveries?from=no content': [],
      'event-streams/est_2/deliveries': [],
    });

    const events = pages.flatMap((page) => page.events);
    expect([events.length, events[0]]).toEqual([101, event]);
    expect(pages.map(({ failedDeliveries }) => failedDeliveries)).toEqual([0, 100, 3, 0, 0]);
    expect(cursor).toEqual({ v: 1, since: NOW - 120_000 });
  });

  test.each<[what: string, streams: object[], expected: true | undefined]>([
    ['the only one that leads here is disabled', [{ ...webhook('est_1'), status: 'disabled' }], true],
    [
      'one is enabled',
      [
        { ...webhook('est_1'), status: 'disabled' },
        { ...webhook('est_2'), status: 'enabled' },
      ],
      undefined,
    ],
    [
      'only one that leads elsewhere is disabled',
      [{ ...webhook('est_1', '/elsewhere'), status: 'disabled' }],
      undefined,
    ],
    [
      'only one to an Action is disabled',
      [{ id: 'est_1', status: 'disabled', destination: { type: 'action' } }],
      undefined,
    ],
    ['there is none', [], undefined],
    ['their status is not told', [webhook('est_1')], undefined],
  ])('is nothing where the stream is switched off: %s', async (_what, eventStreams, expected) => {
    const { directory } = makeDirectory({ 'event-streams': { eventStreams } });

    const page = await directory.readEvents(undefined, NOW - 3_600_000);

    expect(page.isSwitchedOff).toBe(expected);
  });

  test('is delivered again by Auth0 itself, of each stream that had some', async () => {
    const made = makeDirectory({
      'event-streams': streams,
      'event-streams/est_1/deliveries': [failed('evt_1', { event })],
      'event-streams/est_2/deliveries': [],
    });

    let page = await made.directory.readEvents(undefined, NOW - 3_600_000);
    while (page.more) page = await made.directory.readEvents(page.next, NOW);

    expect(made.requests.filter((route) => route.includes('redeliver'))).toEqual([
      'event-streams/est_1/redeliver',
    ]);
  });

  test('is read of streams that lead here or that an Action takes, and never delivered again for others', async () => {
    const busName = 'aws.partner/auth0.com/acme-1/auth0.events';
    const bus = (id: string, aws_partner_event_source: string) => ({
      id,
      destination: { type: 'eventbridge', configuration: { aws_partner_event_source } },
    });
    const eventStreams = [
      webhook('est_1'),
      webhook('est_other', '/elsewhere'),
      bus('est_bus', busName),
      bus('est_other_bus', 'aws.partner/auth0.com/acme-2/auth0.events'),
      { id: 'est_action', destination: { type: 'action', configuration: { action_id: 'act_1' } } },
    ];
    const deliveries = Object.fromEntries(
      eventStreams.map(({ id }) => [`event-streams/${id}/deliveries`, [failed('evt_1', { event })]]),
    );
    const made = makeDirectory(
      { 'event-streams': { eventStreams }, ...deliveries },
      { partnerEventSource: busName },
    );

    let page = await made.directory.readEvents(undefined, NOW - 3_600_000);
    while (page.more) page = await made.directory.readEvents(page.next, NOW);

    const of = (what: string) =>
      made.requests.filter((route) => route.endsWith(what)).map((route) => route.split('/')[1]);
    expect(of('deliveries')).toEqual(['est_1', 'est_bus', 'est_action']);
    expect(of('redeliver')).toEqual(['est_1', 'est_bus']);
  });

  test.each([500, 403, 400])(
    'of one stream answered %i for ever costs no other stream anything',
    async (status) => {
      const routes = {
        'event-streams': streams,
        'event-streams/est_1/deliveries': status,
        'event-streams/est_2/deliveries': [failed('evt_1', { event })],
      };

      const { pages, cursor } = await readAll(routes);

      expect(pages.flatMap((page) => page.events)).toEqual([event]);
      expect(pages.map(({ fault }) => fault !== undefined)).toEqual([false, true, false, false]);
      expect(cursor).toEqual({ v: 1, since: NOW - 3_600_000 });
    },
  );

  test('of a stream that cannot be read is looked for again an hour back, however long that goes on', async () => {
    const made = makeDirectory({ 'event-streams': streams, 'event-streams/est_1/deliveries': 500 });

    let page = await made.directory.readEvents(undefined, NOW - 86_400_000);
    while (page.more) page = await made.directory.readEvents(page.next, NOW);

    expect(JSON.parse(page.next)).toEqual({ v: 1, since: NOW - 120_000 - 3_600_000 });
  });

  test('is queued also where Auth0 never delivers it again itself', async () => {
    const { pages } = await readAll({
      'event-streams': streams,
      'event-streams/est_1/deliveries': [failed('evt_1', { event })],
      'event-streams/est_1/redeliver': 500,
    });

    expect(pages.flatMap((page) => page.events)).toEqual([event]);
    expect(pages.at(-1)?.more).toBe(false);
  });

  test('waits where Auth0 does not list its streams either', async () => {
    const made = makeDirectory({ 'event-streams': streams });
    const { next } = await made.directory.readEvents(undefined, NOW - 3_600_000);
    const down = makeDirectory({ 'event-streams': 500, 'event-streams/est_1/deliveries': 500 });

    await expect(down.directory.readEvents(next, NOW)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('is nothing where there is no event stream, or no longer', async () => {
    const without = await readAll({});
    const gone = await readAll({ 'event-streams': { eventStreams: [webhook('est_1')] } });

    expect([without, gone].map(({ pages }) => pages.flatMap((page) => page.events))).toEqual([[], []]);
    expect(without.cursor).toEqual({ v: 1, since: NOW - 3_600_000 });
    expect(gone.cursor).toEqual({ v: 1, since: NOW - 120_000 });
  });
});
