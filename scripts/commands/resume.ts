import { setTimeout as delay } from 'node:timers/promises';
import { defineCommand } from '../command.ts';
import { createDeliverySwitch, turnDelivery } from '../delivering.ts';
import { messagesIn } from '../queue-depth.ts';
import { createQueues } from '../queues.ts';

export const command = defineCommand({
  exits: { 1: 'it failed, or was interrupted' },
  async run(_given, { place, terminal, signal }) {
    const at = await place();
    terminal.progress('Waiting for the queue to be read …');
    await turnDelivery(true, createDeliverySwitch(at), (ms) => delay(ms, undefined, { signal }));
    const depth = await createQueues(at).depthOf('changes');
    const waiting = depth ? messagesIn(depth) : 0;
    terminal.show(
      { delivering: 'on', waiting },
      `Delivering to Velt goes on. About ${waiting.toLocaleString('en')} messages wait.`,
    );
    return true;
  },
});
