import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  type QueueAttributeName,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll } from 'vitest';
import { manualClock } from '../../../../../local/cloud/aws/clock.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../../../local/cloud/aws/endpoint.ts';

export type Attributes = Partial<Record<QueueAttributeName, string>>;

export const SECOND = 1000;
export const clock = manualClock();
export let endpoint: AwsEndpoint;
export let client: SQSClient;
let queueCount = 0;

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ clock });
  client = new SQSClient({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local-admin', secretAccessKey: 'any' },
    maxAttempts: 1,
  });
});

afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

export async function createQueue(attributes: Attributes = {}): Promise<string> {
  queueCount += 1;
  const QueueName = `queue-${queueCount}${attributes.FifoQueue ? '.fifo' : ''}`;
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName, Attributes: attributes }));
  return QueueUrl as string;
}

export const createFifo = (attributes: Attributes = {}) =>
  createQueue({ FifoQueue: 'true', ContentBasedDeduplication: 'true', ...attributes });

export const send = (QueueUrl: string, MessageBody: string, rest: Partial<SendMessageCommandInput> = {}) =>
  client.send(new SendMessageCommand({ QueueUrl, MessageBody, ...rest }));

export const sendTo = (queue: string, group: string, body: string) =>
  send(queue, body, { MessageGroupId: group });

export async function receive(
  QueueUrl: string,
  rest: Partial<ReceiveMessageCommandInput> = {},
): Promise<Message[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      ...rest,
    }),
  );
  return Messages;
}

export const receiveBodies = async (queue: string, rest: Partial<ReceiveMessageCommandInput> = {}) =>
  (await receive(queue, rest)).map(({ Body }) => Body);

export const remove = (QueueUrl: string, message: Message | undefined) =>
  client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));

export const changeVisibility = (QueueUrl: string, message: Message | undefined, VisibilityTimeout: number) =>
  client.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl,
      ReceiptHandle: message?.ReceiptHandle,
      VisibilityTimeout,
    }),
  );

export async function attributesOf(QueueUrl: string): Promise<Record<string, string>> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  return Attributes ?? {};
}
