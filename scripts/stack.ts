import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueUrlCommand, SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createMirror } from '../lib/aws/mirror.ts';
import { createQueue } from '../lib/aws/queue.ts';
import { createRows, type Rows } from '../lib/aws/rows.ts';
import { createRuns } from '../lib/aws/runs.ts';
import { createSecret } from '../lib/aws/secrets.ts';
import { type DirectoryConfig, policiesOf } from '../lib/config.ts';
import { ConfigError, WorldFault } from '../lib/errors.ts';
import { createHttp } from '../lib/http/client.ts';
import type { RunDeps } from '../lib/reconcile/work.ts';
import { createDirectories, DirectoryCredentials } from '../lib/sources/directories.ts';
import type { Directory } from '../lib/sources/source.ts';
import { configFileOf, readConfigFile } from './config-file.ts';

/** The flags by which every command finds the stack. */
export const STACK_FLAGS = {
  stage: { type: 'string', default: 'dev' },
  region: { type: 'string', default: process.env.AWS_REGION ?? 'us-east-1' },
} as const;

/** Where a stack is; `endpoint` and `credentials` only where they do not come from the environment. */
export interface StackPlace {
  stage: string;
  /** The file of its configuration; default: the stage's own in config/. */
  config?: string | undefined;
  aws: Pick<SQSClientConfig, 'region' | 'endpoint' | 'credentials'>;
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
 * `signal` is aborted, waiting throws WorldFault `out-of-time`. Throws ConfigError for a faulty the configuration, and
 * Error when the stack is out of reach.
 */
export async function connectStack(place: StackPlace, signal: AbortSignal): Promise<Stack> {
  const { stage, aws } = place;
  const config = readConfigFile(configFileOf(place));
  const name = `velt-directory-sync-${stage}`;
  const [clock, random] = [Date.now, Math.random];
  const sqs = new SQSClient(aws as SQSClientConfig);
  const marshallOptions = { removeUndefinedValues: true };
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(aws as object), { marshallOptions });
  const table = `${name}-mirror`;
  const secret = createSecret(`${name}/directory`, DirectoryCredentials, {
    client: new SecretsManagerClient(aws as object),
    clock,
  });
  const queueUrl = await queueUrlOf('changes', { sqs, stage, region: String(aws.region) });
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
    flags: flagsOf(stage, String(aws.region)),
    directories: connect(config),
    mirror: createMirror({ client, table, random, sleep }),
    runs: createRuns({ client, table, clock }),
    rows: createRows({ client, table, random, sleep }),
    // Whatever is sent from here goes in order, through one group of its own, and not by shards.
    queue: createQueue({ client: sqs, queueUrl, shards: 1 }),
    ...{ clock, sleep, owner: randomUUID() },
    // A command prints what became of it; its log and metrics would say the same once more.
    log: { info: () => {}, warn: () => {}, error: () => {} },
    meter: { record: () => {} },
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
  throw new Error(`the directory secret has credentials of no source of the configuration (${known})`);
}

/** The URL of one of the stack's FIFO queues. Throws Error, with what to look at, when it cannot be asked for. */
export async function queueUrlOf(
  name: string,
  { sqs, stage, region }: { sqs: Pick<SQSClient, 'send'>; stage: string; region: string },
): Promise<string> {
  const QueueName = `velt-directory-sync-${stage}-${name}.fifo`;
  try {
    return (await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '';
  } catch (cause) {
    const hint = 'are --stage, --region and the AWS credentials in the environment its own?';
    throw new Error(`the stack of stage ${stage} in ${region} is out of reach; ${hint}`, { cause });
  }
}

/** Throws WorldFault `out-of-time` after Ctrl-C. */
export function checkInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new WorldFault('out-of-time', 'interrupted');
}

/** Where a command writes: lines that stay, and one line that is written over while it lasts. */
export interface Terminal {
  print(text: string): void;
  progress(line: string): void;
}

/** Progress shows on a terminal only; in a file or a pipe it would be noise. */
export function createTerminal(out: NodeJS.WriteStream = process.stdout): Terminal {
  const clear = () => out.isTTY && out.write('\r\x1b[K');
  return {
    print(text) {
      clear();
      out.write(`${text}\n`);
    },
    progress(line) {
      if (clear()) out.write(line.slice(0, (out.columns || 80) - 1));
    },
  };
}

/**
 * Runs a command to its exit code: 0 when `work` says that it is done, 1 when not, or when it failed, 2 for a wrong
 * argument. The first Ctrl-C aborts the signal, the second ends the process.
 */
export async function runCommand(
  name: string,
  work: (signal: AbortSignal) => Promise<boolean>,
): Promise<void> {
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());
  try {
    process.exitCode = (await work(interruption.signal)) ? 0 : 1;
  } catch (error) {
    console.error(`\n${name}: ${messageOf(error)}`);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  }
}

/** A fault and what AWS said of it: whoever runs a command needs both. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}\n  ${error.cause.message}` : error.message;
}

/** What names a stack again in another command. */
export function flagsOf(stage: string, region: string): string {
  const wanted = { stage: [stage, 'dev'], region: [region, STACK_FLAGS.region.default] };
  return Object.entries(wanted)
    .filter(([, [value, usual]]) => value !== usual)
    .map(([name, [value]]) => ` --${name} ${value}`)
    .join('');
}
