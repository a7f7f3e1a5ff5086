import { hash } from 'node:crypto';
import * as z from 'zod';
import { cleanAddress, cleanName } from './text.ts';

/**
 * What is stored or queued. Fields of a newer version are kept as they are, and written back: they neither stop an older
 * version nor get lost in it. Types name what this version knows.
 */
export function openObject<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  return z.looseObject(shape) as unknown as z.ZodObject<Shape>;
}

/**
 * Of a person, a group or an organization, never changed: two must not become one. DynamoDB takes sort keys of 1024 bytes, and
 * UTF-8 three for most characters; half a surrogate pair has no UTF-8, so that two such ids would be one key.
 */
export const Id = z
  .string()
  .min(1)
  .max(300)
  .refine((id) => id.isWellFormed(), 'Invalid input: half a surrogate pair');
/** The longest text (characters): a profile of three such fits into a message and into an item of the mirror (400 KB). */
export const MAX_TEXT = 16_384;
const Text = z.string().max(MAX_TEXT);
/** Longer than any e-mail address (254 characters), short enough for a key of the mirror. */
export const MAX_ADDRESS = 300;
const Name = z.string().transform(cleanName).pipe(Text.optional());
/** Of a profile; what is none after cleaning was cleared. */
const attribute = (clean: typeof cleanName) =>
  z
    .string()
    .transform((text) => clean(text) ?? null)
    .pipe(Text.nullable())
    .nullish();
/** Always as `YYYY-MM-DDTHH:mm:ss.sssZ`, so that text order is time order. */
const Moment = z.iso.datetime({ precision: 3 });

/** What people can be members of at the identity provider; a connection is where their identity comes from. */
const ContainerKind = z.enum(['group', 'organization', 'application', 'role', 'connection']);

/**
 * A container as a membership names it; `name` is a hint, often absent. `organization` is the one in which a role was
 * assigned, and of a group the only one in which it counts.
 */
const ContainerRef = openObject({
  kind: ContainerKind,
  id: Id,
  name: Name.optional(),
  organization: Id.optional(),
});

const EventId = z.string().min(1).max(1024);

/** Where facts came from: an event has the vendor's id of it, what was read has the moment before it was asked for. */
const base = {
  source: Id,
  /** The vendor's own time of the facts; of what was read without one, the moment before the request. */
  at: Moment,
  /** Breaks ties between events of the same millisecond, the same way everywhere. */
  id: EventId.optional(),
  /** Orders reads that carry one vendor's time, which may be in whole seconds. */
  askedAt: Moment.optional(),
  /** Set where it came out of the vendor's own record, after the webhook should have brought it. */
  caughtUp: z.literal(true).optional(),
};

/**
 * A profile attribute that is absent is unchanged; one that is null was cleared. `userId` is who somebody is at Velt, where that
 * is made of attributes, and `organization` the Velt organization that they are in: ids, and never changed. `expiresAt` is when
 * they are to leave Velt.
 */
const Profile = openObject({
  userId: Id.nullish(),
  organization: Id.nullish(),
  expiresAt: Moment.nullish(),
  name: attribute(cleanName),
  email: attribute(cleanAddress),
  photoUrl: attribute(cleanAddress),
  initial: attribute(cleanName),
  color: attribute(cleanAddress),
  textColor: attribute(cleanAddress),
  plan: attribute(cleanName),
  type: attribute(cleanName),
});
/** Every attribute of a profile. */
export const ATTRIBUTES = Object.keys(Profile.shape) as Attribute[];
export type Attribute = keyof typeof Profile.shape;
/** Those that say who somebody is at Velt, where, and until when: the others are told, by Velt's names. */
const DECIDING = ['userId', 'organization', 'expiresAt'] as const;
export type Field = Exclude<Attribute, (typeof DECIDING)[number]>;
/** Velt's user fields (docs.velt.dev/api-reference/sdk/models/data-models, User, 2026-08-19). */
export const FIELDS = ATTRIBUTES.filter(isField);

/** Whether Velt is told an attribute as a field of a user. */
export function isField(attribute: Attribute): attribute is Field {
  return !DECIDING.some((deciding) => deciding === attribute);
}

/**
 * What is said of a person. Only the facts it carries are set: `exists` is false after a deletion, `active` after a
 * deactivation, `blocked` is true while suspended or blocked.
 */
const PersonChange = openObject({
  ...base,
  kind: z.literal('person'),
  personId: Id,
  exists: z.boolean().optional(),
  active: z.boolean().optional(),
  blocked: z.boolean().optional(),
  /** False while nobody vouches for the e-mail address. Not every source says so. */
  emailVerified: z.boolean().optional(),
  profile: Profile.optional(),
  /** The names of every connection of which the person has an identity. */
  connections: z.array(Id).max(100).optional(),
});

const MembershipChange = openObject({
  ...base,
  kind: z.literal('membership'),
  personId: Id,
  container: ContainerRef,
  member: z.boolean(),
});

/** Set behind the breaker of a run: this may take something from however many people it does. */
const passed = z.literal(true).optional();

/** What is said of a container; `exists: false` also ends its memberships up to that moment. */
const ContainerChange = openObject({
  ...base,
  passed,
  kind: ContainerKind,
  containerId: Id,
  exists: z.boolean().optional(),
  /** False while it is switched off: its memberships stay, and mean nothing. */
  active: z.boolean().optional(),
  name: Name.optional(),
  /** Of a group that counts in one organization only. */
  organization: Id.optional(),
});

/** Whether everyone in `child` is a member of `container`: a connection in a group, a group that has a role. */
const NestingChange = openObject({
  ...base,
  passed,
  kind: z.literal('nesting'),
  /** Connections go by name. With `read` the id is the vendor's, and the name is to be read. */
  child: openObject({ kind: ContainerKind, id: Id, read: z.literal(true).optional() }),
  container: ContainerRef,
  member: z.boolean(),
});

/**
 * Asks for an entry to be looked at again, and says no fact of it. `read` asks for a person or a group to be read before,
 * where there is an API: a person alone, or with everything they are a member of.
 */
const Recheck = openObject({
  source: Id,
  kind: z.literal('recheck'),
  of: openObject({ kind: z.enum(['person', ...ContainerKind.options]), id: Id }),
  /** When there was reason to: a read since then is enough. */
  at: Moment,
  caughtUp: base.caughtUp,
  /** Of an event: the vendor's id of it. */
  id: EventId.optional(),
  reason: z.enum([
    'event',
    'absence',
    'configuration',
    'members',
    'sweep',
    'shared-user',
    'drift',
    'stranger',
    'removal',
  ]),
  read: z.enum(['alone', 'memberships']).optional(),
  /** Set where somebody asked for it: what Velt refused is tried now, whenever its time is. */
  again: z.literal(true).optional(),
  /** The organizations in which the roles are asked for first. */
  rolesIn: z.array(Id).max(100).optional(),
  /** Of a shared user and of drift: nothing that is known of this Velt user is believed any more. */
  userId: Id.optional(),
  /** Of a stranger: the Velt organization in which they are a user whom nobody put there. */
  organizationId: Id.optional(),
});

const facts = [PersonChange, MembershipChange, ContainerChange, NestingChange] as const;
/** States facts, each as of the change's version. */
export const Change = z.discriminatedUnion('kind', facts);
/** What the changes queue carries. */
export const QueueItem = z.discriminatedUnion('kind', [...facts, Recheck]);

/** The only thing on the changes queue: changes of one shard, at most 100 persons. */
export const Message = openObject({ v: z.literal(2), changes: z.array(QueueItem).min(1) });

export type Change = z.infer<typeof Change>;
export type QueueItem = z.infer<typeof QueueItem>;
export type PersonChange = z.infer<typeof PersonChange>;
export type MembershipChange = z.infer<typeof MembershipChange>;
export type ContainerChange = z.infer<typeof ContainerChange>;
export type NestingChange = z.infer<typeof NestingChange>;
export type Recheck = z.infer<typeof Recheck>;
export type ContainerRef = z.infer<typeof ContainerRef>;
export type Profile = z.infer<typeof Profile>;
/** A change that says something of a person. */
export type PersonNews = PersonChange | MembershipChange;
/** A change that says something of a container: a membership does of the one it names. */
export type ContainerNews = Exclude<Change, PersonChange>;
/** Names an entry of the mirror. */
export type EntryRef<Kind extends Recheck['of']['kind'] = Recheck['of']['kind']> = {
  source: string;
  kind: Kind;
  id: string;
};

/**
 * What a source told, or what was read of it, as it may go on: with its texts cleaned. Left out is what no message and no key
 * of the mirror can hold, a text alone or else the whole item, and each is told in `refused`: on the queue it would hold up
 * everyone of its shard.
 */
export function takeIn<T extends QueueItem>(told: T[]): { taken: T[]; refused: z.ZodError[] } {
  const refused: z.ZodError[] = [];
  const taken = told.flatMap((item) => {
    const { data, error } = QueueItem.safeParse(item);
    if (error === undefined) return data as T;
    refused.push(error);
    return (QueueItem.safeParse(withoutTexts(item, error)).data as T | undefined) ?? [];
  });
  return { taken, refused };
}

/** An item without the texts that are at fault. */
function withoutTexts(item: QueueItem, { issues }: z.ZodError): unknown {
  const faulty = new Set(issues.map(({ path }) => path.join('.')));
  const { profile, container, ...rest } = { profile: undefined, container: undefined, ...item };
  const kept = (part: object, path = '', texts: string[] = ['name']) =>
    Object.fromEntries(
      Object.entries(part).filter(([key]) => !(texts.includes(key) && faulty.has(`${path}${key}`))),
    );
  return {
    ...kept(rest),
    ...(profile && { profile: kept(profile, 'profile.', ATTRIBUTES) }),
    ...(container && { container: kept(container, 'container.') }),
  };
}

/** Asks for an entry to be looked at again, for a reason that there is since `at` (ms since the epoch, or as a vendor told). */
export function recheckOf(
  { source, kind, id }: EntryRef,
  at: number | string,
  why: Omit<Recheck, 'source' | 'kind' | 'of' | 'at'>,
): Recheck {
  return { kind: 'recheck', source, of: { kind, id }, at: new Date(at).toISOString(), ...why };
}

/** The person whom a change or a recheck is about, if it is about one. */
export function personOf(change: QueueItem): EntryRef<'person'> | undefined {
  const { source } = change;
  if ('personId' in change) return { source, kind: 'person', id: change.personId };
  return change.kind === 'recheck' && change.of.kind === 'person'
    ? { source, kind: 'person', id: change.of.id }
    : undefined;
}

/** The containers that a change says something of. */
export function containersOf(change: QueueItem): EntryRef<ContainerRef['kind']>[] {
  const { source } = change;
  switch (change.kind) {
    case 'person':
      return [];
    case 'recheck':
      return change.of.kind === 'person' ? [] : [{ source, kind: change.of.kind, id: change.of.id }];
    case 'membership':
      return [{ source, kind: change.container.kind, id: change.container.id }];
    case 'nesting':
      return [change.child, change.container].map(({ kind, id }) => ({ source, kind, id }));
    default:
      return [{ source, kind: change.kind, id: change.containerId }];
  }
}

/** Whether a change says what was read, and not what an event told. */
export function isRead(change: QueueItem): boolean {
  return 'askedAt' in change && change.askedAt !== undefined;
}

/** The shard (0 … shards-1) of the entry a change belongs to: its person, or its container. */
export function shardOf(change: QueueItem, shards: number): number {
  const key = (personOf(change) ?? containersOf(change)[0])?.id;
  return hash('sha256', `${change.source}\n${key}`, 'buffer').readUInt32BE(0) % shards;
}
