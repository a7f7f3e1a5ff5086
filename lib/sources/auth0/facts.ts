import type { ContainerChange, ContainerRef, NestingChange, PersonChange } from '../../directory/change.ts';
import { UNREADABLE } from '../attributes.ts';
import { inDoubt, type Reading, readAsOf, updatedAt } from '../facts.ts';
import { mappedProfile } from '../mapping.ts';
import type { Group, ListedGroup, Organization, User, UserObject } from './schema.ts';

export function organizationRef({ id, name }: Organization) {
  return { kind: 'organization' as const, id, ...(name && { name }) };
}

/** A role, in the organization where it was given. */
export function roleRef(organization: string, { id, name }: Organization) {
  return { kind: 'role' as const, id, ...(name && { name }), organization };
}

/** A group, and the organization outside of which it does not count, if there is one. */
export function groupRef({ id, name, organization_id: organization }: Group) {
  return { kind: 'group' as const, id, ...(name && { name }), ...(organization && { organization }) };
}

/**
 * What a user object says of a person. An absent key is unchanged, an explicit null is cleared: Auth0's own pages disagree
 * on whether an update carries everything (auth0.com/docs/customize/events, send-outbound-scim against
 * correlate-identity-changes, 2026-08). With `complete`, as the Management API answers, what is absent is not there.
 *
 * An address is verified where Auth0 says so with it: one without a word on that counts as unverified there too
 * (auth0.com/docs/manage-users/user-search/user-search-query-syntax, 2026-08), and a yes without an address may be another's.
 */
export function personFacts(
  { name, nickname, email, email_verified: verified, picture, blocked, identities, mapped }: UserObject,
  complete = false,
): Pick<PersonChange, 'exists' | 'blocked' | 'emailVerified' | 'profile' | 'connections'> {
  const address = email === UNREADABLE ? undefined : email;
  const isTold = verified !== UNREADABLE && email !== UNREADABLE;
  const shown = name === null || (complete && name === undefined) ? (nickname ?? null) : name;
  const profile = {
    ...(complete && { name: null, photoUrl: null, ...(email !== UNREADABLE && { email: null }) }),
    ...(shown !== undefined && { name: shown }),
    ...(address !== undefined && { email: address }),
    ...(picture !== undefined && { photoUrl: picture }),
  };
  const connections = new Set((identities ?? []).flatMap(({ connection }) => connection || []));
  return {
    exists: true,
    ...((complete || blocked !== undefined) && blocked !== UNREADABLE && { blocked: blocked === true }),
    ...((complete || email !== undefined || verified === false) &&
      isTold && { emailVerified: verified === true }),
    profile: mappedProfile(profile, mapped, complete),
    ...(identities && { connections: [...connections] }),
  };
}

/** What a user of the Management API says of a person, as of their last update. */
export function personFact(user: User, reading: Reading): PersonChange[] {
  const common = { ...readAsOf(reading), ...updatedAt([user.updated_at]) };
  return withDoubt({ ...common, kind: 'person', personId: user.user_id, ...personFacts(user, true) }, user);
}

/** What is said of somebody, and that nobody can read whether they are blocked or have a verified address, if so. */
export function withDoubt(
  fact: PersonChange,
  { blocked, email_verified: verified }: Pick<UserObject, 'blocked' | 'email_verified'>,
): PersonChange[] {
  const doubts = {
    ...(blocked === UNREADABLE && { blocked: true }),
    ...(verified === UNREADABLE && { emailVerified: false }),
  };
  return Object.keys(doubts).length > 0 ? inDoubt(fact, doubts) : [fact];
}

/** That Auth0 knows somebody at this moment, with these connections: those they had before it did not know them are over. */
export function presentPerson(user: User, reading: Reading): PersonChange {
  const { exists, connections } = personFacts(user, true);
  const facts = { exists, ...(connections && { connections }) };
  return { ...readAsOf(reading), kind: 'person', personId: user.user_id, ...facts };
}

/** What an organization says of itself, or that Auth0 does not know it. */
export function organizationFact(
  id: string,
  organization: Organization | undefined,
  reading: Reading,
): ContainerChange {
  const common = { ...readAsOf(reading), kind: 'organization' as const, containerId: id };
  if (!organization) return { ...common, exists: false };
  const { id: _, ...named } = organizationRef(organization);
  return { ...common, exists: true, ...named };
}

/** What a group says of itself as of its last update, or that Auth0 does not know it. */
export function groupFact(id: string, group: ListedGroup | undefined, reading: Reading): ContainerChange {
  const common = { ...readAsOf(reading), containerId: id };
  if (!group) return { ...common, kind: 'group', exists: false };
  const { id: _, ...named } = groupRef(group);
  return { ...common, ...updatedAt([group.updated_at]), exists: true, ...named };
}

export function nestingFact(child: NestingChange['child'], container: ContainerRef, reading: Reading) {
  return { ...readAsOf(reading), kind: 'nesting' as const, child, container, member: true };
}
