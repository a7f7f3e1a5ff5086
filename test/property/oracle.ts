import type { Change } from '../../lib/directory/change.ts';
import { isOnlyIds, isOwn, type Setup } from './history.ts';

// What Velt must hold, told by replaying the events one after the other in the vendor's order. It shares no rule with
// lib/: a replay needs no versions, no tombstones and no merging.
//
// - Events are ordered by time, those of one moment by id; the same event twice is one event.
// - A person is at Velt from the first word on them (that they exist, or an attribute) until they are said to be gone;
//   not while deactivated or, unless they may stay, blocked. Who is only a member somewhere waits.
// - Whoever is said to be gone is a member nowhere and comes from no connection any more, also if they return.
// - Someone joining proves that the group or organization is there; someone leaving proves nothing.
// - The end of a group, an organization, a role or a connection ends its memberships for good, those that it has as well
//   as those in it: a revival brings back the group, not its members.
// - Whoever is in a connection or a group that is a member of something is a member of that too.
// - A role is held in one organization, and is lost with the membership there, with the organization and for good. Roles,
//   and groups of one organization, count for members of that organization only, and in no other.
// - Whoever has an end of their access is not at Velt: it is over when everything is.
// - Staff of Okta are all in one organization. Auth0's users are in those that their own organizations map to, by id or
//   by present name, or all in one; groups, folders and documents only in these. Roles are groups of Velt.
// - Where the Velt user id is the e-mail address, who has none, or one that is said not to be verified, has no user, and who have the same one are one user: it has
//   what any of them has, and the profile of one of them.
// - Where groups decide on roles, everybody has one, in the organization and where access is granted: of several the higher one.
// - Where an application decides who of Okta is mirrored, only who is assigned to it is, and nobody while it is off; of Auth0 then only members of
//   groups, or holders of roles, of some names.

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
  /** In the organization (`here`), its folders and documents; any of these where several people are one user. */
  roles: Record<string, Record<string, string[]>>;
}

export interface Rules extends Pick<Setup, 'userId' | 'onlyIds'> {
  users: 'all' | 'some';
  organizations: 'each' | 'one';
  suspended: 'remove' | 'keep';
  groups: '*' | 'named';
  roles?: boolean | undefined;
}

interface Person {
  id: string;
  source: string;
  exists?: boolean;
  active?: boolean;
  blocked?: boolean;
  emailVerified?: boolean;
  told: Record<string, string | null>;
  connections: Set<string>;
}

interface Place {
  kind: string;
  id: string;
  source: string;
  exists: boolean;
  active?: boolean;
  name?: string;
  /** Of a group: the only organization in which it counts. */
  organization?: string;
}

/** A person or a place is a member of a place; of a role, in one organization. */
interface Link {
  who: Person | Place;
  place: Place;
  organization?: string | undefined;
}

export function truthOf(events: Change[], rules: Rules): Truth {
  const { people, places, links } = replay(events);
  const groups = places.filter(isGroup);
  const truth: Truth = { organizations: {}, groupNames: {} };
  for (const group of groups) {
    if (group.exists && inScope(group, rules)) truth.groupNames[group.id] = group.name ?? group.id;
  }

  for (const person of people) {
    const { name, email, photoUrl } = person.told;
    const address = person.emailVerified !== false && email;
    const userId = rules.userId === 'id' ? person.id : isOwn(rules) ? person.told.userId : address;
    if (!isThere(person, rules) || !userId) continue;
    const theirs = linksOf(person, places, links);
    const own = theirs.map(({ place }) => place).filter(({ kind }) => kind === 'organization');
    const assigned = theirs.some(({ place: { kind, active } }) => kind === 'application' && active !== false);
    const groupsIn = (veltIds: string[]) =>
      theirs
        .filter(({ place }) => isGroup(place))
        .filter(({ place, organization = place.organization }) => {
          if (organization === undefined) return true;
          return own.some((one) => one.id === organization && veltIds.some((id) => isIn(one, id, rules)));
        })
        .map(({ place }) => place);
    const chosen =
      person.source === 'okta'
        ? assigned
        : groupsIn(['north', 'south', 'nowhere']).some((group) => isVip(group) || isEd(group));
    if (rules.users === 'some' && !chosen) continue;
    const veltIds =
      person.source === 'okta'
        ? ['staff']
        : ['north', 'south'].filter(
            (id) =>
              (rules.organizations === 'one' && id === 'north') || own.some((one) => isIn(one, id, rules)),
          );
    for (const organizationId of veltIds) {
      const theirGroups = groupsIn([organizationId]);
      const organization: Organization = { users: {}, groups: {}, folders: {}, documents: {}, roles: {} };
      truth.organizations[organizationId] ??= organization;
      const { users, groups, folders, documents, roles } = truth.organizations[organizationId];
      const isEditor = (place: string, yes: boolean) => {
        roles[place] ??= {};
        const given = yes || !rules.roles ? 'editor' : 'viewer';
        roles[place][userId] = [...(roles[place][userId] ?? []), given];
      };
      const all = {
        name: name ?? email ?? userId,
        ...(email && { email }),
        ...(photoUrl && { photoUrl }),
      };
      const profile = isOnlyIds(rules) ? { name: userId } : all;
      users[userId] = [...(users[userId] ?? []), profile];
      for (const group of theirGroups) if (inScope(group, rules)) put(groups, group.id, userId);
      if (person.source === 'okta') {
        const isOf = (id: string) => theirGroups.some((group) => group.id === id);
        isEditor('here', theirGroups.some(isOperations) || !isOf('g1'));
        put(documents, 'handbook', userId);
        isEditor('handbook', isOf('g2'));
        if (theirGroups.some(isEngineering)) {
          put(folders, 'specs', userId);
          isEditor('specs', false);
        }
      } else {
        const isEditing = organizationId === 'north' && theirGroups.some(isEd);
        isEditor('here', isEditing || theirGroups.some(({ id }) => id === 'g3'));
        put(documents, 'welcome', userId);
        isEditor('welcome', true);
        if (organizationId === 'north' && theirGroups.some(isVip)) {
          put(folders, 'lounge', userId);
          isEditor('lounge', false);
        }
      }
    }
  }
  return truth;
}

function replay(events: Change[]): { people: Person[]; places: Place[]; links: Link[] } {
  const people = new Map<string, Person>();
  const places = new Map<string, Place>();
  let links: Link[] = [];
  const cut = (isOver: (link: Link) => boolean) => {
    links = links.filter((link) => !isOver(link));
  };
  const personOf = (source: string, id: string): Person => {
    const person = people.get(`${source} ${id}`) ?? { id, source, told: {}, connections: new Set() };
    people.set(`${source} ${id}`, person);
    return person;
  };
  const placeOf = (source: string, kind: string, id: string): Place => {
    const key = `${source} ${kind} ${id}`;
    const place = places.get(key) ?? { kind, id, source, exists: false };
    places.set(key, place);
    return place;
  };

  const ordered = [...new Map(events.map((event) => [event.id, event])).values()].sort((a, b) =>
    `${a.at} ${a.id}` < `${b.at} ${b.id}` ? -1 : 1,
  );
  for (const event of ordered) {
    if (event.kind === 'person') {
      const person = personOf(event.source, event.personId);
      if (event.exists === false) {
        cut(({ who }) => who === person);
        person.connections.clear();
      }
      if (event.exists !== undefined) person.exists = event.exists;
      if (event.active !== undefined) person.active = event.active;
      if (event.blocked !== undefined) person.blocked = event.blocked;
      if (event.emailVerified !== undefined) person.emailVerified = event.emailVerified;
      if (event.connections) person.connections = new Set(event.connections);
      for (const [attribute, value] of Object.entries(event.profile ?? {}))
        person.told[attribute] = value ?? null;
    } else if (event.kind === 'membership' || event.kind === 'nesting') {
      const { kind, id, name, organization } = event.container;
      const place = placeOf(event.source, kind, id);
      const who =
        event.kind === 'membership'
          ? personOf(event.source, event.personId)
          : placeOf(event.source, event.child.kind, event.child.id);
      const within = kind === 'role' ? organization : undefined;
      cut((link) => link.who === who && link.place === place && link.organization === within);
      if (!event.member) {
        if (kind === 'organization') cut((link) => link.who === who && link.organization === id);
        continue;
      }
      links.push({ who, place, organization: within });
      place.exists = true;
      if (kind === 'group' && organization !== undefined) place.organization = organization;
      if (name !== undefined) place.name = name;
    } else {
      const { source, kind, containerId, exists, active, name, organization } = event;
      const place = placeOf(source, kind, containerId);
      if (active !== undefined) place.active = active;
      if (exists !== undefined) place.exists = exists;
      if (exists === false) {
        cut((link) => link.who === place || link.place === place);
        if (kind === 'organization') cut((link) => link.organization === containerId);
        if (kind === 'connection')
          for (const person of people.values()) person.connections.delete(containerId);
      }
      if (organization !== undefined) place.organization = organization;
      if (name !== undefined) place.name = name;
    }
  }
  return { people: [...people.values()], places: [...places.values()], links };
}

/** A person's own, and those of whatever they are in, however deep. */
function linksOf(person: Person, places: Place[], links: Link[]): Link[] {
  const inside = new Set<Person | Place>([person]);
  for (const place of places) {
    const comesFrom = place.kind === 'connection' && person.connections.has(place.id);
    if (comesFrom && place.source === person.source) inside.add(place);
  }
  for (const who of inside) for (const link of links) if (link.who === who) inside.add(link.place);
  return links.filter(({ who }) => inside.has(who));
}

function isThere({ exists, active, blocked, told }: Person, { suspended }: Rules): boolean {
  if (exists === false || active === false || (blocked && suspended === 'remove')) return false;
  if (told.expiresAt) return false;
  return exists === true || active === true || Object.keys(told).length > 0;
}

/** Whether an organization is one of those that are a Velt organization together. */
function isIn({ id, name }: Place, veltId: string, { organizations }: Rules): boolean {
  if (organizations === 'one') return veltId === 'north';
  const mapped = id === 'org_a' ? 'north' : name?.toLowerCase() === 'beta' ? 'south' : 'nowhere';
  return mapped === veltId;
}

const isGroup = ({ kind }: Place) => kind === 'group' || kind === 'role';

function inScope({ kind, name = '' }: Place, { groups }: Rules): boolean {
  if (groups === '*') return true;
  if (kind === 'role') return /^ed/i.test(name) && !/^editor$/i.test(name);
  return (/^eng/i.test(name) || /^vip$/i.test(name)) && !/room$/i.test(name);
}

const isEngineering = ({ name = '' }: Place) => /^eng/i.test(name);
const isEd = ({ name = '' }: Place) => /^ed/i.test(name);
const isOperations = ({ name = '' }: Place) => /^operations$/i.test(name);
const isVip = ({ name = '' }: Place) => /^vip$/i.test(name);

function put(scopes: Record<string, string[]>, id: string, userId: string): void {
  scopes[id] = [...new Set([...(scopes[id] ?? []), userId])].sort();
}
