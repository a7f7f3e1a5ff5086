import { Conflict, WorldFault } from '../../lib/errors.ts';
import type { StepFault } from './history.ts';
import type { Simulation } from './simulation.ts';

/** A running Lambda function: once dead, nothing it asked for is done and nothing it waits for arrives. */
export interface Process {
  name: string;
  dead: boolean;
  died: Promise<'died'>;
  kill: () => void;
  /** How many steps it took. */
  steps: number;
  /** The step at which it dies, whatever else happens. */
  diesAt: number | undefined;
  /** Whether a call of it is on its way for longer than it waits. */
  late: boolean;
}

export function createProcess(name: string, diesAt?: number): Process {
  const { promise: died, resolve } = Promise.withResolvers<'died'>();
  const process = { name, dead: false, died, kill, steps: 0, diesAt, late: false };
  return process;

  function kill() {
    process.dead = true;
    resolve('died');
  }
}

export async function alive<T>(process: Process, promise: Promise<T>): Promise<T> {
  const value = await promise;
  return process.dead ? await never<T>() : value;
}

export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

/** One call of a process to the world, done by `act`; `half` does a part of what is a batch. */
export type Step = <T>(process: Process, what: string, act: () => T, half?: () => void) => Promise<T>;

/** What strikes a process at one of its steps, and leaves of it what can be told. */
export type Strike = (process: Process, what: string) => StepFault['kind'] | undefined;

/** Calls to the world: on their way, done, on their way back; each of these can go wrong. */
export function createStep(
  { random, after }: Pick<Simulation, 'random' | 'after'>,
  strike: Strike,
  note: (process: Process, what: string) => void,
): Step {
  return async (process, what, act, half) => {
    await alive(process, after(1 + Math.floor(random() * 40)));
    const fault = strike(process, what);
    if (fault === 'crash') return await never();
    if (fault !== undefined) {
      // Of a batch, a part may have been done.
      half?.();
      throw new WorldFault('mirror', 'a fault of the simulation');
    }
    const result = act();
    note(process, what);
    await alive(process, after(1 + Math.floor(random() * 40)));
    const late = strike(process, what);
    if (late === 'crash') return await never();
    if (late === 'conflict' && what.startsWith('mirror.write'))
      throw new Conflict('written twice by the SDK');
    if (late !== undefined) throw new WorldFault('mirror', 'a fault of the simulation');
    return result;
  };
}
