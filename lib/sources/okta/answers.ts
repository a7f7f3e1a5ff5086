import * as z from 'zod';

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

export type OktaAppUser = z.infer<typeof OktaAppUser>;
export type OktaGroup = z.infer<typeof OktaGroup>;
export type OktaUser = z.infer<typeof OktaUser>;
