import * as z from 'zod';
import { createPolicy, type Policy } from '../../../lib/directory/policy.ts';
import { Api, common, InGroups } from '../../../lib/sources/settings.ts';

/** The configuration of a made-up source: what a new kind of source needs at least. */
export const FixtureConfig = z.strictObject({
  kind: z.literal('fixture'),
  users: z.union([z.literal('all'), InGroups]).default('all'),
  organization: z.string().min(1),
  api: Api.optional(),
  ...common,
});
export type FixtureConfig = z.infer<typeof FixtureConfig>;

export function policyOf(config: FixtureConfig): Policy {
  const roles = { include: [], exclude: [] };
  return createPolicy({ ...config, roles, readsOnEvents: config.api !== undefined, readsPeople: false });
}
