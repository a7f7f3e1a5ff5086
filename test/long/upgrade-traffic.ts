import { setTimeout as sleep } from 'node:timers/promises';
import type { Auth0, Auth0Directory } from '../../local/doubles/auth0/auth0.ts';
import type { Okta } from '../../local/doubles/okta/okta.ts';
import { oktaDelivery } from '../support/okta-deliveries.ts';
import { type Held, profileOf, withMembers } from './backfill-truth.ts';

/** A webhook body, and the source that it is sent to. */
export interface Delivery {
  source: 'okta' | 'auth0';
  body: object;
}

const EVENTS_PER_DELIVERY = 20;
/** An event of Auth0 is dated 4 ms after what it tells of: nothing happens to the same person in between. */
const APART_MS = 5;
const AUTH0_GROUPS = 10;

/** An Auth0 tenant in which everybody has a name and an address of their own. */
export function makeAuth0Directory(people: number): Auth0Directory {
  const users = Array.from({ length: people }, (_, index) => auth0User(`auth0|first${index}`));
  const groups = Array.from({ length: AUTH0_GROUPS }, (_, index) => ({
    ...{ id: `grp_${index}`, name: `Team ${index}`, type: 'tenant' as const },
  }));
  return {
    users,
    groups,
    groupMembers: users.map(({ user_id: id }, index) => [
      `grp_${index % AUTH0_GROUPS}`,
      { member_type: 'user', id },
    ]),
  };
}

/**
 * Lives `changes` changes of each directory: people join, change, come into groups and out of them, leave, and come back. Returns
 * what the vendors send of it, in the order in which it happened.
 */
export async function live(
  { okta, auth0 }: { okta: Okta; auth0: Auth0 },
  changes: number,
  random: () => number,
): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  let told: object[] = [];
  const flush = () => {
    if (told.length > 0) deliveries.push({ source: 'okta', body: oktaDelivery(...told) });
    told = [];
  };
  for (let change = 0; change < changes; change += 1) {
    told.push(...changeOkta(okta, random));
    if (told.length >= EVENTS_PER_DELIVERY * random()) flush();
    for (const body of changeAuth0(auth0, random)) deliveries.push({ source: 'auth0', body });
    await sleep(APART_MS);
  }
  flush();
  return deliveries;
}

function changeOkta(okta: Okta, random: () => number): object[] {
  const dice = random();
  const any = <T>(items: Iterable<T>): T => pick([...items], random);
  const groupId = any(okta.groups.keys());
  const { id, status } = any(okta.users.values());
  const name = `Changed ${Math.floor(random() * 1e9)}`;
  if (dice < 0.15) {
    const joiner = `00ujoin${okta.log.events.length}`;
    const email = `${joiner}@example.com`;
    const profile = { login: email, email, firstName: 'Joined', lastName: name };
    return [...okta.createUser({ id: joiner, profile }), ...okta.addMember(groupId, joiner)];
  }
  if (dice < 0.35) return okta.updateProfile(id, { lastName: name });
  if (dice < 0.6) return okta.addMember(groupId, id);
  if (dice < 0.75) return okta.membersOf(groupId).includes(id) ? okta.removeMember(groupId, id) : [];
  if (dice < 0.77) return okta.renameGroup(groupId, name);
  if (dice < 0.81) return okta.deleteUser(id);
  if (status === 'DEPROVISIONED') return okta.activate(id);
  if (status === 'SUSPENDED') return okta.unsuspend(id);
  return dice < 0.93 ? okta.deactivate(id) : okta.suspend(id);
}

function changeAuth0(auth0: Auth0, random: () => number): object[] {
  const dice = random();
  const { users, groups } = auth0.state();
  const group = pick(Object.keys(groups), random);
  const id = pick(Object.keys(users), random);
  const name = `Changed ${Math.floor(random() * 1e9)}`;
  if (dice < 0.15) {
    const joiner = `auth0|join${auth0.calls.length}of${Object.keys(users).length}n${Math.floor(random() * 1e9)}`;
    return [
      ...auth0.createUser(auth0User(joiner)),
      ...auth0.addGroupMember(group, { member_type: 'user', id: joiner }),
    ];
  }
  if (dice < 0.35) return auth0.updateUser(id, { name });
  if (dice < 0.6) return auth0.addGroupMember(group, { member_type: 'user', id });
  if (dice < 0.75) return auth0.removeGroupMember(group, { member_type: 'user', id });
  if (dice < 0.77) return auth0.updateGroup(group, { name });
  if (dice < 0.85) return auth0.deleteUser(id);
  return users[id]?.blocked ? auth0.unblockUser(id) : auth0.blockUser(id);
}

/** What Velt should hold of an Auth0 tenant: everyone who is not blocked, in all of their groups. */
export function wantedOfAuth0(auth0: Auth0): Held {
  const { users, groups } = auth0.state();
  const here = Object.values(users).filter(({ blocked }) => !blocked);
  const wanted = new Map(
    here.map(({ user_id, name, email, picture }) => [
      user_id,
      profileOf({ name, email, ...(picture !== undefined && { photoUrl: picture }) }),
    ]),
  );
  const named = Object.values(groups).map(
    ({ id, name, users: members }) =>
      [id, { name, members: new Set(members.filter((member) => wanted.has(member))) }] as const,
  );
  return { users: wanted, groups: withMembers(named) };
}

function auth0User(user_id: string) {
  const email = `${user_id.replace('|', '.')}@example.com`;
  return { user_id, email, email_verified: true, name: `Name of ${user_id}` };
}

function pick<T>(items: T[], random: () => number): T {
  return items[Math.floor(random() * items.length)] as T;
}
