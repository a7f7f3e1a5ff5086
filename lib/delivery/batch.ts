import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Delay } from '../aws/queue.ts';
import { causeOf } from '../cause.ts';
import type { WorldFault } from '../errors.ts';
import { type DeliverDeps, deliver } from './deliver.ts';

export interface BatchDeps extends DeliverDeps {
  delay: Delay;
  random: () => number;
}

/** Kept free at the end of an invocation to record what Velt said (ms). */
const RESERVE_MS = 6_000;
/** What waits for itself, and for nobody to mend anything. */
const WAITING_CODES = ['leased', 'out-of-time', 'throttled', 'unreadable-entry'];
const FIRST_DELAY_S = 4;
const LAST_DELAY_S = 15 * 60;

/**
 * Delivers the messages of one SQS event before `deadline` (ms since the epoch), names those that must come back
 * (docs.aws.amazon.com/lambda, services-sqs-errorhandling, partial batch responses) and sets when they do.
 */
export async function deliverBatch(
  { Records }: SQSEvent,
  deadline: number,
  deps: BatchDeps,
): Promise<SQSBatchResponse> {
  const failed = await deliver(Records, deadline - RESERVE_MS, deps);
  const returning = Records.flatMap(({ messageId, receiptHandle, attributes }) => {
    const fault = failed.get(messageId);
    if (!fault) return [];
    const receives = Number(attributes.ApproximateReceiveCount);
    deps.log.warn('A message comes back', { messageId, receives, ...causeOf(fault) });
    return [{ messageId, receiptHandle, seconds: delayFor(fault, receives, deps.random) }];
  });
  if (returning.length > 0) {
    const failures = [...failed.values()].filter(({ code }) => !WAITING_CODES.includes(code));
    deps.meter.record({ MessagesReturned: returning.length, MessagesFailed: failures.length });
    // Without the delay they come back after the queue's own visibility time-out: later, but they do.
    await deps
      .delay(returning)
      .catch((error) => deps.log.warn('Could not set when messages come back', causeOf(error)));
  }
  return { batchItemFailures: returning.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/**
 * How long a message stays away (seconds) after it was received `receives` times: a random share of a span that doubles
 * up to 15 minutes, and never less than the vendor asked for. What only ran out of time comes back at once, and what met
 * another delivery's lease no later than that ends.
 */
export function delayFor(fault: WorldFault, receives: number, random: () => number): number {
  if (fault.code === 'out-of-time') return 0;
  const span = Math.min(LAST_DELAY_S, FIRST_DELAY_S * 2 ** Math.max(0, receives - 1));
  // Most leases are given back long before they end.
  if (fault.code === 'leased') return Math.min(((1 + random()) / 2) * span, (fault.retryAfterMs ?? 0) / 1000);
  return Math.max(random() * span, (fault.retryAfterMs ?? 0) / 1000);
}
