import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import configuration from '../../directory.config.json' with { type: 'json' };
import { readConfig, readConfigText } from '../../lib/config.ts';
import { createLog, createMeter } from '../../lib/observability.ts';
import { parse } from '../../lib/parse.ts';

const Id = z.string().min(1);
const Ms = z.coerce.number().int().min(1);
const queue = { CHANGES_QUEUE_URL: z.url(), SHARDS: z.coerce.number().int().min(1).max(1000) };
const table = { MIRROR_TABLE: Id };
const directory = { DIRECTORY_CREDENTIALS_SECRET: Id };
const velt = { VELT_CREDENTIALS_SECRET: Id, VELT_BASE_URL: z.url(), VELT_TIMEOUT_MS: Ms.optional() };

/** What each function needs from its environment. */
export const WebhookEnv = z.object({ ...queue, PARKED_QUEUE_URL: z.url(), WEBHOOK_CREDENTIALS_SECRET: Id });
export const DeliverEnv = z.object({
  ...{ ...queue, ...table, ...directory, ...velt },
  CHANGES_DEAD_QUEUE_URL: z.url(),
  VELT_LATE_MS: z.coerce.number().int().min(0).optional(),
});
export const BackfillEnv = z.object({ ...queue, ...table, ...directory, BACKFILL_LEASE_MS: Ms.optional() });
export const ReadBackEnv = z.object({ ...queue, ...table, ...velt });
export const SweepEnv = z.object({ ...queue, ...table });
/** With a salt that is shorter, ids could be guessed from their hashes. */
export const ToolsEnv = z.object({ STAGE: Id, LOG_SALT: z.string().min(16) });

/** Some variables of the environment, by name. */
export type Env<Name extends keyof All> = Pick<All, Name>;
type All = z.infer<typeof WebhookEnv> & z.infer<typeof DeliverEnv>;

/** Reads the environment. Throws one ConfigError that lists every missing or faulty variable. */
export function readEnv<T extends z.ZodType>(
  schema: T,
  env: Record<string, string | undefined> = process.env,
): z.infer<T> {
  return parse(schema, env, 'environment');
}

/**
 * The configuration: the file beside the bundle, which the zips of a release have, and without one the literal that is a
 * part of the bundle. Throws ConfigError.
 */
export function readOwnConfig(beside = new URL('directory.config.json', import.meta.url)) {
  return existsSync(beside) ? readConfigText(readFileSync(beside, 'utf8')) : readConfig(configuration);
}

/** What every function has. Throws ConfigError. */
export function createTools() {
  const { STAGE: stage, LOG_SALT: salt } = readEnv(ToolsEnv);
  return { clock: Date.now, random: Math.random, sleep, log: createLog(salt), meter: createMeter(stage) };
}
