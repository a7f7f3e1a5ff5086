import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policyOf, readConfig } from '../../lib/config.ts';
import { type Call, plan } from '../../lib/directory/calls.ts';
import { type Change, containersOf } from '../../lib/directory/change.ts';
import { recordGroup, recordPerson } from '../../lib/directory/confirmations.ts';
import { desired } from '../../lib/directory/desired.ts';
import {
  type ContainerEntry,
  entryKey,
  newContainer,
  newPerson,
  type PersonEntry,
} from '../../lib/directory/entry.ts';
import { foldContainer, foldPerson } from '../../lib/directory/fold.ts';
import { anyEvents, everyone } from './any-event.ts';
import { anySetup } from './any-history.ts';
import { configurationOf, type Setup } from './history.ts';

const SEED = 20_260_901;
const NOW = Date.parse('2026-09-02T00:00:00.000Z');

interface Entries {
  people: Map<string, PersonEntry>;
  containers: Map<string, ContainerEntry>;
}

describe('entries', () => {
  const reordered = anyEvents(everyone, 40).chain((events) =>
    fc.record({
      events: fc.constant(events),
      shuffled: fc.shuffledSubarray(events, { minLength: events.length }),
      again: fc.array(fc.constantFrom(...events), { maxLength: 20 }),
    }),
  );

  test('are the same whatever the order in which changes are folded in, and however often', () => {
    const property = fc.property(reordered, ({ events, shuffled, again }) => {
      const inOrder = foldAll(events);

      const otherwise = foldAll(again, foldAll([...again, ...shuffled]));

      expect(otherwise).toEqual(inOrder);
    });

    fc.assert(property, { seed: SEED, numRuns: 500 });
  });

  test('stay the very same objects when nothing is newer', () => {
    const property = fc.property(reordered, ({ events, again }) => {
      const folded = foldAll(events);

      const repeated = foldAll(again, folded);

      for (const [key, entry] of folded.people) expect(repeated.people.get(key)).toBe(entry);
      for (const [key, entry] of folded.containers) expect(repeated.containers.get(key)).toBe(entry);
    });

    fc.assert(property, { seed: SEED, numRuns: 200 });
  });
});

describe('a plan', () => {
  test('that was carried out leaves nothing to plan', () => {
    const property = fc.property(anyEvents(everyone, 60), anySetup, (events, setup) => {
      const entries = foldAll(events);
      const planned = planAll(entries, setup);

      carryOut(planned, entries);

      expect(planAll(entries, setup)).toEqual([]);
    });

    fc.assert(property, { seed: SEED, numRuns: 500 });
  });

  test('of people who are gone takes all of them away again', () => {
    const property = fc.property(anyEvents(everyone, 60), anySetup, (events, setup) => {
      const entries = foldAll(events);
      carryOut(planAll(entries, setup), entries);
      for (const [key, entry] of entries.people)
        entries.people.set(key, { ...entry, exists: { value: false, version: '3000' } });

      carryOut(planAll(entries, setup), entries);

      expect([...entries.people.values()].flatMap(({ delivered }) => Object.keys(delivered))).toEqual([]);
    });

    fc.assert(property, { seed: SEED, numRuns: 200 });
  });

  test('is one call for all groups, and one for each full or last batch of users and of members of a group', () => {
    const sizes = fc.record({
      people: fc.integer({ min: 1, max: 120 }),
      groups: fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 4 }),
      batchSize: fc.integer({ min: 4, max: 60 }),
    });
    const property = fc.property(sizes, ({ people, groups, batchSize }) => {
      const members = groups.map((size) => Math.min(size, people));
      const entries = foldAll([
        ...numbers(people).map((n) => described(n)),
        ...members.flatMap((size, group) => numbers(size).map((n) => joining(n, group))),
      ]);

      const planned = planAll(entries, { organization: 'staff', batchSize });

      const calls = (size: number) => Math.ceil(size / batchSize);
      expect(planned).toHaveLength(calls(people) + members.reduce((sum, size) => sum + calls(size), 0) + 1);
    });

    fc.assert(property, { seed: SEED, numRuns: 100 });
  });
});

function foldAll(changes: Change[], from: Entries = { people: new Map(), containers: new Map() }): Entries {
  const people = new Map(from.people);
  const containers = new Map(from.containers);
  for (const change of changes) {
    if ('personId' in change) {
      const entry = newPerson(change.source, change.personId);
      people.set(entryKey(entry), foldPerson(people.get(entryKey(entry)) ?? entry, change));
    }
    if (change.kind === 'person') continue;
    for (const ref of containersOf(change)) {
      const entry = containers.get(entryKey(ref)) ?? newContainer(ref);
      containers.set(entryKey(ref), foldContainer(entry, change));
    }
  }
  return { people, containers };
}

function planAll(
  { people, containers }: Entries,
  setup: Setup | { organization: string; batchSize: number },
) {
  const config = readConfig(
    'organization' in setup
      ? { sources: { okta: { kind: 'okta', organization: setup.organization } } }
      : configurationOf(setup),
  );
  const candidates = [...people.values()].map((entry) => {
    const source = config.sources[entry.source];
    return { entry, desired: source && desired(entry, containers, policyOf(source), NOW) };
  });
  return plan(candidates, [], containers, { batchSize: setup.batchSize, now: NOW });
}

/** Velt accepts everything. */
function carryOut(planned: Call[], { people, containers }: Entries): void {
  for (const call of planned) {
    for (const item of call.items) {
      for (const owner of item.owners) {
        const person = people.get(owner);
        if (person) people.set(owner, recordPerson(person, [{ call, item, outcome: { kind: 'done' } }], NOW));
        const group = containers.get(owner);
        const { organizationId } = call.scope;
        if (group) containers.set(owner, recordGroup(group, organizationId, item, { kind: 'done' }, NOW));
      }
    }
  }
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function described(n: number): Change {
  const at = '2026-09-01T00:00:00.000Z';
  return {
    kind: 'person',
    source: 'okta',
    personId: `p${n}`,
    at,
    id: `p${n}`,
    profile: { name: `Name ${n}` },
  };
}

function joining(n: number, group: number): Change {
  const at = '2026-09-01T00:00:00.000Z';
  const container = { kind: 'group' as const, id: `g${group}` };
  return {
    kind: 'membership',
    source: 'okta',
    personId: `p${n}`,
    container,
    member: true,
    at,
    id: `m${n}`,
  };
}
