import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/cloud/aws/endpoint.ts';
import { deadInvocations } from '../../../scripts/dead-invocations.ts';
import { type DeadChanges, redrive } from '../../../scripts/redrive.ts';
import { membershipChange, personChange } from '../../support/factories.ts';

let endpoint: AwsEndpoint;
let sqs: SQSClient;

beforeEach(async () => {
  endpoint = await startAwsEndpoint({ secondMs: 100 });
  const credentials = { accessKeyId: 'local-admin', secretAccessKey: 'any' };
  sqs = new SQSClient({ endpoint: endpoint.url, region: 'us-east-1', credentials });
});

afterEach(async () => {
  sqs.destroy();
  await endpoint.close();
});

async function queueNamed(QueueName: string): Promise<string> {
  const Attributes = QueueName.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
  return (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
}

describe('dead changes', () => {
  let from: string;
  let to: string;
  let sent = 0;

  beforeEach(async () => {
    from = await queueNamed('changes-dead.fifo');
    to = await queueNamed('changes.fifo');
  });

  async function bury(...changes: object[]) {
    sent += 1;
    const ids = { MessageGroupId: `group-${sent}`, MessageDeduplicationId: `${sent}` };
    const MessageBody = JSON.stringify({ v: 2, changes });
    await sqs.send(new SendMessageCommand({ QueueUrl: from, MessageBody, ...ids }));
  }

  const depths = () => [
    endpoint.sqs.depth('changes-dead.fifo').visible,
    endpoint.sqs.depth('changes.fifo').visible,
  ];

  test('are told with whom or what they are about', async () => {
    await bury(personChange({ personId: 'ada' }), membershipChange({ personId: 'ben' }));
    await bury({
      ...{ kind: 'recheck', source: 'okta', at: '2026-09-01T09:00:00.000Z', reason: 'sweep' },
      of: { kind: 'group', id: 'eng' },
    });

    const { dead } = await redrive({ sqs, from, to, apply: false });

    expect(dead.map(({ about, isReadable }) => [about, isReadable])).toEqual([
      [
        [
          { source: 'okta', kind: 'person', id: 'ada' },
          { source: 'okta', kind: 'membership', id: 'ben' },
        ],
        true,
      ],
      [[{ source: 'okta', kind: 'group', id: 'eng' }], true],
    ]);
  });

  test('are moved only where they are meant', async () => {
    await bury(personChange({ personId: 'ada' }));
    await bury(personChange({ personId: 'ben', source: 'other' }));
    const isOther = ({ about }: DeadChanges) => about.some(({ source }) => source === 'other');

    const { moved } = await redrive({ sqs, from, to, apply: true, isMeant: isOther });

    expect([moved, depths()]).toEqual([1, [1, 1]]);
  });

  test('that only another version can read stay, also in part, and are said', async () => {
    await bury({ ...personChange({ personId: 'ada' }), kind: 'of a newer version' });
    await bury(personChange({ personId: 'ben' }), { kind: 'of a newer version' });
    await bury(personChange({ personId: 'cem' }));

    const { moved, waiting } = await redrive({ sqs, from, to, apply: true });

    expect([moved, depths()]).toEqual([1, [2, 1]]);
    expect(waiting).toMatchObject([
      { source: '?', kind: 'unreadable', messages: 2 },
      { source: 'okta', kind: 'person', messages: 2 },
    ]);
  });
});

describe('dead invocations', () => {
  const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:sync-dev-webhook';
  const failed = (errorMessage: string, requestPayload: unknown) => ({
    requestContext: { functionArn: `${ARN}:$LATEST`, condition: 'RetriesExhausted' },
    requestPayload,
    responsePayload: { errorType: 'WorldFault', errorMessage, trace: [] },
  });
  let url: string;
  const restarts: unknown[][] = [];

  beforeEach(async () => {
    url = await queueNamed('partner-events-dead');
    restarts.length = 0;
  });

  const bury = (body: unknown, attributes: Record<string, string> = {}) => {
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
    );
    const MessageBody = JSON.stringify(body);
    return sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody, MessageAttributes }));
  };
  const look = (more: Partial<Parameters<typeof deadInvocations>[1]> = {}) =>
    deadInvocations('partner-events-dead', { queues: { sqs, urlOf: async () => url }, ...more });
  const restart = async (...call: unknown[]) => {
    if (call[1] === 'refused') throw new Error('it failed again');
    restarts.push(call);
  };

  test('are told by what they failed, and stay', async () => {
    await bury(failed('the changes queue refused a batch', { detail: 1 }));

    expect(await look()).toMatchObject({
      invocations: [
        { functionName: 'sync-dev-webhook', why: 'WorldFault: the changes queue refused a batch' },
      ],
      restarted: [],
    });
    expect((await look()).invocations).toHaveLength(1);
  });

  test('are invoked again with what they were invoked with, and taken away', async () => {
    await bury(failed('queue', { detail: 1 }));
    // What could not be handed over at all comes as the event itself.
    await bury({ detail: 2 }, { TARGET_ARN: ARN, ERROR_CODE: 'NO_PERMISSIONS', ERROR_MESSAGE: 'denied' });

    const { restarted, invocations } = await look({ restart });

    expect(restarts.toSorted()).toEqual([
      ['sync-dev-webhook', { detail: 1 }],
      ['sync-dev-webhook', { detail: 2 }],
    ]);
    expect(invocations.map(({ why }) => why)).toContain('NO_PERMISSIONS: denied');
    expect([restarted.length, (await look()).invocations]).toEqual([2, []]);
  });

  test('stay where they fail again, or where no function is named, and the others go on', async () => {
    await bury(failed('queue', 'refused'));
    await bury({ detail: 1 });
    await bury(failed('queue', { detail: 2 }));

    const { failed: why } = await look({ restart });

    expect(Object.values(why).toSorted()).toEqual([
      'it failed again',
      'the message does not say which function it was for',
    ]);
    expect((await look()).invocations).toHaveLength(2);
  });

  test('are none where the stage has no such queue', async () => {
    const queues = { sqs, urlOf: async () => undefined };

    expect(await deadInvocations('partner-events-dead', { queues })).toMatchObject({ invocations: [] });
  });
});
