import * as z from 'zod';
import { Id as id } from '../../directory/change.ts';
import { email, perhaps, text } from '../attributes.ts';
import { type Mapping, withMapped } from '../mapping.ts';

// Only what the mirror needs; absent and null mean the same, and keys may be added at any time. Only an id has to be right.

const Target = z.object({ id, type: z.string(), alternateId: text, displayName: text });

/** Looked at first: an event of a type that is not mirrored may have any shape. */
export const EventType = z.object({ eventType: id, uuid: id.optional().catch(undefined) });

export const LogEvent = EventType.extend({
  uuid: id,
  published: z.string(),
  outcome: z.object({ result: z.string().nullish() }).nullish(),
  target: z.array(Target).nullish(),
});

/**
 * An event hook delivery, as developer.okta.com/docs/concepts/event-hooks shows it (2026-08-21) and recordings of real
 * deliveries have it. The events are read one by one, so that one unreadable event does not cost the others.
 */
export const Delivery = z.object({ data: z.object({ events: z.array(z.unknown()) }) });

/** developer.okta.com/docs/reference/api/users, "User status" (2026-08): any other says nothing. */
const Status = perhaps(
  z.enum([
    ...(['STAGED', 'PROVISIONED', 'ACTIVE', 'RECOVERY', 'PASSWORD_EXPIRED', 'LOCKED_OUT'] as const),
    ...(['SUSPENDED', 'DEPROVISIONED'] as const),
  ]),
);

/** A user as GET /api/v1/users lists it; custom attributes stand beside the known ones in `profile`. */
const User = z.object({
  id,
  status: Status,
  transitioningToStatus: Status,
  lastUpdated: text,
  statusChanged: text,
  profile: perhaps(z.object({ email, firstName: text, lastName: text, displayName: text })),
});

export const OktaApp = z.object({ id, status: z.string(), lastUpdated: text });

export const OktaGroup = z.object({ id, lastUpdated: text, profile: perhaps(z.object({ name: text })) });

/** Who is assigned to an application; the id is the user's. */
export const OktaAppUser = z.object({ id });

/** A user, with what a mapping makes of them; beside what an application knows of a user, with `expand=user`, stands the user. */
export function usersBy(mapping: Mapping | undefined) {
  const OktaUser = withMapped(User, mapping, (user) => ({ user, isWhole: true }));
  return {
    OktaUser,
    OktaAppUserWithUser: OktaAppUser.extend({ _embedded: z.object({ user: OktaUser }) }),
  };
}

export const { OktaUser } = usersBy(undefined);

export type LogEvent = z.infer<typeof LogEvent>;
export type LogTarget = z.infer<typeof Target>;
export type OktaApp = z.infer<typeof OktaApp>;
export type OktaGroup = z.infer<typeof OktaGroup>;
export type OktaUser = z.infer<typeof OktaUser>;
