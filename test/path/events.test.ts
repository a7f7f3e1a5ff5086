import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { BusFile, InvokeFile, RequestFile, readEvents } from '../../local/demo/events.ts';

const root = new URL('../../events/', import.meta.url);
const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.json'),
);
const textOf = (path: string) => readFileSync(new URL(path, root), 'utf8');
const events = readEvents();
const names = events.map(({ name }) => name);
const bodyOf = (name: string) => {
  const event = events.find((candidate) => candidate.name === name);
  if (event?.kind !== 'request') throw new Error(`no request named ${name}`);
  return event.request.body ?? Buffer.alloc(0);
};

const SCHEMAS: Record<string, z.ZodType> = { schedule: InvokeFile, eventbridge: BusFile };

describe.each(paths)('events/%s', (path) => {
  test('has the shape of its kind', () => {
    const folder = path.slice(0, path.indexOf('/'));

    const parsed = (SCHEMAS[folder] ?? RequestFile).safeParse(JSON.parse(textOf(path)));

    expect(parsed.error?.issues ?? []).toEqual([]);
  });

  test('is named after its event, its variant and its fault', () => {
    expect(path).toMatch(/^(okta|auth0|eventbridge|schedule)\/[a-z0-9_-]+(\.[a-z0-9_-]+)*\.json$/);
    expect(path.split('.invalid-').length).toBeLessThanOrEqual(2);
  });

  test('names no real domain', () => {
    const name = path.replace(/\.json$/, '');
    const body = /^(schedule|eventbridge)\//.test(path) ? '' : bodyOf(name).toString('utf8');
    const text = (textOf(path) + body).replaceAll(/"aws\.partner\/(okta|auth0)\.com\//g, '"');

    const hosts = [
      ...text.matchAll(/(?:@|:\/\/)([\w.-]+)/g),
      ...text.matchAll(/((?:[\w-]+\.)+(?:com|net|org|io|dev|app|co|ai|cloud))\b/g),
    ].map(([, host]) => host);

    const real = hosts.filter(
      (host) =>
        !/^([\w-]+\.)*example\.(com|org)$|^example-org\.okta\.com$|^example-tenant\.us\.auth0\.com$/.test(
          host ?? '',
        ),
    );
    expect(real).toEqual([]);
  });
});

describe('the whole of events/', () => {
  test('parks and refuses only what is named invalid', () => {
    const faulty = events.filter(({ expect: { outcome } }) => ['parked', 'refused'].includes(outcome));

    expect(faulty.length).toBeGreaterThan(30);
    expect(faulty.filter(({ name }) => !name.includes('.invalid-'))).toEqual([]);
  });

  test('answers 4xx to a wrong or missing credential only, because a 4xx loses the event', () => {
    const requests = events.filter((event) => event.kind === 'request');

    for (const { name, request, expect: expected } of requests) {
      const refused = request.credential !== 'right';

      expect([name, expected.status, expected.outcome === 'refused']).toEqual([
        name,
        refused ? 401 : 200,
        refused,
      ]);
    }
  });

  test('expects calls of delivered events only', () => {
    const contradictory = events.filter(
      ({ expect: { outcome, calls, changes } }) =>
        (outcome === 'delivered') !== calls.length > 0 ||
        (['ignored', 'parked', 'refused'].includes(outcome) && changes > 0),
    );

    expect(contradictory).toEqual([]);
  });

  test('holds no credential', () => {
    const requests = events.filter((event) => event.kind === 'request');

    expect(requests.filter(({ request }) => 'authorization' in request.headers)).toEqual([]);
  });
});

describe('the order of sending', () => {
  const place = (name: string) => {
    expect(names).toContain(name);
    return names.indexOf(name);
  };

  test('follows the time of the vendor', () => {
    const story = [
      'okta/user.lifecycle.create',
      'okta/user.lifecycle.activate',
      'okta/group.user_membership.add',
      'okta/group.user_membership.add.duplicate',
      'okta/user.account.update_profile',
      'okta/user.lifecycle.deactivate',
      'okta/user.lifecycle.create.late',
      'okta/multi-event.onboarding',
    ];

    expect(story.map(place)).toEqual(story.map(place).toSorted((a, b) => a - b));
  });

  test("follows Auth0's time by whatever way an event comes", () => {
    const story = [
      'auth0/group.member.added',
      'auth0/user.created',
      'auth0/log-stream.array',
      'auth0/organization.member.role.assigned',
      'auth0/user.created.enterprise-saml-scim',
      'eventbridge/log-stream.sdu',
      'auth0/action.post-user-registration',
      'eventbridge/user.created',
      'eventbridge/user.updated.cloud-event-in-data',
      'auth0/user.updated',
      'auth0/action.event-stream-forward.message-data-only',
      'auth0/action.event-stream-forward.message',
      'auth0/user.deleted',
      'auth0/event.invalid-array',
    ];

    expect(story.map(place)).toEqual(story.map(place).toSorted((a, b) => a - b));
    expect(place('auth0/log-stream.lines')).toBeLessThan(place('auth0/organization.member.role.assigned'));
  });

  test('ends with what tells no time, then the schedule', () => {
    const lastDated = place('okta/user.lifecycle.create.invalid-second-event');

    expect(place('okta/verification')).toBeGreaterThan(lastDated);
    expect(place('okta/delivery.invalid-published-not-a-date')).toBeGreaterThan(lastDated);
    expect(place('auth0/event.invalid-truncated-json')).toBeGreaterThan(lastDated);
    expect(place('auth0/action.custom-post.user-wrapper')).toBeGreaterThan(lastDated);
    expect(names.at(-1)).toBe('schedule/backfill.okta');
  });
});

describe('bodies', () => {
  test('are repeated to the size asked for', () => {
    const nulls = bodyOf('okta/delivery.invalid-nulls');

    expect(nulls.length).toBe(307_200 + '[null]'.length);
    expect(JSON.parse(nulls.toString())).toHaveLength(61_441);
  });

  test('close as many brackets as they open', () => {
    expect(bodyOf('okta/delivery.invalid-deep-nesting-closed').toString()).toBe(
      '['.repeat(10_000) + ']'.repeat(10_000),
    );
    expect(bodyOf('okta/delivery.invalid-deep-nesting').toString()).toBe('['.repeat(10_000));
  });

  test('keep bytes that are not UTF-8', () => {
    const decode = (name: string) => new TextDecoder('utf-8', { fatal: true }).decode(bodyOf(name));

    expect(() => decode('okta/delivery.invalid-utf8')).toThrow(TypeError);
    expect(() => decode('auth0/event.invalid-utf8')).toThrow(TypeError);
  });

  test('keep keys that every object inherits', () => {
    const body = JSON.parse(bodyOf('okta/user.lifecycle.create.invalid-prototype-keys').toString());

    expect(Object.keys(body)).toEqual(expect.arrayContaining(['__proto__', 'constructor']));
    expect(Object.keys(body.data.events[0].target[0])).toContain('__proto__');
  });

  test('of lines are one JSON value a line, and a line of text as it stands', () => {
    const lines = bodyOf('auth0/log-stream.lines.invalid-broken-line').toString().split('\n');

    const [first = '', broken = '', last = ''] = lines;
    expect(lines).toHaveLength(3);
    expect([first, last].map((line) => JSON.parse(line).data.type)).toEqual(['ss', 's']);
    expect(() => JSON.parse(broken)).toThrow(SyntaxError);
  });

  test('that are text are sent as they stand', () => {
    expect(bodyOf('okta/delivery.invalid-string').toString()).toBe('"com.okta.event_hook"');
    expect(bodyOf('auth0/event.invalid-empty-body')).toHaveLength(0);
  });
});

describe('a file of another shape', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  const makeFolder = (content: unknown) => {
    const folder = mkdtempSync(join(tmpdir(), 'events-'));
    folders.push(folder);
    mkdirSync(join(folder, 'okta'));
    writeFileSync(join(folder, 'okta', 'case.json'), JSON.stringify(content));
    return pathToFileURL(`${folder}/`);
  };
  const makeCase = (request: object) => ({
    about: 'A case.',
    request: { method: 'POST', headers: {}, ...request },
    expect: { status: 200, changes: 0, outcome: 'parked', calls: [] },
  });

  test.each([
    ['two bodies', { body: 'a', bodyOf: { repeat: 'a', bytes: 1 } }],
    ['a body and lines', { body: 'a', bodyLines: [{}, {}] }],
    ['one line', { bodyLines: [{}] }],
    ['base64 of an object', { body: {}, bodyBase64: true }],
    ['an unknown key', { body: 'a', credentials: 'wrong' }],
    ['a header in capitals', { body: 'a', headers: { Accept: '*/*' } }],
  ])('is refused for %s', (_what, request) => {
    const folder = makeFolder(makeCase(request));

    expect(() => readEvents(folder)).toThrow();
  });

  test('is told from one that fits', () => {
    const folder = makeFolder(makeCase({ body: 'a' }));

    expect(readEvents(folder)).toMatchObject([{ name: 'okta/case', source: 'okta' }]);
  });
});
