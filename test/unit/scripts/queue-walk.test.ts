import {
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { walk } from '../../../scripts/queue-walk.ts';

/** A queue that counts so many messages and gives out these; with the seconds that each receive waits for. */
function queueOf(counted: number, ...batches: Message[][]) {
  const waited: (number | undefined)[] = [];
  const send = async (command: unknown) => {
    if (command instanceof GetQueueAttributesCommand)
      return { Attributes: { ApproximateNumberOfMessages: String(counted) } };
    if (!(command instanceof ReceiveMessageCommand)) return {};
    waited.push(command.input.WaitTimeSeconds);
    return { Messages: batches.shift() ?? [] };
  };
  return { sqs: { send } as Pick<SQSClient, 'send'>, waited };
}

test('nobody waits for an empty queue, and what its count does not have yet is seen all the same', async () => {
  const empty = queueOf(0);
  const behind = queueOf(0, [{ MessageId: 'a' }]);
  const full = queueOf(1, [{ MessageId: 'a' }]);

  const walked = [];
  for (const { sqs } of [empty, behind, full]) walked.push(await walk(sqs, 'url'));

  expect(walked.map(({ seen }) => seen.length)).toEqual([0, 1, 1]);
  expect([empty, behind, full].map(({ waited }) => waited)).toEqual([[0], [0, 1], [1, 1]]);
});
