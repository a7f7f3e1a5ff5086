import { describe, expect, test } from 'vitest';
import { arrivedIn, arrivedSince } from '../../../scripts/events.ts';
import { eventsText } from '../../../scripts/events-text.ts';
import type { LogLine } from '../../../scripts/logs.ts';

const AT = Date.parse('2026-09-01T09:00:00.000Z');
let lines = 0;

function line(
  of: LogLine['function'],
  message: string,
  fields: object,
  level: LogLine['level'] = 'info',
): LogLine {
  lines += 1;
  return { id: String(lines), at: AT + lines, function: of, level, message, fields: { ...fields } };
}
const took = (fields: object = {}) =>
  line('webhook', 'Took a delivery', {
    ...{ source: 'okta', requestId: 'r1', changes: 1, ignored: 0, parked: 0, people: 1, events: 1 },
    ...{ types: ['user.lifecycle.create'], eventIds: ['e1'], personIds: ['ada'], ...fields },
  });
const delivered = (person: string, outcome: string, eventIds = ['e1'], more: object = {}) =>
  line('deliver', 'Delivered a person', { source: 'okta', person, outcome, eventIds, ...more });
const outcomesOf = (...arrived: ReturnType<typeof arrivedIn>) => arrived.map(({ outcomes }) => outcomes);

describe('what became of a delivery', () => {
  test('is what was delivered last for one of its events, by person', () => {
    const arrival = took({ people: 2, personIds: ['ada', 'ben'], eventIds: ['e1', 'e2'] });
    const [arrived] = arrivedIn(
      [arrival],
      [
        delivered('ada', 'waits', ['e1'], { code: 'throttled' }),
        delivered('ben', 'refused', ['e2', 'e9']),
        delivered('ada', 'confirmed'),
        delivered('cem', 'confirmed', ['e9']),
      ],
    );

    expect(arrived?.told).toMatchObject([
      { person: 'ada', outcome: 'confirmed' },
      { person: 'ben', outcome: 'refused' },
    ]);
    expect(arrived?.told[0]).not.toHaveProperty('code');
    expect(arrived?.outcomes).toEqual(['confirmed', 'refused']);
  });

  test('is that it is queued, of whom no line tells, and of a group', () => {
    const some = took({ people: 2, personIds: ['ada', 'ben'] });
    const ofGroup = took({ eventIds: ['e2'], people: 0, personIds: [] });

    expect(outcomesOf(...arrivedIn([some, ofGroup], [delivered('ada', 'confirmed')]))).toEqual([
      ['confirmed', 'queued'],
      ['queued'],
    ]);
  });

  test('is that it was parked, in whole or in part, or ignored', () => {
    const parkedLine = line('webhook', 'Parked a delivery', { source: 'okta', fields: ['(whole)'] }, 'warn');
    const nothing = { changes: 0, people: 0, personIds: [], eventIds: [] };

    const arrived = arrivedIn(
      [took({ ...nothing, parked: 1 }), parkedLine, took({ parked: 2 }), took({ ...nothing, ignored: 1 })],
      [delivered('ada', 'confirmed')],
    );

    expect(outcomesOf(...arrived)).toEqual([['parked'], ['confirmed', 'parked'], ['ignored']]);
  });

  test('is that nothing was taken, with what the webhook said', () => {
    const refused = line('webhook', 'Refused a wrong credential', { source: 'okta', count: 1 }, 'warn');
    const failed = line('webhook', 'Could not take a delivery', { code: 'queue', requestId: 'r2' }, 'error');

    expect(arrivedIn([refused, failed], [])).toMatchObject([
      { source: 'okta', outcomes: ['not-taken'], why: 'Refused a wrong credential' },
      { source: '', requestId: 'r2', outcomes: ['not-taken'], why: 'Could not take a delivery (queue)' },
    ]);
  });

  test('is told of one person alone, where that one was asked for', () => {
    const arrival = took({ people: 2, personIds: ['ada', 'ben'] });

    const [arrived] = arrivedIn([arrival], [delivered('ada', 'confirmed')], ['ada']);

    expect(arrived).toMatchObject({ people: 2, told: [{ person: 'ada' }], outcomes: ['confirmed'] });
  });
});

test('the logs are searched for the hashes, and without any for all lines of ours', async () => {
  const asked: unknown[] = [];
  const logs = {
    read: async ({ of, terms }: { of: string; terms?: unknown }) => {
      asked.push([of, terms]);
      return [];
    },
  };

  await arrivedSince(AT, [], logs);
  await arrivedSince(AT, ['hash-of-ada1'], logs);

  expect(asked).toEqual([
    ['webhook', { all: ['level'] }],
    ['deliver', { all: ['Delivered a person'] }],
    ['webhook', { all: ['hash-of-ada1'] }],
    ['deliver', { all: ['Delivered a person', 'hash-of-ada1'] }],
  ]);
});

test('an operator reads a row a delivery, with how many more there are', () => {
  const personIds = ['ada', 'ben', 'cem', 'dee'];
  const arrived = arrivedIn(
    [took({ changes: 25, people: 25, personIds }), line('webhook', 'Unexpected error', {}, 'error')],
    [
      ...['ada', 'ben'].map((person) => delivered(person, 'confirmed')),
      delivered('cem', 'waits', ['e1'], { code: 'throttled' }),
    ],
  );

  const text = eventsText(arrived, { since: AT, leftOut: 3 });

  expect(text.split('\n')[0]).toBe('3 more since 2026-09-01T09:00:00.000Z are left out: --limit shows more.');
  expect(text).toMatch(
    /Z +okta +user\.lifecycle\.create +ada, ben, cem, \+22 +25 +2 confirmed, waits \(throttled\), queued\n/,
  );
  expect(text).toMatch(/Z +\? +0 +not taken: Unexpected error$/);
  expect(eventsText([], { since: AT, leftOut: 0 })).toBe(
    'The logs have nothing of the kind since 2026-09-01T09:00:00.000Z.',
  );
});
