import { type ContainerRef, MAX_ADDRESS } from './change.ts';
import { digestOf } from './digest.ts';
import { type ContainerEntry, entryKey, type Fact, type PersonEntry, type Scope, scopeKey } from './entry.ts';
import { type Containers, membershipsOf, reachedBy } from './graph.ts';
import { isGroup, type Named, type Policy } from './policy.ts';
import { type Role, rolesIn } from './roles.ts';
import { DAWN } from './version.ts';

/** A person as Velt is told of them. `email` and `photoUrl` are left out where the vendor has none. */
export interface User {
  userId: string;
  name: string;
  email?: string;
  photoUrl?: string;
}

/** What Velt should hold for one person; `scopes`, and `roles` where there are any, by scope key. */
export interface Desired {
  user: User;
  digest: string;
  scopes: Map<string, Scope>;
  roles: Map<string, Role>;
}

/**
 * Works out what Velt should hold for a person. Undefined means nothing: the person left, is blocked, or is not known
 * yet (a membership that arrived first waits in the entry), or `lacksUserId`.
 */
export function desired(entry: PersonEntry, containers: Containers, policy: Policy): Desired | undefined {
  const { name, email, photoUrl } = entry.profile;
  const userId = userIdOf(entry, policy);
  if (userId === undefined || !isHere(entry, policy)) return undefined;

  // Whoever is deleted and kept is where they were; who comes back begins anew.
  const stays = entry.exists?.value === false;
  const entryOf = (ref: { kind: string; id: string }) =>
    containers.get(entryKey({ ...ref, source: entry.source }));
  const named = (ref: ContainerRef) => ({ ...ref, name: entryOf(ref)?.name?.value });
  const memberOf = membershipsOf(entry, containers, { stays }).map(named);
  if (!policy.isInScope(memberOf)) return undefined;

  const organizations = memberOf.filter(({ kind }) => kind === 'organization');
  const groups = memberOf.filter(isGroup);
  const scopes = new Map<string, Scope>();
  const roles = new Map<string, Role>();
  const grant = (scope: Scope) => scopes.set(scopeKey(scope), scope);
  for (const organizationId of policy.organizationsOf(organizations)) {
    grant({ organizationId });
    const here = groups.filter((ref) => {
      const id = ref.organization ?? entryOf(ref)?.organization;
      if (id === undefined) return true;
      return policy.organizationFor(named({ kind: 'organization', id })) === organizationId;
    });
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

  const user: User = { userId, name: name?.value || email?.value || entry.id };
  if (email?.value) user.email = email.value;
  if (photoUrl?.value) user.photoUrl = photoUrl.value;
  return { user, digest: profileDigest(user), scopes, roles };
}

/** Nobody becomes a user by an address that may be somebody else's. To Velt, two ids of other letters are two users. */
function userIdOf({ id, profile, emailVerified }: PersonEntry, { userId }: Policy): string | undefined {
  if (userId === 'id') return id;
  const written = emailVerified?.value === false ? undefined : profile.email?.value;
  const address = userId === 'email' ? written : written?.toLowerCase();
  return address && address.length <= MAX_ADDRESS ? address : undefined;
}

/** Whether somebody is not in Velt for no other reason than that no e-mail address of theirs can be their Velt user id. */
export function lacksUserId(entry: PersonEntry, containers: Containers, policy: Policy): boolean {
  return (
    userIdOf(entry, policy) === undefined &&
    desired(entry, containers, { ...policy, userId: 'id' }) !== undefined
  );
}

/**
 * Whether nobody can say what Velt should hold for a person: they, or something that they are in, can be read by a newer version
 * only. Whoever is out is so wherever they are.
 */
export function isUncertain(entry: PersonEntry, containers: Containers, policy: Policy | undefined): boolean {
  if (entry.unreadable) return true;
  const counts = policy !== undefined && isHere(entry, policy);
  return counts && reachedBy(entry, containers).some(({ unreadable }) => unreadable);
}

/** Whether somebody is known, and neither gone nor out in a way for which the configuration removes them. */
function isHere(entry: PersonEntry, policy: Policy): boolean {
  const { exists, active, blocked, profile } = entry;
  // Where people are read, an event is no more than a hint to do so: nobody is known before.
  const told = !policy.readsPeople && (exists?.value === true || active?.value === true);
  const known = told || Object.keys(profile).length > 0;
  const isSuspended = policy.deprovision.suspended === 'remove' && isSure(blocked, true, entry);
  return known && !isOut(entry, policy) && !isSuspended;
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

/** What was last confirmed of a person's profile is kept as a digest: enough to see a difference, nothing to read. */
export function profileDigest(user: User): string {
  return digestOf(JSON.stringify([user.name, user.email ?? null, user.photoUrl ?? null]));
}
