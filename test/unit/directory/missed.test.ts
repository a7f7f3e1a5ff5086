import { describe, expect, test } from 'vitest';
import { type QueueItem, recheckOf } from '../../../lib/directory/change.ts';
import { newPerson, type PersonEntry } from '../../../lib/directory/entry.ts';
import { foldPerson } from '../../../lib/directory/fold.ts';
import { isOfEvent, missedOf } from '../../../lib/directory/missed.ts';
import { membershipChange, personChange } from '../../support/factories.ts';

const EARLIER = '2026-09-01T00:00:00.000Z';
const AT = '2026-09-01T00:10:00.000Z';
const created = personChange({ at: AT, exists: true });
const joined = membershipChange({ at: AT, personId: created.personId });
const event = recheckOf({ source: created.source, kind: 'person', id: created.personId }, AT, {
  reason: 'event',
  read: 'alone',
});
const unknown = newPerson(created.source, created.personId);
const caught = <T extends QueueItem>(item: T): T => ({ ...item, caughtUp: true });

describe('what a webhook missed', () => {
  test.each<[what: string, entry: PersonEntry, items: QueueItem[], expected: string[]]>([
    ['is a fact that nobody knew', unknown, [caught(created)], [AT]],
    ['is a membership that nobody knew', unknown, [caught(joined)], [AT]],
    ['is an event after the last read', { ...unknown, readAt: EARLIER }, [caught(event)], [AT]],
    ['is an event of somebody who was never read', unknown, [caught(event)], [AT]],
    ['counts once a moment', unknown, [caught(created), caught(event)], [AT]],
    ['is no fact that is known', foldPerson(unknown, created), [caught(created)], []],
    ['is nothing that the webhook told in the same batch', unknown, [created, caught(created)], []],
    ['is no event that a read covers', { ...unknown, readAt: AT }, [caught(event)], []],
    ['is no event of somebody who cannot be read', { ...unknown, readDue: true }, [caught(event)], []],
    [
      'is no profile: what is of no use of it is not kept',
      unknown,
      [caught(personChange({ at: AT, profile: { name: 'Ada' } }))],
      [],
    ],
    ['is nothing that was not caught up', unknown, [created, joined, event], []],
  ])('%s', (_what, entry, items, expected) => {
    expect(missedOf(entry, items)).toEqual(expected);
  });
});

test.each<[what: string, item: QueueItem, expected: boolean]>([
  ['facts of an event are', created, true],
  ['a recheck for an event is', event, true],
  ['facts that were read are not', { ...created, askedAt: AT }, false],
  ['a recheck for another reason is not', { ...event, reason: 'sweep' }, false],
  ['facts without a time are not', { ...created, at: '1970-01-01T00:00:00.000Z' }, false],
])('of an event: %s', (_what, item, expected) => {
  expect(isOfEvent(item)).toBe(expected);
});
