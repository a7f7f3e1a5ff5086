import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import type { OktaUser } from '../../local/doubles/okta/okta.ts';
import { makeOktaRuns, person } from '../support/okta-runs.ts';
import { STRANGE_NAMES } from '../support/strange-texts.ts';
import { quietRun } from './idle.ts';
import { anyKills, type Kill, readDespite } from './kills.ts';
import { anyMeetings, type Heard, type Meeting, readAmong } from './meetings.ts';
import {
  ask,
  atVelt,
  DECIDING,
  heldAndExpected,
  MADE,
  type Made,
  PLACED,
  type Placed,
  VIEWING,
} from './okta-truth.ts';
import { addTo, type Reached, rolesChanged } from './search.ts';

type World = ReturnType<typeof makeOktaRuns>;

export const PEOPLE = 8;
export const GROUPS = ['00gA', '00gB', '00gC'];
const someone = fc.integer({ min: 2, max: PEOPLE + 3 }).map((n) => person(n).id);
const group = fc.constantFrom(...GROUPS);
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('Ada', 'Eve', 'Zoë') },
  { weight: 1, arbitrary: fc.constantFrom(...STRANGE_NAMES) },
);

/** Two people can have one, and some have none. */
export const number = fc.constantFrom('E-1', 'E-2', 'E-3', 7, null);

/** By some nobody is in any organization. */
const division = fc.constantFrom('North', 'South', 'West', 7, null);

/** What an admin does, and whether its webhook arrives. */
export const action = fc.record({
  does: fc.oneof(
    fc.record({
      on: fc.constantFrom(
        'createUser',
        'deleteUser',
        'deactivate',
        'activate',
        'suspend',
        'unsuspend' as const,
      ),
      id: someone,
    }),
    fc.record({ on: fc.constantFrom('renameUser' as const), id: someone, name }),
    fc.record({ on: fc.constantFrom('renumberUser' as const), id: someone, number }),
    fc.record({ on: fc.constantFrom('moveUser' as const), id: someone, division }),
    fc.record({ on: fc.constantFrom('addMember', 'removeMember' as const), group, id: someone }),
    fc.record({ on: fc.constantFrom('createGroup', 'deleteGroup' as const), group }),
    fc.record({ on: fc.constantFrom('renameGroup' as const), group, name }),
  ),
  isHeard: fc.boolean(),
  afterMs: fc.integer({ min: 1, max: 90_000 }),
});
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

export const user = (id: string): OktaUser => ({
  id,
  profile: {
    ...{ login: `${id}@example.com`, email: `${id}@example.com`, firstName: 'First', lastName: id },
    employeeNumber: `E-${id}`,
    division: Number(id.at(-1)) % 2 === 0 ? 'North' : 'South',
  },
});

/** Does what can be done as things are; an admin cannot do the rest either. */
export function act({ okta }: World, does: Action['does']) {
  try {
    switch (does.on) {
      case 'createUser':
        return isKnown(okta, `users/${does.id}`) ? [] : okta.createUser(user(does.id));
      case 'renameUser':
        return okta.updateProfile(does.id, { firstName: does.name });
      case 'renumberUser':
        return okta.updateProfile(does.id, { employeeNumber: does.number });
      case 'moveUser':
        return okta.updateProfile(does.id, { division: does.division });
      case 'createGroup':
        return isKnown(okta, `groups/${does.group}`)
          ? []
          : okta.createGroup({ id: does.group, profile: { name: `Group ${does.group}` } });
      case 'deleteGroup':
        return okta.deleteGroup(does.group);
      case 'renameGroup':
        return okta.renameGroup(does.group, `Group ${does.group} ${does.name}`);
      case 'addMember':
      case 'removeMember':
        return okta[does.on](does.group, does.id);
      default:
        return okta[does.on](does.id);
    }
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('there is no')) return [];
    throw error;
  }
}

const isKnown = (okta: World['okta'], path: string) => ask(okta, path) !== undefined;

/** A directory's life up to its first run and after it, what reads it the second time, and where that is killed. */
export interface OktaRunCase {
  /** Whether groups decide who is mirrored. */
  scoped: boolean;
  /** Whether people are read when an event names them. */
  api: boolean;
  /** Whether groups decide on roles at Velt. */
  access?: boolean;
  /** Whether the queue is empty again before the next step of a run. */
  fast: boolean;
  /** Whether what an event takes from anybody in a container waits for a run. */
  strict?: boolean;
  /** What Velt's user fields are made of, where that is not the usual. */
  made?: Made | undefined;
  /** The same as it was until after the first run. */
  was?: Made | undefined;
  /** What says in which Velt organizations people are, where not all are in one, and what said so until after the first run. */
  placed?: Placed | undefined;
  wasPlaced?: Placed | undefined;
  first: Action[];
  second: Action[];
  kills: Kill[];
  /** What happens while what a run queued is delivered: the first, or one more that comes before those that are killed. */
  meetings: Meeting<Action>[];
}

const anyMade = fc.constantFrom<(Made | undefined)[]>(undefined, 'own', 'own ids', 'ids', 'login');
const anyPlaced = fc.constantFrom<(Placed | undefined)[]>(undefined, 'division', 'groups');
const USUAL = { userId: undefined, attributes: undefined, profile: undefined };

/** With `meetings`, others are at work while a run's messages are delivered. */
export function anyOktaRun({ meetings }: { meetings: boolean }): fc.Arbitrary<OktaRunCase> {
  return fc.record({
    ...{ scoped: fc.boolean(), api: fc.boolean(), fast: fc.boolean(), strict: fc.boolean() },
    access: fc.boolean(),
    made: anyMade,
    was: anyMade,
    placed: anyPlaced,
    wasPlaced: anyPlaced,
    first: fc.array(action, { maxLength: 14 }),
    second: fc.array(action, { maxLength: 14 }),
    kills: anyKills(60),
    meetings: meetings ? anyMeetings(action, 30) : fc.constant([]),
  });
}

/**
 * Lives a case through: after one complete run Velt holds the directory, whatever was lost and wherever processes were
 * killed. Throws, with the case as JSON and what was expected, where it does not.
 */
export async function verifyOktaRun(given: OktaRunCase): Promise<Reached> {
  try {
    return await readThrough(given);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${JSON.stringify(given)}`, { cause: error });
  }
}

async function readThrough(given: OktaRunCase): Promise<Reached> {
  const { scoped, access = false, fast, strict = false, first, second, kills, meetings } = given;
  const { made, was, placed, wasPlaced } = given;
  const rules = [made, was, placed, wasPlaced];
  // What events do not carry is read.
  const api = given.api || rules.some((one) => one === 'own' || one === 'own ids' || one === 'division');
  const world = makeOktaRuns({
    people: 0,
    groups: { '00gA': [], '00gB': [] },
    source: {
      ...(scoped && { users: { groups: DECIDING.patterns } }),
      ...(api && { api: { headroom: 0 } }),
      ...(access && { access: VIEWING.access }),
      ...(was && MADE[was]),
      ...(wasPlaced && { organization: PLACED[wasPlaced] }),
    },
    reconcile: { removalShare: 1, removalsAtLeast: 1_000 },
    strict,
  });
  // Somebody is always there: of a directory that lists nobody, nothing is believed.
  for (let n = 1; n <= PEOPLE; n += 1) world.okta.createUser(user(person(n).id));
  world.okta.createGroup({ id: '00gAlways', profile: { name: 'Group 00gA always' } });
  world.okta.addMember('00gAlways', person(1).id);
  const live = async (actions: Action[]) => {
    for (const { does, isHeard, afterMs } of actions) {
      world.time.now += afterMs;
      const events = act(world, does);
      if (isHeard) await world.webhook(...events);
    }
  };
  await live(first);
  const happens = ({ does, isHeard, afterMs }: Action): Heard => {
    world.time.now += afterMs % 5_000;
    const messages = world.mapped(...act(world, does));
    return { now: isHeard ? messages : [], later: [] };
  };
  const [once, again] = [meetings.filter(({ run }) => run === 1), meetings.filter(({ run }) => run === 2)];
  const reached = await readAmong(world, { meetings: once, fast, happens });
  const organization = placed ? PLACED[placed] : 'acme';
  world.reconfigure({ ...USUAL, organization, ...(made && MADE[made]) });
  await live(second);
  if (again.length > 0) addTo(reached, await readAmong(world, { meetings: again, fast, happens }));

  const run = await readDespite('okta', world, { kills, fast });

  addTo(reached, rolesChanged(world.calls));
  addTo(reached, { 'an event that waits for the breaker': world.deps.meter.counted.EventsDeferred ?? 0 });
  deepStrictEqual(typeof run === 'string' ? run : run.state, 'done', 'how the last run ended');
  const deciding = scoped ? DECIDING.regex : undefined;
  const [held, should] = heldAndExpected(world, { deciding, made, placed, access });
  deepStrictEqual(held, should, 'what Velt holds');
  addTo(reached, { 'two organizations': Object.keys(should.globex?.users ?? {}).length });
  deepStrictEqual(await quietRun(world), { queued: [], calls: [] }, 'what a run of a quiet day comes to');
  deepStrictEqual(await lostBehindBreaker(world, first), [], 'what a run takes that may take nothing');
  return reached;
}

/** The users and members whom Velt no longer has after what nobody heard of, and a run that may take nothing from anybody. */
async function lostBehindBreaker(world: World, unheard: Action[]): Promise<string[]> {
  const before = placesOf(world);
  for (const { does, afterMs } of unheard) {
    world.time.now += afterMs;
    act(world, does);
  }
  const reconcile = { removalShare: 0, removalsAtLeast: 0 };
  await world.read({ config: { ...world.deps.config, reconcile } });
  const after = new Set(placesOf(world));
  return before.filter((place) => !after.has(place));
}

function placesOf(world: World): string[] {
  return Object.keys(world.organizations()).flatMap((organization) => {
    const { users, groups } = atVelt(world, organization);
    const members = Object.entries(groups).flatMap(([id, it]) =>
      it.members.map((member) => `${member} in ${id}`),
    );
    return [...Object.keys(users), ...members].map((place) => `${place} of ${organization}`);
  });
}
