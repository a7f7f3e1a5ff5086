import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { defineCommand } from '../command.ts';
import { redrive, redriveText } from '../redrive.ts';
import { queueUrlOf } from '../stack.ts';

export const command = defineCommand({
  flags: {
    redrive: { type: 'boolean', about: 'moves them back; mend the cause first, or they die again' },
    apply: { type: 'boolean', about: 'the same' },
  },
  async run({ redrive: asked = false, apply = asked }, { place, terminal }) {
    const { stage, aws } = await place();
    const sqs = new SQSClient(aws as SQSClientConfig);
    const at = { sqs, stage, region: String(aws.region) };
    const [from, to] = [await queueUrlOf('changes-dead', at), await queueUrlOf('changes', at)];
    const redriven = await redrive({ sqs, from, to, apply });
    terminal.show(redriven, redriveText(redriven, apply));
    return true;
  },
});
