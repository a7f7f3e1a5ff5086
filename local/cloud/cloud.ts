import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Deployed, lostBetween } from '../../scripts/lost.ts';
import { ADMIN_ACCESS_KEY } from './aws/access.ts';
import { type AwsEndpoint, startAwsEndpoint } from './aws/endpoint.ts';
import { alarmsAt } from './cloudwatch/alarms.ts';
import { createMetrics, type Metrics } from './cloudwatch/metrics.ts';
import { type DoublesOptions, putSecrets, startDoubles } from './doubles.ts';
import { startFeeds } from './feeds.ts';
import { type Served, startHttpApi, type WatchExchange } from './http-api/http-api.ts';
import type { Log } from './lambda/environment.ts';
import { pollersOf } from './lambda/event-source-mappings.ts';
import {
  type ChangeOver,
  type FunctionsOptions,
  functionNamed,
  startFunctions,
  updateFunctions,
} from './lambda/functions.ts';
import { type ClientOptions, createStack, type Stack } from './template/stack.ts';
import { readTemplate, type Template } from './template/template.ts';
import { updateStack } from './template/update.ts';
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

export type DeployOptions = ChangeOver &
  Pick<CloudOptions, 'template' | 'parameters'> & {
    /** Another project, or another state of this one, built and packaged. */
    root: string;
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
 * - `deploy` updates the stack to another package while everything goes on, as CloudFormation does: the functions change over one
 *   after the other, and what runs of the former code ends by itself. The configuration's sources have to be the same, and what
 *   belongs into a new secret is the caller's to put. It stops where `npm run deploy` stops: before a table, queue, secret or bus
 *   would go.
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
  const { root = process.cwd(), secondMs = 1000, concurrency = 10, log = () => {} } = options;
  const { aws, admin, stack, deployed } = await createResources({ ...options, root, secondMs }, closers);
  const { doubles, environment, secrets, sourcesAt } = await startDoubles(root, options, closers);
  await putSecrets(stack, admin, secrets);

  const { counted, untilIdle } = createWork(admin);
  const metrics = createMetrics(options.clock);
  const codeRoot = await mkdtemp(join(tmpdir(), 'local-cloud-'));
  closers.push(() => rm(codeRoot, { recursive: true, force: true }));
  const running: FunctionsOptions = {
    ...{ stack, root, codeRoot, aws, admin, environment, log, counted, metrics },
    concurrencyOf: (functionArn) => pollersOf(stack, functionArn) ?? concurrency,
  };
  const functions = await startFunctions(running);
  const feeds = startFeeds(
    { stack, functions, log },
    { aws, counted, secondMs: options.schedules ? secondMs : undefined },
  );
  closers.push(feeds.close);
  // Closed before the event sources: a batch that hangs then ends with its function, and its event source need not wait.
  closers.push(() => Promise.all(Object.values(functions).map((running) => running.close())));
  const api = await startApi(options, stack, metrics, feeds.served());
  closers.push(api.close, feeds.stopSchedules);

  return {
    baseUrl: api.url,
    ...doubles,
    aws,
    /** Options for the AWS SDK's clients, to look into queues, table and secrets. */
    admin,
    stack,
    functions,
    sources: sourcesAt(api.url),
    fire: feeds.fire,
    putEvent: feeds.putEvent,
    /** What each alarm says at a moment (ms since the epoch), by what was measured until then. Queues are looked at now. */
    alarms: (at = (options.clock ?? Date.now)()) => {
      sampleQueues(stack, aws, metrics, at);
      return alarmsAt(at, stack, metrics);
    },
    idle: ({ withinMs = 120_000 } = {}) => untilIdle(feeds.queueUrls(), withinMs),
    killOne: (name: string, signal?: NodeJS.Signals) => functionNamed(functions, name).kill(signal),
    peakMemory: () =>
      Object.fromEntries(Object.entries(functions).map(([name, { peakMemory }]) => [name, peakMemory()])),
    async deploy({ root, parameters = {}, ...changeOver }: DeployOptions): Promise<void> {
      const template = changeOver.template ?? (await readTemplate(root));
      mustKeepAll(deployed, { template, parameters });
      await updateStack(stack, template, admin, parameters);
      Object.assign(deployed, { template, parameters });
      await updateFunctions(functions, { ...running, root }, changeOver);
      await feeds.renew();
      api.serve(feeds.served());
    },
  };
}

/** Throws Error as `npm run deploy` does where something would go with all that is in it. */
function mustKeepAll(before: Deployed, after: Deployed): void {
  const lost = lostBetween(before, after).map(({ what, name, how }) => `${what} ${name} would be ${how}`);
  if (lost.length > 0) throw new Error(`nothing was deployed: ${lost.join(', ')}`);
}

/** The HTTP API of the stack, which counts its answers. */
function startApi({ port = 0, watchHttp }: CloudOptions, stack: Stack, metrics: Metrics, served: Served) {
  const apiId = stack.ref(stack.ofType('AWS::ApiGatewayV2::Api')[0]?.[0] ?? '');
  const onAnswer = (status: number) => {
    metrics.put('AWS/ApiGateway', 'Count', { ApiId: apiId }, 1);
    for (const kind of [4, 5])
      metrics.put('AWS/ApiGateway', `${kind}xx`, { ApiId: apiId }, Math.floor(status / 100) === kind ? 1 : 0);
  };
  return startHttpApi({
    ...{ port, apiId, accountId: stack.accountId, onAnswer, watch: watchHttp },
    ...served,
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
  deployed: Deployed;
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
  const stack = await createStack(template, admin, { accountId, parameters });
  return { aws, admin, stack, deployed: { template, parameters } };
}
