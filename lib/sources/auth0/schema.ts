import * as z from 'zod';

/**
 * An Auth0 event stream delivery: one CloudEvent (auth0.com/docs/customize/events, catalogue 0.7.2, 2026-08-20). Only what
 * the mirror needs. Ids are not checked by pattern: Auth0's own samples break theirs.
 */
export const CloudEvent = z.object({
  type: z.string().min(1),
  id: z.string().min(1),
  time: z.string(),
  a0purpose: z.string().nullish(),
  data: z.object({ object: z.unknown().optional() }),
});

export const UserObject = z.object({
  user_id: z.string().min(1),
  email: z.string().nullish(),
  name: z.string().nullish(),
  nickname: z.string().nullish(),
  picture: z.string().nullish(),
  blocked: z.boolean().nullish(),
});

export const OrganizationMemberObject = z.object({
  organization: z.object({ id: z.string().min(1), name: z.string().nullish() }),
  user: z.object({ user_id: z.string().min(1) }),
});

export type CloudEvent = z.infer<typeof CloudEvent>;
