import type { ContainerChange, ContainerRef, PersonChange, Profile } from '../../directory/change.ts';
import { text, UNREADABLE } from '../attributes.ts';
import { inDoubt, type Reading, readAsOf, updatedAt } from '../facts.ts';
import { mappedProfile } from '../mapping.ts';
import type { OktaApp, OktaGroup, OktaUser } from './schema.ts';

/** Okta's times: what was read is as new as the last event of its second (ms). */
const WHOLE_SECONDS = 1_000;

/** What a user as the API returns it says of a person: the read is the truth as of its `lastUpdated`. */
export function personFact(user: OktaUser, reading: Reading): PersonChange[] {
  const status = user.transitioningToStatus ?? user.status;
  const fact: PersonChange = {
    ...readAsOf(reading),
    ...updatedAt([user.lastUpdated, user.statusChanged], WHOLE_SECONDS),
    kind: 'person',
    personId: user.id,
    exists: true,
    ...(status && { active: status !== 'DEPROVISIONED', blocked: status === 'SUSPENDED' }),
    ...(user.profile && { profile: mappedProfile(profileOf(user.profile), user.mapped, true) }),
  };
  return status ? [fact] : inDoubt(fact, { active: false, blocked: true });
}

/** A read says everything: what is not there, or of no use, is over; but not an address that is none. */
function profileOf({ displayName, firstName, lastName, email }: NonNullable<OktaUser['profile']>): Profile {
  const name = displayName || text.parse([firstName, lastName].filter(Boolean).join(' '));
  return { name: name || null, ...(email !== UNREADABLE && { email: email ?? null }) };
}

/** What a group as the API returns it says, or that the API does not know it. */
export function groupFact(id: string, group: OktaGroup | undefined, reading: Reading): ContainerChange {
  const common = { ...readAsOf(reading), kind: 'group' as const, containerId: id };
  if (!group) return { ...common, exists: false };
  const { name } = groupRef(group);
  return { ...common, ...updatedAt([group.lastUpdated], WHOLE_SECONDS), exists: true, ...(name && { name }) };
}

export function applicationFact(app: OktaApp, reading: Reading): ContainerChange {
  const common = {
    ...readAsOf(reading),
    ...updatedAt([app.lastUpdated], WHOLE_SECONDS),
    kind: 'application' as const,
  };
  return { ...common, containerId: app.id, active: isSwitchedOn(app) };
}

export function isSwitchedOn({ status }: OktaApp): boolean {
  return status === 'ACTIVE';
}

export function groupRef({ id, profile }: OktaGroup): ContainerRef & { kind: 'group' } {
  return { kind: 'group', id, ...(profile?.name && { name: profile.name }) };
}
