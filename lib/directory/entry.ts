import * as z from 'zod';
import { ATTRIBUTES, type Attribute, type ContainerRef, type EntryRef, openObject } from './change.ts';
import type { Version } from './version.ts';

/** One part of an entry: its value and the version that set it. */
const fact = <T extends z.ZodType>(value: T) => openObject({ value, version: z.string() });

const Refusal = openObject({
  /** Velt's own words; may name a person, so it is stored and never logged. */
  reason: z.string(),
  /** Set where somebody is there without these attributes. */
  attributes: z.array(z.string()).optional(),
  attempts: z.int().positive(),
  /** What was refused, as `contentOf` writes it: anything else is tried at once. */
  content: z.string(),
  /** When the sweep may try again (ms since the epoch). */
  dueAt: z.int(),
});

/**
 * What is known of one scope at Velt. `present` is true once Velt confirmed it and false while a call for it was begun
 * and not confirmed: it may or may not be there, so both an add and a delete are still owed. No record at all means that
 * it is not there. `digest` is what was last confirmed of the content (a person's profile and role, a group's name). `unproven`
 * is what Velt answered success to without naming it, as `contentOf` writes it: once more, and it is believed. `role` is set
 * once Velt was told one, or may have been.
 */
const Confirmation = openObject({
  present: z.boolean(),
  digest: z.string().optional(),
  unproven: z.string().optional(),
  role: z.string().optional(),
  refusal: Refusal.optional(),
});

/**
 * `ended` is the newest end heard of, kept through a return, where something else ends with the membership. `toldAt` is when we
 * were told of the end that it is (ms since the epoch): it ages the tombstone, and orders nothing.
 */
const Membership = openObject({
  ...fact(z.boolean()).shape,
  ended: z.string().optional(),
  toldAt: z.int().optional(),
});

const told = fact(z.string().nullable()).optional();
const attributes = Object.fromEntries(ATTRIBUTES.map((attribute) => [attribute, told])) as Record<
  Attribute,
  typeof told
>;

export const PersonEntry = openObject({
  kind: z.literal('person'),
  source: z.string(),
  id: z.string(),
  exists: fact(z.boolean()).optional(),
  /** The newest deletion heard of, kept through a revival: memberships of that moment or before are over. */
  endedAt: z.string().optional(),
  active: fact(z.boolean()).optional(),
  blocked: fact(z.boolean()).optional(),
  /** False while nobody vouches for the e-mail address. */
  emailVerified: fact(z.boolean()).optional(),
  profile: openObject(attributes),
  /** The names of the connections that the person has an identity of. */
  connections: fact(z.array(z.string())).optional(),
  /** When the person was last read from the directory's API, by the directory's clock: older events are covered. */
  readAt: z.string().optional(),
  /** The same of the last read that told everything they are a member of. */
  membershipsReadAt: z.string().optional(),
  /** Set while a read is owed that could not be made. */
  readDue: z.literal(true).optional(),
  /** By container key (`group:00g…`, `role:org_…/rol_…`); false facts are tombstones. */
  memberships: z.record(z.string(), Membership),
  /** By Velt user id, then by scope key: a person whose Velt user id changes has two until the old one is gone. */
  delivered: z.record(z.string(), z.record(z.string(), Confirmation)),
});

export const ContainerEntry = openObject({
  kind: z.enum(['group', 'organization', 'application', 'role', 'connection']),
  source: z.string(),
  id: z.string(),
  exists: fact(z.boolean()).optional(),
  /** False while an application is switched off: nobody is a member meanwhile, and everybody again afterwards. */
  active: fact(z.boolean()).optional(),
  name: fact(z.string()).optional(),
  /** The newest deletion heard of, kept through a revival: memberships of that moment or before are over. */
  endedAt: z.string().optional(),
  /** The only organization in which a group counts, if there is one; it never changes. */
  organization: z.string().optional(),
  /** What everyone in this container is a member of too, by container key. */
  memberships: z.record(z.string(), fact(z.boolean())).optional(),
  /** Set when what changed here changes its members too, until each of them was queued for another look. */
  membersDue: z.literal(true).optional(),
  /** What becomes a Velt user group only, by Velt organization id. */
  delivered: z.record(z.string(), Confirmation),
});

export type Fact<T> = { value: T; version: Version };
export type MembershipFact = z.infer<typeof Membership>;
export type Refusal = z.infer<typeof Refusal>;
export type Confirmation = z.infer<typeof Confirmation>;
/** `unreadable` is never stored: a newer version wrote the entry, and nothing is known of it but that it is there. */
type MaybeUnreadable = { unreadable?: true };
export type PersonEntry = z.infer<typeof PersonEntry> & MaybeUnreadable;
export type ContainerEntry = z.infer<typeof ContainerEntry> & MaybeUnreadable;
export type Entry = PersonEntry | ContainerEntry;

export function newPerson(source: string, id: string): PersonEntry {
  return { kind: 'person', source, id, profile: {}, memberships: {}, delivered: {} };
}

export function newContainer({ source, kind, id }: EntryRef<ContainerRef['kind']>): ContainerEntry {
  return { kind, source, id, delivered: {} };
}

/** What stands for an entry that only a newer version can read. Nothing is folded into it, and nothing is stored of it. */
export function newUnreadable(ref: EntryRef): Entry {
  const { source, kind, id } = ref;
  const entry = kind === 'person' ? newPerson(source, id) : newContainer({ source, kind, id });
  return { ...entry, unreadable: true };
}

/** The name of an entry in the mirror. Sources hold no `#`, so keys of two sources never meet. */
export function entryKey(entry: { source: string; kind: string; id: string }): string {
  return `${entry.source}#${entry.kind}#${entry.id}`;
}

export function parseEntryKey(key: string): EntryRef {
  const [source = '', kind = ''] = key.split('#', 2);
  return { source, kind: kind as Entry['kind'], id: key.slice(source.length + kind.length + 2) };
}

/** The name of a container inside memberships. The same role in two organizations is two memberships. */
export function containerKey(ref: { kind: string; id: string; organization?: string | undefined }): string {
  const inside = ref.kind === 'role' && ref.organization !== undefined ? `${ref.organization}/` : '';
  return `${ref.kind}:${inside}${ref.id}`;
}

export function parseContainerKey(key: string): ContainerRef {
  const [kind = ''] = key.split(':', 1);
  const rest = key.slice(kind.length + 1);
  if (kind !== 'role') return { kind: kind as ContainerRef['kind'], id: rest };
  const [organization = ''] = rest.split('/', 1);
  return { kind, organization, id: rest.slice(organization.length + 1) };
}

/** The newest end of a membership that is on record. */
export function endOf(membership: MembershipFact | undefined): Version | undefined {
  return membership?.value === false ? membership.version : membership?.ended;
}

/** Where a membership is granted in Velt: an organization, or a group, a folder or a document in it. */
export type Scope = { organizationId: string } & (
  | { groupId?: never; folderId?: never; documentId?: never }
  | { groupId: string; folderId?: never; documentId?: never }
  | { groupId?: never; folderId: string; documentId?: never }
  | { groupId?: never; folderId?: never; documentId: string }
);

/** What a scope is inside of its organization; undefined where it is the organization. */
export type Inner = 'group' | 'folder' | 'document';

export function innerOf({ groupId, folderId, documentId }: Scope): Inner | undefined {
  if (groupId !== undefined) return 'group';
  if (folderId !== undefined) return 'folder';
  return documentId === undefined ? undefined : 'document';
}

/** A scope as text, one text per scope whatever characters the ids hold. */
export function scopeKey(scope: Scope): string {
  const inner = innerOf(scope);
  return JSON.stringify([scope.organizationId, ...(inner ? [inner, scope[`${inner}Id`]] : [])]);
}

export function parseScopeKey(key: string): Scope {
  const [organizationId, inner, id] = JSON.parse(key) as [string, Inner?, string?];
  return { organizationId, ...(inner && { [`${inner}Id`]: id }) } as Scope;
}

/** What is known of one user in one scope at Velt; `key` is the scope's. */
export interface ConfirmationAt extends Confirmation {
  userId: string;
  key: string;
  scope: Scope;
}

/** All that is known of a person at Velt. */
export function confirmationsOf({ delivered }: PersonEntry): ConfirmationAt[] {
  return Object.entries(delivered).flatMap(([userId, scopes]) =>
    Object.entries(scopes).map(([key, known]) => ({ userId, key, scope: parseScopeKey(key), ...known })),
  );
}
