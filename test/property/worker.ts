import type { SQSRecord } from 'aws-lambda';
import { createDelay, createQueue } from '../../lib/aws/queue.ts';
import { policiesOf } from '../../lib/config.ts';
import { deliverBatch } from '../../lib/delivery/batch.ts';
import type { LogFields } from '../../lib/observability.ts';
import { createVelt } from '../../lib/velt/client.ts';
import type { QueuedMessage } from '../support/memory-queue.ts';
import { httpFor, mirrorFor, sqsFor } from './clients.ts';
import { alive, createProcess, type Process } from './process.ts';
import { type Stage, silent } from './stage.ts';

/** As deployed (serverless.yml), in ms. */
const TIMEOUT_MS = 60_000;
const VISIBILITY_MS = 360_000;

/** Starts a worker with what is on the queue. Returns false when nothing is. */
export function startWorker(stage: Stage): boolean {
  const { simulation, messages, history, calm } = stage;
  const overlapping = !calm && history.overlaps.includes(stage.invocations + 1);
  const batch = messages.receive(overlapping ? 1 + Math.floor(simulation.random() * 300) : VISIBILITY_MS);
  if (batch.length === 0) return false;
  stage.invocations += 1;
  stage.running += 1;
  const process = createProcess(`worker ${stage.invocations}`, calm ? undefined : stage.heirs.shift());
  stage.note(
    process,
    `takes ${batch.map(({ messageId, receives }) => `${messageId}×${receives}`).join(' ')}`,
  );
  const people = peopleOf(batch);
  const others = [...stage.atWork.values()];
  if ([...people].some((id) => others.some((their) => their.has(id)))) stage.stats.met += 1;
  stage.atWork.set(process, people);
  work(process, batch, stage)
    .catch((error) => {
      // Only a fault of the world may come out of a function.
      stage.problem ??= error;
    })
    .finally(() => {
      stage.running -= 1;
      stage.atWork.delete(process);
    });
  return true;
}

async function work(process: Process, batch: QueuedMessage[], stage: Stage): Promise<void> {
  const { simulation, config, messages, history, stats } = stage;
  const { clock, random, after } = simulation;
  const { shards } = history.setup;
  const client = sqsFor(process, stage);
  const velt = createVelt({
    http: httpFor(process, {
      ...stage,
      veltMs: history.veltMs,
      onGivenUp: (_, { worker, heirDiesAt }) => {
        if (worker !== 'waits') stats.diedAfterLate += 1;
        if (heirDiesAt !== undefined) stage.heirs.push(heirDiesAt);
      },
      onLanded: () => {
        stats.landedLate += 1;
      },
    }),
    credentials: async () => ({ apiKey: 'key', authToken: 'token' }),
    baseUrl: 'https://velt.example',
    usersAdd: config.velt.usersAdd,
    ...{ clock, random },
    sleep: (ms) => alive(process, after(ms)),
  });
  const done = deliverBatch({ Records: batch.map(recordOf) }, clock() + TIMEOUT_MS, {
    ...{ config, policies: policiesOf(config), velt, clock, random },
    queue: createQueue({ client, queueUrl: 'changes', shards }),
    bury: () => Promise.reject(new Error('nobody wrote a message that nobody can read')),
    mirror: mirrorFor(process, stage),
    runs: { current: async () => undefined },
    delay: createDelay({ client, queueUrl: 'changes' }),
    ...silent,
    log: {
      ...silent.log,
      warn: (_message: string, { code }: LogFields = {}) => {
        if (code === 'leased') stats.leased += 1;
      },
    },
  });
  const result = await Promise.race([done, process.died]);
  if (result === 'died') return;
  const failed = new Set(result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  stage.note(process, `ends${failed.size > 0 ? `, gives back ${[...failed].join(' ')}` : ''}`);
  process.dead = true;
  for (const { messageId, receiptHandle } of batch) {
    if (!failed.has(messageId)) messages.remove(receiptHandle);
  }
}

/** The ids of everybody whom some messages name. */
function peopleOf(batch: QueuedMessage[]): Set<string> {
  const ids = batch.flatMap(({ body }) => [...body.matchAll(/"personId":("[^"]*")/g)].map(([, id]) => id));
  return new Set(ids.map(String));
}

function recordOf({ messageId, receiptHandle, body, receives, group }: QueuedMessage): SQSRecord {
  return {
    messageId,
    receiptHandle,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: '0',
      SenderId: 'webhook',
      ApproximateFirstReceiveTimestamp: '0',
      MessageGroupId: group,
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:changes.fifo',
    awsRegion: 'eu-west-1',
  };
}
