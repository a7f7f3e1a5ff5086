export const QUEUES = ['changes', 'changes-dead', 'parked', 'scheduler-dead', 'partner-events-dead'] as const;
export type QueueName = (typeof QUEUES)[number];

/** What a queue holds. A FIFO queue's first message locks those behind it: they are visible all the same. */
export interface Depth {
  visible: number;
  inFlight: number;
  delayed: number;
}

/** How many messages a queue holds, whoever has them at the moment. */
export function messagesIn({ visible, inFlight, delayed }: Depth): number {
  return visible + inFlight + delayed;
}
