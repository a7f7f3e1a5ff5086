import { readFileSync } from 'node:fs';
import type { KeptHistory } from './describe-history.ts';
import { eventOf, type History, type Setup } from './history.ts';

// Histories that searches once found, each as short as it could be made. They are data and not draws: no other generator, seed or
// form of a change makes another case of one.

/** A history that did not end in the truth, with some share of all latencies. */
export interface Kept {
  title: string;
  /** How many lives it is lived through, each with latencies of its own: enough that some of them met the fault. */
  lives: number;
  history: Omit<KeptHistory, 'seed'>;
}

/** The histories that a kept one stands for. */
export function livesOf({ lives, history }: Kept): History[] {
  const events = history.events.map(eventOf);
  return Array.from({ length: lives }, (_, n) => ({ ...history, events, seed: n + 1 }));
}

const setup: Setup = {
  ...{ userId: 'id', users: 'all', organizations: 'each', suspended: 'remove', groups: '*' },
  ...{ batchSize: 50, usersAdd: 'v1', velt: {}, shards: 1, workers: 2, batch: 10 },
};
const nothingWrong = {
  ...{ steps: [], veltMs: 0, late: [], overlaps: [], velt: [] },
  refused: { people: [], groups: [], answer: { kind: 'omit-item' as const } },
};
const readKept = (file: string) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
const next = (count: number) => ({ after: 1_000, next: count });

const PICTURE = 'https://images.example.com/1.png';
const twenty = { source: 'okta', personId: '20' };
const g1 = { kind: 'group', source: 'okta', containerId: 'g1', exists: true };
const ann = { source: 'okta', personId: 'ann' };
const three = { source: 'okta', personId: '3' };
const ONE = { name: 'One', email: 'one@example.com' };
const inGroup = (who: typeof ann, group: { id: string; name?: string }, member: boolean) => ({
  ...{ kind: 'membership', ...who, container: { kind: 'group', ...group }, member },
});
const eve = { source: 'auth0', personId: 'eve' };
const inOrganization = (member: boolean) => ({
  ...{ kind: 'membership', ...eve, member },
  container: { kind: 'organization', id: 'org_a' },
});
const vip = { kind: 'group', id: 'g3', name: 'VIP' };
const corpIsVip = {
  ...{ kind: 'nesting', source: 'auth0', child: { kind: 'connection', id: 'corp' }, member: true },
  container: vip,
};

/** Of deliveries. */
export const keptHistories: Kept[] = [
  {
    // Seed 77, case 34626. With today's latencies, two lives in ten.
    title:
      'a group has its newest name though a call with the old one hung, came through later, and its worker died',
    lives: 60,
    history: {
      ...nothingWrong,
      setup: { ...setup, shards: 4, batch: 1 },
      posts: [{ after: 0, any: [3] }],
      steps: [
        { step: 34, kind: 'lost' },
        { step: 126, kind: 'crash' },
      ],
      velt: [
        {
          from: 1,
          rule: {
            match: { path: '/v2/organizations/usergroups' },
            ...{ times: 1, applied: false, answer: { kind: 'hang' } },
          },
        },
      ],
      events: [
        {
          ...{ at: 0, mark: 0 },
          facts: { kind: 'membership', ...twenty, container: { kind: 'group', id: 'g1' }, member: true },
        },
        { at: 0, mark: 1, facts: corpIsVip },
        { at: 0, mark: 2, facts: { ...g1, name: 'Engineering' } },
        { at: 1, mark: 100, facts: g1 },
        { at: 1, mark: 11, facts: { kind: 'person', ...twenty, exists: true } },
      ],
    },
  },
  {
    // Seed 600975095, case 9077. One life in eighty.
    title: 'nobody stays in a group after they left its organization, though two workers had the message',
    lives: 250,
    history: {
      ...nothingWrong,
      setup: { ...setup, velt: { repeatAdd: 'already-exists' } },
      posts: [next(1), next(1), next(1), next(2), next(1), next(2)],
      overlaps: [7, 2],
      events: [
        { at: 0, mark: 18, facts: inOrganization(false) },
        { at: 1, mark: 0, facts: corpIsVip },
        {
          ...{ at: 1, mark: 100 },
          facts: { kind: 'organization', source: 'auth0', containerId: 'org_a', exists: true },
        },
        { at: 1, mark: 101, facts: { kind: 'person', ...eve, exists: true } },
        { at: 1, mark: 102, facts: inOrganization(true) },
        { at: 1, mark: 103, facts: inOrganization(true) },
        { at: 1, mark: 104, facts: inOrganization(true) },
        {
          ...{ at: 1, mark: 105 },
          facts: { kind: 'person', ...eve, exists: true, profile: { name: 'Eve' }, connections: ['corp'] },
        },
        { at: 1, mark: 2, facts: inOrganization(false) },
      ],
    },
  },
  {
    // Found when the world grew a lane; one life in four.
    title: 'whoever is blocked while a slow call of the lane adds them is nowhere at Velt',
    lives: 60,
    history: {
      ...{ ...nothingWrong, setup, veltMs: 500 },
      posts: [
        { after: 1_000, next: 1 },
        { after: 0, next: 1, lane: true },
      ],
      events: [
        {
          ...{ at: 2, mark: 874 },
          facts: {
            ...{ kind: 'membership', source: 'okta', personId: '3', member: true },
            container: { kind: 'group', id: 'g1' },
          },
        },
        { at: 4, mark: 4, facts: { kind: 'person', ...ann, exists: true } },
        { at: 26, mark: 410, facts: { kind: 'person', ...ann, blocked: true } },
      ],
    },
  },
  {
    // One life in ten.
    title:
      'a profile is the newest one though two workers had the message with the one before, and calls were slow',
    lives: 60,
    history: {
      ...{ ...nothingWrong, setup, veltMs: 500, overlaps: [1] },
      posts: [next(1)],
      events: [
        { at: 0, mark: 964, facts: { kind: 'person', ...ann, profile: { name: 'Other' } } },
        {
          ...{ at: 3, mark: 518 },
          facts: { kind: 'person', ...ann, exists: true, profile: { name: 'Ann', email: 'ann@example.com' } },
        },
      ],
    },
  },
  {
    // Found when calls began to land late; every life.
    title:
      'whoever is deleted while a call that adds them is on its way, given up and made again, is not at Velt',
    lives: 5,
    history: {
      ...{ ...nothingWrong, setup, late: [{ call: 1, landsAfter: 1_319, worker: 'waits' }] },
      posts: [next(1)],
      events: [
        { at: 3, mark: 721, facts: { kind: 'person', ...ann, exists: true } },
        { at: 13, mark: 420, facts: { kind: 'person', ...ann, exists: false } },
      ],
    },
  },
  {
    title: 'nobody keeps a folder by a connection that ended while the call that gives it was on its way',
    lives: 5,
    history: {
      ...{ ...nothingWrong, setup: { ...setup, shards: 4, workers: 1, batch: 1 } },
      late: [{ call: 3, landsAfter: 38_993, worker: 'waits' }],
      posts: [next(3)],
      events: [
        { at: 1, mark: 878, facts: { kind: 'person', ...eve, connections: ['corp'] } },
        { at: 6, mark: 379, facts: { kind: 'person', ...eve, exists: true } },
        { at: 16, mark: 170, facts: corpIsVip },
        { at: 16, mark: 649, facts: inOrganization(true) },
        {
          ...{ at: 16, mark: 840 },
          facts: { kind: 'connection', source: 'auth0', containerId: 'corp', exists: false },
        },
      ],
    },
  },
  {
    title:
      'nobody stays in a group though the worker that puts them in dies, and its call lands a minute after',
    lives: 5,
    history: {
      ...{ ...nothingWrong, setup: { ...setup, organizations: 'one', workers: 1 } },
      late: [{ call: 5, landsAfter: 58_472, worker: 'waits and dies' }],
      posts: [{ after: 1_000, next: 2, lane: true }],
      events: [
        { at: 0, mark: 338, facts: { kind: 'membership', ...eve, container: vip, member: true } },
        { at: 1, mark: 955, facts: { kind: 'person', ...eve, profile: { name: 'Eve' } } },
        { at: 18, mark: 280, facts: { kind: 'membership', ...eve, container: vip, member: false } },
      ],
    },
  },
  {
    title: 'somebody has their newest name though Velt did not name them when they were added a second time',
    lives: 10,
    history: readKept('kept-unnamed-add.json'),
  },
  {
    // Seed 12, case 1238.
    title: 'a picture that somebody has no more is gone from Velt, also where roles are told',
    lives: 1,
    history: {
      ...{ ...nothingWrong, setup: { ...setup, roles: true, workers: 1 } },
      overlaps: [1],
      posts: [next(1)],
      events: [
        { at: 0, mark: 100, facts: { kind: 'person', ...twenty, profile: { photoUrl: PICTURE } } },
        { at: 0, mark: 11, facts: { kind: 'person', ...twenty, profile: { photoUrl: null } } },
      ],
    },
  },
  {
    // Seed 600975095, case 1119.
    title: 'nobody stays in a folder that they gave up to somebody who wanted it for a moment only',
    lives: 60,
    history: {
      ...{ ...nothingWrong, veltMs: 500 },
      setup: { ...setup, userId: 'shared', velt: { repeatAdd: 'added' }, workers: 4 },
      posts: [...Array(5).fill({ after: 0, next: 1 }), { after: 600_000, next: 1, lane: true }],
      events: [
        { at: 0, mark: 119, facts: inGroup(twenty, { id: 'g1', name: 'Engineering' }, true) },
        { at: 0, mark: 2, facts: inGroup(three, { id: 'g1' }, true) },
        { at: 0, mark: 652, facts: { kind: 'person', ...three, exists: true, profile: ONE } },
        { at: 6, mark: 965, facts: inGroup(twenty, { id: 'g2', name: 'Operations' }, true) },
        { at: 9, mark: 365, facts: { kind: 'person', ...twenty, exists: true, profile: ONE } },
        { at: 13, mark: 40, facts: inGroup(twenty, { id: 'g1', name: 'Design' }, false) },
        { at: 23, mark: 739, facts: inGroup(ann, { id: 'g2', name: 'Eng Ops' }, true) },
        { at: 27, mark: 412, facts: { kind: 'person', ...three, profile: { email: 'two@example.com' } } },
        { at: 30, mark: 44, facts: inGroup(twenty, { id: 'g2', name: 'Eng Ops' }, false) },
      ],
    },
  },
  {
    // Seed 77, case 26129.
    title:
      'of two people who are one user of Velt none has the picture of the other, also where roles are told',
    lives: 60,
    history: {
      ...nothingWrong,
      setup: {
        ...setup,
        userId: 'shared',
        suspended: 'keep',
        roles: true,
        velt: { repeatAdd: 'added' },
        shards: 4,
      },
      posts: Array(5).fill({ after: 0, next: 1 }),
      steps: [
        { step: 26, kind: 'lost' },
        { step: 47, kind: 'conflict' },
      ],
      late: [
        { call: 1, landsAfter: 35_424, worker: 'waits and dies', heirDiesAt: 14 },
        { call: 5, landsAfter: 1_958, worker: 'dies' },
      ],
      events: [
        { at: 0, mark: 0, facts: inGroup(three, { id: 'g2' }, true) },
        { at: 2, mark: 668, facts: inGroup(ann, { id: 'g2', name: 'Operations' }, true) },
        { at: 2, mark: 8, facts: { kind: 'person', ...ann, profile: { photoUrl: PICTURE } } },
        { at: 3, mark: 224, facts: { ...g1, name: 'Engineering' } },
        {
          ...{ at: 7, mark: 235 },
          facts: { kind: 'group', source: 'auth0', containerId: 'g4', exists: false },
        },
        { at: 7, mark: 946, facts: { kind: 'person', ...three, exists: true, profile: ONE } },
        { at: 12, mark: 678, facts: inGroup(three, { id: 'g1', name: 'Engineering' }, true) },
        {
          at: 16,
          mark: 225,
          facts: { kind: 'person', ...ann, exists: true, profile: { ...ONE, name: 'Ann' } },
        },
      ],
    },
  },
  {
    // Seed 3011002, case 12146.
    title:
      'somebody is there though Velt takes one user of a call and keeps silent on the one in front of them',
    lives: 1,
    history: readKept('kept-unnamed-first.json'),
  },
];
