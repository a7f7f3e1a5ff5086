import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import type { DirectoryConfig } from '../lib/config.ts';
import { readBody } from '../lib/inbound/body.ts';
import { deliveredTo, mapBody } from '../lib/inbound/map.ts';
import { isPartnerEvent } from '../lib/inbound/receive.ts';
import { faceOf, inbound } from '../lib/sources/inbound.ts';
import { drop, type Message, sentAt, walk } from './queue-walk.ts';
import type { Queues } from './queues.ts';
import type { WebhookCall } from './webhook-call.ts';

/** A delivery that was kept because a part of it could not be read; `body` is what came. */
export interface Parked {
  id: string;
  /** When it was parked (ms since the epoch). */
  at: number;
  source: string;
  reasons: string[];
  contentType?: string | undefined;
  body: Buffer;
}

/** What became of one that was sent again. */
export interface Replayed {
  id: string;
  source: string;
  /** `unreadable`: this version cannot read it either, so that it was not sent. `parked`: it was, and was parked anew. */
  outcome: 'taken' | 'unreadable' | 'parked' | 'failed';
  /** How many changes it came to. */
  changes?: number;
  why?: string;
}

const Stored = z.object({
  v: z.literal(1),
  source: z.string(),
  reasons: z.array(z.string()),
  contentType: z.string().optional(),
  encoding: z.literal('gzip+base64'),
  body: z.base64(),
});

export interface ParkedDeps {
  queues: Pick<Queues, 'sqs' | 'urlOf'>;
  config: Pick<DirectoryConfig, 'sources'>;
  clock: () => number;
}

/** Everything that is parked, oldest first. All of it stays. Throws what SQS throws. */
export async function listParked({ queues }: Pick<ParkedDeps, 'queues'>): Promise<Parked[]> {
  const { seen } = await walk(queues.sqs, await urlOf(queues));
  return seen.map(parkedIn).toSorted((a, b) => a.at - b.at);
}

/** Takes one out of the queue for good. Returns whether it was there. Throws what SQS throws. */
export async function dropParked(id: string, { queues }: Pick<ParkedDeps, 'queues'>): Promise<boolean> {
  return drop(queues.sqs, await urlOf(queues), id);
}

/**
 * Sends parked deliveries to the webhook function again. One that this version cannot read either is not sent; one that was
 * taken is deleted. So is one that was parked anew, since the new message holds the same. What fails stays where it is.
 */
export async function replayParked(
  ids: readonly string[],
  { queues, config, clock, webhook }: ParkedDeps & { webhook: WebhookCall },
): Promise<Replayed[]> {
  const replayed: Replayed[] = [];
  await walk(queues.sqs, await urlOf(queues), async (message) => {
    if (!ids.includes(message.MessageId ?? '')) return false;
    const parked = parkedIn(message);
    const result = await replay(parked, config, clock, webhook).catch(
      (error): Pick<Replayed, 'outcome' | 'why'> => ({ outcome: 'failed', why: error.message }),
    );
    replayed.push({ id: parked.id, source: parked.source, ...result });
    return result.outcome === 'taken' || result.outcome === 'parked';
  });
  return replayed;
}

async function replay(
  parked: Parked,
  config: ParkedDeps['config'],
  clock: () => number,
  webhook: WebhookCall,
): Promise<Omit<Replayed, 'id' | 'source'>> {
  const event = partnerEventIn(parked);
  const [fault] = event ? [] : faultsOf(parked, config, clock());
  if (fault !== undefined) return { outcome: 'unreadable', why: fault };
  const taken = await (event ? webhook.handOver(event) : webhook.deliver(parked));
  const { changes, reasons } = taken;
  return taken.parked
    ? { outcome: 'parked', changes, why: reasons[0] ?? 'it could not be read' }
    : { outcome: 'taken', changes };
}

/** What of a delivery this version cannot read, as the webhook would say it. */
function faultsOf({ source, body }: Parked, { sources }: ParkedDeps['config'], now: number): string[] {
  const config = Object.hasOwn(sources, source) ? sources[source] : undefined;
  if (!config) return [`${source} is no source of the configuration`];
  const { values, faults } = readBody(body, faceOf(config, inbound));
  const { unreadable } = mapBody(values, deliveredTo(source, config, now), inbound);
  return [...unreadable, ...faults].map(({ path, message }) => `${path}: ${message}`);
}

/** The whole event, where EventBridge brought it and no webhook. */
function partnerEventIn({ body }: Parked): object | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null && isPartnerEvent(value, inbound) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parkedIn(message: Message): Parked {
  const [id, at] = [message.MessageId ?? '', sentAt(message)];
  try {
    const { source, reasons, contentType, body } = Stored.parse(JSON.parse(message.Body ?? ''));
    return { id, at, source, reasons, contentType, body: gunzipSync(Buffer.from(body, 'base64')) };
  } catch {
    const reasons = ['only another version can read this message'];
    return { id, at, source: '?', reasons, body: Buffer.from(message.Body ?? '') };
  }
}

async function urlOf({ urlOf: of }: ParkedDeps['queues']): Promise<string> {
  return (await of('parked')) ?? '';
}
