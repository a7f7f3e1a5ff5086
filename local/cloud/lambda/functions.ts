import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { AwsEndpoint } from '../aws/endpoint.ts';
import type { Metrics } from '../cloudwatch/metrics.ts';
import type { ClientOptions, Stack } from '../template/stack.ts';
import type { InvocationResult, Log } from './environment.ts';
import { startFunction } from './function.ts';
import { extractZip } from './zip.ts';

export type RunningFunction = {
  logicalId: string;
  arn: string;
  roleArn: string;
  /** The AWS clients' options by which one acts under the function's role. */
  client: ClientOptions;
  timeoutMs: number;
  invoke: (event: unknown) => Promise<InvocationResult>;
  kill: (signal?: NodeJS.Signals) => boolean;
  peakMemory: () => number;
  close: () => Promise<void>;
};

/** A stack with its functions running, by the names of their zips. */
export type Deployment = { stack: Stack; functions: Record<string, RunningFunction>; log: Log };

type FunctionProperties = {
  FunctionName: string;
  Handler: string;
  Role: string;
  Timeout: number;
  MemorySize: number;
  Code: { S3Key: string };
  Environment?: { Variables: Record<string, string> };
};

export type FunctionsOptions = {
  stack: Stack;
  /** The project whose `.serverless` folder has the zips. */
  root: string;
  /** Learns the role of each function; absent when another emulator serves. */
  aws: AwsEndpoint | undefined;
  admin: ClientOptions;
  /** Values that replace those of environment variables in the template. */
  environment: Record<string, string>;
  /** How many execution environments the function with this ARN may have at once. */
  concurrencyOf: (functionArn: string) => number;
  log: Log;
  /** Where the metrics of functions go. */
  metrics: Metrics;
  /** Wraps every invocation, so that somebody can count them. */
  counted: <T>(work: () => Promise<T>) => Promise<T>;
  closers: (() => Promise<unknown>)[];
};

/**
 * Starts every function of the stack from its zip, under its own role.
 *
 * @throws Error naming the logical id when code is missing, or when a role cannot be assumed or does not allow logs.
 */
export async function startFunctions(options: FunctionsOptions): Promise<Record<string, RunningFunction>> {
  const codeRoot = await mkdtemp(join(tmpdir(), 'local-cloud-'));
  options.closers.push(() => rm(codeRoot, { recursive: true, force: true }));

  const functions: Record<string, RunningFunction> = {};
  const declared = options.stack.ofType<FunctionProperties>('AWS::Lambda::Function');
  // One after the other: a fault in the second must not leave the third writing into a directory that is being removed.
  for (const [logicalId, properties] of declared) {
    const zip = join(options.root, '.serverless', basename(properties.Code.S3Key));
    await access(zip).catch(() => {
      throw new Error(`${logicalId}: its code is missing: ${zip}`);
    });
    const name = basename(zip, '.zip');
    const codeDir = join(codeRoot, name);
    await extractZip(zip, codeDir);
    functions[name] = start(name, codeDir, logicalId, properties, options);
  }
  return functions;
}

/** The function of this name. Throws Error when there is none. */
export function functionNamed(functions: Record<string, RunningFunction>, name: string): RunningFunction {
  const found = functions[name];
  if (!found) throw new Error(`no function ${name}`);
  return found;
}

/** The name of the function with this ARN. Throws Error naming `from`, who refers to it, when there is none. */
export function targetOf(functions: Record<string, RunningFunction>, arn: string, from: string): string {
  const found = Object.keys(functions).find((name) => functions[name]?.arn === arn);
  if (!found) throw new Error(`${from}: ${arn} is not a function of the stack`);
  return found;
}

function start(
  name: string,
  codeDir: string,
  logicalId: string,
  { FunctionName, Handler, Role, Timeout, MemorySize, Environment }: FunctionProperties,
  { stack, aws, admin, environment, concurrencyOf, log, counted, metrics }: FunctionsOptions,
): RunningFunction {
  const arn = stack.arn(logicalId);
  const timeoutMs = Timeout * 1000;
  const client = clientOf(name, { logicalId, FunctionName, Role }, { stack, aws, admin });
  const variables = Object.entries(Environment?.Variables ?? {});
  const group = `/aws/lambda/${FunctionName}`;
  aws?.logs.create(group);
  const local = startFunction({
    name: FunctionName,
    arn,
    codeDir,
    handler: Handler,
    env: Object.fromEntries(variables.map(([variable, value]) => [variable, environment[variable] ?? value])),
    region: stack.region,
    endpointUrl: client.endpoint,
    ...client.credentials,
    memoryMb: MemorySize,
    timeoutMs,
    concurrency: concurrencyOf(arn),
    log: (_, line) => {
      metrics.take(line);
      aws?.logs.put(group, line);
      log(name, line);
    },
    report: (line) => aws?.logs.put(group, `${line}\n`),
  });
  return {
    logicalId,
    arn,
    roleArn: Role,
    client,
    timeoutMs,
    invoke: (event) =>
      counted(async () => {
        const result = await local.invoke(event);
        metrics.put('AWS/Lambda', 'Errors', { FunctionName }, 'error' in result ? 1 : 0);
        return result;
      }),
    kill: local.kill,
    peakMemory: local.peakMemory,
    close: local.close,
  };
}

/** Checks a function's role and makes it known to the AWS endpoint; returns the clients' options to act under it. */
function clientOf(
  name: string,
  { logicalId, FunctionName, Role }: { logicalId: string; FunctionName: string; Role: string },
  { stack, aws, admin }: Pick<FunctionsOptions, 'stack' | 'aws' | 'admin'>,
): ClientOptions {
  stack.mustTrust(Role, 'lambda.amazonaws.com', logicalId);
  const logStream = `arn:aws:logs:${stack.region}:${stack.accountId}:log-group:/aws/lambda/${FunctionName}:log-stream:any`;
  stack.mustAllow(Role, 'logs:PutLogEvents', logStream, logicalId);
  if (!aws) return admin;
  const credentials = { accessKeyId: `role-of-${name}`, secretAccessKey: 'local' };
  aws.setPrincipal(credentials.accessKeyId, { arn: Role, statements: stack.statementsOf(Role, logicalId) });
  return { ...admin, credentials };
}
