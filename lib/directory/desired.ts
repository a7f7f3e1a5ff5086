import { hash } from 'node:crypto';
import { readsPeople, type SourceConfig } from '../config.ts';
import type { ContainerRef } from './change.ts';
import { type ContainerEntry, entryKey, type PersonEntry, type Scope, scopeKey } from './entry.ts';
import { type Containers, membershipsOf } from './graph.ts';

/** A person as Velt is told of them. `email` and `photoUrl` are left out where the vendor has none. */
export interface User {
  userId: string;
  name: string;
  email?: string;
  photoUrl?: string;
}

/** What Velt should hold for one person; `scopes` by scope key. */
export interface Desired {
  user: User;
  digest: string;
  scopes: Map<string, Scope>;
}

/** Longer than any e-mail address (254), short enough for a key of the mirror. */
const MAX_USER_ID = 300;

/**
 * Works out what Velt should hold for a person. Undefined means nothing: the person left, is blocked, or is not known
 * yet (a membership that arrived first waits in the entry), or has no usable Velt user id.
 */
export function desired(
  entry: PersonEntry,
  containers: Containers,
  source: SourceConfig,
): Desired | undefined {
  const { name, email, photoUrl } = entry.profile;
  if (!isHere(entry, source)) return undefined;
  const userId = source.userId === 'email' ? email?.value : entry.id;
  if (!userId || userId.length > MAX_USER_ID) return undefined;

  // Whoever is deleted and kept is where they were; who comes back begins anew.
  const stays = entry.exists?.value === false;
  const memberOf = membershipsOf(entry, containers, { stays });
  const entryOf = (ref: ContainerRef) => containers.get(entryKey({ ...ref, source: entry.source }));
  const nameOf = (ref: ContainerRef) => entryOf(ref)?.name?.value;
  const groups = memberOf.filter(isGroup);

  if (!isInScope(source, memberOf, nameOf)) return undefined;

  const scopes = new Map<string, Scope>();
  const grant = (scope: Scope) => scopes.set(scopeKey(scope), scope);
  for (const organizationId of organizationsOf(source, memberOf, nameOf)) {
    grant({ organizationId });
    const here = groups.filter((ref) => {
      const id = ref.organization ?? entryOf(ref)?.organization;
      return (
        id === undefined || organizationOf(source, { kind: 'organization', id }, nameOf) === organizationId
      );
    });
    for (const ref of here) {
      if (becomesGroup(source, ref, nameOf(ref))) grant({ organizationId, groupId: ref.id });
    }
    for (const { group, organizationId: only, folderId, documentId } of source.grants) {
      if (only !== undefined && only !== organizationId) continue;
      if (group !== undefined && !here.some((ref) => matches(group, ref.id, nameOf(ref)))) continue;
      if (folderId !== undefined) grant({ organizationId, folderId });
      if (documentId !== undefined) grant({ organizationId, documentId });
    }
  }

  const user: User = { userId, name: name?.value || email?.value || entry.id };
  if (email?.value) user.email = email.value;
  if (photoUrl?.value) user.photoUrl = photoUrl.value;
  return { user, digest: digestOf(user), scopes };
}

/** Whether somebody is known, and neither gone nor out in a way for which the configuration removes them. */
function isHere({ exists, active, blocked, profile }: PersonEntry, source: SourceConfig): boolean {
  const { deprovision } = source;
  // Where people are read, an event is no more than a hint to do so: nobody is known before.
  const told = !readsPeople(source) && (exists?.value === true || active?.value === true);
  const known = told || Object.keys(profile).length > 0;
  const out =
    (exists?.value === false && deprovision.deleted === 'remove') ||
    (active?.value === false && deprovision.deactivated === 'remove') ||
    (blocked?.value === true && deprovision.suspended === 'remove');
  return known && !out;
}

/** Whether a person is one of those that the configuration mirrors. */
function isInScope(
  { users }: SourceConfig,
  memberOf: ContainerRef[],
  nameOf: (ref: ContainerRef) => string | undefined,
): boolean {
  if (users === 'all') return true;
  if ('application' in users)
    return memberOf.some(({ kind, id }) => kind === 'application' && id === users.application);
  return memberOf.some((ref) => isGroup(ref) && isNamed(users.groups, ref.id, nameOf(ref)));
}

/** Whether a container is of a kind that can become a Velt user group. */
export function isGroup({ kind }: { kind: string }): boolean {
  return kind === 'group' || kind === 'role';
}

/** Whether one of the patterns means this group, by id or by name. */
export function isNamed(patterns: string[], id: string, name: string | undefined): boolean {
  return patterns.some((pattern) => matches(pattern, id, name));
}

/** Whether the configuration makes a Velt user group of this group or role. */
export function becomesGroup(
  source: SourceConfig,
  { kind, id }: { kind: string; id: string },
  name: string | undefined,
): boolean {
  if (kind === 'role') return roleInScope(source, id, name);
  return kind === 'group' && groupInScope(source, id, name);
}

/** Whether a group or a role can change by itself what its members have in Velt. */
export function isOfUse(
  source: SourceConfig,
  ref: { kind: string; id: string },
  name: string | undefined,
): boolean {
  return becomesGroup(source, ref, name) || isNamed(decidingPatterns(source), ref.id, name);
}

/** The patterns of groups and roles that bring their members into scope, or give them a folder or a document. */
export function decidingPatterns({ users, grants }: SourceConfig): string[] {
  const scope = typeof users === 'object' && 'groups' in users ? users.groups : [];
  return [...scope, ...grants.flatMap(({ group }) => group ?? [])];
}

export function groupInScope({ groups }: SourceConfig, id: string, name: string | undefined): boolean {
  return isNamed(groups.include, id, name) && !isNamed(groups.exclude, id, name);
}

function roleInScope(source: SourceConfig, id: string, name: string | undefined): boolean {
  if (source.kind !== 'auth0') return false;
  return isNamed(source.roles.include, id, name) && !isNamed(source.roles.exclude, id, name);
}

/** Whether Velt should know a group at all: it is there, and in scope. */
export function isWanted(group: ContainerEntry, source: SourceConfig | undefined): boolean {
  return (
    source !== undefined && group.exists?.value === true && becomesGroup(source, group, group.name?.value)
  );
}

/** Whether a new name of a container can change what its members should have. */
export function namesMatter(source: SourceConfig): boolean {
  const { users, groups, grants, organization } = source;
  const scope = typeof users === 'object' && 'groups' in users ? users.groups : [];
  const roles = source.kind === 'auth0' ? [...source.roles.include, ...source.roles.exclude] : [];
  const patterns = [
    ...scope,
    ...groups.include,
    ...groups.exclude,
    ...roles,
    ...grants.map(({ group = '*' }) => group),
  ];
  return typeof organization !== 'string' || patterns.some((pattern) => pattern !== '*');
}

function organizationsOf(
  source: SourceConfig,
  memberOf: ContainerRef[],
  nameOf: (ref: ContainerRef) => string | undefined,
): Set<string> {
  if (typeof source.organization === 'string') return new Set([source.organization]);
  const mapped = memberOf
    .filter((ref) => ref.kind === 'organization')
    .map((ref) => organizationOf(source, ref, nameOf));
  return new Set(mapped.filter((id) => id !== undefined));
}

/** The Velt organization of an organization of the identity provider, by its id or its name. */
function organizationOf(
  { organization }: SourceConfig,
  ref: ContainerRef,
  nameOf: (ref: ContainerRef) => string | undefined,
): string | undefined {
  if (typeof organization === 'string') return organization;
  // An Auth0 organization may well be called "constructor".
  const mappedBy = (key: string) => (Object.hasOwn(organization, key) ? organization[key] : undefined);
  return mappedBy(ref.id) ?? mappedBy(nameOf(ref) ?? '');
}

function matches(pattern: string, id: string, name: string | undefined): boolean {
  if (pattern === '*' || pattern === id) return true;
  if (name === undefined) return false;
  const expression = pattern
    .split('*')
    .map((text) => text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${expression}$`, 'is').test(name);
}

/** What was last confirmed of a person's profile is kept as a digest: enough to see a difference, nothing to read. */
export function digestOf(user: User): string {
  const content = JSON.stringify([user.name, user.email ?? null, user.photoUrl ?? null]);
  return hash('sha256', content, 'base64url').slice(0, 16);
}
