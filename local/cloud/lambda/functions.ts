import { access, mkdtemp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { AwsEndpoint } from '../aws/endpoint.ts';
import type { Metrics } from '../cloudwatch/metrics.ts';
import type { ClientOptions, Stack } from '../template/stack.ts';
import type { InvocationResult, Log } from './environment.ts';
import { type LocalFunction, startFunction } from './function.ts';
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
  /** Goes on with other code; every second invocation still begins with the former, until `settle`. */
  replace: (next: LocalFunction) => void;
  /** Begins nothing with former code any more. What runs of it ends by itself. */
  settle: () => void;
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
  /** The project whose `.serverless` folder has the zips, and the folder that they are unpacked into. */
  root: string;
  codeRoot: string;
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
};

/** A function as the template declares it, with its code in place. */
type Declared = { name: string; codeDir: string; logicalId: string; properties: FunctionProperties };

/**
 * Starts every function of the stack from its zip, under its own role.
 *
 * @throws Error naming the logical id when code is missing, or when a role cannot be assumed or does not allow logs.
 */
export async function startFunctions(options: FunctionsOptions): Promise<Record<string, RunningFunction>> {
  const functions: Record<string, RunningFunction> = {};
  for (const one of await unpacked(options)) functions[one.name] = start(one, options);
  return functions;
}

/** How functions change over to another deployment: which one when, and what happens after each. */
export type ChangeOver = {
  /** Default: as the template has them. */
  order?: (names: string[]) => string[];
  between?: (name: string) => Promise<void>;
};

/**
 * Gives the running functions the code, environment and role of another deployment, one after the other; those that are new are
 * started, and those that are gone end. As long as it goes on, new invocations may be of either version: Lambda
 * goes on invoking the former one for a time that it does not tell before (docs.aws.amazon.com/lambda/latest/api,
 * UpdateFunctionConfiguration, 2025-12).
 *
 * @throws as {@link startFunctions}; where code is missing, before anything has changed.
 */
export async function updateFunctions(
  functions: Record<string, RunningFunction>,
  options: FunctionsOptions,
  { order = (names) => names, between = async () => {} }: ChangeOver,
): Promise<void> {
  const declared = new Map((await unpacked(options)).map((one) => [one.name, one]));
  for (const name of order([...declared.keys()])) {
    const one = declared.get(name);
    const running = functions[name];
    if (one && running) {
      const { local, ...description } = startLocal(one, options);
      Object.assign(running, description);
      running.replace(local);
    } else if (one) functions[name] = start(one, options);
    await between(name);
  }
  for (const running of Object.values(functions)) running.settle();
  for (const name of Object.keys(functions).filter((name) => !declared.has(name))) {
    await functions[name]?.close();
    delete functions[name];
  }
}

/** The functions of the stack, each unpacked into a folder of its own. */
async function unpacked({ stack, root, codeRoot }: FunctionsOptions): Promise<Declared[]> {
  const declared: Declared[] = [];
  // One after the other: a fault in the second must not leave the third writing into a directory that is being removed.
  for (const [logicalId, properties] of stack.ofType<FunctionProperties>('AWS::Lambda::Function')) {
    const zip = join(root, '.serverless', basename(properties.Code.S3Key));
    await access(zip).catch(() => {
      throw new Error(`${logicalId}: its code is missing: ${zip}`);
    });
    const name = basename(zip, '.zip');
    const codeDir = await mkdtemp(join(codeRoot, `${name}-`));
    await extractZip(zip, codeDir);
    declared.push({ name, codeDir, logicalId, properties });
  }
  return declared;
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

function start(declared: Declared, options: FunctionsOptions): RunningFunction {
  const { local: first, ...description } = startLocal(declared, options);
  const { counted, metrics } = options;
  const { FunctionName } = declared.properties;
  const all = [first];
  /** The newest first. */
  let serving = [first];
  let invocations = 0;
  return {
    ...description,
    invoke: (event) =>
      counted(async () => {
        const local = serving[invocations % serving.length] ?? first;
        invocations += 1;
        const result = await local.invoke(event);
        metrics.put('AWS/Lambda', 'Errors', { FunctionName }, 'error' in result ? 1 : 0);
        return result;
      }),
    kill: (signal) => all.toReversed().some((local) => local.kill(signal)),
    peakMemory: () => Math.max(...all.map((local) => local.peakMemory())),
    close: async () => {
      await Promise.all(all.map((local) => local.close()));
    },
    replace(next) {
      all.push(next);
      serving = [next, ...serving];
    },
    settle() {
      for (const former of serving.splice(1)) former.retire();
    },
  };
}

/** The code of a function under its role, and what of it references lead to. */
function startLocal({ name, codeDir, logicalId, properties }: Declared, options: FunctionsOptions) {
  const { stack, aws, environment, concurrencyOf, log, metrics } = options;
  const { FunctionName, Handler, Role, Timeout, MemorySize, Environment } = properties;
  const arn = stack.arn(logicalId);
  const timeoutMs = Timeout * 1000;
  const client = clientOf(name, { logicalId, FunctionName, Role }, options);
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
  return { logicalId, arn, roleArn: Role, client, timeoutMs, local };
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
