import * as z from 'zod';

/**
 * Velt's answers, as its REST pages show them (docs.velt.dev/api-reference/rest-apis, 2026-08-19): unknown fields pass, because Velt
 * adds fields and because the pages disagree on where a map of failed items stands.
 */
const ItemResult = z.object({
  success: z.boolean(),
  message: z.string().optional(),
  code: z.string().optional(),
});

export const ItemMap = z.record(z.string(), ItemResult);

const Failure = z.object({
  message: z.string().optional(),
  status: z.string().optional(),
  code: z.union([z.string(), z.number()]).optional(),
  details: z.unknown(),
  data: z.unknown(),
});

export const Answer = z.object({
  result: z.object({ data: z.unknown() }).optional(),
  error: Failure.optional(),
});

/** The secret that holds Velt's credentials; see console.velt.dev for both values. */
export const VeltCredentials = z.strictObject({
  apiKey: z.string().min(1),
  authToken: z.string().min(1),
});

export type Answer = z.infer<typeof Answer>;
export type ItemResult = z.infer<typeof ItemResult>;
export type VeltCredentials = z.infer<typeof VeltCredentials>;
