import { ADMIN_ACCESS_KEY } from './aws/access.ts';
import { type AwsEndpoint, startAwsEndpoint } from './aws/endpoint.ts';
import { alarmsAt } from './cloudwatch/alarms.ts';
import { createMetrics, type Metrics } from './cloudwatch/metrics.ts';
import { type DoublesOptions, putSecrets, startDoubles } from './doubles.ts';
import { type BusEvent, putEvent, readRules } from './eventbridge/rules.ts';
import { readSchedules, startSchedules } from './eventbridge/schedules.ts';
import { startHttpApi, type WatchExchange } from './http-api/http-api.ts';
import { readRoutes } from './http-api/routes.ts';
import { limitsOf } from './http-api/throttle.ts';
import type { Log } from './lambda/environment.ts';
import { pollersOf, type RunningMapping, startEventSourceMappings } from './lambda/event-source-mappings.ts';
import { type Deployment, functionNamed, startFunctions } from './lambda/functions.ts';
import { invokeAsync } from './lambda/invoke-async.ts';
import { type ClientOptions, createStack, type Stack } from './template/stack.ts';
import { readTemplate, type Template } from './template/template.ts';
import { createWork } from './work.ts';

export type CloudOptions = DoublesOptions & {
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
  /** Whether schedules fire by themselves; else only by `fire`. */
  schedules?: boolean;
  /** Execution environments that a function without an event source may have at once. */
  concurrency?: number;
  /** By which metrics are counted, and alarms look (ms since the epoch). */
  clock?: () => number;
  /** Also gets the messages of the local cloud itself, under `cloud`. */
  log?: Log;
  /** Told of each request to the HTTP API that reaches a function, and of its answer. */
  watchHttp?: WatchExchange;
};

type Closers = (() => Promise<unknown>)[];

export type Cloud = Awaited<ReturnType<typeof startCloud>>;

/**
 * Stands the packaged template up on this machine: queues, table and secrets through the AWS SDK; each zipped function in
 * processes of its own, under its own role; the HTTP API, the event source mappings, the buses and the schedules; and
 * outside of it the doubles of the vendors. Only the address of Velt is replaced in the template.
 *
 * - `idle` resolves when no function runs and no queue that feeds one has a message. It rejects with what is left after
 *   `withinMs`.
 * - `fire` runs a schedule, enabled or not, by its logical id; a function's name runs the first schedule of that function.
 * - `putEvent` puts a partner's event on its bus, and resolves with the result of each function that a rule invoked.
 * - `killOne` kills one execution environment of a function, a busy one if there is any.
 * - `peakMemory` is the largest resident set that any process of each function ever had, in bytes.
 * - `aws` is there when the local endpoint serves; then every call is checked against the caller's role.
 *
 * @throws Error naming the logical id when the stack cannot stand: code that is missing, a reference that leads nowhere,
 *   a role that cannot be assumed or lacks what its trigger needs, an unknown kind of resource.
 */
export async function startCloud(options: CloudOptions = {}) {
  const closers: Closers = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await standUp(options, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function standUp(options: CloudOptions, closers: Closers) {
  const { root = process.cwd(), port = 0, secondMs = 1000, concurrency = 10, log = () => {} } = options;
  const { aws, admin, stack } = await createResources({ ...options, root, secondMs }, closers);
  const { doubles, environment, secrets, sourcesAt } = await startDoubles(root, options, closers);
  await putSecrets(stack, admin, secrets);

  const { counted, untilIdle } = createWork(admin);
  const metrics = createMetrics(options.clock);
  const functions = await startFunctions({
    stack,
    root,
    aws,
    admin,
    environment,
    concurrencyOf: (functionArn) => pollersOf(stack, functionArn) ?? concurrency,
    log,
    counted,
    metrics,
    closers,
  });
  const deployment: Deployment = { stack, functions, log };
  const mappings = startEventSourceMappings(deployment, closers);
  // Closed before the event sources: a batch that hangs then ends with its function, and its event source need not wait.
  closers.push(() => Promise.all(Object.values(functions).map((running) => running.close())));
  const triggers = readTriggers(deployment, counted);
  attachLambda(aws, deployment, mappings, counted);
  const apiId = stack.ref(stack.ofType('AWS::ApiGatewayV2::Api')[0]?.[0] ?? '');
  const countAnswer = (status: number) => {
    metrics.put('AWS/ApiGateway', 'Count', { ApiId: apiId }, 1);
    for (const kind of [4, 5])
      metrics.put('AWS/ApiGateway', `${kind}xx`, { ApiId: apiId }, Math.floor(status / 100) === kind ? 1 : 0);
  };
  const api = await startHttpApi({
    ...{ port, apiId, onAnswer: countAnswer, watch: options.watchHttp },
    accountId: stack.accountId,
    routes: readRoutes(deployment),
    limits: limitsOf(stack),
  });
  closers.push(api.close);
  if (options.schedules) closers.push(triggers.start(secondMs));

  return {
    baseUrl: api.url,
    ...doubles,
    aws,
    /** Options for the AWS SDK's clients, to look into queues, table and secrets. */
    admin,
    stack,
    functions,
    sources: sourcesAt(api.url),
    fire: triggers.fire,
    putEvent: triggers.putEvent,
    /** What each alarm says at a moment (ms since the epoch), by what was measured until then. Queues are looked at now. */
    alarms: (at = (options.clock ?? Date.now)()) => {
      sampleQueues(stack, aws, metrics, at);
      return alarmsAt(at, stack, metrics);
    },
    idle: ({ withinMs = 20_000 } = {}) => untilIdle(fedBy(mappings), withinMs),
    killOne: (name: string, signal?: NodeJS.Signals) => functionNamed(functions, name).kill(signal),
    peakMemory: () =>
      Object.fromEntries(Object.entries(functions).map(([name, { peakMemory }]) => [name, peakMemory()])),
  };
}

/** The queues that feed functions: none while it is switched off. */
function fedBy(mappings: RunningMapping[]): string[] {
  return mappings.filter(({ state }) => state() === 'Enabled').map(({ queueUrl }) => queueUrl);
}

/** Lets an operator invoke functions, and switch their event sources. */
function attachLambda(
  aws: AwsEndpoint | undefined,
  deployment: Deployment,
  mappings: RunningMapping[],
  counted: ReturnType<typeof createWork>['counted'],
): void {
  const byName = new Map(
    Object.entries(deployment.functions).map(([name, { arn }]) => [arn.split(':').at(-1) ?? '', name]),
  );
  aws?.lambda.attach({
    functions: [...byName.keys()],
    mappings,
    invoke(functionName, event, how) {
      const name = byName.get(functionName) ?? '';
      if (how === 'event') return counted(() => invokeAsync(deployment, name, event));
      return functionNamed(deployment.functions, name).invoke(event);
    },
  });
}

/** The metrics of every queue, as SQS publishes them each minute. */
function sampleQueues(stack: Stack, aws: AwsEndpoint | undefined, metrics: Metrics, at: number): void {
  for (const [, { QueueName }] of stack.ofType<{ QueueName: string }>('AWS::SQS::Queue')) {
    const { visible = 0 } = aws?.sqs.depth(QueueName) ?? {};
    metrics.put('AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName }, visible, at);
    const age = aws?.sqs.ageOfOldest(QueueName) ?? 0;
    metrics.put('AWS/SQS', 'ApproximateAgeOfOldestMessage', { QueueName }, age, at);
  }
}

/** Starts the AWS endpoint, unless there is another emulator, and creates the template's resources in it. */
async function createResources(
  options: CloudOptions & { root: string; secondMs: number },
  closers: Closers,
): Promise<{
  aws: AwsEndpoint | undefined;
  admin: ClientOptions;
  stack: Stack;
}> {
  const { root, secondMs, parameters = {} } = options;
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
  return { aws, admin, stack: await createStack(template, admin, { accountId, parameters }) };
}

/** What invokes functions besides queues and the HTTP API: the schedules and the rules of the buses. */
function readTriggers(deployment: Deployment, counted: ReturnType<typeof createWork>['counted']) {
  const schedules = readSchedules(deployment);
  const rules = readRules(deployment);

  const fire = (name: string, input?: unknown) =>
    counted(() => {
      const schedule =
        schedules[name] ?? Object.values(schedules).find(({ functionName }) => functionName === name);
      if (!schedule) throw new Error(`no schedule ${name}`);
      return invokeAsync(deployment, schedule.functionName, input ?? schedule.input);
    });
  const fireAndLog = async (logicalId: string) => {
    await fire(logicalId).catch((error) => deployment.log('cloud', `${logicalId}: ${error}`));
  };

  return {
    fire,
    putEvent: (event: BusEvent) => counted(() => putEvent(deployment, rules, event)),
    /** Lets the schedules fire by themselves; returns what stops them. */
    start: (secondMs: number) => startSchedules(schedules, { fire: fireAndLog, secondMs }),
  };
}
