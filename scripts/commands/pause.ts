import { setTimeout as delay } from 'node:timers/promises';
import { defineCommand } from '../command.ts';
import { createDeliverySwitch, turnDelivery } from '../delivering.ts';
import { createQueues } from '../queues.ts';

export const command = defineCommand({
  more: 'Deliveries that run end first. Webhooks are still answered, and what they bring waits in the queue.',
  exits: { 1: 'it failed, or was interrupted' },
  async run(_given, { place, terminal, signal, flags }) {
    const at = await place();
    const seconds = await createQueues(at).keptFor('changes');
    terminal.progress('Waiting for the deliveries that run to end …');
    await turnDelivery(false, createDeliverySwitch(at), (ms) => delay(ms, undefined, { signal }));
    const days = Math.floor(seconds / 86_400);
    terminal.show(
      { delivering: 'paused', keptForSeconds: seconds },
      `Delivering to Velt is paused. What comes in is queued, and waits for ${days} days at most: what is older is lost.
  Go on:  npm run sync -- resume${flags}
A deployment does not go on with it, unless it changes how the queue is read.`,
    );
    return true;
  },
});
