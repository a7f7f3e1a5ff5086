import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import configuration from '../directory.config.json' with { type: 'json' };
import { createMirror } from '../lib/aws/mirror.ts';
import { createDelay, createPark, createQueue } from '../lib/aws/queue.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { createSecret } from '../lib/aws/secrets.ts';
import { type DirectoryConfig, readConfig } from '../lib/config.ts';
import { createHttp } from '../lib/http/client.ts';
import { createLog, createMeter } from '../lib/observability.ts';
import { parse } from '../lib/parse.ts';
import { createDirectories, DirectoryCredentials } from '../lib/sources/directories.ts';
import { createVelt } from '../lib/velt/client.ts';
import { VeltCredentials } from '../lib/velt/schema.ts';

// A function's bundle holds what it calls of this: nothing may happen here while the module is loaded.

const Id = z.string().min(1);
const Ms = z.coerce.number().int().min(1);
const queue = { CHANGES_QUEUE_URL: z.url(), SHARDS: z.coerce.number().int().min(1).max(1000) };
const table = { MIRROR_TABLE: Id };
const directory = { DIRECTORY_CREDENTIALS_SECRET: Id };
const velt = { VELT_CREDENTIALS_SECRET: Id, VELT_BASE_URL: z.url(), VELT_TIMEOUT_MS: Ms.optional() };

/** What each function needs from its environment. */
export const WebhookEnv = z.object({ ...queue, PARKED_QUEUE_URL: z.url(), WEBHOOK_CREDENTIALS_SECRET: Id });
export const DeliverEnv = z.object({ ...queue, ...table, ...directory, ...velt });
export const BackfillEnv = z.object({ ...queue, ...table, ...directory, BACKFILL_LEASE_MS: Ms.optional() });
export const ReadBackEnv = z.object({ ...queue, ...table, ...velt });
export const SweepEnv = z.object({ ...queue, ...table });

type Env<Variable extends keyof All> = Pick<All, Variable>;
type All = z.infer<typeof WebhookEnv> & z.infer<typeof DeliverEnv>;

/** Reads the environment. Throws one ConfigError that lists every missing or faulty variable. */
export function readEnv<T extends z.ZodType>(
  schema: T,
  env: Record<string, string | undefined> = process.env,
): z.infer<T> {
  return parse(schema, env, 'environment');
}

/** The configuration that is a part of the bundle. Throws ConfigError. */
export function readOwnConfig(): DirectoryConfig {
  return readConfig(configuration);
}

export function createTools() {
  return { clock: Date.now, random: Math.random, sleep, log: createLog(), meter: createMeter() };
}

let sqs: SQSClient | undefined;
let dynamo: DynamoDBDocumentClient | undefined;
let secrets: SecretsManagerClient | undefined;

export function connectQueue({ CHANGES_QUEUE_URL: queueUrl, SHARDS: shards }: Env<keyof typeof queue>) {
  sqs ??= new SQSClient();
  return createQueue({ client: sqs, queueUrl, shards });
}

export function connectDelay({ CHANGES_QUEUE_URL: queueUrl }: Env<'CHANGES_QUEUE_URL'>) {
  sqs ??= new SQSClient();
  return createDelay({ client: sqs, queueUrl });
}

export function connectPark({ PARKED_QUEUE_URL: queueUrl }: Env<'PARKED_QUEUE_URL'>) {
  sqs ??= new SQSClient();
  return createPark({ client: sqs, queueUrl });
}

export function connectMirror({ MIRROR_TABLE }: Env<'MIRROR_TABLE'>) {
  return createMirror({ client: connectTable(), table: MIRROR_TABLE, random: Math.random, sleep });
}

export function connectRuns({ MIRROR_TABLE }: Env<'MIRROR_TABLE'>) {
  return createRuns({ client: connectTable(), table: MIRROR_TABLE, clock: Date.now });
}

function connectTable(): DynamoDBDocumentClient {
  const marshallOptions = { removeUndefinedValues: true };
  dynamo ??= DynamoDBDocumentClient.from(new DynamoDBClient(), { marshallOptions });
  return dynamo;
}

export function connectSecret<T extends z.ZodType>(id: string, schema: T) {
  secrets ??= new SecretsManagerClient();
  return createSecret(id, schema, { client: secrets, clock: Date.now });
}

export function connectDirectories(config: DirectoryConfig, env: Env<keyof typeof directory>) {
  const secret = connectSecret(env.DIRECTORY_CREDENTIALS_SECRET, DirectoryCredentials);
  return createDirectories(config, { http: createHttp(), clock: Date.now, random: Math.random, secret });
}

/** `credentials` is there to fetch them early. */
export function connectVelt(
  config: DirectoryConfig,
  env: Env<keyof typeof velt>,
  { meter, ...tools }: ReturnType<typeof createTools>,
) {
  const credentials = connectSecret(env.VELT_CREDENTIALS_SECRET, VeltCredentials);
  const client = createVelt({
    ...{ http: createHttp(), credentials, usersAdd: config.velt.usersAdd },
    ...{ baseUrl: env.VELT_BASE_URL, timeoutMs: env.VELT_TIMEOUT_MS, ...tools },
    onCall: ({ path, ms }) => meter.record({ VeltCalls: 1, VeltCallMs: ms }, { path }),
  });
  return { client, credentials };
}
