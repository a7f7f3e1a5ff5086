import type { Call } from '../command.ts';
import { messageOf } from '../message.ts';
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
    try {
      const called = await call(['status']);
      const sample = called.shown === undefined ? undefined : sampleOf(called.shown as Status);
      if (sample) samples.push(sample);
      if (samples.length > KEPT) samples.shift();
      live.tell({ event: 'status', data: { called, sample, alarms: alarms() } });
    } catch (error) {
      live.tell({ event: 'status', data: { called: { code: 1, said: messageOf(error) }, alarms: [] } });
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return { samples: () => samples, close: () => clearInterval(timer) };
}

function sampleOf({ at, queues, waiting }: Status): Sample {
  const depths = queues.map((queue) => [queue.name, messagesIn(queue)]);
  return { at, queues: Object.fromEntries(depths), waiting: waiting.count };
}
