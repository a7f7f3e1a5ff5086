import fc from 'fast-check';
import { LAG_MS } from '../../lib/directory/trust.ts';
import type { OktaUser } from '../../local/doubles/okta/okta.ts';
import { makeOktaRuns, person, runOf } from '../support/okta-runs.ts';
import { addressIn, alone, anyOddities, type Oddity, oddly } from './odd-answers.ts';
import { type Fact, makeSteady, mostLosing, settle, wrongsOf } from './odd-truth.ts';
import { type Action, act, action, GROUPS, PEOPLE, user } from './okta-run.ts';
import { atVelt, DECIDING, decidingOf, expected } from './okta-truth.ts';
import type { Reached } from './search.ts';

type World = ReturnType<typeof makeOktaRuns>;

/** A directory's life after its first run, while it answers oddly for ever. */
export interface OktaOddCase {
  /** Whether groups decide who is mirrored. */
  scoped: boolean;
  /** Whether they decide by saying the organization of their members. */
  placing?: boolean;
  /** Whether an attribute says the organization. */
  byDivision?: boolean;
  /** Whether the Velt user id is the e-mail address. */
  byEmail?: boolean;
  /** Whether people are read when an event names them. */
  api: boolean;
  /** Whether no page has more than three items. */
  short: boolean;
  /** Whether a run may take something from no more people than lost something, or are odd themselves. */
  breaker?: boolean;
  odd: Oddity[];
  actions: Action[];
  /** Who leaves at last, unheard. */
  leaver: string;
}

const USER = ['id', 'status', 'transitioningToStatus', 'created', 'lastUpdated', 'statusChanged', 'type'];
const PROFILE = ['email', 'firstName', 'lastName', 'displayName', 'login', 'division'].map(
  (name) => `profile.${name}`,
);
const GROUP = [
  'id',
  'lastUpdated',
  'lastMembershipUpdated',
  'type',
  'objectClass',
  'profile',
  'profile.name',
];
const people = Array.from({ length: PEOPLE }, (_, n) => person(n + 1).id);
const newcomers = Array.from({ length: 3 }, (_, n) => person(PEOPLE + n + 1).id);
const ALL_IN_ONE = Object.fromEntries(DECIDING.patterns.map((pattern) => [pattern, 'acme']));
const BY_DIVISION = { attribute: 'profile.division', map: { North: 'acme', South: 'acme', 7: 'acme' } };
const ALWAYS = person(99).id;

export const anyOktaOdd: fc.Arbitrary<OktaOddCase> = fc.record({
  ...{ scoped: fc.boolean(), byEmail: fc.boolean(), api: fc.boolean(), short: fc.boolean() },
  ...{ breaker: fc.boolean(), placing: fc.boolean(), byDivision: fc.boolean() },
  odd: anyOddities([[people, [...USER, 'profile', ...PROFILE]]], [[GROUPS, GROUP]]),
  actions: fc.array(action, { maxLength: 6 }),
  leaver: fc.constantFrom(...people),
});

/**
 * Lives a case through: two runs later everything at Velt that does not rest on what is odd is as it is in the directory, and
 * nothing that does was taken away wrongly. Throws, with the case as JSON, where it is not so.
 */
export async function verifyOktaOdd(given: OktaOddCase): Promise<Reached> {
  try {
    return await liveThrough(given);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${JSON.stringify(given)}`, { cause: error });
  }
}

async function liveThrough(given: OktaOddCase): Promise<Reached> {
  const { scoped, placing = false, byEmail = false, short, breaker = false, odd, actions, leaver } = given;
  // One of both says it.
  const byDivision = given.byDivision === true && !(scoped && placing);
  const api = given.api || byDivision;
  const world = makeOktaRuns({
    people: 0,
    groups: Object.fromEntries(GROUPS.map((id) => [id, []])),
    source: {
      ...(scoped && !placing && { users: { groups: DECIDING.patterns } }),
      ...(scoped && placing && { organization: { groups: ALL_IN_ONE } }),
      ...(byDivision && { organization: BY_DIVISION }),
      ...(byEmail && { userId: 'email' }),
      ...(api && { api: { headroom: 0 } }),
    },
    reconcile: { removalShare: 1, removalsAtLeast: 1_000 },
  });
  const isPlaced = ({ profile }: OktaUser) => !byDivision || isPlacing(profile.division);
  const honest = { okta: { handle: world.okta.handle } };
  furnish(world);
  const shorten = () => short && world.okta.faults.add({ answer: { kind: 'short-page', items: 3 } });
  shorten();
  const inGroups = new Map([...people, ...newcomers, ALWAYS].map((id) => [id, new Set<string>()]));
  const look = () => noteMembers(world, inGroups);
  const factsOf = (held: ReturnType<typeof atVelt>) =>
    factsAbout(held, (id) => [id, ...(inGroups.get(id) ?? odd.map(({ of }) => of))], scoped);
  const read = async (removalsAtLeast = 1_000) => {
    world.time.now += LAG_MS + 60_000;
    const config = { ...world.deps.config, reconcile: { removalShare: 0, removalsAtLeast } };
    const { state } = runOf(await world.readOnly({ config }));
    await settle(world);
    return state;
  };
  const ever: Fact[] = [];
  const truthNow = () => {
    world.okta.faults.clear();
    const truth = factsOf(expected(honest, scoped ? DECIDING.regex : undefined, undefined, isPlaced));
    shorten();
    ever.push(...truth);
    return truth;
  };
  const steady = makeSteady((what) => {
    const [id = ''] = what.split(' in ');
    if (byEmail && isElsewhere(id, odd)) return [];
    if (byDivision && isOutside(id, odd)) return [];
    return scoped ? decidingOf(world, id) : ['here'];
  });

  await read();
  look();
  const before = factsOf(atVelt(world));
  steady.add(truthNow());
  world.okta.handle = (request) => {
    const answer = honest.okta.handle(request);
    return answer.status === 200 ? { ...answer, body: oddly(answer.body, odd) } : answer;
  };
  const last: Action = { does: { on: 'deleteUser', id: leaver }, isHeard: false, afterMs: 1_000 };
  for (const { does, isHeard, afterMs } of [...actions, last]) {
    world.time.now += afterMs;
    const events = act(world, does);
    look();
    steady.add(truthNow());
    if (isHeard) await settle(world, world.mapped(...events));
  }
  const limit = breaker ? mostLosing({ before, ever, truth: truthNow() }, odd, people) : undefined;
  const states = [await read(limit), await read(limit)];

  const now = factsOf(atVelt(world));
  const wrong = wrongsOf({ before, now, truth: truthNow(), steady: steady.whats() }, odd);
  if (states.some((state) => state !== 'done')) wrong.push(`the runs are ${states}`);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return {};
}

/** Everybody is in two of the three groups. Somebody is always there: of a directory that lists nobody, nothing is believed. */
function furnish({ okta }: World): void {
  okta.createUser(user(ALWAYS));
  okta.createGroup({ id: '00gAlways', profile: { name: 'Group 00gA always' } });
  okta.addMember('00gAlways', ALWAYS);
  for (const [n, id] of people.entries()) {
    okta.createUser(user(id));
    for (const [g, group] of GROUPS.entries()) if (n % GROUPS.length !== g) okta.addMember(group, id);
  }
}

/** Adds who is in which group now to who ever was. */
function noteMembers({ okta }: World, inGroups: Map<string, Set<string>>): void {
  for (const group of GROUPS.filter((id) => okta.groups.has(id)))
    for (const id of okta.membersOf(group)) inGroups.get(id)?.add(group);
}

/** Whether answers about somebody alone say, odd as they are, that they have another address or none. */
function isElsewhere(id: string, odd: Oddity[]): boolean {
  const answer = alone(user(id), odd) as { id?: unknown; profile?: unknown } | null;
  const profile = answer?.id === id ? answer.profile : undefined;
  if (typeof profile !== 'object' || profile === null || Array.isArray(profile)) return false;
  const address = addressIn((profile as { email?: unknown }).email);
  return address !== undefined && address !== user(id).profile.email;
}

/** Whether answers about somebody alone say, odd as they are, that they are in another division or in none. */
function isOutside(id: string, odd: Oddity[]): boolean {
  const answer = alone(user(id), odd) as { id?: unknown; profile?: unknown } | null;
  const profile = answer?.id === id ? answer.profile : undefined;
  if (typeof profile !== 'object' || profile === null || Array.isArray(profile)) return false;
  const { division = null } = profile as { division?: unknown };
  const isReadable = division === null || typeof division === 'string' || Number.isSafeInteger(division);
  return isReadable && !isPlacing(division);
}

const isPlacing = (division: unknown) => Object.hasOwn(BY_DIVISION.map, String(division));

/** The vendor's id of a user of Velt, who may be known there by their address; what an odd answer invents is as it is. */
const whoIs = (userId: string) => userId.replace(/@example\.com$/, '');

/**
 * What is at Velt of those whose ids are the vendor's own: what an odd answer invents is there too. Whether somebody left a
 * group, the list of theirs has to tell: one that nobody can read could be any of these.
 */
function factsAbout(
  { users, groups }: ReturnType<typeof atVelt>,
  onMember: (id: string) => string[],
  scoped: boolean,
): Fact[] {
  const onUser = (id: string) => (scoped ? onMember(id) : [id]);
  const isOwn = (id: string) => /^00u000\d\d$/.test(id) || GROUPS.includes(id);
  const facts = [
    ...Object.entries(users).map(([userId, name]) => {
      const id = whoIs(userId);
      return { ids: [id], value: String(name), on: onUser(id) };
    }),
    ...Object.entries(groups).flatMap(([id, { name, members }]) => [
      {
        ...{ ids: [id], value: String(name), on: [id, ...members.map(whoIs).flatMap(onMember)] },
        isInhabited: true as const,
      },
      ...members.map(whoIs).map((one) => ({ ids: [one, id], value: 'a member', on: [id, ...onMember(one)] })),
    ]),
  ];
  return facts
    .filter(({ ids }) => ids.every(isOwn))
    .map(({ ids, ...fact }) => ({ what: ids.join(' in '), ...fact }));
}
