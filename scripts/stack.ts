import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createMirror } from '../lib/aws/mirror.ts';
import { createQueue } from '../lib/aws/queue.ts';
import { createRows, type Rows } from '../lib/aws/rows.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { createSecret } from '../lib/aws/secrets.ts';
import { type DirectoryConfig, policiesOf } from '../lib/config.ts';
import { WorldFault } from '../lib/errors.ts';
import { createHttp } from '../lib/http/client.ts';
import type { RunDeps } from '../lib/reconcile/work.ts';
import { createDirectories, DirectoryCredentials } from '../lib/sources/directories.ts';
import type { Directory } from '../lib/sources/source.ts';
import { CONFIG_FILE, readConfigFile } from './config-file.ts';
import { flagsOf, type StackPlace, usualRegion } from './place.ts';
import { createQueues } from './queues.ts';
import type { Terminal } from './terminal.ts';

/** A stack to work with, and where to tell of it. */
export interface Session {
  stack: Stack;
  terminal: Pick<Terminal, 'print' | 'progress'>;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** A deployed stack, as a command on this machine works with it. */
export interface Stack extends RunDeps {
  /** The directories of another configuration, by the same credentials. */
  connect(config: Pick<DirectoryConfig, 'sources'>): Map<string, Directory>;
  /** Everything in the table, by source. */
  rows: Rows;
  /** The sources that the directory secret has credentials of. */
  readable: string[];
  /** What names the stack again in another command. */
  flags: string;
}

/**
 * Connects to the stack of a stage: its table, queue and directory secret, by the names that serverless.yml gives them. Once
 * `signal` is aborted, waiting throws WorldFault `out-of-time`. Throws ConfigError for a faulty directory.config.json, and
 * Error when the stack is out of reach.
 */
export async function connectStack(place: StackPlace, signal: AbortSignal): Promise<Stack> {
  const { stage, aws, local } = place;
  const config = readConfigFile(CONFIG_FILE);
  const name = `velt-directory-sync-${stage}`;
  const [clock, random] = [Date.now, Math.random];
  const { sqs, urlOf } = createQueues(place);
  const marshallOptions = { removeUndefinedValues: true };
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(aws as object), { marshallOptions });
  const table = `${name}-mirror`;
  const secret = createSecret(`${name}/directory`, DirectoryCredentials, {
    client: new SecretsManagerClient(aws as object),
    clock,
  });
  const queueUrl = (await urlOf('changes')) ?? '';
  const credentials = await secret();
  const sleep = async (ms: number) => {
    await delay(ms, undefined, { signal }).catch(() => undefined);
    checkInterrupted(signal);
  };
  const connect = (config: Pick<DirectoryConfig, 'sources'>) =>
    createDirectories(config, { http: createHttp(), clock, random, secret });
  return {
    ...{ config, connect },
    policies: policiesOf(config),
    readable: Object.keys(config.sources).filter((source) => Object.hasOwn(credentials, source)),
    flags: local ? ' --local' : flagsOf({ stage, region: String(aws.region) }, usualRegion(process.env)),
    directories: connect(config),
    mirror: createMirror({ client, table, random, sleep }),
    runs: createRuns({ client, table, clock }),
    rows: createRows({ client, table, random, sleep }),
    // Whatever is sent from here goes in order, through one group of its own, and not by shards.
    queue: createQueue({ client: sqs, queueUrl, shards: 1 }),
    ...{ clock, sleep, owner: randomUUID() },
    // A command prints what became of it; its log and metrics would say the same once more.
    log: { info: () => {}, warn: () => {}, error: () => {} },
    meter: { record: () => {}, gauge: () => {} },
  };
}

/**
 * The sources that a command is for: the one that was named, or else all that can be read. Throws Error when none can: a
 * command that did nothing must not look like one that found nothing to do.
 */
export function sourcesOf(
  named: string | undefined,
  { readable, config }: Pick<Stack, 'readable' | 'config'>,
): string[] {
  if (named !== undefined) return [named];
  if (readable.length > 0) return readable;
  const known = Object.keys(config.sources).join(', ');
  throw new Error(`the directory secret has credentials of no source of directory.config.json (${known})`);
}

/** Throws WorldFault `out-of-time` after Ctrl-C. */
export function checkInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new WorldFault('out-of-time', 'interrupted');
}
