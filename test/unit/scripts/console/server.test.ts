import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { OWN_CONFIG, readConfigFile } from '../../../../scripts/config-file.ts';
import { type ConsoleOptions, startConsole } from '../../../../scripts/console/console.ts';

const TOKEN = 'example-token';
/** The page is compiled and tried in a browser, by test/console. */
const FILES = ['/', '/page.js', '/page.css', '/icon.svg'];
const ASSETS = Object.fromEntries(FILES.map((path) => [path, { type: 'text/plain', body: path }]));
let called: string[][] = [];
let standing: { url: string; close: () => Promise<void> } | undefined;

beforeEach(() => {
  called = [];
});
afterEach(() => standing?.close());

async function stand(options: Partial<ConsoleOptions> = {}) {
  standing = await startConsole({
    call: async (argv) => {
      called.push(argv);
      return { code: 0, shown: { secret: 'Ada' }, said: '' };
    },
    config: readConfigFile(OWN_CONFIG),
    ...{ stage: 'prod', flags: ' --stage prod', isLocal: false, isReadOnly: false, port: 0, token: TOKEN },
    assets: ASSETS,
    ...options,
  });
  return new URL(standing.url);
}

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** A request as any program could make it, with any header. */
function send(at: URL, path: string, { method = 'POST', headers = {}, body = '{}' }: Sent = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: at.port, path, method, headers: { host: at.host, ...headers } },
        (answer) => {
          let text = '';
          answer.on('data', (chunk) => {
            text += chunk;
          });
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
        },
      );
      sent.on('error', reject);
      sent.end(method === 'GET' ? undefined : body);
    },
  );
}

const own = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };

describe('the console', () => {
  test('serves its page and files, of which nothing may be framed, kept, or fetched from elsewhere', async () => {
    const at = await stand();
    for (const path of FILES) {
      const { status, headers } = await send(at, path, { method: 'GET' });
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringMatching(
          /^default-src 'none'; script-src 'self'; style-src 'self'; .*frame-ancestors 'none'/,
        ),
        ...{ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' },
      });
      expect(headers).not.toHaveProperty('set-cookie');
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    }
    expect(at.hostname).toBe('127.0.0.1');
  });

  test('is on 127.0.0.1 alone, not on every address of this machine', async () => {
    const { port } = await stand();
    const elsewhere = connect(Number(port), '127.0.0.2');
    await expect(once(elsewhere, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test.each<[string, Sent, number]>([
    ['no token', { headers: { 'content-type': 'application/json' } }, 401],
    ['another token', { headers: { ...own, authorization: 'Bearer example-tokem' } }, 401],
    ['a token that only begins alike', { headers: { ...own, authorization: `Bearer ${TOKEN}x` } }, 401],
    ['another origin', { headers: { ...own, origin: 'https://evil.example' } }, 403],
    ['an origin that is none', { headers: { ...own, origin: 'null' } }, 403],
    ['the same host on another port', { headers: { ...own, origin: 'http://127.0.0.1:1' } }, 403],
    ['a page of another site', { headers: { ...own, 'sec-fetch-site': 'cross-site' } }, 403],
    ['a host that was rebound', { headers: { ...own, host: 'evil.example' } }, 421],
    ['a host that was rebound to the port', { headers: { ...own, host: 'evil.example:4000' } }, 421],
    ['another method', { method: 'PUT', headers: own }, 405],
    ['a form', { headers: { ...own, 'content-type': 'text/plain' } }, 415],
    ['no JSON', { headers: own, body: '{' }, 400],
    ['4 MiB', { headers: own, body: Buffer.alloc(4 * 1024 * 1024, ' ') }, 413],
  ])('answers %s with a refusal that leaks nothing, and runs no command', async (_what, sent, status) => {
    const at = await stand();
    const wrong = await send(at, '/api/ask/status', sent);

    expect(wrong.status).toBe(status);
    expect(wrong.text).not.toContain('Ada');
    if ([401, 403, 421].includes(status))
      expect((await send(at, '/api/live', { ...sent, method: 'GET' })).status).toBe(status);
    expect(called).toEqual([]);
  });

  test('answers what fails with why, and lives on', async () => {
    const at = await stand({
      call: async () => {
        throw new Error('no such stage');
      },
    });
    for (const _time of [1, 2]) {
      const { status, text } = await send(at, '/api/ask/status', { headers: own });
      expect([status, JSON.parse(text)]).toEqual([500, { why: 'no such stage' }]);
    }
  });

  test('has no path but its own', async () => {
    const at = await stand();
    for (const path of [
      '/api/ask/toString',
      '/api/act/setup',
      '/../package.json',
      '/api/ask/../../etc/passwd',
      '/constructor',
    ])
      expect((await send(at, path, { headers: own })).status).toBe(404);
    expect((await send(at, '/api/ask/status', { method: 'GET', headers: own })).status).toBe(405);
  });
});

describe('a view', () => {
  test('is a command, in which nothing that was given is a flag or a file', async () => {
    const at = await stand();
    const body = JSON.stringify({ who: '--scan', source: 'okta' });
    const { status, text } = await send(at, '/api/ask/person', { headers: own, body });

    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({ code: 0, shown: { secret: 'Ada' }, said: '' });
    expect(called).toEqual([['person', '--source=okta', '--no-queues', '--', '--scan']]);

    const wrong = JSON.stringify({ who: 'x', out: '/etc/passwd' });
    expect((await send(at, '/api/ask/person', { headers: own, body: wrong })).status).toBe(400);
    const plan = JSON.stringify({ source: 'okta', id: '../../plan' });
    expect((await send(at, '/api/ask/plan', { headers: own, body: plan })).status).toBe(400);
    expect(called).toHaveLength(1);
  });
});

describe('an act', () => {
  const act = (at: URL, name: string, given: object, typed?: string) =>
    send(at, `/api/act/${name}`, {
      headers: own,
      body: JSON.stringify({ given, ...(typed !== undefined && { typed }) }),
    });

  test('is done only where the stage, or what is dropped, was typed', async () => {
    const at = await stand();
    for (const typed of [undefined, '', 'dev', 'PROD']) {
      const { status, text } = await act(at, 'retry', { who: 'okta' }, typed);
      expect(status).toBe(409);
      expect(JSON.parse(text)).toEqual({ why: 'type prod to ask again for them, now', word: 'prod' });
    }
    expect((await act(at, 'drop', { id: 'm1' }, 'prod')).status).toBe(409);
    expect(called).toEqual([]);

    expect((await act(at, 'retry', { who: 'okta' }, 'prod')).status).toBe(200);
    expect((await act(at, 'drop', { id: 'm1' }, 'm1')).status).toBe(200);
    expect(called).toEqual([
      ['retry', '--', 'okta'],
      ['parked', '--yes=m1', '--', 'drop', 'm1'],
    ]);
  });

  test('is refused with --read-only, and says so, while every view works', async () => {
    const at = await stand({ isReadOnly: true });
    const { text } = await send(at, '/api/about', { headers: own });
    const acts = Object.keys(JSON.parse(text).acts);
    expect(acts).toHaveLength(9);
    for (const name of acts) {
      const answer = await act(at, name, {}, 'prod');
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('--read-only');
    }
    expect(called).toEqual([]);
    expect((await send(at, '/api/ask/status', { headers: own })).status).toBe(200);
  });

  test('with --read-only nothing is tried on the local cloud either', async () => {
    const tried: unknown[] = [];
    const local = {
      given: z.unknown(),
      state: () => ({ vendors: [], faults: [], schedules: [], clockMs: 0 }),
      act: async (given: never) => ({ said: `done ${tried.push(given)}` }),
    };
    const looking = await stand({ isReadOnly: true, try: local });
    const refused = await act(looking, 'try', { kind: 'clock', ms: 1 });
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('--read-only')]);
    expect((await send(looking, '/api/try', { headers: own })).status).toBe(200);
    expect(tried).toEqual([]);

    await standing?.close();
    expect((await act(await stand({ try: local }), 'try', { kind: 'clock', ms: 1 })).status).toBe(200);
    expect(tried).toHaveLength(1);
  });
});
