import type { CallKind } from './calls.ts';
import type { Desired } from './desired.ts';
import { type Confirmation, innerOf, type Scope, scopeKey } from './entry.ts';
import type { Grant, Named, Policy } from './policy.ts';

/** What somebody may do in an organization, a folder or a document of Velt, as its `accessRole` says. */
export type Role = 'viewer' | 'editor';

/** Velt's own, for whoever is told none (docs.velt.dev/key-concepts/overview, 2026-08-19). */
export const DEFAULT_ROLE: Role = 'editor';

/**
 * The role of a member of these groups in each place of an organization where the configuration gives any, by scope key: there
 * everybody has one, of whatever source. Of several the higher one counts, and without one Velt's default.
 */
export function rolesIn(
  organizationId: string,
  groups: Named[],
  policy: Pick<Policy, 'access' | 'grants' | 'rulesOfOthers' | 'isGranted'>,
): Map<string, Role> {
  const rules = rulesIn(organizationId, policy);
  const others = rulesIn(organizationId, { access: [], grants: policy.rulesOfOthers });
  const givesRoles = (some: Grant[] = []) => some.some(({ role }) => role !== undefined);
  const places = [...new Set([...rules.keys(), ...others.keys()])].filter(
    (place) => givesRoles(rules.get(place)) || givesRoles(others.get(place)),
  );
  return new Map(
    places.map((place) => {
      const theirs = (rules.get(place) ?? []).filter((rule) => policy.isGranted(rule, groups));
      const given = theirs.map(({ role = DEFAULT_ROLE }) => role);
      return [place, given.length === 0 || given.includes('editor') ? 'editor' : 'viewer'];
    }),
  );
}

/** The rules of the configuration for each place of an organization, by scope key: of access for the organization itself. */
export function rulesIn(
  organizationId: string,
  { access, grants }: Pick<Policy, 'access' | 'grants'>,
): Map<string, Grant[]> {
  const rules: Grant[] = [...access, ...grants].filter(
    ({ organizationId: only = organizationId }) => only === organizationId,
  );
  const keyOf = ({ folderId, documentId }: Grant) =>
    scopeKey({ organizationId, folderId, documentId } as Scope);
  return Map.groupBy(rules, keyOf);
}

/** What Velt is told of somebody in one place beside that they are there, and what all of it amounts to. */
export interface Told {
  digest?: string;
  role?: Role;
}

/**
 * What Velt should be told of somebody in a place of which this much is known: in an organization their profile, and the role
 * where there is one. Who was once told a role is told one ever after, for nobody knows whether Velt forgets it.
 */
export function toldIn(
  scope: Scope,
  { digest: profile, roles }: Pick<Desired, 'digest' | 'roles'>,
  known: Pick<Confirmation, 'role'> | undefined,
): Told {
  const role = roles.get(scopeKey(scope)) ?? (known?.role === undefined ? undefined : DEFAULT_ROLE);
  const parts = [...(innerOf(scope) === undefined ? [profile] : []), ...(role === undefined ? [] : [role])];
  return { ...(parts.length > 0 && { digest: parts.join(' ') }), ...(role !== undefined && { role }) };
}

/**
 * By which call Velt is told that somebody of whom this much is known is in a place. A role is told by an update: somebody else may
 * have put them there, and what a repeated add does with it is not documented. A profile is told by an add, which clears what is
 * not of it: an update alone would mix it with the one that somebody else who is the same Velt user may have left. `mayBeThere` is
 * set where an update has to follow for the role.
 */
export function wayTo(
  scope: Scope,
  { digest: profile, isShared }: Pick<Desired, 'digest' | 'isShared'>,
  { role }: Told,
  known: Pick<Confirmation, 'present' | 'digest'> | undefined,
): { kind: CallKind; mayBeThere: boolean } {
  if (scope.groupId !== undefined) return { kind: 'group.users.add', mayBeThere: false };
  if (role === undefined) return { kind: 'users.add', mayBeThere: false };
  const told = partsOf(known?.digest);
  const isProfileTold = innerOf(scope) !== undefined || (told.includes(profile) && !isShared);
  if (known?.present && isProfileTold) return { kind: 'users.update', mayBeThere: false };
  return { kind: 'users.add', mayBeThere: !known?.present || !told.includes(role) };
}

/** What is still sure of what was confirmed while Velt is told something else: what is the same in both. */
export function sureOf(digest: string | undefined, next: string | undefined): string | undefined {
  const parts = partsOf(digest).filter((part) => partsOf(next).includes(part));
  return parts.length > 0 ? parts.join(' ') : undefined;
}

/** Whether everything is confirmed that Velt was told of somebody in a place. */
export function isTold(scope: Scope, { digest, role }: Pick<Confirmation, 'digest' | 'role'>): boolean {
  return partsOf(digest).length >= (innerOf(scope) === undefined ? 1 : 0) + (role === undefined ? 0 : 1);
}

function partsOf(digest: string | undefined): string[] {
  return digest?.split(' ') ?? [];
}
