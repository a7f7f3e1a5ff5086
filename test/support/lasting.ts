import type { SQSRecord } from 'aws-lambda';
import { deliverBatch } from '../../lib/delivery/batch.ts';
import { sweep } from '../../lib/delivery/sweep.ts';
import type { QueueItem } from '../../lib/directory/change.ts';
import type { VeltOptions } from '../../local/doubles/velt/velt.ts';
import { makeDelivery } from './delivery.ts';
import { createMemoryQueue } from './memory-queue.ts';

/** As deployed (serverless.yml), in ms. */
const TIMEOUT_MS = 60_000;
const VISIBILITY_MS = 360_000;
const MAX_RECEIVES = 30;
const SWEEP_MS = 5 * 60_000;

/**
 * A shard as it is deployed, with a worker and the sweep, in a time of its own: for faults that last. Messages stay away for as
 * long as they may.
 */
export function makeShard(options: Partial<VeltOptions> = {}, source: object = { organization: 'acme' }) {
  const world = makeDelivery({ okta: { kind: 'okta', ...source } }, undefined, options);
  const { time, deps } = world;
  const messages = createMemoryQueue({ clock: time.clock, maxReceives: MAX_RECEIVES, batch: 10 });
  const queue = {
    send: async (changes: QueueItem[], group = 'shard') => {
      if (changes.length > 0) messages.send(group, JSON.stringify({ v: 2, changes }));
    },
  };
  const delay = async (returning: { receiptHandle: string; seconds: number }[]) => {
    for (const { receiptHandle, seconds } of returning) messages.delay(receiptHandle, seconds);
  };
  let swept = time.now;
  return { ...world, messages, send: queue.send, live, work };

  /** Lets so much time (ms) pass. */
  async function live(ms: number): Promise<void> {
    const end = time.now + ms;
    while (time.now < end) {
      if (time.now >= swept + SWEEP_MS) {
        swept = time.now;
        await sweep({ ...deps, queue });
      }
      await work();
      time.now = Math.max(
        time.now,
        Math.min(messages.nextVisible() ?? Number.POSITIVE_INFINITY, swept + SWEEP_MS),
      );
    }
  }

  /** One invocation of the worker, with what is on the queue. */
  async function work(): Promise<void> {
    const batch = messages.receive(VISIBILITY_MS);
    if (batch.length === 0) return;
    const Records = batch.map(({ messageId, body, receiptHandle, receives, group }) => ({
      ...{ messageId, body, receiptHandle },
      attributes: { ApproximateReceiveCount: String(receives), MessageGroupId: group },
    })) as SQSRecord[];
    const { batchItemFailures } = await deliverBatch({ Records }, time.now + TIMEOUT_MS, {
      ...{ ...deps, queue, delay, random: () => 1 },
    });
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const { messageId, receiptHandle } of batch)
      if (!failed.has(messageId)) messages.remove(receiptHandle);
  }
}
