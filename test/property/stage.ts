import { type DirectoryConfig, readConfig } from '../../lib/config.ts';
import { createVelt, type Velt } from '../../local/doubles/velt/velt.ts';
import { createMemoryMirror } from '../support/memory-mirror.ts';
import { createMemoryQueue } from '../support/memory-queue.ts';
import { configurationOf, type History, type LateCall, START, type StepFault, second } from './history.ts';
import { createStep, type Process, type Step } from './process.ts';
import { createSimulation, type Simulation } from './simulation.ts';

/** Fewer than deployed, so that messages do die. */
const MAX_RECEIVES = 5;

/** What a life was like, in numbers. */
export interface Stats {
  calls: number;
  steps: number;
  messages: number;
  dead: number;
  crashes: number;
  /** Steps before the faults ended. */
  turbulent: number;
  /** Calls of Velt that landed after they were given up. */
  landedLate: number;
  /** Workers that died after they made such a call, and of those that started next. */
  diedAfterLate: number;
  heirsDied: number;
  /** Messages that came back because somebody else was at work on their entries. */
  leased: number;
  /** Batches that were taken while a worker of the lane, or of a shard, was at work on the same person. */
  met: number;
}

/** Everything that a history is lived with, and how far it has come. */
export interface Stage {
  history: History;
  config: DirectoryConfig;
  simulation: Simulation;
  table: ReturnType<typeof createMemoryMirror>;
  messages: ReturnType<typeof createMemoryQueue>;
  velt: Velt;
  step: Step;
  note: (process: { name: string }, what: string) => void;
  /** The late call that the next call of Velt is, if it is one. */
  nextLate: () => LateCall | undefined;
  /** Whom the workers now running were given messages about. */
  atWork: Map<Process, Set<string>>;
  /** The step at which each of the workers that start next dies. */
  heirs: number[];
  running: number;
  invocations: number;
  /** Whether all faults have ended. */
  calm: boolean;
  /** What came out of a function and should not have. */
  problem: unknown;
  stats: Stats;
  traced: boolean;
  trace: string[];
}

export const silent = {
  log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  meter: { record: () => undefined, gauge: () => undefined },
};

export function createStage(history: History, traced: boolean): Stage {
  const { setup, seed } = history;
  const simulation = createSimulation(Date.parse(second(START)), seed);
  const { clock, random } = simulation;
  const faults = new Map(history.steps.map((fault) => [fault.step, fault.kind]));
  const late = new Map(history.late.map((one) => [one.call, one]));
  let calls = 0;
  const stage: Stage = {
    ...{ history, simulation, traced, note, nextLate },
    config: readConfig(configurationOf(setup)),
    table: createMemoryMirror(),
    messages: createMemoryQueue({ clock, maxReceives: MAX_RECEIVES, batch: setup.batch }),
    velt: createVelt({ apiKey: 'key', authToken: 'token', ...setup.velt, clock, random }),
    step: createStep(simulation, strike, note),
    ...{ atWork: new Map(), heirs: [], running: 0, invocations: 0, calm: false, problem: undefined },
    stats: {
      ...{ calls: 0, steps: 0, messages: 0, dead: 0, crashes: 0, turbulent: 0 },
      ...{ landedLate: 0, diedAfterLate: 0, heirsDied: 0, leased: 0, met: 0 },
    },
    trace: [],
  };
  return stage;

  function nextLate(): LateCall | undefined {
    calls += 1;
    return stage.calm ? undefined : late.get(calls);
  }

  function strike(process: Process, what: string): StepFault['kind'] | undefined {
    const { stats } = stage;
    stats.steps += 1;
    process.steps += 1;
    const dies = process.steps === process.diesAt;
    const fault = stage.calm ? undefined : dies ? 'crash' : faults.get(stats.steps);
    if (fault === undefined) return undefined;
    note(process, `${what} meets step ${stats.steps}: ${fault}`);
    if (fault !== 'crash') return fault;
    stats.crashes += 1;
    if (dies) stats.heirsDied += 1;
    if (process.late) stats.diedAfterLate += 1;
    process.kill();
    return fault;
  }

  function note({ name }: { name: string }, what: string): void {
    if (traced) stage.trace.push(`${new Date(clock()).toISOString().slice(8, 23)} ${name} ${what}`);
  }
}
