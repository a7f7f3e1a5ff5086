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

export type LogEvent = z.infer<typeof LogEvent>;
export type LogTarget = z.infer<typeof Target>;
