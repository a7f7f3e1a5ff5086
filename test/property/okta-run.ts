import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import type { OktaGroup, OktaUser } from '../../local/doubles/okta/okta.ts';
import { makeOktaRuns, person } from '../support/okta-runs.ts';
import { quietRun } from './idle.ts';
import { anyKills, type Kill, readDespite } from './kills.ts';
import { anyMeetings, type Heard, type Meeting, readAmong } from './meetings.ts';
import { addTo, type Reached } from './search.ts';

type World = ReturnType<typeof makeOktaRuns>;

const PEOPLE = 8;
const GROUPS = ['00gA', '00gB', '00gC'];
const someone = fc.integer({ min: 2, max: PEOPLE + 3 }).map((n) => person(n).id);
const group = fc.constantFrom(...GROUPS);
const name = fc.constantFrom('Ada', 'Eve', 'Zoë');

/** What an admin does, and whether its webhook arrives. */
const action = fc.record({
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
    fc.record({ on: fc.constantFrom('addMember', 'removeMember' as const), group, id: someone }),
    fc.record({ on: fc.constantFrom('createGroup', 'deleteGroup' as const), group }),
    fc.record({ on: fc.constantFrom('renameGroup' as const), group, name }),
  ),
  isHeard: fc.boolean(),
  afterMs: fc.integer({ min: 1, max: 90_000 }),
});
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

const user = (id: string): OktaUser => ({
  id,
  profile: { login: `${id}@example.com`, email: `${id}@example.com`, firstName: 'First', lastName: id },
});

/** Does what can be done as things are; an admin cannot do the rest either. */
function act({ okta }: World, does: Action['does']) {
  try {
    switch (does.on) {
      case 'createUser':
        return isKnown(okta, `users/${does.id}`) ? [] : okta.createUser(user(does.id));
      case 'renameUser':
        return okta.updateProfile(does.id, { firstName: does.name });
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

function ask<T>(okta: World['okta'], path: string): T | undefined {
  const headers = { authorization: 'SSWS example-ssws-token' };
  const { status, body } = okta.handle({ method: 'GET', path: `/api/v1/${path}`, headers });
  return status === 200 ? (JSON.parse(body) as T) : undefined;
}

const isKnown = (okta: World['okta'], path: string) => ask(okta, path) !== undefined;

/** What Velt should hold, by nothing but Okta's own answers: in lists of one page each, and every status. */
function expected({ okta }: World, deciding: RegExp | undefined) {
  const groups = ask<OktaGroup[]>(okta, 'groups?limit=200') ?? [];
  const membersOf = ({ id }: OktaGroup) =>
    (ask<OktaUser[]>(okta, `groups/${id}/users?limit=200`) ?? []).map((member) => member.id);
  const inScope = new Set(groups.filter(({ profile }) => deciding?.test(profile.name)).flatMap(membersOf));
  const here = (ask<OktaUser[]>(okta, 'users?limit=200&search=all') ?? [])
    .filter(({ status }) => status !== 'DEPROVISIONED' && status !== 'SUSPENDED')
    .filter(({ id }) => deciding === undefined || inScope.has(id));
  const ids = new Set(here.map(({ id }) => id));
  return {
    users: Object.fromEntries(
      here.map(({ id, profile }) => [id, `${profile.firstName} ${profile.lastName}`]),
    ),
    groups: Object.fromEntries(
      groups
        .map(
          (it) =>
            [it.id, { name: it.profile.name, members: membersOf(it).filter((id) => ids.has(id)) }] as const,
        )
        .filter(([, { members }]) => members.length > 0),
    ),
  };
}

function atVelt(world: World) {
  const { users = {}, groups = {} } = world.state() ?? {};
  return {
    users: Object.fromEntries(Object.entries(users).map(([id, { name }]) => [id, name])),
    groups: Object.fromEntries(
      Object.entries(groups)
        .map(
          ([id, { groupName, members }]) => [id, { name: groupName, members: [...members].sort() }] as const,
        )
        .filter(([, { members }]) => members.length > 0),
    ),
  };
}

const DECIDING = { patterns: ['Group 00gA*', 'Group 00gB'], regex: /^Group 00gA.*$|^Group 00gB$/i };

/** A directory's life up to its first run and after it, what reads it the second time, and where that is killed. */
export interface OktaRunCase {
  /** Whether groups decide who is mirrored. */
  scoped: boolean;
  /** Whether people are read when an event names them. */
  api: boolean;
  /** Whether the queue is empty again before the next step of a run. */
  fast: boolean;
  /** Whether what an event takes from anybody in a container waits for a run. */
  strict?: boolean;
  first: Action[];
  second: Action[];
  kills: Kill[];
  /** What happens while what a run queued is delivered: the first, or one more that comes before those that are killed. */
  meetings: Meeting<Action>[];
}

/** With `meetings`, others are at work while a run's messages are delivered. */
export function anyOktaRun({ meetings }: { meetings: boolean }): fc.Arbitrary<OktaRunCase> {
  return fc.record({
    ...{ scoped: fc.boolean(), api: fc.boolean(), fast: fc.boolean(), strict: fc.boolean() },
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
  const { scoped, api, fast, strict = false, first, second, kills, meetings } = given;
  const world = makeOktaRuns({
    people: 0,
    groups: { '00gA': [], '00gB': [] },
    source: {
      ...(scoped && { users: { groups: DECIDING.patterns } }),
      ...(api && { api: { headroom: 0 } }),
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
  await live(second);
  if (again.length > 0) addTo(reached, await readAmong(world, { meetings: again, fast, happens }));

  const run = await readDespite('okta', world, { kills, fast });

  addTo(reached, { 'an event that waits for the breaker': world.deps.meter.counted.EventsDeferred ?? 0 });
  deepStrictEqual(typeof run === 'string' ? run : run.state, 'done', 'how the last run ended');
  deepStrictEqual(atVelt(world), expected(world, scoped ? DECIDING.regex : undefined), 'what Velt holds');
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
  const { users, groups } = atVelt(world);
  const members = Object.entries(groups).flatMap(([id, it]) =>
    it.members.map((member) => `${member} in ${id}`),
  );
  return [...Object.keys(users), ...members];
}
