import { expect, test } from 'vitest';
import { type Entry, newContainer, newPerson } from '../../../lib/directory/entry.ts';
import { type RetryDeps, retryPerson, retrySource } from '../../../scripts/retry.ts';
import { makePolicy, makeQueue, NOW } from '../../support/factories.ts';
import { createMemoryMirror } from '../../support/memory-mirror.ts';

const at = new Date(NOW).toISOString();
const person = (source: string, id: string, email?: string) =>
  ({
    ...newPerson(source, id),
    ...(email && { profile: { email: { value: email, version: 'any' } } }),
  }) as Entry;

/** A stack of an Okta source that is read and a SCIM source that is not, which knows these; `found` is whom Okta finds by any address. */
function makeRetry(entries: [Entry, dueAt?: number][], found: string[] = []) {
  const memory = createMemoryMirror();
  for (const [entry, dueAt] of entries) memory.write({ entry, revision: 0 }, { dueAt } as never);
  const queue = makeQueue();
  const deps: RetryDeps = {
    mirror: {
      due: async (...asked) => memory.due(...asked),
      read: async (refs) => memory.read(refs),
      scan: async (source) => memory.scan(source),
    },
    queue,
    policies: new Map(['okta', 'scim'].map((source) => [source, makePolicy()])),
    directories: new Map([['okta', { findPeople: async () => found }]]),
    clock: () => NOW,
  };
  return { deps, sent: () => queue.sent.flat() };
}

const recheck = (source: string, of: object, more: object = {}) => ({
  ...{ kind: 'recheck', source, of, at, reason: 'sweep', again: true },
  ...more,
});

test('a source is asked for whatever of it waits, also for what is due later, and nobody else is', async () => {
  const { deps, sent } = makeRetry([
    [person('okta', 'ada'), NOW + 3_600_000],
    [newContainer({ source: 'okta', kind: 'group', id: 'eng' }), NOW - 1],
    [person('okta', 'ben')],
    [person('scim', 'cem'), NOW],
  ]);

  const { asked, isAll } = await retrySource('okta', deps);

  expect([asked.length, isAll]).toEqual([2, true]);
  expect(sent().toSorted((a, b) => a.at.localeCompare(b.at))).toEqual(
    expect.arrayContaining([
      recheck('okta', { kind: 'person', id: 'ada' }, { read: 'memberships' }),
      recheck('okta', { kind: 'group', id: 'eng' }),
    ]),
  );
});

test('a person is asked for by their id in every source that knows them', async () => {
  const { deps, sent } = makeRetry([
    [person('okta', 'ada')],
    [person('scim', 'ada')],
    [person('scim', 'ben')],
  ]);

  await retryPerson('ada', undefined, deps);

  expect(sent()).toEqual([
    recheck('okta', { kind: 'person', id: 'ada' }, { read: 'memberships' }),
    recheck('scim', { kind: 'person', id: 'ada' }),
  ]);
});

test('an id that nobody knows is asked for only where its source is named', async () => {
  const { deps, sent } = makeRetry([]);

  expect((await retryPerson('ada', undefined, deps)).asked).toEqual([]);
  expect(sent()).toEqual([]);

  await retryPerson('ada', 'okta', deps);

  expect(sent()).toEqual([recheck('okta', { kind: 'person', id: 'ada' }, { read: 'memberships' })]);
});

test('an address is looked up in the directory, and where there is none in the mirror, however it is written', async () => {
  const { deps, sent } = makeRetry(
    [[person('scim', 's-1', 'Ada@Example.com')], [person('scim', 's-2', 'ben@example.com')]],
    ['00u1'],
  );

  await retryPerson('ada@example.com', undefined, deps);

  expect(sent()).toEqual([
    recheck('okta', { kind: 'person', id: '00u1' }, { read: 'memberships' }),
    recheck('scim', { kind: 'person', id: 's-1' }),
  ]);
});
