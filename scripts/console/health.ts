import type { Call } from '../command.ts';
import { messagesIn } from '../queue-depth.ts';
import type { Status } from '../status.ts';
import type { Live } from './live.ts';

/** What the queues held at one moment (ms since the epoch), by their names, and how many waited. */
export interface Sample {
  at: number;
  queues: Record<string, number>;
  waiting: number;
}

/** So many are kept, the last ones. */
const KEPT = 720;

/** Asks how the stage is every `everyMs` while a page listens, tells that page, and remembers what the queues held. */
export function watchHealth({
  call,
  live,
  everyMs,
  alarms = () => [],
}: {
  call: Call;
  live: Live;
  everyMs: number;
  /** The alarms that are on, where they can be seen. */
  alarms?: (() => { name: string; description: string }[]) | undefined;
}): { samples: () => Sample[]; close: () => void } {
  const samples: Sample[] = [];
  let isAsking = false;
  const look = async () => {
    if (isAsking || live.listeners() === 0) return;
    isAsking = true;
    const called = await call(['status']).finally(() => {
      isAsking = false;
    });
    const status = called.shown as Status | undefined;
    if (status) {
      const queues = Object.fromEntries(status.queues.map((queue) => [queue.name, messagesIn(queue)]));
      samples.push({ at: status.at, queues, waiting: status.waiting.count });
      if (samples.length > KEPT) samples.shift();
    }
    live.tell({ event: 'status', data: { called, sample: samples.at(-1), alarms: alarms() } });
  };
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return { samples: () => samples, close: () => clearInterval(timer) };
}
