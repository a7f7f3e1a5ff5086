import { expect, test } from 'vitest';
import type { Run } from '../../../lib/aws/runs.ts';
import { tellGauges } from '../../../lib/delivery/gauges.ts';
import { type Entry, newContainer, newPerson } from '../../../lib/directory/entry.ts';
import { makeMeter, makePolicy, NOW } from '../../support/factories.ts';
import { createMemoryMirror } from '../../support/memory-mirror.ts';

const HOUR_MS = 3_600_000;
const scope = JSON.stringify(['acme']);
const person = (source: string, id: string, exists: boolean): Entry => ({
  ...newPerson(source, id),
  exists: { value: exists, version: '1' },
  delivered: { [id]: { [scope]: { present: false } } },
});

/** What is told of these entries, all unconfirmed, and of the runs of two sources. */
async function told({ entries = [], runs = {} }: { entries?: Entry[]; runs?: Record<string, Partial<Run>> }) {
  const memory = createMemoryMirror();
  for (const entry of entries)
    memory.write(
      { entry, revision: 0 },
      { dueAt: NOW + 15 * 60_000, lease: undefined, expiresAt: undefined },
    );
  const meter = makeMeter();
  const asked: number[][] = [];
  await tellGauges({
    policies: new Map(['okta', 'auth0'].map((source) => [source, makePolicy()])),
    mirror: {
      due: async (until, limit, isOf) => {
        asked.push([until, limit]);
        return memory.due(until, limit, isOf);
      },
      read: async (refs) => memory.read(refs),
    },
    runs: { current: async (source) => ({ run: runs[source] as Run | undefined, revision: 1 }) },
    ...{ clock: () => NOW, meter },
  });
  return { ...meter, asked };
}

const NONE = { EntriesOwed: 0, RemovalsOwed: 0 };

test('who is owed something is counted by source, and who should be out beside them', async () => {
  const group: Entry = {
    ...newContainer({ source: 'okta', kind: 'group', id: 'eng' }),
    delivered: { acme: { present: false } },
  };
  const entries = [
    person('okta', 'ada', true),
    person('okta', 'ben', false),
    group,
    person('gone', 'cem', false),
  ];

  const { gauges } = await told({ entries });

  expect(gauges).toEqual({ okta: { EntriesOwed: 3, RemovalsOwed: 1 }, auth0: NONE });
});

test('nobody is told as 0, so that an alarm ends', async () => {
  expect((await told({})).gauges).toEqual({ okta: NONE, auth0: NONE });
});

test('of very many that wait only the first are looked at', async () => {
  const { asked } = await told({});

  expect(asked).toEqual([[NOW + 25 * HOUR_MS, 2_000]]);
});

const hoursAgo = (hours: number) => new Date(NOW - hours * HOUR_MS).toISOString();
test.each<[what: string, run: Partial<Run>, hours: number | undefined]>([
  ['of the one that is complete', { state: 'done', startedAt: hoursAgo(3) }, 3],
  [
    'of the complete one before a run that is under way',
    { state: 'running', since: hoursAgo(30), startedAt: hoursAgo(3) },
    30,
  ],
  [
    'of the first one where none was complete',
    { state: 'stopped', startedAt: hoursAgo(50), endedAt: hoursAgo(49), pages: 2 },
    50,
  ],
  [
    'of the complete one before the credentials went',
    { state: 'stopped', since: hoursAgo(60), startedAt: hoursAgo(3), pages: 0 },
    60,
  ],
  [
    'of none where there never were credentials',
    { state: 'stopped', startedAt: hoursAgo(3), pages: 0 },
    undefined,
  ],
])('the age of a run is that %s', async (_what, run, hours) => {
  const { measured } = await told({ runs: { okta: run } });

  expect(measured.RunAgeMs).toEqual(hours === undefined ? undefined : [hours * HOUR_MS]);
});
