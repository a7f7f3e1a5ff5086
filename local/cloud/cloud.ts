import { randomBytes } from 'node:crypto';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { readConfig, type SourceConfig } from '../../lib/config.ts';
import { writeCredential } from '../../lib/http/bearer.ts';
import { faceOf, inbound } from '../../lib/sources/inbound.ts';
import { type Auth0Options, startAuth0 } from '../doubles/auth0/auth0.ts';
import { type OktaOptions, startOkta } from '../doubles/okta/okta.ts';
import { startVelt, type VeltOptions } from '../doubles/velt/velt.ts';
import { ADMIN_ACCESS_KEY, type AwsEndpoint, startAwsEndpoint } from './aws/endpoint.ts';
import { isAllowed, type Statement } from './aws/iam.ts';
import { checkPattern, type EventPattern, matchesPattern } from './event-pattern.ts';
import { startEventSource } from './event-source.ts';
import { type Route, startHttpApi } from './http-api.ts';
import { type FunctionError, type InvocationResult, startFunction } from './lambda.ts';
import { nextDue } from './schedule.ts';
import { type ClientOptions, createStack, type Stack } from './stack.ts';
import { readTemplate, type Template } from './template.ts';
import { extractZip } from './zip.ts';

export type CloudOptions = {
  /** The project, built and packaged. Default: the working directory. */
  root?: string;
  /** Default: the one that was packaged under `root`. */
  template?: Template;
  /** Values of the template's parameters; default: its defaults. */
  parameters?: Record<string, string>;
  /** Port of the HTTP API; 0, the default, is any free one. */
  port?: number;
  /** How long a second of SQS and of the schedules lasts, in ms. */
  secondMs?: number;
  /** Another AWS emulator; default `AWS_ENDPOINT_URL`, and the local one when that is not set. */
  endpointUrl?: string;
  /** A Velt to talk to in place of the double. */
  veltBaseUrl?: string;
  veltCredentials?: { apiKey: string; authToken: string };
  /** How the Velt double behaves. */
  velt?: Omit<VeltOptions, 'apiKey' | 'authToken'>;
  /** What is in the Okta double. */
  directory?: Omit<OktaOptions, 'orgUrl' | 'ssws'>;
  /** What is in the Auth0 double, and how it behaves. */
  auth0?: Omit<Auth0Options, 'tenantUrl' | 'exportsUrl' | 'clientId' | 'clientSecret'>;
  /** Whether schedules fire by themselves; else only by `fire`. */
  schedules?: boolean;
  /** Execution environments that a function without an event source may have at once. */
  concurrency?: number;
  /** Gets every line that a function writes, and what the local cloud has to say for itself under `cloud`. */
  log?: (functionName: string, line: string) => void;
};

export type Cloud = Awaited<ReturnType<typeof startCloud>>;

/** A source as whoever plays its vendor needs it: where to send, and the header that carries the credential. */
export type CloudSource = { kind: SourceConfig['kind']; url: string; headers: Record<string, string> };

type RunningFunction = {
  logicalId: string;
  arn: string;
  roleArn: string;
  client: ClientOptions;
  timeoutMs: number;
  invoke: (event: unknown) => Promise<InvocationResult>;
  kill: (signal?: NodeJS.Signals) => boolean;
  peakMemory: () => number;
  close: () => Promise<void>;
};

/** What EventBridge hands over: the envelope, and in `detail` what its sender says. */
export type BusEvent = { source: string; 'detail-type': string; detail: unknown; [key: string]: unknown };

type Rule = { bus: string; pattern: EventPattern; functionNames: string[] };

type Schedule = { functionName: string; input: unknown; expression: string; enabled: boolean };

/**
 * Stands the packaged template up on this machine: queues, table and secrets through the AWS SDK, each zipped function
 * in processes of its own under its own role, the HTTP API, the event source mapping and the schedules; with a
 * Velt, an Okta and an Auth0 double outside. Only the address of Velt is replaced in what the template says.
 *
 * `idle` resolves when no function runs and no message is left in a queue that feeds one, and rejects with what is
 * left after `withinMs`. `fire` runs a schedule, switched on or not, by its logical id or, the first
 * one of it, by its function's name. `putEvent` puts an event of
 * a partner on its bus, and resolves with the result of each function that a rule gave it to. `killOne` kills one execution
 * environment, a busy one if there is any. `peakMemory` is the largest resident set that any process of each function ever
 * had, in bytes. `aws` is there when the local endpoint serves; then every call is checked against the caller's role.
 *
 * @throws Error naming the logical id when the stack cannot stand: code that is missing, a reference that leads nowhere,
 *   a role that cannot be assumed or lacks what its trigger needs, an unknown kind of resource.
 */
export async function startCloud(options: CloudOptions = {}) {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await stand(options, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function stand(options: CloudOptions, closers: (() => Promise<unknown>)[]) {
  const {
    root = process.cwd(),
    port = 0,
    secondMs = 1000,
    veltCredentials = { apiKey: 'local-api-key', authToken: 'local-auth-token' },
    log = () => {},
  } = options;
  const template = options.template ?? (await readTemplate(root));
  const endpointUrl = options.endpointUrl ?? process.env.AWS_ENDPOINT_URL;

  const aws = endpointUrl === undefined ? await startAwsEndpoint({ secondMs }) : undefined;
  if (aws) closers.push(aws.close);
  const admin: ClientOptions = {
    endpoint: aws?.url ?? endpointUrl ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: ADMIN_ACCESS_KEY, secretAccessKey: 'local' },
  };
  const accountId = aws ? '123456789012' : '000000000000';
  const { parameters = {} } = options;
  const stack = await createStack(template, admin, { accountId, parameters });

  const velt =
    options.veltBaseUrl === undefined ? await startVelt({ ...options.velt, ...veltCredentials }) : undefined;
  if (velt) closers.push(velt.close);
  const veltUrl = options.veltBaseUrl ?? velt?.url ?? '';
  const ssws = randomBytes(16).toString('hex');
  const okta = await startOkta({ ...options.directory, ssws });
  closers.push(okta.close);
  const auth0Client = { clientId: 'local-client-id', clientSecret: randomBytes(32).toString('hex') };
  const auth0 = await startAuth0({ ...options.auth0, ...auth0Client });
  closers.push(auth0.close);

  const configured = await readSources(root);
  const credentials = Object.fromEntries(
    Object.keys(configured).map((name) => [name, { current: randomBytes(24).toString('hex') }]),
  );
  const directoryCredentials: Record<string, object> = {
    okta: { url: okta.url, ssws },
    auth0: { url: auth0.url, ...auth0Client },
  };
  await seedSecrets(stack, admin, {
    velt: veltCredentials,
    webhooks: credentials,
    directory: Object.fromEntries(
      Object.entries(configured).map(([name, { kind }]) => [name, directoryCredentials[kind]]),
    ),
  });

  let running = 0;
  const counted = async <T>(work: () => Promise<T>): Promise<T> => {
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
    }
  };
  const functions = await startFunctions({
    stack,
    root,
    aws,
    admin,
    veltUrl,
    log,
    counted,
    closers,
    ...options,
  });

  const queueUrls = startEventSources({ stack, functions, log, closers });
  // Last in, first closed: a batch that hangs ends with its function, not with the patience of its event source.
  closers.push(() => Promise.all(Object.values(functions).map((running) => running.close())));
  const schedules = readSchedules(stack, functions);
  const rules = readRules(stack, functions);
  const api = await startHttpApi({
    port,
    apiId: stack.ref(stack.ofType('AWS::ApiGatewayV2::Api')[0]?.[0] ?? ''),
    accountId: stack.accountId,
    routes: readRoutes(stack, functions),
  });
  closers.push(api.close);

  const fire = (name: string, input?: unknown) =>
    counted(() => {
      const schedule =
        schedules[name] ?? Object.values(schedules).find(({ functionName }) => functionName === name);
      if (!schedule) throw new Error(`no schedule ${name}`);
      return invokeAsync(stack, functions, schedule.functionName, input ?? schedule.input, log);
    });
  const putEvent = (event: BusEvent) =>
    counted(() => {
      const busOf = stack
        .ofType<{ Name: string; EventSourceName?: string }>('AWS::Events::EventBus')
        .find(([, { EventSourceName }]) => EventSourceName === event.source)?.[1].Name;
      if (busOf === undefined) throw new Error(`no bus has taken over the event source ${event.source}`);
      const met = rules.filter(({ bus, pattern }) => bus === busOf && matchesPattern(pattern, event));
      return Promise.all(
        met
          .flatMap(({ functionNames }) => functionNames)
          .map((functionName) => invokeAsync(stack, functions, functionName, event, log)),
      );
    });
  if (options.schedules) closers.push(startTicking(schedules, fire, secondMs, log));

  const sqs = new SQSClient(admin);
  async function idle({ withinMs = 20_000 } = {}): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (true) {
      const waiting = await Promise.all(queueUrls.map((url) => messagesIn(sqs, url)));
      if (running === 0 && waiting.every((messages) => messages === 0)) return;
      if (Date.now() > deadline) {
        throw new Error(
          `not idle after ${withinMs} ms: ${running} invocations run, ${waiting} messages are left`,
        );
      }
      await sleep(20);
    }
  }

  const sources = Object.fromEntries(
    Object.entries(configured).map(([name, source]): [string, CloudSource] => {
      const headers = credentialHeader(source, credentials[name]?.current ?? '');
      return [name, { kind: source.kind, url: `${api.url}/webhooks/${name}`, headers }];
    }),
  );
  return {
    baseUrl: api.url,
    veltUrl,
    velt: velt?.velt,
    okta: okta.okta,
    auth0: auth0.auth0,
    aws,
    /** For a look into queues, table and secrets with the SDK. */
    admin,
    stack,
    functions,
    sources,
    fire,
    putEvent,
    idle,
    killOne: (name: string, signal?: NodeJS.Signals) => functionNamed(functions, name).kill(signal),
    peakMemory: () =>
      Object.fromEntries(Object.entries(functions).map(([name, { peakMemory }]) => [name, peakMemory()])),
  };
}

async function readSources(root: string): Promise<Record<string, SourceConfig>> {
  return readConfig(JSON.parse(await readFile(join(root, 'directory.config.json'), 'utf8'))).sources;
}

/** The header by which a source proves itself, as its vendor sends it. */
function credentialHeader(source: SourceConfig, current: string): Record<string, string> {
  const { header, scheme } = faceOf(source, inbound).credential(source);
  return { [header]: writeCredential(current, scheme) };
}

/** Puts what their owners put after a deployment into the secrets, which are told apart by the end of their names. */
async function seedSecrets(stack: Stack, aws: ClientOptions, values: Record<string, object>): Promise<void> {
  const client = new SecretsManagerClient(aws);
  for (const [logicalId, { Name }] of stack.ofType<{ Name: string }>('AWS::SecretsManager::Secret')) {
    const value = values[basename(Name)];
    if (!value)
      throw new Error(`${logicalId}: the local cloud has nothing to put into a secret named ${Name}`);
    await client.send(
      new PutSecretValueCommand({ SecretId: stack.ref(logicalId), SecretString: JSON.stringify(value) }),
    );
  }
  client.destroy();
}

type FunctionProperties = {
  FunctionName: string;
  Handler: string;
  Role: string;
  Timeout: number;
  MemorySize: number;
  Code: { S3Key: string };
  Environment?: { Variables: Record<string, string> };
};

type EventSourceProperties = {
  EventSourceArn: string;
  FunctionName: string;
  BatchSize: number;
  Enabled?: boolean;
  FunctionResponseTypes?: string[];
  ScalingConfig?: { MaximumConcurrency: number };
};

/** Pollers of a mapping without a maximum of its own; Lambda starts with five. */
const DEFAULT_POLLERS = 5;

async function startFunctions({
  stack,
  root,
  aws,
  admin,
  veltUrl,
  concurrency = 10,
  log,
  counted,
  closers,
}: {
  stack: Stack;
  root: string;
  aws: AwsEndpoint | undefined;
  admin: ClientOptions;
  veltUrl: string;
  concurrency?: number;
  log: (functionName: string, line: string) => void;
  counted: <T>(work: () => Promise<T>) => Promise<T>;
  closers: (() => Promise<unknown>)[];
}): Promise<Record<string, RunningFunction>> {
  const codeRoot = await mkdtemp(join(tmpdir(), 'local-cloud-'));
  closers.push(() => rm(codeRoot, { recursive: true, force: true }));

  const functions: Record<string, RunningFunction> = {};
  // One after the other: a fault in the second must not leave the third writing into a directory that is being removed.
  for (const [logicalId, properties] of stack.ofType<FunctionProperties>('AWS::Lambda::Function')) {
    const { FunctionName, Handler, Role, Timeout, MemorySize, Code, Environment } = properties;
    const zip = join(root, '.serverless', basename(Code.S3Key));
    await access(zip).catch(() => {
      throw new Error(`${logicalId}: its code is missing: ${zip}`);
    });
    const name = basename(zip, '.zip');
    const codeDir = join(codeRoot, name);
    await extractZip(zip, codeDir);

    stack.mustTrust(Role, 'lambda.amazonaws.com', logicalId);
    const logStream = `arn:aws:logs:${stack.region}:${stack.accountId}:log-group:/aws/lambda/${FunctionName}:log-stream:any`;
    stack.mustAllow(Role, 'logs:PutLogEvents', logStream, logicalId);
    const client = aws
      ? { ...admin, credentials: { accessKeyId: `role-of-${name}`, secretAccessKey: 'local' } }
      : admin;
    aws?.setPrincipal(client.credentials.accessKeyId, {
      arn: Role,
      statements: stack.statementsOf(Role, logicalId),
    });

    const variables = { ...Environment?.Variables };
    if (variables.VELT_BASE_URL !== undefined) variables.VELT_BASE_URL = veltUrl;
    const mapping = stack
      .ofType<EventSourceProperties>('AWS::Lambda::EventSourceMapping')
      .find(([, { FunctionName: target }]) => target === stack.arn(logicalId))?.[1];
    const timeoutMs = Timeout * 1000;
    const local = startFunction({
      name: FunctionName,
      arn: stack.arn(logicalId),
      codeDir,
      handler: Handler,
      env: variables,
      region: stack.region,
      endpointUrl: client.endpoint,
      ...client.credentials,
      memoryMb: MemorySize,
      timeoutMs,
      concurrency: mapping ? (mapping.ScalingConfig?.MaximumConcurrency ?? DEFAULT_POLLERS) : concurrency,
      log: (_, line) => log(name, line),
    });
    functions[name] = {
      logicalId,
      arn: stack.arn(logicalId),
      roleArn: Role,
      client,
      timeoutMs,
      invoke: (event) => counted(() => local.invoke(event)),
      kill: local.kill,
      peakMemory: local.peakMemory,
      close: local.close,
    };
  }
  return functions;
}

function functionNamed(functions: Record<string, RunningFunction>, name: string): RunningFunction {
  const found = functions[name];
  if (!found) throw new Error(`no function ${name}`);
  return found;
}

/** The name of the function behind an ARN. */
function targetOf(functions: Record<string, RunningFunction>, arn: string, from: string): string {
  const found = Object.keys(functions).find((name) => functions[name]?.arn === arn);
  if (!found) throw new Error(`${from}: ${arn} is not a function of the stack`);
  return found;
}

/** Starts every event source mapping; answers the addresses of the queues that feed functions. */
function startEventSources({
  stack,
  functions,
  log,
  closers,
}: {
  stack: Stack;
  functions: Record<string, RunningFunction>;
  log: (functionName: string, line: string) => void;
  closers: (() => Promise<unknown>)[];
}): string[] {
  const mappings = stack.ofType<EventSourceProperties>('AWS::Lambda::EventSourceMapping');
  return mappings.flatMap(([logicalId, mapping]) => {
    const { EventSourceArn, FunctionName, BatchSize, Enabled = true, FunctionResponseTypes = [] } = mapping;
    if (!Enabled) return [];
    const { client, roleArn, timeoutMs, invoke } = functionNamed(
      functions,
      targetOf(functions, FunctionName, logicalId),
    );
    for (const action of ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']) {
      stack.mustAllow(roleArn, action, EventSourceArn, logicalId);
    }
    const queue = stack.find(EventSourceArn, logicalId);
    const visibility = Number(stack.resources[queue]?.Properties.VisibilityTimeout ?? 30);
    if (visibility * 1000 < timeoutMs) {
      throw new Error(
        `${logicalId}: ${queue} shows a message again after ${visibility} s, its function may run for ${timeoutMs / 1000} s`,
      );
    }
    const source = startEventSource({
      sqs: new SQSClient(client),
      queueUrl: stack.ref(queue),
      queueArn: EventSourceArn,
      region: stack.region,
      batchSize: BatchSize,
      pollers: mapping.ScalingConfig?.MaximumConcurrency ?? DEFAULT_POLLERS,
      reportsItemFailures: FunctionResponseTypes.includes('ReportBatchItemFailures'),
      invoke,
      log: (line) => log('cloud', line),
    });
    closers.push(source.close);
    return [stack.ref(queue)];
  });
}

function readRoutes(stack: Stack, functions: Record<string, RunningFunction>): Route[] {
  type RouteProperties = { ApiId: string; RouteKey: string; Target: string };
  type IntegrationProperties = {
    IntegrationUri: string;
    PayloadFormatVersion: string;
    TimeoutInMillis?: number;
  };
  return stack
    .ofType<RouteProperties>('AWS::ApiGatewayV2::Route')
    .map(([logicalId, { ApiId, RouteKey, Target }]) => {
      const integrationId = stack.find(Target.replace(/^integrations\//, ''), logicalId);
      const integration = stack.resources[integrationId]?.Properties as IntegrationProperties;
      if (integration.PayloadFormatVersion !== '2.0')
        throw new Error(`${integrationId}: only payload format 2.0 is served here`);
      const name = targetOf(functions, integration.IntegrationUri, integrationId);
      const { arn, invoke } = functionNamed(functions, name);
      const called = `arn:aws:execute-api:${stack.region}:${stack.accountId}:${ApiId}/$default/${RouteKey.replace(' ', '')}`;
      if (!mayInvoke(stack, 'apigateway.amazonaws.com', arn, called)) {
        throw new Error(`${logicalId}: no permission lets the API invoke ${name}`);
      }
      return { key: RouteKey, timeoutMs: integration.TimeoutInMillis ?? 30_000, invoke };
    });
}

function mayInvoke(stack: Stack, principal: string, functionArn: string, sourceArn: string): boolean {
  type Permission = { Action: string; FunctionName: string; Principal: string; SourceArn?: string };
  return stack.ofType<Permission>('AWS::Lambda::Permission').some(
    ([, { Action, FunctionName, Principal, SourceArn = '*' }]) =>
      Principal === principal &&
      FunctionName === functionArn &&
      // A permission's source is matched as a policy's resource is.
      isAllowed([{ Effect: 'Allow', Action, Resource: SourceArn }], 'lambda:InvokeFunction', sourceArn),
  );
}

function readSchedules(stack: Stack, functions: Record<string, RunningFunction>): Record<string, Schedule> {
  type ScheduleProperties = {
    State?: string;
    ScheduleExpression: string;
    Target: { Arn: string; RoleArn: string; Input?: string; DeadLetterConfig?: { Arn: string } };
  };
  const all = stack.ofType<ScheduleProperties>('AWS::Scheduler::Schedule');
  return Object.fromEntries(
    all.map(([logicalId, { State, ScheduleExpression, Target }]): [string, Schedule] => {
      stack.mustTrust(Target.RoleArn, 'scheduler.amazonaws.com', logicalId);
      stack.mustAllow(Target.RoleArn, 'lambda:InvokeFunction', Target.Arn, logicalId);
      if (Target.DeadLetterConfig) {
        stack.mustAllow(Target.RoleArn, 'sqs:SendMessage', Target.DeadLetterConfig.Arn, logicalId);
        stack.find(Target.DeadLetterConfig.Arn, logicalId);
      }
      const functionName = targetOf(functions, Target.Arn, logicalId);
      return [
        logicalId,
        {
          functionName,
          input: JSON.parse(Target.Input ?? '{}'),
          expression: ScheduleExpression,
          enabled: State !== 'DISABLED',
        },
      ];
    }),
  );
}

/** The enabled rules of the stack's buses, each allowed to invoke its functions and to keep what it could not hand over. */
function readRules(stack: Stack, functions: Record<string, RunningFunction>): Rule[] {
  type RuleProperties = {
    State?: string;
    EventBusName: string;
    EventPattern: EventPattern;
    Targets: { Arn: string; DeadLetterConfig?: { Arn: string } }[];
  };
  return stack
    .ofType<RuleProperties>('AWS::Events::Rule')
    .filter(([, { State }]) => State !== 'DISABLED')
    .map(([logicalId, { EventBusName, EventPattern, Targets }]) => {
      checkPattern(EventPattern);
      const ruleArn = stack.arn(logicalId);
      const functionNames = Targets.map(({ Arn, DeadLetterConfig }) => {
        const name = targetOf(functions, Arn, logicalId);
        if (!mayInvoke(stack, 'events.amazonaws.com', Arn, ruleArn)) {
          throw new Error(`${logicalId}: no permission lets the rule invoke ${name}`);
        }
        if (DeadLetterConfig && !maySend(stack, 'events.amazonaws.com', DeadLetterConfig.Arn, ruleArn)) {
          throw new Error(`${logicalId}: no policy lets the rule send to ${DeadLetterConfig.Arn}`);
        }
        return name;
      });
      return { bus: EventBusName, pattern: EventPattern, functionNames };
    });
}

/** Whether a queue's own policy lets a service send to it on behalf of `sourceArn`. */
function maySend(stack: Stack, principal: string, queueArn: string, sourceArn: string): boolean {
  type PolicyStatement = Statement & {
    Principal?: { Service?: string };
    Condition?: { ArnEquals?: Record<string, string> };
  };
  return stack
    .ofType<{ PolicyDocument: { Statement: PolicyStatement[] } }>('AWS::SQS::QueuePolicy')
    .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement)
    .some(
      ({ Principal, Condition, ...statement }) =>
        Principal?.Service === principal &&
        Condition?.ArnEquals?.['aws:SourceArn'] === sourceArn &&
        isAllowed([statement], 'sqs:SendMessage', queueArn),
    );
}

/** Fires each schedule that is switched on when it is due; returns what stops it. */
function startTicking(
  schedules: Record<string, Schedule>,
  fire: (logicalId: string) => Promise<unknown>,
  secondMs: number,
  log: (functionName: string, line: string) => void,
): () => Promise<void> {
  const stop = new AbortController();
  const tick = async ([logicalId, { expression }]: [string, Schedule]) => {
    let due = nextDue(expression, Date.now());
    let waitMs = due - Date.now();
    while (!stop.signal.aborted) {
      await sleep((waitMs * secondMs) / 1000, undefined, { signal: stop.signal }).catch(() => {});
      if (stop.signal.aborted) return;
      fire(logicalId).catch((error) => log('cloud', `${logicalId}: ${error}`));
      waitMs = nextDue(expression, due) - due;
      due += waitMs;
    }
  };
  const ticking = Object.entries(schedules)
    .filter(([, { enabled }]) => enabled)
    .map(tick);
  return async () => {
    stop.abort();
    await Promise.all(ticking);
  };
}

/**
 * Invokes a function as the scheduler and EventBridge do, asynchronously: Lambda itself repeats a failed run and hands the
 * last failure to the function's destination; the caller's own dead-letter queue only gets what could not be started.
 * The pause between the attempts (one and two minutes) is left out.
 * Source: docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html, 2025-12.
 *
 * @returns the last attempt's result.
 */
async function invokeAsync(
  stack: Stack,
  functions: Record<string, RunningFunction>,
  name: string,
  input: unknown,
  log: (functionName: string, line: string) => void,
): Promise<InvocationResult> {
  type InvokeConfig = {
    FunctionName: string;
    MaximumRetryAttempts?: number;
    DestinationConfig?: { OnFailure?: { Destination: string } };
  };
  const { logicalId, client, invoke } = functionNamed(functions, name);
  const config = stack
    .ofType<InvokeConfig>('AWS::Lambda::EventInvokeConfig')
    .find(([, { FunctionName }]) => stack.find(FunctionName, name) === logicalId)?.[1];
  const attempts = 1 + (config?.MaximumRetryAttempts ?? 2);

  let result = await invoke(input);
  for (let attempt = 1; result.error && attempt < attempts; attempt += 1) result = await invoke(input);
  if (!result.error) return result;

  const destination = config?.DestinationConfig?.OnFailure?.Destination;
  log('cloud', `${name} failed ${attempts} times: ${result.error.type}: ${result.error.message}`);
  if (destination) {
    const sqs = new SQSClient(client);
    const MessageBody = JSON.stringify(failureRecord(stack.arn(logicalId), attempts, input, result.error));
    await sqs.send(
      new SendMessageCommand({ QueueUrl: stack.ref(stack.find(destination, name)), MessageBody }),
    );
    sqs.destroy();
  }
  return result;
}

/** What Lambda sends to a destination after the last attempt. */
function failureRecord(functionArn: string, attempts: number, requestPayload: unknown, error: FunctionError) {
  return {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      functionArn: `${functionArn}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: attempts,
    },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: { errorType: error.type, errorMessage: error.message, trace: error.trace },
  };
}

async function messagesIn(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
}
