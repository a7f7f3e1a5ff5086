import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import type { Walked } from './queue-walk.ts';
import type { QueueStatus } from './status.ts';

/** How many of the messages of a queue that were looked at (`seen`, of about `held`) name somebody. */
export interface Naming {
  queue: 'changes-dead' | 'parked';
  held: number;
  seen: number;
  naming: number;
}

export interface QueuesAbout {
  /** What is on its way to Velt, about whomever: nobody can look at it without holding it up. */
  changes: Omit<QueueStatus, 'name'>;
  others: Naming[];
}

export interface QueueDeps {
  depthOf: (name: 'changes') => Promise<Omit<QueueStatus, 'name'> | undefined>;
  look: (name: Naming['queue']) => Promise<Walked>;
  /** The queues that are looked into; default: both. */
  names?: Naming['queue'][];
}

const LOOKED_AT: Naming['queue'][] = ['changes-dead', 'parked'];
const Packed = z.object({ encoding: z.literal('gzip+base64'), body: z.string() });

/**
 * What waits in the queues about somebody: everything that has one of these texts in it, an id or an address. The messages are given
 * back. Those on their way to Velt are counted only: whoever receives one locks its group, and has it tried once less.
 */
export async function queuesAbout(
  texts: string[],
  { depthOf, look, names: lookedAt = LOOKED_AT }: QueueDeps,
): Promise<QueuesAbout> {
  const naming = async (queue: Naming['queue']): Promise<Naming> => {
    const { held, seen } = await look(queue);
    const about = seen.filter(({ Body = '' }) => names(Body, texts));
    return { queue, held, seen: seen.length, naming: about.length };
  };
  const [depth, ...others] = await Promise.all([depthOf('changes'), ...lookedAt.map(naming)]);
  return { changes: depth ?? { visible: 0, inFlight: 0, delayed: 0 }, others };
}

/** Whether a message has one of these texts as a JSON string in it, or in the body that it keeps. */
function names(body: string, texts: string[]): boolean {
  const content = contentOf(body);
  return texts.some((text) => content.includes(JSON.stringify(text)));
}

function contentOf(body: string): string {
  try {
    const { data } = Packed.safeParse(JSON.parse(body));
    return data ? gunzipSync(Buffer.from(data.body, 'base64')).toString('utf8') : body;
  } catch {
    return body;
  }
}
