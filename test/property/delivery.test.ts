import { describe, expect, test } from 'vitest';
import type {
  Change,
  ContainerRef,
  MembershipChange,
  NestingChange,
  PersonChange,
} from '../../lib/directory/change.ts';
import type { FaultRule } from '../../local/doubles/velt/velt.ts';
import { type History, second } from './history.ts';
import { describeFailure, describeFound } from './search.ts';
import { searchesOf } from './searches.ts';
import { verify } from './verify.ts';
import { live } from './world.ts';

const RUNS = 600;
const SEED = 20_260_901;

const { kept, search } = searchesOf().histories;

// Found by searches; the first thing that is tried.
test.each(kept)('$title, whatever the latencies', async ({ replay }) => {
  await replay();
});

test(`every one of ${RUNS} random histories ends in the truth and in silence (seed ${SEED})`, async () => {
  const found = await search({ runs: RUNS, seed: SEED, budgetMs: 60_000 });

  console.info(describeFound(found, RUNS));
  expect(describeFailure(found)).toBe('');
}, 240_000);

test('the same history always lives the same life', async () => {
  const history = makeHistory({
    events: [person(1, { name: 'Ann' }), joins(2), person(3, { name: 'Anna' })],
    velt: [{ from: 0, rule: { times: 2, answer: { kind: 'status', status: 503 } } }],
  });

  const [one, other] = await Promise.all([live(history), live(history)]);

  expect(one.stats.steps).toBeGreaterThan(0);
  expect(one).toEqual(other);
});

// Found by the search above; told once more in their shortest form.
describe('Velt holds the truth', () => {
  const lost: FaultRule = {
    times: 1,
    applied: true,
    answer: { kind: 'status', status: 429, retryAfterSeconds: 30 },
  };

  test('when the old profile comes back while nobody knows whether Velt took the new one', async () => {
    const history = makeHistory({
      events: [person(1, { name: 'Ann' }), person(2, { name: 'Anna' }), person(3, { name: 'Ann' })],
      velt: [{ from: 1, rule: lost }],
    });

    const { state } = await verify(history);

    expect(state.organizations.staff?.users.ann).toEqual({ name: 'Ann' });
  });

  test("when a group's old name comes back while nobody knows whether Velt took the new one", async () => {
    const history = makeHistory({
      events: [
        person(1, { name: 'Ann' }),
        joins(2, 'Engineering'),
        named(3, 'Design'),
        named(4, 'Engineering'),
      ],
      velt: [{ from: 2, rule: lost }],
    });

    const { state } = await verify(history);

    expect(state.organizations.staff?.groups.g1?.groupName).toBe('Engineering');
  });

  test('when somebody joins a group while Velt refuses it', async () => {
    const rule: FaultRule = {
      match: { groupId: 'g1' },
      times: 1,
      answer: { kind: 'refuse-item', reason: 'No.' },
    };
    const history = makeHistory({
      events: [
        person(1, { name: 'Ben' }, '20'),
        joins(2, undefined, '20'),
        joins(3),
        person(4, { name: 'Ann' }),
      ],
      velt: [{ from: 0, rule }],
    });

    const { state } = await verify(history);

    expect(state.organizations.staff?.groups.g1?.members).toEqual(['20', 'ann']);
  });

  test('when Velt never says a word about one person of many', async () => {
    const history = makeHistory({
      events: [person(1, { name: 'Ann' }), person(2, { name: 'Ben' }, '20')],
      refused: { people: ['20'], groups: [], answer: { kind: 'omit-item' } },
    });

    const { state, stats } = await verify(history);

    expect(Object.keys(state.organizations.staff?.users ?? {})).toEqual(['ann']);
    expect(stats.dead).toBe(0);
  });

  test.each([
    ['gets a role', [holds(4, { kind: 'group', id: 'g3' }, editor)], ['g3', 'r1']],
    ['ends', [{ ...auth0(4), kind: 'group' as const, containerId: 'g3', exists: false }], []],
  ])('when a group that somebody is in by their connection only %s', async (_what, events, groups) => {
    const history = makeHistory({
      events: [
        { ...auth0(1), kind: 'person', personId: 'eve', connections: ['corp'], profile: { name: 'Eve' } },
        { ...auth0(2), kind: 'membership', personId: 'eve', container: north, member: true },
        holds(3, { kind: 'connection', id: 'corp' }, { kind: 'group', id: 'g3' }),
        ...events,
      ],
    });

    const { state } = await verify(history);

    const held = Object.entries(state.organizations.north?.groups ?? {});
    expect(held.filter(([, { members }]) => members.includes('eve')).map(([id]) => id)).toEqual(groups);
  });

  test('when the new name of a group comes with somebody who is not at Velt', async () => {
    const history = makeHistory({
      events: [person(1, { name: 'Ann' }), joins(2, 'Engineering'), joins(3, 'Design', '20')],
    });

    const { state } = await verify(history);

    expect(state.organizations.staff?.groups.g1?.groupName).toBe('Design');
  });
});

/** A life without faults in which each event is delivered by itself, one second after the other. */
function makeHistory(history: Partial<History> & Pick<History, 'events'>): History {
  return {
    setup: {
      ...{ userId: 'id', users: 'all', organizations: 'each', suspended: 'remove', groups: '*' },
      ...{ batchSize: 50, usersAdd: 'v1', velt: {}, shards: 1, workers: 1, batch: 10 },
    },
    posts: history.events.map(() => ({ after: 1_000, next: 1 })),
    ...{ steps: [], veltMs: 0, late: [], overlaps: [], velt: [], seed: 1 },
    refused: { people: [], groups: [], answer: { kind: 'omit-item' } },
    ...history,
  };
}

const north: ContainerRef = { kind: 'organization', id: 'org_a' };
const editor: ContainerRef = { kind: 'role', id: 'r1', organization: 'org_a' };

function auth0(n: number) {
  return { ...common(n), source: 'auth0' };
}

function holds(n: number, child: NestingChange['child'], container: ContainerRef): NestingChange {
  return { ...auth0(n), kind: 'nesting', child, container, member: true };
}

function common(n: number) {
  return { source: 'okta', at: second(n), id: `e${n}` };
}

function person(n: number, profile: PersonChange['profile'], personId = 'ann'): Change {
  return { ...common(n), kind: 'person', personId, exists: true, profile };
}

function joins(n: number, name?: string, personId = 'ann'): MembershipChange {
  return {
    ...common(n),
    kind: 'membership',
    personId,
    container: { kind: 'group', id: 'g1', ...(name !== undefined && { name }) },
    member: true,
  };
}

function named(n: number, name: string): Change {
  return { ...common(n), kind: 'group', containerId: 'g1', name };
}
