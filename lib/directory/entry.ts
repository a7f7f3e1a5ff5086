import * as z from 'zod';
import type { ContainerRef, Version } from './change.ts';

/** One part of an entry: its value and the version that set it. */
const fact = <T extends z.ZodType>(value: T) => z.strictObject({ value, version: z.string() });

const Refusal = z.strictObject({
  /** Velt's own words; may name a person, so it is stored and never logged. */
  reason: z.string(),
  attempts: z.int().positive(),
  /** What was refused, as `contentOf` writes it: anything else is tried at once. */
  content: z.string(),
  /** When the sweep may try again (ms since the epoch). */
  dueAt: z.int(),
});

/**
 * What is known of one scope at Velt. `present` is true once Velt confirmed it and false while a call for it was begun
 * and not confirmed: it may or may not be there, so both an add and a delete are still owed. No record at all means that
 * it is not there. `digest` is what was last confirmed of the content (a person's profile, a group's name).
 */
const Delivery = z.strictObject({
  present: z.boolean(),
  digest: z.string().optional(),
  refusal: Refusal.optional(),
  /** Of a group: the names that calls on their way may give it, each with when the last of them was begun (ms). */
  telling: z.record(z.string(), z.int()).optional(),
});

export const PersonEntry = z.strictObject({
  kind: z.literal('person'),
  source: z.string(),
  id: z.string(),
  exists: fact(z.boolean()).optional(),
  active: fact(z.boolean()).optional(),
  blocked: fact(z.boolean()).optional(),
  profile: z.strictObject({
    name: fact(z.string().nullable()).optional(),
    email: fact(z.string().nullable()).optional(),
    photoUrl: fact(z.string().nullable()).optional(),
  }),
  /** When the person was last read from the directory's API, by the directory's clock: older events are covered. */
  readAt: z.string().optional(),
  /** Set while a read is owed that could not be made. */
  readDue: z.literal(true).optional(),
  /** By container key (`group:00g…`, `organization:org_…`); false facts are tombstones, and stay as long as the entry. */
  memberships: z.record(z.string(), fact(z.boolean())),
  /** By Velt user id, then by scope key: a person whose Velt user id changes has two until the old one is gone. */
  delivered: z.record(z.string(), z.record(z.string(), Delivery)),
});

export const ContainerEntry = z.strictObject({
  kind: z.enum(['group', 'organization', 'application']),
  source: z.string(),
  id: z.string(),
  exists: fact(z.boolean()).optional(),
  name: fact(z.string()).optional(),
  /** The newest deletion heard of, kept through a revival: memberships of that moment or before are over. */
  endedAt: z.string().optional(),
  /** Set when what changed here changes its members too, until each of them was queued for another look. */
  membersDue: z.literal(true).optional(),
  /** Groups only, by Velt organization id. */
  delivered: z.record(z.string(), Delivery),
});

export type Fact<T> = { value: T; version: Version };
export type Refusal = z.infer<typeof Refusal>;
export type Delivery = z.infer<typeof Delivery>;
export type PersonEntry = z.infer<typeof PersonEntry>;
export type ContainerEntry = z.infer<typeof ContainerEntry>;
export type Entry = PersonEntry | ContainerEntry;

export function newPerson(source: string, id: string): PersonEntry {
  return { kind: 'person', source, id, profile: {}, memberships: {}, delivered: {} };
}

export function newContainer({
  source,
  kind,
  id,
}: Pick<ContainerEntry, 'source' | 'kind' | 'id'>): ContainerEntry {
  return { kind, source, id, delivered: {} };
}

/** The name of an entry in the mirror. Sources hold no `#`, so keys of two sources never meet. */
export function entryKey(entry: { source: string; kind: string; id: string }): string {
  return `${entry.source}#${entry.kind}#${entry.id}`;
}

/** Names an entry of the mirror. */
export interface EntryRef {
  source: string;
  kind: Entry['kind'];
  id: string;
}

export function parseEntryKey(key: string): EntryRef {
  const [source = '', kind = ''] = key.split('#', 2);
  return { source, kind: kind as Entry['kind'], id: key.slice(source.length + kind.length + 2) };
}

/** The name of a container inside a person's memberships. */
export function containerKey(ref: { kind: string; id: string }): string {
  return `${ref.kind}:${ref.id}`;
}

export function parseContainerKey(key: string): ContainerRef {
  const colon = key.indexOf(':');
  return { kind: key.slice(0, colon) as ContainerRef['kind'], id: key.slice(colon + 1) };
}

/** Where a membership is granted in Velt: an organization, or a group, a folder or a document in it. */
export type Scope = { organizationId: string } & (
  | { groupId?: never; folderId?: never; documentId?: never }
  | { groupId: string; folderId?: never; documentId?: never }
  | { groupId?: never; folderId: string; documentId?: never }
  | { groupId?: never; folderId?: never; documentId: string }
);

/** A scope as text, one text per scope whatever characters the ids hold. */
export function scopeKey(scope: Scope): string {
  const { organizationId, groupId, folderId, documentId } = scope;
  if (groupId !== undefined) return JSON.stringify([organizationId, 'group', groupId]);
  if (folderId !== undefined) return JSON.stringify([organizationId, 'folder', folderId]);
  if (documentId !== undefined) return JSON.stringify([organizationId, 'document', documentId]);
  return JSON.stringify([organizationId]);
}

export function parseScopeKey(key: string): Scope {
  const [organizationId, kind, id] = JSON.parse(key) as [string, string?, string?];
  if (kind === 'group' && id !== undefined) return { organizationId, groupId: id };
  if (kind === 'folder' && id !== undefined) return { organizationId, folderId: id };
  if (kind === 'document' && id !== undefined) return { organizationId, documentId: id };
  return { organizationId };
}
