import type { Mirror } from '../../lib/aws/mirror.ts';
import type { QueueDeps } from '../../lib/aws/queue.ts';
import { WorldFault } from '../../lib/errors.ts';
import type { Http } from '../../lib/http/client.ts';
import type { Velt } from '../../local/doubles/velt/velt.ts';
import type { createMemoryMirror } from '../support/memory-mirror.ts';
import { type createMemoryQueue, refuseAsSqs } from '../support/memory-queue.ts';
import type { LateCall } from './history.ts';
import { alive, never, type Process, type Step } from './process.ts';
import type { Simulation } from './simulation.ts';

/** The table as a process reaches it, step by step; with `traced` it is told what was written. */
export function mirrorFor(
  process: Process,
  { table, step, traced }: { table: ReturnType<typeof createMemoryMirror>; step: Step; traced: boolean },
): Mirror {
  const some = <T>(items: T[]) => items.slice(0, Math.floor(items.length / 2));
  const named = (members: Parameters<Mirror['join']>[0]) =>
    members.map(({ personId, container }) => `${personId}→${container.id}`).join(' ');
  return {
    read: (refs) =>
      step(process, `mirror.read ${refs.map(({ id }) => id).join(' ')}`, () => table.read(refs)),
    write: (stored, times) => {
      const what = `mirror.write ${stored.entry.id} on ${stored.revision}`;
      return step(process, traced ? `${what} ${JSON.stringify(stored.entry)}` : what, () =>
        table.write(stored, times),
      );
    },
    join: (members) =>
      step(
        process,
        `mirror.join ${named(members)}`,
        () => table.join(members),
        () => table.join(some(members)),
      ),
    leave: (members) =>
      step(
        process,
        `mirror.leave ${named(members)}`,
        () => table.leave(members),
        () => table.leave(some(members)),
      ),
    async *members(source, container) {
      // Pages of one, read one after the other.
      const all = await step(process, `mirror.members ${container.id}`, () =>
        table.members(source, container),
      );
      for (const id of all) yield await step(process, `mirror.members page ${id}`, () => [id]);
    },
    due: (...asked) => step(process, 'mirror.due', () => table.due(...asked)),
    scan: (source) => step(process, 'mirror.scan', () => table.scan(source)),
  };
}

interface SqsEntry {
  Id: string;
  MessageGroupId: string;
  MessageBody: string;
  MessageDeduplicationId: string;
  ReceiptHandle?: string;
  VisibilityTimeout?: number;
}

/** Takes the place of the SDK's client; without a process nothing goes wrong. */
export function sqsFor(
  process: Process | undefined,
  { messages, step }: { messages: ReturnType<typeof createMemoryQueue>; step: Step },
): QueueDeps['client'] {
  const take = (entries: SqsEntry[]) => {
    const sent = entries.filter(({ ReceiptHandle }) => ReceiptHandle === undefined);
    if (sent.length > 0) refuseAsSqs(sent);
    for (const entry of entries) {
      const { MessageGroupId, MessageBody, MessageDeduplicationId, ReceiptHandle } = entry;
      if (ReceiptHandle !== undefined) messages.delay(ReceiptHandle, entry.VisibilityTimeout ?? 0);
      else messages.send(MessageGroupId, MessageBody, MessageDeduplicationId);
    }
    return {};
  };
  const send = async ({ input }: { input: object }) => {
    if (!('Entries' in input && Array.isArray(input.Entries))) throw new Error('not a command of the queue');
    const entries: SqsEntry[] = input.Entries;
    const half = () => void take(entries.slice(0, Math.floor(entries.length / 2)));
    return process ? step(process, `queue ${entries.length}`, () => take(entries), half) : take(entries);
  };
  return { send } as QueueDeps['client'];
}

export interface VeltWorld {
  velt: Pick<Velt, 'handle'>;
  step: Step;
  simulation: Pick<Simulation, 'random' | 'after'>;
  note: (process: Process, what: string) => void;
  traced: boolean;
  veltMs: number;
  /** Asked at each call whether it is one that lands late. */
  nextLate: () => LateCall | undefined;
  /** Told when the worker of a late call gave it up or died, and when it landed. */
  onGivenUp: (process: Process, late: LateCall) => void;
  onLanded: () => void;
}

/** Velt as a process reaches it. */
export function httpFor(process: Process, world: VeltWorld): Http {
  const { velt, step, note, traced } = world;
  const { random, after } = world.simulation;
  return async ({ method, url, headers, body = '', timeoutMs }) => {
    const path = new URL(url).pathname;
    const handle = (how: string) => {
      const answer = velt.handle({ method, path, headers, body });
      if (traced) note(process, `${how} ${path} ${body} → ${JSON.stringify(answer)}`);
      return answer;
    };
    const late = world.nextLate();
    if (late) return beLate(late, timeoutMs, () => handle('a late call lands at Velt'));
    // Nobody waits for longer than the time-out: there and back it is shorter.
    const slow = Math.min(world.veltMs, timeoutMs / 2 - 80);
    if (slow > 0) await alive(process, after(random() * slow));
    const reply = await step(process, `Velt ${path}`, () => handle('Velt'));
    if (slow > 0) await alive(process, after(random() * slow));
    if (!('misbehaviour' in reply)) return { ...reply, body: reordered(reply.body) };
    if (reply.misbehaviour === 'reset') throw new WorldFault('connection', 'reset');
    return await timeOut(timeoutMs);
  };

  async function beLate(late: LateCall, timeoutMs: number, land: () => void): Promise<never> {
    const waits = late.worker === 'dies' ? 1 + Math.floor(random() * 40) : timeoutMs;
    process.late = true;
    note(process, `makes a call that lands late, and ${late.worker}`);
    // Whatever becomes of its process.
    void after(waits + late.landsAfter).then(() => {
      land();
      world.onLanded();
    });
    await alive(process, after(waits));
    world.onGivenUp(process, late);
    if (late.worker === 'waits') throw new WorldFault('timeout', `no answer within ${timeoutMs} ms`);
    process.kill();
    return await never();
  }

  async function timeOut(timeoutMs: number): Promise<never> {
    await alive(process, after(timeoutMs));
    throw new WorldFault('timeout', `no answer within ${timeoutMs} ms`);
  }
}

/** The same answer with the items in another order: in JSON they have none. */
function reordered(body: string): string {
  try {
    return JSON.stringify(
      JSON.parse(body, (_, value) =>
        value instanceof Object && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).reverse())
          : value,
      ),
    );
  } catch {
    return body;
  }
}
