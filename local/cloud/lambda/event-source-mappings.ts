import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Mapping } from '../aws/lambda.ts';
import type { Stack } from '../template/stack.ts';
import { startEventSource } from './event-source.ts';
import { type Deployment, functionNamed, targetOf } from './functions.ts';

type MappingProperties = {
  EventSourceArn: string;
  FunctionName: string;
  BatchSize: number;
  Enabled?: boolean;
  FunctionResponseTypes?: string[];
  ScalingConfig?: { MaximumConcurrency: number };
};

/** Pollers of a mapping without a maximum of its own; Lambda starts with five. */
const DEFAULT_POLLERS = 5;

/** How many batches the function's event source has at once; undefined when it has no event source. */
export function pollersOf(stack: Stack, functionArn: string): number | undefined {
  const mapping = mappingsOf(stack).find(([, { FunctionName }]) => FunctionName === functionArn)?.[1];
  return mapping && pollers(mapping);
}

/** A mapping that runs, or may run, and the address of its queue. */
export type RunningMapping = Mapping & {
  logicalId: string;
  properties: MappingProperties;
  queueUrl: string;
  /** Resolves when its running batches have ended. */
  close: () => Promise<void>;
};

/**
 * Starts every event source mapping that is enabled; returns all of them. What runs already and has not changed goes on.
 *
 * @throws Error naming the logical id when the function's role may not read the queue, or when the queue would show a
 *   message again while the function still runs.
 */
export function startEventSourceMappings(
  deployment: Deployment,
  running: RunningMapping[] = [],
): RunningMapping[] {
  // All of them are looked at before the first is started, which nobody would stop when the second cannot.
  const mappings = mappingsOf(deployment.stack).map(([logicalId, mapping]) => ({
    logicalId,
    mapping,
    ...checked(logicalId, mapping, deployment),
  }));
  return mappings.map(
    (one) =>
      running.find((it) => it.logicalId === one.logicalId && isDeepStrictEqual(it.properties, one.mapping)) ??
      startMapping(one, deployment),
  );
}

/** The queue and the function of a mapping. Throws as {@link startEventSourceMappings} does. */
function checked(
  logicalId: string,
  { EventSourceArn, FunctionName }: MappingProperties,
  { stack, functions }: Deployment,
) {
  const target = functionNamed(functions, targetOf(functions, FunctionName, logicalId));
  const { roleArn, timeoutMs } = target;
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
  return { queueUrl: stack.ref(queue), target };
}

function startMapping(
  {
    logicalId,
    mapping,
    queueUrl,
    target,
  }: ReturnType<typeof checked> & {
    logicalId: string;
    mapping: MappingProperties;
  },
  { stack, log }: Deployment,
): RunningMapping {
  const { EventSourceArn, FunctionName, BatchSize, Enabled = true, FunctionResponseTypes = [] } = mapping;
  const start = () =>
    startEventSource({
      sqs: new SQSClient(target.client),
      queueUrl,
      queueArn: EventSourceArn,
      region: stack.region,
      batchSize: BatchSize,
      pollers: pollers(mapping),
      reportsItemFailures: FunctionResponseTypes.includes('ReportBatchItemFailures'),
      invoke: target.invoke,
      log: (line) => log('cloud', line),
    });
  return {
    uuid: randomUUID(),
    eventSourceArn: EventSourceArn,
    functionArn: FunctionName,
    batchSize: BatchSize,
    ...switched(start, Enabled),
    ...{ logicalId, properties: mapping, queueUrl },
  };
}

/** An event source that can be stopped, and started again. */
function switched(start: () => { close: () => Promise<void> }, isEnabled: boolean) {
  let source = isEnabled ? start() : undefined;
  let closing: Promise<unknown> | undefined;
  const stop = async () => {
    const stopped = source;
    source = undefined;
    closing = stopped?.close();
    await closing;
    closing = undefined;
  };
  return {
    state: (): ReturnType<Mapping['state']> => (source ? 'Enabled' : closing ? 'Disabling' : 'Disabled'),
    enable(isOn: boolean) {
      if (isOn) source ??= start();
      else void stop();
    },
    async close() {
      await Promise.all([closing, stop()]);
    },
  };
}

function mappingsOf(stack: Stack): [logicalId: string, mapping: MappingProperties][] {
  return stack.ofType<MappingProperties>('AWS::Lambda::EventSourceMapping');
}

function pollers({ ScalingConfig }: MappingProperties): number {
  return ScalingConfig?.MaximumConcurrency ?? DEFAULT_POLLERS;
}
