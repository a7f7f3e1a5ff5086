import * as z from 'zod';

/**
 * Velt's answers, as its REST pages show them (docs.velt.dev/api-reference/rest-apis, 2026-08-19). Nothing odd beside a map
 * of items may hide the map: unknown fields pass, and known ones of another type count as absent, because Velt adds fields
 * and its pages disagree on where a map stands and what stands beside it.
 */
const text = z.string().optional().catch(undefined);

export const ItemResult = z.object({ success: z.boolean(), message: text, code: text });

export const ItemMap = z.record(z.string(), z.unknown());

const Failure = z.object({
  message: text,
  status: text,
  code: z.union([z.string(), z.number()]).optional().catch(undefined),
  details: z.unknown().optional(),
  data: z.unknown().optional(),
});

export const Answer = z.object({
  result: z.object({ status: text, data: z.unknown().optional() }).optional().catch(undefined),
  error: Failure.optional().catch(undefined),
});

/** A page of users; one without an id cannot be told apart and is left out. */
export const Listing = z.object({
  result: z.object({
    data: z
      .array(
        z
          .object({ userId: z.string().min(1), name: text, email: text, accessRole: text })
          .catch({ userId: '' }),
      )
      .transform((users) => users.filter(({ userId }) => userId !== '')),
    nextPageToken: text,
    pageToken: text,
  }),
});

const flag = z.boolean().optional().catch(undefined);

/** What is set for an API key; the rest of it is about the plan and its owner. */
export const KeySettings = z.object({
  result: z.object({
    data: z.object({ requireAutoOrgUser: flag, defaultDocumentAccessType: text, requireJwtToken: flag }),
  }),
});

/** The secret that holds Velt's credentials; see console.velt.dev for both values. */
export const VeltCredentials = z.strictObject({
  apiKey: z.string().min(1),
  authToken: z.string().min(1),
});

/** A user as Velt lists them; what else they have is not documented. */
export type ListedUser = z.infer<typeof Listing>['result']['data'][number];
export type KeySettings = z.infer<typeof KeySettings>['result']['data'];
export type Answer = z.infer<typeof Answer>;
export type ItemResult = z.infer<typeof ItemResult>;
export type VeltCredentials = z.infer<typeof VeltCredentials>;
