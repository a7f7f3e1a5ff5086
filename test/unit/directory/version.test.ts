import { describe, expect, test } from 'vitest';
import { eventTime, originOf, timeOf, versionOf, wasRead } from '../../../lib/directory/version.ts';
import { NOW, second } from '../../support/factories.ts';

const event = (at: string, id = 'event-1') => versionOf({ at, id });
const read = (at: string, askedAt = at) => versionOf({ at, askedAt });

describe('the newer of two versions is', () => {
  test.each([
    ['the later event', event(second(1), 'z'), event(second(2), 'a')],
    ['of two events of one time, that with the greater id', event(second(1), 'a'), event(second(1), 'b')],
    ['the read of a later time', read(second(1), second(9)), read(second(2), second(3))],
    [
      "of two reads of one second of the vendor's, that asked for later",
      read(second(1), '2026-09-01T09:00:05.010Z'),
      read(second(1), '2026-09-01T09:00:05.070Z'),
    ],
    ['the event after a read', read(second(1), second(3)), event(second(2))],
    ['the read after an event', event(second(1), 'z'), read(second(2), second(2))],
    [
      'the event of a millisecond after the time of a read, whenever that was asked for',
      read(second(1), second(60)),
      event('2026-09-01T09:00:01.001Z'),
    ],
  ])('%s', (_which, older, newer) => {
    expect(newer > older).toBe(true);
  });
});

test.each([
  ['an event', event(second(1)), false],
  ['an event without an id', versionOf({ at: second(1) }), false],
  ['an event that is called so', event(second(1), 'read'), false],
  ['what was read', read(second(1)), true],
])('a version knows whether it was read: %s', (_what, version, expected) => {
  expect(wasRead(version)).toBe(expected);
});

test.each([
  ['an event', event(second(7), 'a#b')],
  ['a read', read(second(7), second(9))],
])("a version knows the vendor's time of %s", (_what, version) => {
  expect(timeOf(version)).toBe(Date.parse(second(7)));
});

describe('a vendor time', () => {
  test.each([
    ['2026-09-01T09:15:04Z', '2026-09-01T09:15:04.000Z'],
    ['2026-09-01T09:15:04.1126789Z', '2026-09-01T09:15:04.112Z'],
    ['2026-09-01T11:15:04.112+02:00', '2026-09-01T09:15:04.112Z'],
  ])('%s is written as %s', (text, written) => {
    expect(eventTime(text, NOW)).toBe(written);
  });

  test('further ahead than allowed is taken for the latest allowed', () => {
    expect(eventTime('2999-01-01T00:00:00.000Z', NOW)).toBe(new Date(NOW).toISOString());
  });

  test.each(['', 'yesterday', '2026-13-45T00:00:00Z', '-000001-01-01T00:00:00Z'])(
    'is refused when it is no date that sorts as text: "%s"',
    (text) => {
      expect(eventTime(text, NOW)).toBeUndefined();
    },
  );
});

test.each([{ at: second(1), id: 'a#b' }, { at: second(1), askedAt: second(2) }, { at: second(1) }])(
  'of a version it can be told what gave it: %j',
  (origin) => {
    expect(originOf(versionOf(origin))).toEqual(origin);
  },
);
