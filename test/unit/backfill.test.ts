import { describe, expect, test } from 'vitest';
import { readConfig, type SourceConfig } from '../../lib/config.ts';
import type { HttpRequest, HttpResponse } from '../../lib/http/client.ts';
import { type BackfillDeps, backfill } from '../../lib/pipeline/backfill.ts';
import { connectOkta } from '../../lib/sources/okta/directory.ts';
import { makeClock, makeLog, makeMeter, makeQueue, NOW } from '../factories.ts';

const config = readConfig({
  sources: {
    okta: { kind: 'okta', organization: 'acme' },
    customers: { kind: 'auth0', organization: 'acme' },
  },
});
const url = 'https://example-org.okta.com';
const input = { source: 'okta' };

const user = (id: string, firstName = id) => ({
  id,
  status: 'ACTIVE',
  lastUpdated: '2026-09-01T09:00:00.000Z',
  profile: { login: id, firstName },
});

const page = (users: unknown[], next?: string): HttpResponse => ({
  status: 200,
  headers: next === undefined ? {} : { link: `<${next}>; rel="next"` },
  body: JSON.stringify(users),
});

/** Okta giving one answer after the other; each takes `tookMs`. */
function makeBackfill({
  answers,
  tookMs = 0,
  connection = { url, ssws: 't0ken' },
}: {
  answers: HttpResponse[];
  tookMs?: number;
  connection?: object;
}) {
  const time = makeClock();
  const asked: string[] = [];
  const queue = makeQueue();
  const deps: BackfillDeps = {
    config,
    okta: (name) => {
      const http = async (request: HttpRequest) => {
        asked.push(request.url);
        time.now += tookMs;
        return answers[asked.length - 1] ?? page([]);
      };
      const source = config.sources[name] as SourceConfig & { kind: 'okta' };
      const secret = async () => ({ okta: connection, customers: {} });
      return connectOkta(name, source, { http, secret, clock: time.clock, random: () => 0 });
    },
    queue,
    clock: time.clock,
    sleep: time.sleep,
    log: makeLog(),
    meter: makeMeter(),
  };
  return {
    run: (deadline = NOW + 60_000, it: unknown = input) => backfill(it, deadline, deps),
    deps,
    queue,
    asked,
    time,
  };
}

describe('a backfill', () => {
  test('reads every page by the link of the one before, and queues everyone', async () => {
    const [second, third] = [`${url}/api/v1/users?after=2`, `${url}/api/v1/users?after=3`];
    const { run, asked, queue } = makeBackfill({
      answers: [page([user('ada'), user('grace')], second), page([user('alan')], third), page([])],
    });

    const done = await run();

    expect(done).toEqual({ source: 'okta', pages: 3, people: 3 });
    expect(asked.slice(1)).toEqual([second, third]);
    expect(queue.sent.flat()).toMatchObject([
      { personId: 'ada' },
      { personId: 'grace' },
      { personId: 'alan' },
    ]);
  });

  test('keeps names of any script', async () => {
    const { run, queue } = makeBackfill({ answers: [page([user('zoe', 'Zoë Łukasz 山田 🚀')])] });

    await run();

    expect(queue.sent.flat()).toMatchObject([{ profile: { name: 'Zoë Łukasz 山田 🚀' } }]);
  });

  test('tells a read without a time as of the moment before the request', async () => {
    const undated = { ...user('ada'), lastUpdated: '' };
    const { run, queue } = makeBackfill({ answers: [page([undated])], tookMs: 5_000 });

    await run();

    expect(queue.sent.flat()).toMatchObject([{ at: new Date(NOW).toISOString() }]);
  });

  test('waits as Okta asks, then asks for the same page', async () => {
    const next = `${url}/api/v1/users?after=2`;
    const busy = { status: 429, headers: { 'x-rate-limit-reset': String(NOW / 1000 + 20) }, body: '' };
    const { run, asked, time } = makeBackfill({ answers: [page([user('ada')], next), busy, page([])] });

    await run();

    expect(time.slept).toEqual([21_000]);
    expect(asked.slice(1)).toEqual([next, next]);
  });

  test.each([500, 503])(
    'asks again, ever later, when Okta answers %i, and gives up after five times',
    async (status) => {
      const down = { status, headers: {}, body: '' };
      const { run, asked, time } = makeBackfill({ answers: Array.from({ length: 9 }, () => down) });

      await expect(run()).rejects.toMatchObject({ code: 'unavailable' });

      expect(time.slept).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
      expect(asked).toHaveLength(6);
    },
  );

  test('leaves out a user that cannot be read, and says how many', async () => {
    const { run, queue, deps } = makeBackfill({
      answers: [page([user('ada'), { id: 'odd' }, user('alan')])],
    });

    const done = await run();

    expect(done.people).toBe(2);
    expect(queue.sent.flat()).toMatchObject([{ personId: 'ada' }, { personId: 'alan' }]);
    expect(deps.log).toMatchObject({ lines: [{ level: 'error', fields: { count: 1 } }, { level: 'info' }] });
  });

  test('follows a link that names no host', async () => {
    const { run, asked } = makeBackfill({ answers: [page([], '/api/v1/users?after=2'), page([])] });

    await run();

    expect(asked[1]).toBe(`${url}/api/v1/users?after=2`);
  });

  test('does not wait beyond its time', async () => {
    const busy = { status: 429, headers: { 'x-rate-limit-reset': String(NOW / 1000 + 60) }, body: '' };
    const { run, time } = makeBackfill({ answers: [busy] });

    await expect(run()).rejects.toMatchObject({ code: 'throttled', retryAfterMs: 61_000 });

    expect(time.slept).toEqual([]);
  });

  test('ends when its time is up, with what it read so far on the queue', async () => {
    const endless = Array.from({ length: 9 }, (_, n) =>
      page([user(`p${n}`)], `${url}/api/v1/users?after=${n}`),
    );
    const { run, queue } = makeBackfill({ answers: endless, tookMs: 20_000 });

    await expect(run()).rejects.toMatchObject({ name: 'WorldFault', code: 'out-of-time' });

    expect(queue.sent.flat()).toHaveLength(3);
  });

  test('never follows a link to another host', async () => {
    const { run, asked } = makeBackfill({
      answers: [page([], 'https://elsewhere.example.com/api/v1/users')],
    });

    await expect(run()).rejects.toMatchObject({ code: 'unreadable-answer' });

    expect(asked).toHaveLength(1);
  });

  test('counts people and names nobody', async () => {
    const { run, deps } = makeBackfill({ answers: [page([user('ada')])] });

    await run();

    expect(deps.meter).toMatchObject({ counted: { PeopleRead: 1 } });
    expect(JSON.stringify(deps.log)).not.toContain('ada');
  });

  test.each([
    ['an unknown source', { source: 'ldap' }],
    ['a source of another kind', { source: 'customers' }],
    ['a name that every object has', { source: 'constructor' }],
    ['no source', {}],
    ['an unknown key', { ...input, full: true }],
    ['nothing', null],
  ])('refuses %s before it asks anyone', async (_what, it) => {
    const { run, asked } = makeBackfill({ answers: [] });

    await expect(run(NOW + 1, it)).rejects.toMatchObject({ name: 'ConfigError' });

    expect(asked).toEqual([]);
  });

  test('refuses credentials of another shape without showing them', async () => {
    const { run } = makeBackfill({ answers: [], connection: { url, token: 't0ken' } });

    const fault = await run().catch((error: unknown) => error);

    expect(fault).toMatchObject({
      name: 'WorldFault',
      code: 'secret',
      message: expect.stringContaining('ssws'),
    });
    expect(String(fault)).not.toContain('t0ken');
  });
});
