import type {
  Change,
  ContainerChange,
  ContainerRef,
  NestingChange,
  PersonChange,
} from '../../directory/change.ts';
import { eventTime } from '../../directory/version.ts';
import type { Group, Organization, Role, User } from './answers.ts';
import { userFacts } from './map.ts';

/** Where and when something was read: the configured name of the source, and the moment before (ms since the epoch). */
export interface Reading {
  source: string;
  readAt: number;
}

/** What a user of the Management API says of a person, as of their last update. */
export function personFact(user: User, reading: Reading): PersonChange {
  const common = { ...commonOf(reading), ...since(user.updated_at) };
  return { ...common, kind: 'person', personId: user.user_id, ...userFacts(user, true) };
}

/** What it means that Auth0 does not know somebody: they were deleted. */
export function missingPerson(personId: string, reading: Reading): PersonChange {
  return { ...commonOf(reading), kind: 'person', personId, exists: false };
}

/** That Auth0 knows somebody at this moment, with these connections: those they had before it did not know them are over. */
export function presentPerson(user: User, reading: Reading): PersonChange {
  const { connections } = userFacts(user, true);
  const common = { ...commonOf(reading), kind: 'person', personId: user.user_id } as const;
  return { ...common, exists: true, ...(connections && { connections }) };
}

export function organizationFact(organization: Organization, reading: Reading): ContainerChange {
  const { kind, id, ...told } = organizationRef(organization);
  return { ...commonOf(reading), kind, containerId: id, exists: true, ...told };
}

/** What a group says of itself as of its last update, or that Auth0 does not know it. */
export function groupFact(containerId: string, group: Group | undefined, reading: Reading): ContainerChange {
  const common = { ...commonOf(reading), kind: 'group', containerId } as const;
  if (!group) return { ...common, exists: false };
  const { kind: _kind, id: _id, ...told } = groupRef(group);
  return { ...common, ...since(group.updated_at), exists: true, ...told };
}

export function membershipFact(personId: string, container: ContainerRef, reading: Reading): Change {
  return { ...commonOf(reading), kind: 'membership', personId, container, member: true };
}

export function nestingFact(
  child: NestingChange['child'],
  container: ContainerRef,
  reading: Reading,
): NestingChange {
  return { ...commonOf(reading), kind: 'nesting', child, container, member: true };
}

export function organizationRef({ id, name }: Organization) {
  return { kind: 'organization' as const, id, ...(name && { name }) };
}

export function roleRef(organization: string, { id, name }: Role) {
  return { kind: 'role' as const, id, ...(name && { name }), organization };
}

export function groupRef({ id, name, organization_id }: Group) {
  return {
    kind: 'group' as const,
    id,
    ...(name && { name }),
    ...(organization_id && { organization: organization_id }),
  };
}

function commonOf({ source, readAt }: Reading) {
  const at = new Date(readAt).toISOString();
  return { source, at, askedAt: at };
}

/** Auth0's times have milliseconds, as its events have. */
function since(updated: string | null | undefined): { at?: string } {
  const at = eventTime(updated ?? '', Number.POSITIVE_INFINITY);
  return at === undefined ? {} : { at };
}
