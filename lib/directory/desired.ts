import { type ContainerRef, FIELDS, type Field, MAX_ADDRESS } from './change.ts';
import { digestOf } from './digest.ts';
import {
  type ContainerEntry,
  confirmationsOf,
  entryKey,
  type Fact,
  type PersonEntry,
  type Scope,
  scopeKey,
} from './entry.ts';
import { type Containers, membershipsOf, reachedBy } from './graph.ts';
import { isGroup, type Named, type Policy, USUAL } from './policy.ts';
import { type Role, rolesIn } from './roles.ts';
import { DAWN, wasRead } from './version.ts';

/** A person as Velt is told of them. What the vendor does not have of them, or is not told, is left out. */
export type User = { userId: string; name: string } & Partial<Record<Field, string>>;

/** What Velt should hold for one person; `scopes`, and `roles` where there are any, by scope key. */
export interface Desired {
  user: User;
  digest: string;
  /** Whether somebody else may be the same Velt user, and have left another profile there. */
  isShared: boolean;
  scopes: Map<string, Scope>;
  roles: Map<string, Role>;
}

/**
 * Nobody shares a user whose id is the vendor's, where ids are, unless an attribute somewhere may hold it; of a source that is not
 * configured nobody knows whether they are.
 */
export function mayBeShared(
  userId: string,
  { id }: Pick<PersonEntry, 'id'>,
  policy: Policy | undefined,
): boolean {
  return userId !== id || policy?.sharesUsers !== false;
}

/**
 * Works out what Velt should hold for a person at `now` (ms since the epoch). Undefined means nothing: the person left, is blocked,
 * their access expired, or they are not known yet (a membership that arrived first waits in the entry), or `lackOf` a user id.
 */
export function desired(
  entry: PersonEntry,
  containers: Containers,
  policy: Policy,
  now: number,
): Desired | undefined {
  const userId = userIdOf(entry, policy);
  if (userId === undefined || !isHere(entry, policy, now)) return undefined;

  const { memberOf, groupsIn } = standingOf(entry, containers, policy);
  if (!policy.isInScope(memberOf)) return undefined;

  const scopes = new Map<string, Scope>();
  const roles = new Map<string, Role>();
  const grant = (scope: Scope) => scopes.set(scopeKey(scope), scope);
  for (const [organizationId, here] of groupsIn) {
    grant({ organizationId });
    for (const ref of here) if (policy.becomesGroup(ref)) grant({ organizationId, groupId: ref.id });
    for (const given of policy.grants) {
      const { organizationId: only, folderId, documentId } = given;
      if (only !== undefined && only !== organizationId) continue;
      if (!policy.isGranted(given, here)) continue;
      if (folderId !== undefined) grant({ organizationId, folderId });
      if (documentId !== undefined) grant({ organizationId, documentId });
    }
    for (const [key, role] of rolesIn(organizationId, here, policy)) roles.set(key, role);
  }

  const user = userOf(userId, entry, policy);
  return { user, digest: profileDigest(user), isShared: mayBeShared(userId, entry, policy), scopes, roles };
}

/** What somebody is in, by name, and which groups and roles of it count in each Velt organization of theirs. */
export function standingOf(entry: PersonEntry, containers: Containers, policy: Policy) {
  // Whoever is deleted and kept is where they were; who comes back begins anew.
  const stays = entry.exists?.value === false;
  const entryOf = (ref: { kind: string; id: string }) =>
    containers.get(entryKey({ ...ref, source: entry.source }));
  const named = (ref: ContainerRef) => ({ ...ref, name: entryOf(ref)?.name?.value });
  const memberOf = membershipsOf(entry, containers, { stays }).map(named);
  const groups = memberOf.filter(isGroup);
  const countingIn = (organizationId: string) =>
    groups.filter((ref) => {
      const id = ref.organization ?? entryOf(ref)?.organization;
      if (id === undefined) return true;
      return policy.organizationFor(named({ kind: 'organization', id })) === organizationId;
    });
  const organizationIds = [...organizationsOf(entry, memberOf, policy)];
  return { memberOf, groupsIn: new Map(organizationIds.map((id) => [id, countingIn(id)])) };
}

/** Velt wants a name of everybody: where there is none it is the e-mail address, and where that is not told the user id. */
function userOf(userId: string, { profile }: PersonEntry, policy: Policy): User {
  const told = FIELDS.filter((field) => policy.attributes.has(field));
  const texts = told.flatMap((field) => {
    const text = profile[field]?.value;
    return text ? [[field, text] as const] : [];
  });
  const user: Partial<User> = Object.fromEntries(texts);
  return { userId, name: user.email ?? userId, ...user };
}

/**
 * Nobody becomes a user by an address that may be somebody else's. To Velt, two ids of other letters are two users. Of whom
 * nobody ever told what their id is made of, as after a change of the configuration, stays who they are at Velt.
 */
function userIdOf(
  { id, profile, emailVerified, delivered }: PersonEntry,
  policy: Policy,
): string | undefined {
  const { userId } = policy;
  if (userId === 'id') return id;
  const isAddress = userId !== 'attribute';
  if (isAddress && emailVerified?.value === false) return undefined;
  const told = isAddress ? profile.email : profile.userId;
  if (told === undefined) return idAtVelt(delivered);
  const written = userId === 'lower-case-email' ? told.value?.toLowerCase() : told.value;
  return written && written.length <= MAX_ADDRESS ? written : undefined;
}

/** Who somebody is at Velt; of two, as while they move, the one that is not being taken away: tables keep no order of them. */
function idAtVelt(delivered: PersonEntry['delivered']): string | undefined {
  const isThere = ([, scopes]: [string, object]) => Object.values(scopes).some(({ present }) => present);
  const ids = Object.entries(delivered);
  return (ids.findLast(isThere) ?? ids.at(-1))?.[0];
}

/** Of whom nobody ever told which organization is theirs stays where they are at Velt, for the same reason. */
function organizationsOf(entry: PersonEntry, memberOf: Named[], policy: Policy): Set<string> {
  if (policy.organizationsAreBy !== 'attribute') return policy.organizationsOf(memberOf);
  const { organization: told } = entry.profile;
  if (told !== undefined) return new Set(told.value ? [told.value] : []);
  return new Set(confirmationsOf(entry).map(({ scope }) => scope.organizationId));
}

/** What somebody lacks who is not in Velt for no other reason, and why. */
export interface Lack {
  of: 'userId' | 'organization';
  why: string;
}

/** What somebody lacks to be in Velt, who is there and in scope: undefined where they are in Velt, or where there is another reason. */
export function lackOf(
  entry: PersonEntry,
  containers: Containers,
  policy: Policy,
  now: number,
): Lack | undefined {
  const wanted = desired(entry, containers, { ...policy, userId: 'id' }, now);
  if (wanted === undefined) return undefined;
  if (userIdOf(entry, policy) === undefined) return { of: 'userId', why: whyNoUserId(entry, policy) };
  return wanted.scopes.size > 0 ? undefined : { of: 'organization', why: whyNoOrganization(entry, policy) };
}

function whyNoUserId({ profile, emailVerified }: PersonEntry, { userId }: Policy): string {
  if (userId !== 'attribute')
    return emailVerified?.value === false
      ? 'their e-mail address is not verified'
      : 'they have no usable e-mail address';
  return profile.userId === undefined
    ? 'the attribute that is their Velt user id was not told, or cannot be read'
    : 'they have no attribute that can be their Velt user id';
}

function whyNoOrganization({ profile }: PersonEntry, { organizationsAreBy: by }: Policy): string {
  if (by !== 'attribute') return `none of their ${by} is mapped to a Velt organization`;
  return profile.organization === undefined
    ? 'the attribute that is their Velt organization was not told, or cannot be read'
    : 'they have no attribute that is mapped to a Velt organization';
}

/**
 * Whether nobody can say what Velt should hold for a person: they, or something that they are in, can be read by a newer version
 * only. Whoever is out is so wherever they are.
 */
export function isUncertain(
  entry: PersonEntry,
  containers: Containers,
  policy: Policy | undefined,
  now: number,
): boolean {
  if (entry.unreadable) return true;
  const counts = policy !== undefined && isHere(entry, policy, now);
  return counts && reachedBy(entry, containers).some(({ unreadable }) => unreadable);
}

/** Whether somebody is known, and neither gone, out in a way for which the configuration removes them, nor expired. */
function isHere(entry: PersonEntry, policy: Policy, now: number): boolean {
  return whyNotHere(entry, policy, now) === undefined;
}

/** Why somebody is not known, or gone, out in a way for which the configuration removes them, or expired at `now` (ms). */
export function whyNotHere(entry: PersonEntry, policy: Policy, now: number): string | undefined {
  const { exists, active, blocked, profile, delivered } = entry;
  const isAtVelt = Object.keys(delivered).length > 0;
  // That somebody is out makes nobody known whom somebody else put into Velt, and of whom it was never told.
  const isTold = () => confirmationsOf(entry).some(({ digest }) => digest !== undefined);
  // Where people are read, an event is no more than a hint to do so: nobody new is known before.
  const isEnough = (fact: Fact<boolean> | undefined) =>
    fact !== undefined && (fact.value ? isAtVelt || !policy.readsPeople || wasRead(fact.version) : isTold());
  const known = isEnough(exists) || isEnough(active) || Object.keys(profile).length > 0;
  if (isOut(entry, policy))
    return exists?.value === false
      ? 'the source does not know them (any more)'
      : doubted(active, 'they are deactivated');
  if (policy.deprovision.suspended === 'remove' && isSure(blocked, true, entry))
    return doubted(blocked, 'they are suspended or blocked');
  if (hasExpired(entry, policy, now)) return `their access expired at ${profile.expiresAt?.value}`;
  if (known) return undefined;
  return policy.readsPeople ? 'they are known by a read only, and were not read' : 'nothing is known of them';
}

/** Whether the moment at which somebody is to leave Velt has come, by what is known. */
export function hasExpired({ profile }: PersonEntry, policy: Policy, now: number): boolean {
  const end = profile.expiresAt?.value;
  return policy.needs('expiresAt') && end != null && Date.parse(end) <= now;
}

/** A reason, or that nobody could read whether it is one. */
function doubted(part: Fact<boolean> | undefined, reason: string): string {
  return part?.version.startsWith(DAWN) ? `it cannot be read whether ${reason}` : reason;
}

/** Whether a part says this. As of `DAWN`, when nobody could read it, it lets nobody in, and takes nothing from who is at Velt. */
function isSure(part: Fact<boolean> | undefined, value: boolean, { delivered }: PersonEntry): boolean {
  return part?.value === value && (!part.version.startsWith(DAWN) || Object.keys(delivered).length === 0);
}

/** Whether somebody left, in a way for which the configuration removes them; of a source without one whether they left at all. */
export function isOut(entry: PersonEntry, policy: Policy | undefined): boolean {
  const { exists, active } = entry;
  const { deleted = 'remove', deactivated = 'remove' } = policy?.deprovision ?? {};
  const isDeactivated = deactivated === 'remove' && isSure(active, false, entry);
  return (exists?.value === false && deleted === 'remove') || isDeactivated;
}

/** Whether Velt should know a group at all: it is there, and in scope. */
export function isWanted(group: ContainerEntry, policy: Policy | undefined): boolean {
  return policy !== undefined && group.exists?.value === true && policy.becomesGroup(namedOf(group));
}

/** A container as patterns look at it. */
export function namedOf({ kind, id, name }: ContainerEntry): Named {
  return { kind, id, name: name?.value };
}

/**
 * What was last confirmed of a person's profile is kept as a digest: enough to see a difference, nothing to read. Attributes that
 * are not usual count only where somebody has them, so that others keep the digest they had.
 */
export function profileDigest(user: User): string {
  const others = FIELDS.filter((field) => !USUAL.includes(field));
  const more = others.flatMap((field) => (user[field] ? [[field, user[field]]] : []));
  return digestOf(JSON.stringify([user.name, user.email ?? null, user.photoUrl ?? null, ...more]));
}
