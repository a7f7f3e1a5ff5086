import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeAll } from 'vitest';
import { type Cloud, type CloudOptions, startCloud } from '../../local/cloud/cloud.ts';
import type { Template } from '../../local/cloud/template/template.ts';
import { packagedTemplate, ROOT } from './packaged.ts';

export let template: Template;
let cloud: Cloud | undefined;

beforeAll(async () => {
  template = await packagedTemplate();
}, 60_000);

afterEach(async () => {
  await cloud?.close();
  cloud = undefined;
});

export const standUp = async (given: Template, options: CloudOptions = {}) => {
  cloud = await startCloud({ root: ROOT, template: given, ...options });
  return cloud;
};

export const bodiesIn = async ({ admin, stack }: Cloud, queue: string) => {
  const sqs = new SQSClient(admin);
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: stack.ref(queue), MaxNumberOfMessages: 10 }),
  );
  sqs.destroy();
  return Messages.map(({ Body = '' }) => JSON.parse(Body));
};
