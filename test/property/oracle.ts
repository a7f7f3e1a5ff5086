import type { Change } from '../../lib/directory/change.ts';

// What Velt must hold, told by replaying the events one after the other in the vendor's order. It shares no rule with
// lib/: a replay needs no versions, no tombstones and no merging.
//
// - Events are ordered by time, those of one moment by id; the same event twice is one event.
// - A person is at Velt from the first word on them (that they exist, or an attribute) until they are said to be gone;
//   not while deactivated or, unless they may stay, blocked. Who is only a member somewhere waits. Who returns has the memberships nobody ended.
// - Someone joining proves that the group or organization is there; someone leaving proves nothing.
// - The end of a group or organization ends its memberships for good: a revival brings back the group, not its members.
// - Staff of Okta are all in one organization. Auth0's users are in those that their own organizations map to, by id or
//   by present name; groups, folders and documents only in these.
// - Where the Velt user id is the e-mail address, who has none has no user, and who have the same one are one user: it has
//   what any of them has, and the profile of one of them.
// - Where an application decides who is mirrored, only who is assigned to it is.

export interface Truth {
  /** By Velt organization. */
  organizations: Record<string, Organization>;
  /** The name of each group that is there and in scope, by id. */
  groupNames: Record<string, string>;
}

interface Organization {
  /** The profile, or any of these where several people are one user. */
  users: Record<string, Record<string, string>[]>;
  groups: Record<string, string[]>;
  folders: Record<string, string[]>;
  documents: Record<string, string[]>;
}

export interface Rules {
  userId: 'id' | 'email' | 'shared';
  users: 'all' | 'application';
  suspended: 'remove' | 'keep';
  groups: '*' | 'named';
}

interface Person {
  id: string;
  source: string;
  exists?: boolean;
  active?: boolean;
  blocked?: boolean;
  told: Record<string, string | null>;
}

interface Place {
  kind: string;
  id: string;
  source: string;
  exists: boolean;
  name?: string;
  members: Set<string>;
}

export function truthOf(events: Change[], rules: Rules): Truth {
  const { people, places } = replay(events);
  const groups = places.filter(({ kind }) => kind === 'group');
  const truth: Truth = { organizations: {}, groupNames: {} };
  for (const group of groups) {
    if (group.exists && inScope(group, rules)) truth.groupNames[group.id] = group.name ?? group.id;
  }

  for (const person of people) {
    const { name, email, photoUrl } = person.told;
    const userId = rules.userId === 'id' ? person.id : email;
    if (!isThere(person, rules) || !userId) continue;
    const theirs = places.filter(({ source, members }) => source === person.source && members.has(person.id));
    const assigned = theirs.some(({ kind }) => kind === 'application');
    if (person.source === 'okta' && rules.users === 'application' && !assigned) continue;
    const theirGroups = theirs.filter(({ kind }) => kind === 'group');
    for (const organizationId of organizationsOf(person, theirs)) {
      const organization: Organization = { users: {}, groups: {}, folders: {}, documents: {} };
      truth.organizations[organizationId] ??= organization;
      const { users, groups, folders, documents } = truth.organizations[organizationId];
      const profile = {
        name: name ?? email ?? person.id,
        ...(email && { email }),
        ...(photoUrl && { photoUrl }),
      };
      users[userId] = [...(users[userId] ?? []), profile];
      for (const group of theirGroups) if (inScope(group, rules)) put(groups, group.id, userId);
      if (person.source === 'okta') {
        put(documents, 'handbook', userId);
        if (theirGroups.some(isEngineering)) put(folders, 'specs', userId);
      } else {
        put(documents, 'welcome', userId);
        if (organizationId === 'north' && theirGroups.some(isVip)) put(folders, 'lounge', userId);
      }
    }
  }
  return truth;
}

function replay(events: Change[]): { people: Person[]; places: Place[] } {
  const people = new Map<string, Person>();
  const places = new Map<string, Place>();
  const personOf = (source: string, id: string): Person => {
    const person = people.get(`${source} ${id}`) ?? { id, source, told: {} };
    people.set(`${source} ${id}`, person);
    return person;
  };
  const placeOf = (source: string, kind: string, id: string): Place => {
    const key = `${source} ${kind} ${id}`;
    const place = places.get(key) ?? { kind, id, source, exists: false, members: new Set() };
    places.set(key, place);
    return place;
  };

  const ordered = [...new Map(events.map((event) => [event.id, event])).values()].sort((a, b) =>
    `${a.at} ${a.id}` < `${b.at} ${b.id}` ? -1 : 1,
  );
  for (const event of ordered) {
    if (event.kind === 'person') {
      const person = personOf(event.source, event.personId);
      if (event.exists !== undefined) person.exists = event.exists;
      if (event.active !== undefined) person.active = event.active;
      if (event.blocked !== undefined) person.blocked = event.blocked;
      for (const [attribute, value] of Object.entries(event.profile ?? {}))
        person.told[attribute] = value ?? null;
    } else if (event.kind === 'membership') {
      const place = placeOf(event.source, event.container.kind, event.container.id);
      personOf(event.source, event.personId);
      if (!event.member) {
        place.members.delete(event.personId);
        continue;
      }
      place.members.add(event.personId);
      place.exists = true;
      if (event.container.name !== undefined) place.name = event.container.name;
    } else {
      const place = placeOf(event.source, event.kind, event.containerId);
      if (event.exists !== undefined) place.exists = event.exists;
      if (event.exists === false) place.members.clear();
      if (event.name !== undefined) place.name = event.name;
    }
  }
  return { people: [...people.values()], places: [...places.values()] };
}

function isThere({ exists, active, blocked, told }: Person, { suspended }: Rules): boolean {
  if (exists === false || active === false || (blocked && suspended === 'remove')) return false;
  return exists === true || active === true || Object.keys(told).length > 0;
}

function organizationsOf(person: Person, theirs: Place[]): Set<string> {
  if (person.source === 'okta') return new Set(['staff']);
  const own = theirs.filter(({ kind }) => kind === 'organization');
  return new Set(
    own.flatMap(({ id, name }) =>
      id === 'org_a' ? ['north'] : name?.toLowerCase() === 'beta' ? ['south'] : [],
    ),
  );
}

function inScope({ name = '' }: Place, { groups }: Rules): boolean {
  if (groups === '*') return true;
  return (/^eng/i.test(name) || /^vip$/i.test(name)) && !/room$/i.test(name);
}

const isEngineering = ({ name = '' }: Place) => /^eng/i.test(name);
const isVip = ({ name = '' }: Place) => /^vip$/i.test(name);

function put(scopes: Record<string, string[]>, id: string, userId: string): void {
  scopes[id] = [...new Set([...(scopes[id] ?? []), userId])].sort();
}
