import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import type { DirectoryConfig } from '../../lib/config.ts';
import { eventTypes } from '../../lib/sources/auth0/inbound.ts';
import type { Auth0Event } from '../../local/doubles/auth0/auth0.ts';
import { makeAuth0Runs } from '../support/auth0-runs.ts';
import { type Action, act, action, CONNECTIONS, furnish, ROLES } from './auth0-tenant.ts';
import { atVelt, type Config, expected, sourceOf } from './auth0-truth.ts';
import { quietRun } from './idle.ts';
import { anyKills, type Kill, readDespite } from './kills.ts';
import { anyMeetings, type Heard, type Meeting, readAmong } from './meetings.ts';
import { addTo, type Reached, rolesChanged } from './search.ts';

/** A tenant's life up to its first run and after it, what reads it the second time, and where that is killed. */
export interface Auth0RunCase {
  config: Config;
  /** What Velt's user fields were made of until after the first run, if otherwise. */
  was?: Partial<Config>;
  /** Whether the end of something tells of everything that ends with it. */
  cascades: boolean;
  /** Whether the Management API tells which organization a group is of. */
  groupsTellOrganization: boolean;
  /** Whether the queue is empty again before the next step of a run. */
  fast: boolean;
  /** Whether what an event takes from anybody in a container waits for a run. */
  strict?: boolean;
  first: Action[];
  second: Action[];
  kills: Kill[];
  /** What happens while a run is cut short and waits to go on: only the next one can have seen it whole. */
  meanwhile: Action[];
  /** What happens while what a run queued is delivered: the first, or one more that comes before those that are killed. */
  meetings: Meeting<Action>[];
}

export const anyConfig: fc.Arbitrary<Config> = fc.record({
  ...{ mapped: fc.boolean(), byEmail: fc.boolean(), scoped: fc.boolean() },
  ...{ api: fc.boolean(), grants: fc.boolean() },
  groups: fc.constantFrom('all', 'some', 'none' as const),
  roles: fc.constantFrom('all', 'none' as const),
});

/** What Velt's user id is made of, and whether that is all that Velt is told. */
const anyMade = fc.constantFrom<Partial<Config>[]>(
  ...[{}, { byEmail: true }, { byNumber: true }],
  ...[{ onlyIds: true }, { byNumber: true, onlyIds: true }],
);

const USUAL = { byEmail: false, byNumber: false, onlyIds: false };

/** With `meetings`, others are at work while a run's messages are delivered. */
export function anyAuth0Run({ meetings }: { meetings: boolean }): fc.Arbitrary<Auth0RunCase> {
  return fc.record({
    config: fc
      .tuple(anyConfig, anyMade, fc.boolean())
      .map(([config, made, access]) => ({ ...config, ...USUAL, ...made, access })),
    was: anyMade,
    ...{ cascades: fc.boolean(), groupsTellOrganization: fc.boolean(), fast: fc.boolean() },
    strict: fc.boolean(),
    first: fc.array(action, { maxLength: 16, size: 'max' }),
    second: fc.array(action, { maxLength: 16, size: 'max' }),
    kills: anyKills(150),
    meanwhile: fc.oneof(fc.constant<Action[]>([]), fc.array(action, { maxLength: 6 })),
    meetings: meetings ? anyMeetings(action, 70) : fc.constant([]),
  });
}

/**
 * Lives a case through: after one complete run Velt holds the tenant, whatever was lost and wherever processes were
 * killed. Throws, with the case as JSON and what was expected, where it does not.
 */
export async function verifyAuth0Run(given: Auth0RunCase): Promise<Reached> {
  try {
    return await readThrough(given);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${JSON.stringify(given)}`, { cause: error });
  }
}

async function readThrough(given: Auth0RunCase): Promise<Reached> {
  const { config, was, first, second, kills, meanwhile, meetings, fast, strict = false, ...auth0 } = given;
  const world = makeAuth0Runs({
    people: 0,
    source: sourceOf(was ? { ...config, ...USUAL, ...was } : config),
    tenant: { connections: CONNECTIONS, roles: ROLES },
    auth0,
    reconcile: { removalShare: 1, removalsAtLeast: 1_000 },
    strict,
  });
  const made = await furnish(world);
  const { sources }: DirectoryConfig = world.deps.config;
  const types = eventTypes(sources.auth0 as never);
  const subscribed = (events: Auth0Event[]) => events.filter(({ type }) => types.includes(type));
  const tell = (events: Auth0Event[]) => world.webhook(...subscribed(events));
  // Which organization a group is of may be told by nothing but an event.
  const whenHeard = ({ does, heard }: Action) =>
    does.on === 'createGroup' && !auth0.groupsTellOrganization ? 'in time' : heard;
  const live = async (actions: Action[]) => {
    const late: Auth0Event[] = [];
    for (const one of actions) {
      world.time.now += one.afterMs;
      const events = act(world, one.does, made);
      if (whenHeard(one) === 'in time') await tell(events);
      else if (one.heard === 'late') late.unshift(...events);
    }
    await tell(late);
  };
  const happens = (one: Action): Heard => {
    world.time.now += one.afterMs % 5_000;
    const messages = world.mapped(...subscribed(act(world, one.does, made)));
    const heard = whenHeard(one);
    return { now: heard === 'in time' ? messages : [], later: heard === 'late' ? messages : [] };
  };
  await live(first);
  const [once, again] = [meetings.filter(({ run }) => run === 1), meetings.filter(({ run }) => run === 2)];
  const reached = await readAmong(world, { meetings: once, fast, happens });
  if (was)
    world.reconfigure({ userId: undefined, attributes: undefined, profile: undefined, ...sourceOf(config) });
  await live(second);
  if (again.length > 0) addTo(reached, await readAmong(world, { meetings: again, fast, happens }));
  const cut = await readDespite('auth0', world, { kills, fast, meanwhile: () => live(meanwhile) });
  const run = meanwhile.length > 0 ? await world.read() : cut;

  addTo(reached, rolesChanged(world.calls));
  addTo(reached, { 'an event that waits for the breaker': world.deps.meter.counted.EventsDeferred ?? 0 });
  deepStrictEqual(typeof run === 'string' ? run : run.state, 'done', 'how the last run ended');
  deepStrictEqual(atVelt(world), expected(world, config), 'what Velt holds');
  deepStrictEqual(await quietRun(world), { queued: [], calls: [] }, 'what a run of a quiet day comes to');
  return reached;
}
