import { defineCommand } from '../command.ts';
import { createQueues } from '../queues.ts';
import { redrive, redriveText } from '../redrive.ts';

export const command = defineCommand({
  flags: {
    redrive: { type: 'boolean', about: 'moves them back; mend the cause first, or they die again' },
    apply: { type: 'boolean', about: 'the same' },
  },
  async run({ redrive: asked = false, apply = asked }, { place, terminal }) {
    const { sqs, urlOf } = createQueues(await place());
    const [from = '', to = ''] = [await urlOf('changes-dead'), await urlOf('changes')];
    const redriven = await redrive({ sqs, from, to, apply });
    terminal.show(redriven, redriveText(redriven, apply));
    return true;
  },
});
