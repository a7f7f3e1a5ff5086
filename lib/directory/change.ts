import { hash } from 'node:crypto';
import * as z from 'zod';

/** Of a person, a group or an organization: DynamoDB takes sort keys of 1024 bytes, and UTF-8 three for most characters. */
const Id = z.string().min(1).max(300);
/** A profile of three such texts fits into a message and into an item of the mirror (400 KB). */
const Text = z.string().max(16_384);

/** What people can be members of at the identity provider; a connection is where their identity comes from. */
const ContainerKind = z.enum(['group', 'organization', 'application', 'role', 'connection']);

/**
 * A container as a membership names it; `name` is a hint, often absent. `organization` is the one in which a role was
 * assigned, and of a group the only one in which it counts.
 */
const ContainerRef = z.strictObject({
  kind: ContainerKind,
  id: Id,
  name: Text.optional(),
  organization: Id.optional(),
});

const base = {
  v: z.literal(1),
  source: Id,
  /** The vendor's own event time, always as `YYYY-MM-DDTHH:mm:ss.sssZ`, so that text order is time order. */
  at: z.iso.datetime({ precision: 3 }),
  /** The vendor's id of the event: breaks ties between events of the same millisecond, the same way everywhere. */
  id: z.string().min(1).max(1024),
};

/** A profile attribute that is absent is unchanged; one that is null was cleared. */
const Profile = z.strictObject({
  name: Text.nullish(),
  email: Text.nullish(),
  photoUrl: Text.nullish(),
});

/**
 * What an event says of a person. Only the facts it carries are set: `exists` is false after a deletion, `active` after a
 * deactivation, `blocked` is true while suspended or blocked. A change without facts only asks for the person to be
 * looked at again.
 */
const PersonChange = z.strictObject({
  ...base,
  kind: z.literal('person'),
  personId: Id,
  exists: z.boolean().optional(),
  active: z.boolean().optional(),
  blocked: z.boolean().optional(),
  profile: Profile.optional(),
  /** The names of every connection of which the person has an identity. */
  connections: z.array(Id).max(100).optional(),
  /** Asks for the person to be read where there is an API for it, alone or with everything they are a member of. */
  read: z.enum(['person', 'memberships']).optional(),
  /** A Velt user id of which somebody else, who is that Velt user too, lost a scope: it is to be delivered anew. */
  doubted: Id.optional(),
  /** A Velt organization in which this is a user whom nobody put there: taken for one of ours, to be removed. */
  adopted: Id.optional(),
});

const MembershipChange = z.strictObject({
  ...base,
  kind: z.literal('membership'),
  personId: Id,
  container: ContainerRef,
  member: z.boolean(),
});

/** What an event says of a container; `exists: false` also ends its memberships up to that moment. */
const ContainerChange = z.strictObject({
  ...base,
  kind: ContainerKind,
  containerId: Id,
  exists: z.boolean().optional(),
  name: Text.optional(),
  /** Of a group that counts in one organization only. */
  organization: Id.optional(),
});

/** Whether everyone in `child` is a member of `container`: a connection in a group, a group that has a role. */
const NestingChange = z.strictObject({
  ...base,
  kind: z.literal('nesting'),
  /** Connections go by name. With `read` the id is the vendor's, and the name is to be read. */
  child: z.strictObject({ kind: ContainerKind, id: Id, read: z.literal(true).optional() }),
  container: ContainerRef,
  member: z.boolean(),
});

export const Change = z.discriminatedUnion('kind', [
  PersonChange,
  MembershipChange,
  ContainerChange,
  NestingChange,
]);

/** The only thing on the changes queue: changes of one shard, at most 100 persons. */
export const Message = z.strictObject({ v: z.literal(1), changes: z.array(Change).min(1) });

export type Change = z.infer<typeof Change>;
export type PersonChange = z.infer<typeof PersonChange>;
export type MembershipChange = z.infer<typeof MembershipChange>;
export type ContainerChange = z.infer<typeof ContainerChange>;
export type NestingChange = z.infer<typeof NestingChange>;
export type ContainerRef = z.infer<typeof ContainerRef>;
export type Profile = z.infer<typeof Profile>;

/** A moment in a part's history that sorts as text: the vendor's time, then the event's id. */
export type Version = string;

/** The version a change gives to every part it touches. */
export function versionOf(change: { at: string; id: string }): Version {
  return `${change.at}#${change.id}`;
}

/** The vendor's time in a version (ms since the epoch). */
export function timeOf(version: Version): number {
  const [at = ''] = version.split('#', 1);
  return Date.parse(at);
}

const YEAR_0 = Date.parse('0000-01-01T00:00:00.000Z');

/** How the id of a change begins that was read from a directory's API; the moment before the request follows. */
export const READ = 'read ';

/** Whether a version is of something that was read, and not of an event. */
export function wasRead(version: Version): boolean {
  return version.includes(`#${READ}`);
}

/**
 * Writes a vendor's timestamp in the one form that sorts as text. A time further ahead than `latest` (ms since the
 * epoch) becomes `latest`: a wrong clock at the vendor must not pin a person's state for years.
 * Returns undefined when the text is no date, or one before the year 0, which would not sort.
 */
export function eventTime(text: string, latest: number): string | undefined {
  const ms = Date.parse(text);
  return ms >= YEAR_0 ? new Date(Math.min(ms, latest)).toISOString() : undefined;
}

/** The shard (0 … shards-1) of the aggregate a change belongs to: its person, or its group or organization. */
export function shardOf(change: Change, shards: number): number {
  const key =
    'personId' in change ? change.personId : change.kind === 'nesting' ? change.child.id : change.containerId;
  const digest = hash('sha256', `${change.source}\n${key}`, 'buffer');
  return digest.readUInt32BE(0) % shards;
}
