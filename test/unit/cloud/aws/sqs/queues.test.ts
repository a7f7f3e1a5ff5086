import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { type Attributes, attributesOf, client, receiveBodies, send } from './client.ts';

describe('queues', () => {
  it('are created once for the same attributes, with their messages kept, and refused for others', async () => {
    const create = (VisibilityTimeout: string) =>
      client.send(new CreateQueueCommand({ QueueName: 'twice', Attributes: { VisibilityTimeout } }));
    const { QueueUrl } = await create('60');
    await send(QueueUrl as string, 'body');

    const again = await create('60');
    const different = create('61');

    await expect(different).rejects.toMatchObject({ name: 'QueueNameExists' });
    expect(again.QueueUrl).toBe(QueueUrl);
    expect(await receiveBodies(QueueUrl as string)).toEqual(['body']);
  });

  it.each([
    ['a FIFO queue without .fifo', 'plain', { FifoQueue: 'true' }, 'InvalidParameterValue'],
    ['a standard queue with .fifo', 'plain.fifo', {}, 'InvalidParameterValue'],
    [
      'a FIFO attribute on a standard queue',
      'plain',
      { DeduplicationScope: 'queue' },
      'InvalidAttributeName',
    ],
    ['an attribute that does not exist', 'plain', { Visibility: '1' } as Attributes, 'InvalidAttributeName'],
    ['a retention above 14 days', 'plain', { MessageRetentionPeriod: '1209601' }, 'InvalidAttributeValue'],
    [
      'high throughput without its deduplication scope',
      'fast.fifo',
      { FifoQueue: 'true', FifoThroughputLimit: 'perMessageGroupId' },
      'InvalidAttributeValue',
    ],
  ])('are refused as %s', async (_, QueueName, attributes: Attributes, name) => {
    const creating = client.send(new CreateQueueCommand({ QueueName, Attributes: attributes }));

    await expect(creating).rejects.toMatchObject({ name });
  });

  it('are found by name, listed by prefix, changed and deleted', async () => {
    const QueueName = 'life-of-a-queue';
    const { QueueUrl } = await client.send(
      new CreateQueueCommand({ QueueName, Attributes: { KmsMasterKeyId: 'alias/aws/sqs' } }),
    );
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '7' } }));

    const found = await client.send(new GetQueueUrlCommand({ QueueName }));
    const listed = await client.send(new ListQueuesCommand({ QueueNamePrefix: 'life-' }));
    const attributes = await attributesOf(QueueUrl as string);
    await client.send(new DeleteQueueCommand({ QueueUrl }));
    const gone = client.send(new GetQueueUrlCommand({ QueueName }));

    expect(found.QueueUrl).toBe(QueueUrl);
    expect(listed.QueueUrls).toEqual([QueueUrl]);
    expect(attributes).toMatchObject({
      QueueArn: 'arn:aws:sqs:us-east-1:123456789012:life-of-a-queue',
      VisibilityTimeout: '7',
      SqsManagedSseEnabled: 'false',
    });
    await expect(gone).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
      Code: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  });

  it('are not found by an ARN in place of a URL', async () => {
    const sending = send('arn:aws:sqs:us-east-1:123456789012:queue-1', 'body');

    await expect(sending).rejects.toMatchObject({ name: 'InvalidAddress' });
  });
});
