import { describe, expect, test } from 'vitest';
import { type Entry, newContainer, newPerson } from '../../../lib/directory/entry.ts';
import { isHealthy, type QueueStatus, type Status, statusOf } from '../../../scripts/status.ts';
import { statusText } from '../../../scripts/status-text.ts';
import { makePolicy, NOW } from '../../support/factories.ts';
import { createMemoryMirror } from '../../support/memory-mirror.ts';

const refusal = { reason: 'Ada is no name.', attempts: 3, content: 'any', dueAt: NOW + 1 };
const scope = JSON.stringify(['acme']);
const person = (id: string, more: object = {}) => ({ ...newPerson('okta', id), ...more }) as Entry;
const group = (more: object) =>
  ({ ...newContainer({ source: 'okta', kind: 'group', id: 'eng' }), ...more }) as Entry;

/** The status of a stack whose table holds these entries, each with the time at which the sweep looks at it. */
function look(entries: [Entry, dueAt: number][], run?: object) {
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
      runs: { current: async () => run && ({ run, revision: 1 } as never) },
      policies: new Map([['okta', makePolicy()]]),
      clock: () => NOW,
      depthOf: async (name) =>
        name.startsWith('partner') ? undefined : { visible: 0, inFlight: 0, delayed: 0 },
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
    ['is to be read', person('ada', { readDue: true }), { why: 'unread' }],
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
    const { waiting } = await look([[entry, NOW + 5]]);

    expect(waiting).toMatchObject({
      count: 1,
      isAll: true,
      first: [{ source: 'okta', dueAt: NOW + 5, ...expected }],
    });
  });

  test('is nobody whose access only expires', async () => {
    const ends = person('ada', { delivered: { ada: { [scope]: { present: true, digest: 'any' } } } });

    expect((await look([[ends, NOW + 5]])).waiting.count).toBe(0);
  });

  test('are told with the refused first, and only the first of many', async () => {
    const refused = person('refused', { delivered: { zoe: { [scope]: { present: false, refusal } } } });
    const others = Array.from(
      { length: 30 },
      (_, n) => [person(`p${n}`, { readDue: true }), NOW + n] as [Entry, number],
    );

    const status = await look([...others, [refused, NOW + 99]]);

    expect(status.waiting.first.map(({ id }) => id).slice(0, 3)).toEqual(['refused', 'p0', 'p1']);
    expect([status.waiting.first.length, status.waiting.count]).toEqual([20, 31]);
    expect(statusText(status, { flags: '' })).toContain('31 wait for Velt or the directory. The first 20:');
  });
});

describe('a deployment', () => {
  const queue = (name: QueueStatus['name'], visible: number) => ({ name, visible, inFlight: 0, delayed: 0 });

  test.each<[what: string, change: (status: Status) => void, healthy: boolean]>([
    ['with nothing wrong is healthy', () => undefined, true],
    ['with changes on their way is healthy', ({ queues }) => queues.push(queue('changes', 7)), true],
    ['with dead changes is not', ({ queues }) => queues.push(queue('changes-dead', 1)), false],
    ['with a parked delivery is not', ({ queues }) => queues.push(queue('parked', 1)), false],
  ])('%s', async (_what, change, healthy) => {
    const status = await look([]);
    change(status);

    expect(isHealthy(status)).toBe(healthy);
  });

  test('with a run that was stopped is not, and its plan is named', async () => {
    const stopped = {
      state: 'stopped',
      phase: 'breaker',
      reason: '9 of 20 people',
      startedAt: 'then',
      people: 20,
    };

    const status = await look([], stopped);

    expect(isHealthy(status)).toBe(false);
    expect(statusText(status, { flags: ' --stage prod' })).toContain(
      'npm run plan -- --source okta --stage prod makes plan-okta.json',
    );
  });
});
