import type { KeptHistory } from './describe-history.ts';
import { eventOf, type History } from './history.ts';

// Histories that searches once found, each as short as it could be made. They are data and not draws: no other generator, seed or
// form of a change makes another case of one.

/** A history that did not end in the truth, with some share of all latencies. */
export interface Kept {
  title: string;
  /** How many lives it is lived through, each with latencies of its own: enough that some of them met the fault. */
  lives: number;
  history: Omit<KeptHistory, 'seed'>;
}

/** The histories that a kept one stands for. */
export function livesOf({ lives, history }: Kept): History[] {
  const events = history.events.map(eventOf);
  return Array.from({ length: lives }, (_, n) => ({ ...history, events, seed: n + 1 }));
}

/** Of deliveries. */
export const keptHistories: Kept[] = [];
