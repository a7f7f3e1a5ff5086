import type { ContainerChange, ContainerRef, NestingChange, PersonChange } from '../../directory/change.ts';
import { eventTime } from '../../directory/version.ts';
import { type Reading, readAsOf } from '../facts.ts';
import type { Group, Organization, User } from './answers.ts';
import { personFacts } from './person.ts';
import { groupRef, organizationRef } from './refs.ts';

/** What a user of the Management API says of a person, as of their last update. */
export function personFact(user: User, reading: Reading): PersonChange {
  const common = { ...readAsOf(reading), ...since(user.updated_at) };
  return { ...common, kind: 'person', personId: user.user_id, ...personFacts(user, true) };
}

/** That Auth0 knows somebody at this moment, with these connections: those they had before it did not know them are over. */
export function presentPerson(user: User, reading: Reading): PersonChange {
  const { connections } = personFacts(user, true);
  const common = { ...readAsOf(reading), kind: 'person', personId: user.user_id } as const;
  return { ...common, exists: true, ...(connections && { connections }) };
}

export function organizationFact(organization: Organization, reading: Reading): ContainerChange {
  const { kind, id, ...named } = organizationRef(organization);
  return { ...readAsOf(reading), kind, containerId: id, exists: true, ...named };
}

/** What a group says of itself as of its last update, or that Auth0 does not know it. */
export function groupFact(containerId: string, group: Group | undefined, reading: Reading): ContainerChange {
  const common = { ...readAsOf(reading), kind: 'group', containerId } as const;
  if (!group) return { ...common, exists: false };
  const { kind: _kind, id: _id, ...named } = groupRef(group);
  return { ...common, ...since(group.updated_at), exists: true, ...named };
}

export function nestingFact(
  child: NestingChange['child'],
  container: ContainerRef,
  reading: Reading,
): NestingChange {
  return { ...readAsOf(reading), kind: 'nesting', child, container, member: true };
}

/** Auth0's times have milliseconds, as its events have. */
function since(updated: string | null | undefined): { at?: string } {
  const at = eventTime(updated ?? '', Number.POSITIVE_INFINITY);
  return at === undefined ? {} : { at };
}
