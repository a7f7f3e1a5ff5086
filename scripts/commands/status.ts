import { defineCommand } from '../command.ts';
import { createDeliverySwitch } from '../delivering.ts';
import { createQueues } from '../queues.ts';
import { statusOf } from '../status.ts';
import { statusText } from '../status-text.ts';

export const command = defineCommand({
  flags: {
    people: { type: 'boolean', about: 'also who of all that are known is not meant to be in Velt, and why' },
  },
  exits: {
    0: 'nobody has to look',
    1: 'somebody has to: delivering is paused, a message is dead or parked, a run stopped or stands still, Velt refuses somebody, or what waits is overdue',
  },
  async run({ people = false }, { place, stack, terminal }) {
    const connected = await stack();
    const at = await place();
    const { depthOf } = createQueues(at);
    const { state: delivering } = createDeliverySwitch(at);
    const status = await statusOf({ people }, { ...connected, depthOf, delivering });
    terminal.show(status, statusText(status, connected));
    return status.isHealthy;
  },
});
