import * as z from 'zod';
import { UserObject } from './schema.ts';

/**
 * What the Management API answers, as its OpenAPI description (2026-06-25) and recorded answers have it. Only what the
 * mirror needs; absent and null mean the same, and keys may be added at any time.
 */
const id = z.string().min(1);
const name = z.string().nullish();

export const User = UserObject.extend({ created_at: z.string().nullish(), updated_at: z.string().nullish() });
export const Organization = z.object({ id, name });
export const Role = z.object({ id, name });
export const Member = z.object({ user_id: id, roles: z.array(Role).nullish() });
export const Group = z.object({
  id,
  name,
  /** Seen on events only, where it marks a group that counts in one organization; the API may have it too. */
  organization_id: id.nullish(),
  updated_at: z.string().nullish(),
});
/** Everybody of a connection may be a member of a group at once; of what is neither nothing is mirrored. */
export const GroupMember = z.union([
  z.object({ member_type: z.literal('user'), id }),
  z.object({ member_type: z.literal('connection'), id, connection_id: id.nullish() }),
  z.object({
    member_type: z
      .string()
      .regex(/^(?!user$|connection$)/)
      .transform(() => 'other' as const),
  }),
]);
export const Connection = z.object({ id, name: z.string().min(1) });
/** Of a stream's destination only what says whether it leads here. */
export const EventStream = z.object({
  id,
  destination: z
    .object({
      type: z.string(),
      configuration: z
        .object({ webhook_endpoint: z.string().nullish(), aws_partner_event_source: z.string().nullish() })
        .nullish(),
    })
    .nullish()
    .catch(undefined),
});
/** A delivery that failed; `event` is the CloudEvent as it was to be delivered. */
export const FailedDelivery = z.object({ id, event_type: z.string(), event: z.unknown().optional() });

export type User = z.infer<typeof User>;
export type Organization = z.infer<typeof Organization>;
export type Role = z.infer<typeof Role>;
export type Member = z.infer<typeof Member>;
export type Group = z.infer<typeof Group>;
export type GroupMember = z.infer<typeof GroupMember>;
export type Connection = z.infer<typeof Connection>;
export type EventStream = z.infer<typeof EventStream>;
export type FailedDelivery = z.infer<typeof FailedDelivery>;
