import { describe, expect, test } from 'vitest';
import { type Entry, newContainer, newPerson } from '../../../lib/directory/entry.ts';
import type { Delivering } from '../../../scripts/delivering.ts';
import { type QueueStatus, statusOf } from '../../../scripts/status.ts';
import { statusText } from '../../../scripts/status-text.ts';
import { makePolicy, NOW } from '../../support/factories.ts';
import { createMemoryMirror } from '../../support/memory-mirror.ts';

const refusal = { reason: 'Ada is no name.', attempts: 3, content: 'any', dueAt: NOW + 1 };
const scope = JSON.stringify(['acme']);
const person = (id: string, more: object = {}) => ({ ...newPerson('okta', id), ...more }) as Entry;
/** At Velt, and until then. */
const expiring = (then: number) =>
  person('ada', {
    delivered: { ada: { [scope]: { present: true, digest: 'any' } } },
    profile: { expiresAt: { value: new Date(then).toISOString(), version: 'any' } },
  });
const group = (more: object) =>
  ({ ...newContainer({ source: 'okta', kind: 'group', id: 'eng' }), ...more }) as Entry;

interface World {
  entries?: [Entry, dueAt: number][];
  run?: object;
  queues?: Partial<Record<QueueStatus['name'], object>>;
  delivering?: () => Promise<Delivering>;
}

/** The status of a stack whose table holds these entries, each with the time at which the sweep looks at it. */
function look({ entries = [], run, queues = {}, delivering = async () => 'on' }: World = {}) {
  const memory = createMemoryMirror();
  for (const [entry, dueAt] of entries) memory.write({ entry, revision: 0 }, { dueAt } as never);
  return statusOf(
    { people: false },
    {
      mirror: {
        due: async (...asked) => memory.due(...asked),
        read: async (refs) => memory.read(refs),
        scan: async (source) => memory.scan(source),
      },
      runs: { current: async () => run && ({ run: 'v' in run ? undefined : run, revision: 1 } as never) },
      policies: new Map([['okta', makePolicy()]]),
      clock: () => NOW,
      delivering,
      depthOf: async (name) =>
        name.startsWith('partner') ? undefined : { visible: 0, inFlight: 0, delayed: 0, ...queues[name] },
    },
  );
}

describe('who waits', () => {
  test.each<[why: string, entry: Entry, expected: object]>([
    [
      'is refused',
      person('ada', { delivered: { ada: { [scope]: { present: false, refusal } } } }),
      { why: 'refused', attempts: 3 },
    ],
    [
      'was not confirmed',
      person('ada', { delivered: { ada: { [scope]: { present: false } } } }),
      { why: 'unconfirmed' },
    ],
    [
      'was updated, and the update not confirmed',
      person('ada', { delivered: { ada: { [scope]: { present: true } } } }),
      { why: 'unconfirmed' },
    ],
    ['expired, and is still there', expiring(NOW - 1), { why: 'expired' }],
    ['is to be read', person('ada', { readDue: true }), { why: 'unread' }],
    [
      'is a group that was renamed',
      group({ delivered: { acme: { present: true } } }),
      { why: 'unconfirmed' },
    ],
    [
      'is a group that is refused',
      group({ delivered: { acme: { present: false, refusal } } }),
      { kind: 'group', why: 'refused' },
    ],
    [
      'is a group whose members are to be looked at',
      group({ membersDue: true }),
      { kind: 'group', why: 'members' },
    ],
  ])('%s', async (_why, entry, expected) => {
    const { waiting } = await look({ entries: [[entry, NOW + 5]] });

    expect(waiting).toMatchObject({
      count: 1,
      isAll: true,
      first: [{ source: 'okta', dueAt: NOW + 5, ...expected }],
    });
  });

  test('is nobody whose access only expires', async () => {
    expect((await look({ entries: [[expiring(NOW + 5), NOW + 5]] })).waiting.count).toBe(0);
  });

  test('are told with the refused first, and only the first of many', async () => {
    const refused = person('refused', { delivered: { zoe: { [scope]: { present: false, refusal } } } });
    const others = Array.from(
      { length: 30 },
      (_, n) => [person(`p${n}`, { readDue: true }), NOW + n] as [Entry, number],
    );

    const status = await look({ entries: [...others, [refused, NOW + 99]] });

    expect(status.waiting.first.map(({ id }) => id).slice(0, 3)).toEqual(['refused', 'p0', 'p1']);
    expect([status.waiting.first.length, status.waiting.count]).toEqual([20, 31]);
    expect(statusText(status, { flags: '' })).toContain('31 wait for Velt or the directory. The first 20:');
  });
});

describe('a deployment', () => {
  const hoursAgo = (hours: number) => new Date(NOW - hours * 3_600_000).toISOString();
  const run = { state: 'running', phase: 'list', startedAt: hoursAgo(9), people: 20 };
  const unread = person('ada', { readDue: true });

  test.each<[what: string, world: World, isHealthy: boolean]>([
    ['with nothing wrong is healthy', {}, true],
    ['with changes on their way is healthy', { queues: { changes: { visible: 7, inFlight: 2 } } }, true],
    ['with a run on its way is healthy', { run: { ...run, savedAt: hoursAgo(0.5) } }, true],
    ['with somebody who waits is healthy', { entries: [[unread, NOW + 5]] }, true],
    ['with dead changes is not', { queues: { 'changes-dead': { visible: 1 } } }, false],
    ['with a parked delivery that somebody looks at is not', { queues: { parked: { inFlight: 1 } } }, false],
    ['with a run that stands still is not', { run: { ...run, savedAt: hoursAgo(2) } }, false],
    ['with a run that another version wrote is not', { run: { v: 9 } }, false],
    ['with somebody whom no sweep looked at is not', { entries: [[unread, NOW - 2 * 3_600_000]] }, false],
  ])('%s', async (_what, world, isHealthy) => {
    expect((await look(world)).isHealthy).toBe(isHealthy);
  });

  test('with a run that was stopped is not, and its plan is named', async () => {
    const status = await look({ run: { ...run, state: 'stopped', reason: '9 of 20 people' } });

    expect(status.isHealthy).toBe(false);
    expect(statusText(status, { flags: ' --stage prod' })).toContain(
      'npm run sync -- plan --source okta --stage prod makes plan-okta.json',
    );
  });
});

describe('a paused delivery', () => {
  test('is said first, with the way to go on, and somebody has to look', async () => {
    const status = await look({ delivering: async () => 'paused' });

    expect(status.isHealthy).toBe(false);
    expect(statusText(status, { flags: ' --stage prod' })).toMatch(
      /^Delivering to Velt is paused: .* npm run sync -- resume --stage prod goes on with it\.\n/,
    );
  });

  test('that cannot be asked for is said, and is not known to be wrong', async () => {
    const status = await look({ delivering: () => Promise.reject(new Error('AccessDenied')) });

    expect([status.delivering, status.isHealthy]).toEqual(['unknown', true]);
    expect(statusText(status, { flags: '' })).toMatch(
      /^Whether delivering to Velt is paused could not be looked at: .*lambda:ListEventSourceMappings\.\n/,
    );
  });
});
