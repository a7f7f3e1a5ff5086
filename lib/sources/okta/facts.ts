import type { ContainerChange, ContainerRef, PersonChange } from '../../directory/change.ts';
import { type Reading, readAsOf } from '../facts.ts';
import type { OktaApp, OktaGroup, OktaUser } from './schema.ts';

/** What a user as the API returns it says of a person: the read is the truth as of its `lastUpdated`. */
export function personFact(user: OktaUser, reading: Reading): PersonChange {
  const { firstName, lastName, displayName, email } = user.profile;
  const status = user.transitioningToStatus ?? user.status;
  const name = displayName || [firstName, lastName].filter(Boolean).join(' ');
  return {
    ...readAsOf(reading),
    ...since(user.lastUpdated, user.statusChanged),
    kind: 'person',
    personId: user.id,
    exists: true,
    active: status !== 'DEPROVISIONED',
    blocked: status === 'SUSPENDED',
    profile: { name: name || null, email: email ?? null },
  };
}

/** What a group as the API returns it says, or that the API does not know it. */
export function groupFact(id: string, group: OktaGroup | undefined, reading: Reading): ContainerChange {
  const common = { ...readAsOf(reading), kind: 'group' as const, containerId: id };
  if (!group) return { ...common, exists: false };
  const { name } = groupRef(group);
  return { ...common, ...since(group.lastUpdated), exists: true, ...(name && { name }) };
}

export function applicationFact(app: OktaApp, reading: Reading): ContainerChange {
  const common = { ...readAsOf(reading), ...since(app.lastUpdated), kind: 'application' as const };
  return { ...common, containerId: app.id, active: isSwitchedOn(app) };
}

export function isSwitchedOn({ status }: OktaApp): boolean {
  return status === 'ACTIVE';
}

export function groupRef({ id, profile }: OktaGroup): ContainerRef & { kind: 'group' } {
  return { kind: 'group', id, ...(profile?.name && { name: profile.name }) };
}

/** Okta's times have whole seconds: what was read is as new as the last event of that second. */
function since(...times: (string | null | undefined)[]): { at?: string } {
  const updated = Math.max(...times.map((text) => Date.parse(text ?? '') || 0));
  return updated === 0 ? {} : { at: new Date(updated + 999).toISOString() };
}
