import { isDeepStrictEqual } from 'node:util';
import { SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type ClientOptions, createStack, queueAttributes, type Stack } from './stack.ts';
import type { Template } from './template.ts';

/**
 * Makes a stack what another template says, in place: what is new is created, the attributes of queues are changed, and what is
 * gone from the template stays in the emulator without anybody who refers to it. Functions and what feeds them are not touched.
 *
 * @throws as {@link createStack} does, and Error naming a table that would have to change: the local cloud changes none.
 */
export async function updateStack(
  stack: Stack,
  template: Template,
  aws: ClientOptions,
  parameters: Record<string, string>,
): Promise<void> {
  const { accountId, resources: before } = stack;
  const next = await createStack(template, aws, { accountId, parameters, before: stack });
  const sqs = new SQSClient(aws);
  for (const [logicalId, { Type, Properties }] of Object.entries(next.resources)) {
    const former = before[logicalId];
    if (former?.Type !== Type || isDeepStrictEqual(former.Properties, Properties)) continue;
    if (Type === 'AWS::DynamoDB::Table')
      throw new Error(`${logicalId}: the local cloud cannot change a table that is there`);
    if (Type !== 'AWS::SQS::Queue') continue;
    const [had, has] = [former.Properties, Properties].map(queueAttributes);
    const Attributes = Object.fromEntries(
      Object.entries(has ?? {}).filter(([name, value]) => had?.[name] !== value),
    );
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: next.ref(logicalId), Attributes }));
  }
  sqs.destroy();
  Object.assign(stack, next);
}
