import * as z from 'zod';

/**
 * An Auth0 event stream delivery: one CloudEvent (auth0.com/docs/customize/events, catalogue 0.7.2, 2026-08-20). Only what
 * the mirror needs. Ids are not checked by pattern: Auth0's own samples break theirs, and its pages disagree on the
 * spelling of `specversion`, which is not looked at.
 */
export const CloudEvent = z.object({
  /** Some pages print `com.auth0.user.created`. */
  type: z
    .string()
    .min(1)
    .transform((type) => type.replace(/^com\.auth0\./, '')),
  id: z.string().min(1),
  time: z.string(),
  a0purpose: z.string().nullish(),
  data: z.object({ object: z.unknown().optional() }),
});

const id = z.string().min(1);
const text = z.string().nullish();

/** Of an identity only the connection is needed; its `user_id` may be a number. */
const Identities = z.array(z.object({ connection: text })).nullish();

export const UserObject = z.object({
  user_id: id,
  email: text,
  name: text,
  nickname: text,
  picture: text,
  blocked: z.boolean().nullish(),
  identities: Identities,
});

/** Nothing but the id is needed of somebody who is gone. */
export const DeletedUserObject = z.object({ user_id: id });

export const OrganizationObject = z.object({ id, name: text });
const Role = z.object({ id, name: text });
export const GroupObject = z.object({ id, name: text, type: text, organization_id: text });

export const OrganizationMemberObject = z.object({
  organization: OrganizationObject,
  user: DeletedUserObject,
});
export const OrganizationMemberRoleObject = OrganizationMemberObject.extend({ role: Role });
export const GroupMemberObject = z.object({
  group: GroupObject,
  member: z.discriminatedUnion('member_type', [
    z.object({ member_type: z.literal('user'), id }),
    z
      .object({ member_type: z.literal('connection'), id: text, connection_id: text })
      .refine((member) => member.connection_id || member.id, {
        path: ['connection_id'],
        message: 'Invalid input: expected an id of the connection',
      }),
  ]),
});
export const OrganizationGroupRoleObject = z.object({
  organization: OrganizationObject,
  group: GroupObject,
  role: Role,
});
export const ConnectionObject = z.object({ id, name: id });

/** What an Action posts: its whole event, or only the user in it. Before registration the user has no id. */
export const ActionEvent = z.object({
  user: UserObject.partial({ user_id: true }).extend({
    updated_at: text,
    created_at: text,
    deleted_at: text,
  }),
  stats: z.object({ logins_count: z.number().nullish() }).nullish().catch(undefined),
});

/**
 * One record of a tenant's log, as log streams send it inside `data` (auth0.com/docs/customize/log-streams, 2026-08-20).
 * Of `details` only what names a user.
 */
const LogData = z.object({
  type: z.string().min(1),
  date: z.string(),
  log_id: text,
  user_id: text,
  details: z
    .object({
      query: z.object({ user_id: text }).nullish().catch(undefined),
      request: z
        .object({ method: text, path: text, body: z.unknown().optional() })
        .nullish()
        .catch(undefined),
      response: z
        .object({ body: z.object({ user_id: text }).nullish().catch(undefined) })
        .nullish()
        .catch(undefined),
    })
    .nullish()
    .catch(undefined),
});
export const LogRecord = z.object({ log_id: id, data: LogData });

export type CloudEvent = z.infer<typeof CloudEvent>;
export type UserObject = z.infer<typeof UserObject>;
export type ActionEvent = z.infer<typeof ActionEvent>;
export type LogRecord = z.infer<typeof LogRecord>;
