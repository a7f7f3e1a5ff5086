import * as z from 'zod';
import { Id as id } from '../../directory/change.ts';
import { deciding, email, perhaps, picture, text } from '../attributes.ts';
import { isRecord, type Mapping, withMapped } from '../mapping.ts';

// Only what the mirror needs; absent and null mean the same, and keys may be added at any time. Only an id has to be right.
/** What decides more than an attribute. */
const decisive = z.string().nullish();

function jsonIn(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * An Auth0 event stream delivery: one CloudEvent (auth0.com/docs/customize/events, catalogue 0.7.2, 2026-08-20). Ids are not
 * checked by pattern: Auth0's own samples break theirs, and its pages disagree on the spelling of `specversion`, which is not
 * looked at.
 */
export const CloudEvent = z.object({
  /** Some pages print `com.auth0.user.created`. */
  type: id.transform((type) => type.replace(/^com\.auth0\./, '')),
  id,
  time: z.string(),
  a0purpose: z.string().nullish(),
  /** Text in Auth0's record of deliveries, by its OpenAPI description (2026-06-25); an object by its SDK. */
  data: z.preprocess(jsonIn, z.object({ object: z.unknown().optional() })),
});

/**
 * An enterprise connection may map any text to it, and Auth0 takes one that is not blank for a yes
 * (community.auth0.com/t/email-verification-for-enterprise-users/28230, 2026-04).
 */
const verified = deciding(
  z.union([z.boolean(), z.string().transform((text) => !/^\s*(false)?\s*$/i.test(text))]),
);

const UserShape = z.object({
  user_id: id,
  email,
  email_verified: verified,
  name: text,
  nickname: text,
  picture,
  blocked: deciding(z.boolean()),
  /** Their `user_id` may be a number. Without one of them the connections are not known. */
  identities: perhaps(z.array(z.object({ connection: z.string().max(300).nullish() })).max(100)),
});

/** Nothing but the id is needed of somebody who is gone. */
export const DeletedUserObject = z.object({ user_id: id });

export const Organization = z.object({ id, name: text });
export const Role = Organization;
/** `organization_id` marks a group that counts in one organization; seen on events only, the API may have it too. */
export const Group = z.object({ id, name: text, organization_id: text });

export const OrganizationMember = z.object({ organization: Organization, user: DeletedUserObject });
export const OrganizationMemberRole = OrganizationMember.extend({ role: Role });
export const OrganizationGroupRole = z.object({ organization: Organization, group: Group, role: Role });
export const EventGroupMember = z.object({
  group: Group,
  member: z.discriminatedUnion('member_type', [
    z.object({ member_type: z.literal('user'), id }),
    z.object({ member_type: z.literal('group') }),
    z
      .object({ member_type: z.literal('connection'), id: decisive, connection_id: decisive })
      .refine((member) => member.connection_id || member.id, {
        path: ['connection_id'],
        message: 'Invalid input: expected an id of the connection',
      }),
  ]),
});
/** People are known by its name. */
export const Connection = z.object({ id, name: id.regex(/\S/) });

/** In what an Action posts; before registration the user has no id. */
const ActionUser = UserShape.partial({ user_id: true }).extend({
  updated_at: text,
  created_at: text,
  deleted_at: decisive,
});

/** What the Management API answers, as its OpenAPI description (2026-06-25) and recorded answers have it. */
const ListedUser = UserShape.extend({ created_at: perhaps(z.iso.datetime()), updated_at: text });

/** The attributes of a user that are read whatever is configured. */
export const USER_FIELDS = Object.keys(ListedUser.shape);

/**
 * Users, with what a mapping makes of them: in an event, in what an Action posts (its whole event, or only the user), in a list. Who
 * is new has no more than their event says, whoever had their id before.
 */
export function usersBy(mapping: Mapping | undefined) {
  const inEvents = (user: Record<string, unknown>) => ({ user: withIdentities(user), isWhole: false });
  const whole = (user: Record<string, unknown>) => ({ user: withIdentities(user), isWhole: true });
  return {
    UserObject: withMapped(UserShape, mapping, inEvents),
    NewUserObject: withMapped(UserShape, mapping, whole),
    ActionEvent: z.object({
      user: withMapped(ActionUser, mapping, inEvents),
      stats: perhaps(z.object({ logins_count: z.number().nullish() })),
    }),
    User: withMapped(ListedUser, mapping, whole),
  };
}

/** A user with each identity by its connection, the first of each; as they are where one of them cannot be read. */
function withIdentities(user: Record<string, unknown>): Record<string, unknown> {
  const { identities } = user;
  if (!Array.isArray(identities)) return user;
  const isReadable = identities.every((one) => isRecord(one) && typeof one.connection === 'string');
  if (!isReadable) return user;
  return {
    ...user,
    identities: Object.fromEntries(identities.map((one) => [one.connection, one]).reverse()),
  };
}

export const { UserObject, ActionEvent, User } = usersBy(undefined);

/**
 * One record of a tenant's log, as log streams send it inside `data` (auth0.com/docs/customize/log-streams, 2026-08-20).
 * Of `details` only what names a user.
 */
const LogData = z.object({
  type: z.string().min(1),
  date: z.string(),
  log_id: text,
  user_id: decisive,
  details: perhaps(
    z.object({
      query: perhaps(z.object({ user_id: text })),
      request: perhaps(z.object({ method: text, path: text, body: z.unknown().optional() })),
      response: perhaps(z.object({ body: perhaps(z.object({ user_id: text })) })),
    }),
  ),
});
export const LogRecord = z.object({ log_id: id, data: LogData });

export const ListedGroup = Group.extend({ updated_at: text });
/** With an odd role none of theirs is told, and none ends. */
export const Member = z.object({ user_id: id, roles: deciding(z.array(Role)) });
/** A word that Auth0 may have for other members; what is none could be any member, and is unreadable. */
const OtherType = z
  .string()
  .regex(/^(?!(user|connection)$)[a-z][a-z_]{0,39}$/)
  .transform(() => 'other' as const);
/** Everybody of a connection may be a member of a group at once; of what is neither nothing is mirrored. */
export const GroupMember = z.union([
  z.object({ member_type: z.literal('user'), id }),
  z.object({ member_type: z.literal('connection'), id, connection_id: id.nullish() }),
  z.object({ member_type: OtherType }),
]);
/** Of a stream's destination only what says whether it leads here. */
const Destination = z.object({
  type: z.string(),
  configuration: z.object({ webhook_endpoint: text, aws_partner_event_source: text }).nullish(),
});
export const EventStream = z.object({ id, destination: perhaps(Destination), status: text });
/** A delivery that failed; `event` is the CloudEvent as it was to be delivered. Its id is only where a list goes on. */
export const FailedDelivery = z.object({ id: perhaps(id), event_type: text, event: z.unknown().optional() });

export type Users = ReturnType<typeof usersBy>;
export type UserObject = z.infer<typeof UserObject>;
export type Organization = z.infer<typeof Organization>;
export type Group = z.infer<typeof Group>;
export type ListedGroup = z.infer<typeof ListedGroup>;
export type ActionEvent = z.infer<typeof ActionEvent>;
export type LogData = z.infer<typeof LogData>;
export type LogRecord = z.infer<typeof LogRecord>;
export type User = z.infer<typeof User>;
export type EventStream = z.infer<typeof EventStream>;
export type FailedDelivery = z.infer<typeof FailedDelivery>;
