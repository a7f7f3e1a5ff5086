import * as z from 'zod';

/**
 * Okta's event hook delivery, as developer.okta.com/docs/concepts/event-hooks shows it (2026-08-21) and recordings of real
 * deliveries have it. Only what the mirror needs; absent and null mean the same, and keys may be added at any time.
 */
const Target = z.object({
  id: z.string().min(1),
  type: z.string(),
  alternateId: z.string().nullish(),
  displayName: z.string().nullish(),
});

/** Looked at first: an event of a type that is not mirrored may have any shape. */
export const EventType = z.object({ eventType: z.string().min(1) });

export const LogEvent = z.object({
  uuid: z.string().min(1),
  published: z.string(),
  eventType: z.string().min(1),
  outcome: z.object({ result: z.string().nullish() }).nullish(),
  target: z.array(Target).nullish(),
});

/** The events are read one by one, so that one unreadable event does not cost the others. */
export const Delivery = z.object({ data: z.object({ events: z.array(z.unknown()) }) });

/** A user as GET /api/v1/users lists it; custom attributes stand beside the known ones in `profile`. */
export const OktaUser = z.object({
  id: z.string().min(1),
  status: z.string(),
  transitioningToStatus: z.string().nullish(),
  lastUpdated: z.string(),
  statusChanged: z.string().nullish(),
  profile: z.object({
    login: z.string().nullish(),
    email: z.string().nullish(),
    firstName: z.string().nullish(),
    lastName: z.string().nullish(),
    displayName: z.string().nullish(),
  }),
});

/** An application as the API returns it. */
export const OktaApp = z.object({ id: z.string().min(1), status: z.string() });

/** A group as the API lists it. */
export const OktaGroup = z.object({
  id: z.string().min(1),
  lastUpdated: z.string().nullish(),
  profile: z.object({ name: z.string().nullish() }).nullish(),
});

/** Who is assigned to an application; the id is the user's. */
export const OktaAppUser = z.object({ id: z.string().min(1) });

/** The same with `expand=user`: beside what the application knows of the user stands the user. */
export const OktaAppUserWithUser = OktaAppUser.extend({ _embedded: z.object({ user: OktaUser }) });

export type LogEvent = z.infer<typeof LogEvent>;
export type LogTarget = z.infer<typeof Target>;
export type OktaAppUser = z.infer<typeof OktaAppUser>;
export type OktaGroup = z.infer<typeof OktaGroup>;
export type OktaUser = z.infer<typeof OktaUser>;
