import fc from 'fast-check';
import type { DirectoryConfig } from '../../lib/config.ts';
import { LAG_MS } from '../../lib/directory/trust.ts';
import { eventTypes } from '../../lib/sources/auth0/inbound.ts';
import { makeAuth0Runs } from '../support/auth0-runs.ts';
import { runOf } from '../support/okta-runs.ts';
import { anyConfig } from './auth0-run.ts';
import {
  type Action,
  act,
  action,
  CONNECTIONS,
  furnish,
  idOf,
  PEOPLE,
  ROLES,
  user,
  type World,
} from './auth0-tenant.ts';
import { atVelt, type Config, expected, GRANTING, reasonsOf, sourceOf } from './auth0-truth.ts';
import { addressIn, alone, anyOddities, type Oddity, oddly } from './odd-answers.ts';
import { type Fact, makeSteady, mostLosing, settle, wrongsOf } from './odd-truth.ts';
import type { Reached } from './search.ts';

/** A tenant's life after its first run, while it answers oddly for ever. */
export interface Auth0OddCase {
  config: Config;
  /** Whether no page of a list that goes by number has more than three items. */
  short: boolean;
  /** Whether a run may take something from no more people than lost something, or are odd themselves. */
  breaker?: boolean;
  odd: Oddity[];
  actions: Action[];
  /** Who leaves at last, unheard. */
  leaver: string;
}

const NUMBERED = /^\/api\/v2\/(users\?|users\/[^/]+\/organizations|organizations\/[^/]+\/members\/)/;
const USER = [
  ...['user_id', 'email', 'email_verified', 'name', 'nickname', 'picture', 'blocked', 'identities'],
  ...['created_at', 'updated_at'],
];
const MEMBER = ['id', 'member_type', 'type', 'roles'];
const CONTAINER = ['id', 'member_type', 'name', 'type', 'display_name', 'created_at', 'updated_at'];
/** Who is there from the beginning, and who may come. */
const everybody = Array.from({ length: PEOPLE + 2 }, (_, n) => idOf(n + 1));
const people = everybody.slice(0, PEOPLE);
const containers = [
  ...['org_1', 'org_2', 'org_3', 'grp_1', 'grp_2', 'grp_3'],
  ...[...ROLES, ...CONNECTIONS].map(({ id }) => id),
];

export const anyAuth0Odd: fc.Arbitrary<Auth0OddCase> = fc.record({
  ...{ config: anyConfig, short: fc.boolean(), breaker: fc.boolean() },
  odd: anyOddities([[people, [...USER, ...MEMBER]]], [[containers, CONTAINER]]).map((odd) =>
    odd.filter((one) => !isOrdinary(one)),
  ),
  actions: fc.array(action, { maxLength: 6 }),
  leaver: fc.constantFrom(...people.slice(1)),
});

/** Whether it is nothing odd: to be a member of a type that is no person's or connection's. */
function isOrdinary({ field, becomes }: Oddity): boolean {
  return field === 'member_type' && /^{"value":"[a-z]+"}$/.test(JSON.stringify(becomes));
}

/**
 * Lives a case through: two runs later everything at Velt that does not rest on what is odd is as it is in the tenant, and
 * nothing that does was taken away wrongly. Throws, with the case as JSON, where it is not so.
 */
export async function verifyAuth0Odd(given: Auth0OddCase): Promise<Reached> {
  try {
    return await liveThrough(given);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${JSON.stringify(given)}`, { cause: error });
  }
}

async function liveThrough(given: Auth0OddCase): Promise<Reached> {
  const { config, short, breaker = false, odd, actions, leaver } = given;
  const world = makeAuth0Runs({
    people: 0,
    source: sourceOf(config),
    tenant: { connections: CONNECTIONS, roles: ROLES },
    auth0: { groupsTellOrganization: true },
    reconcile: { removalShare: 1, removalsAtLeast: 1_000 },
  });
  const { auth0, time } = world;
  const made = await furnish(world);
  if (short) auth0.faults.add({ path: NUMBERED, answer: { kind: 'short-page', items: 3 } });
  const { sources }: DirectoryConfig = world.deps.config;
  const types = eventTypes(sources.auth0 as never);
  const inside = new Map<string, Set<string>>();
  const factsOf = (held: ReturnType<typeof atVelt>) => factsAbout(held, config, inside, odd);
  const read = async (removalsAtLeast = 1_000) => {
    time.now += LAG_MS + 60_000;
    const { deps } = world;
    const strict = { ...deps.config, reconcile: { removalShare: 0, removalsAtLeast } };
    const { state } = runOf(await world.readOnly({ config: strict }));
    await settle(world);
    return state;
  };

  const ever: Fact[] = [];
  const truthNow = () => {
    const truth = factsOf(expected(world, config));
    ever.push(...truth);
    return truth;
  };
  const steady = makeSteady((what) => {
    const [id = '', ...places] = what.split(' in ');
    if (saysOut(id, config, odd)) return [];
    const { deciding, granting } = reasonsOf(world, config, id);
    const isGranted = places.includes(GRANTING.folderId);
    return isGranted ? deciding.flatMap((one) => granting.map((other) => `${one}, ${other}`)) : deciding;
  });

  await read();
  noteMembers(world, inside);
  const before = factsOf(atVelt(world));
  steady.add(truthNow());
  const honest = auth0.handle;
  auth0.handle = (request) => {
    const answer = honest(request);
    return answer.status === 200 ? { ...answer, body: oddly(answer.body, odd) } : answer;
  };
  const last: Action = { does: { on: 'deleteUser', id: leaver }, heard: 'never', afterMs: 1_000 };
  for (const { does, heard, afterMs } of [...actions, last]) {
    time.now += afterMs;
    const events = act(world, does, made).filter(({ type }) => types.includes(type));
    noteMembers(world, inside);
    steady.add(truthNow());
    if (heard !== 'never') await settle(world, world.mapped(...events));
  }
  const left = [...actions, last].flatMap(({ does }) =>
    does.on === 'deleteUser' || does.on === 'link' ? does.id : [],
  );
  const limit = breaker ? mostLosing({ before, ever, truth: truthNow() }, odd, people, left) : undefined;
  const states = [await read(limit), await read(limit)];

  const now = factsOf(atVelt(world));
  const wrong = wrongsOf({ before, now, truth: truthNow(), steady: steady.whats() }, odd);
  if (states.some((state) => state !== 'done')) wrong.push(`the runs are ${states}`);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return {};
}

/** Adds what everybody is in now, by themselves or through something else, to what they ever were in. */
function noteMembers({ auth0 }: World, inside: Map<string, Set<string>>): void {
  const { users, organizations, groups } = auth0.state();
  for (const { user_id: id, identities } of Object.values(users)) {
    const named = CONNECTIONS.filter(({ name }) => identities.some(({ connection }) => connection === name));
    const connections = named.map((one) => one.id);
    const ofGroups = Object.values(groups)
      .filter(
        (group) => group.users.includes(id) || connections.some((one) => group.connections.includes(one)),
      )
      .map((group) => group.id);
    const ofOrganizations = Object.values(organizations)
      .filter(({ members }) => members[id])
      .flatMap((one) => {
        const ofItsGroups = ofGroups.flatMap((group) => one.groupRoles[group] ?? []);
        return [one.id, ...(one.members[id] ?? []), ...ofItsGroups];
      });
    inside.set(id, new Set([...(inside.get(id) ?? []), ...connections, ...ofGroups, ...ofOrganizations]));
  }
}

/**
 * Whether answers about somebody alone say of them, odd as they are, what can be read and takes something from them: that they
 * are blocked, have no connection any more, or another address or none that is verified.
 */
function saysOut(id: string, { byEmail }: Config, odd: Oddity[]): boolean {
  const honest = { ...user(id), identities: [{}], blocked: false };
  const answer = alone(honest, odd) as Partial<Record<keyof typeof honest, unknown>> | null;
  const { user_id, email, email_verified: verified = false, identities, blocked } = answer ?? {};
  if (user_id !== id) return false;
  const address = addressIn(email);
  const isNo = verified === null || verified === false;
  const isUnverified = isNo || (typeof verified === 'string' && /^\s*(false)?\s*$/i.test(verified));
  const isAnother = address !== undefined && (address !== honest.email || isUnverified);
  return (
    blocked === true || (Array.isArray(identities) && identities.length === 0) || (!!byEmail && isAnother)
  );
}

const ADDRESSES = new Map(everybody.map((id) => [user(id).email, id]));

/** The vendor's id of a user of Velt, who may be known there by their address; what an odd answer invents is as it is. */
const whoIs = (userId: string) => ADDRESSES.get(userId) ?? userId;

/** What is at Velt of those whose ids are the vendor's own: what an odd answer invents is there too. */
function factsAbout(
  held: ReturnType<typeof atVelt>,
  { mapped, scoped }: Config,
  inside: ReadonlyMap<string, Set<string>>,
  odd: Oddity[],
): Fact[] {
  const isOwn = (id: string) => inside.has(id) || /^(grp_\d|rol_[ab]|team-folder)$/.test(id);
  const onMember = (id: string) => [id, ...(inside.get(id) ?? odd.map(({ of }) => of))];
  const onUser = (id: string) =>
    onMember(id).filter((one) => one === id || scoped || (mapped && one.startsWith('org_')));
  const facts = Object.entries(held).flatMap(([organization, { users, groups, folders }]) => [
    ...Object.entries(users).map(([userId, name]) => {
      const id = whoIs(userId);
      return { ids: [id, organization], value: name, on: onUser(id) };
    }),
    ...Object.entries(groups).flatMap(([id, { name, members }]) => [
      {
        ...{ ids: [id, organization], value: name, on: [id, ...members.map(whoIs).flatMap(onMember)] },
        isInhabited: true as const,
      },
      ...members.map(whoIs).map((one) => ({
        ids: [one, id, organization],
        value: 'a member',
        on: [id, ...onMember(one)],
      })),
    ]),
    ...Object.entries(folders).flatMap(([id, members]) =>
      members
        .map(whoIs)
        .map((one) => ({ ids: [one, id, organization], value: 'a member', on: onMember(one) })),
    ),
  ]);
  return facts
    .filter(({ ids }) => ids.slice(0, -1).every(isOwn))
    .map(({ ids, ...fact }) => ({ what: ids.join(' in '), ...fact }));
}
