import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import type { Cloud } from '../../local/cloud/cloud.ts';
import { ROOT, withChange } from './packaged.ts';
import { bodiesIn, standUp, template } from './standing.ts';

const post = async ({ sources }: Cloud) => {
  const { url, headers } = sources.okta as Cloud['sources'][string];
  return (await fetch(url, { method: 'POST', headers, body: '{"data":{"events":[]}}' })).status;
};

describe('an update of the local cloud', () => {
  it('changes one function after the other, and invokes both versions of each until all have changed', async () => {
    const broken = withChange(template, 'WebhookLambdaFunction', ({ Environment }) => {
      delete Environment.Variables.SHARDS;
    });
    const standing = await standUp(template);
    await post(standing);
    const seen: Record<string, number[]> = {};

    await standing.deploy({
      root: ROOT,
      template: broken,
      order: (names) => ['webhook', ...names.filter((name) => name !== 'webhook')],
      between: async (name) => {
        if (name === 'webhook' || name === 'sweep') seen[name] = [await post(standing), await post(standing)];
      },
    });

    expect(Object.keys(seen)).toEqual(['webhook', 'sweep']);
    for (const statuses of Object.values(seen)) expect(statuses.toSorted()).toEqual([200, 500]);
    expect([await post(standing), await post(standing)]).toEqual([500, 500]);
    await standing.deploy({ root: ROOT, template });
    expect([await post(standing), await post(standing)]).toEqual([200, 200]);
  });

  it('creates what is new, changes routes and queues, and keeps what they hold', async () => {
    const standing = await standUp(template);
    const sqs = new SQSClient(standing.admin);
    const QueueUrl = standing.stack.ref('ParkedQueue');
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"kept":true}' }));
    const queue = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'quite-new' } };
    const next = withChange(template, 'ParkedQueue', (parked) => {
      parked.VisibilityTimeout = 77;
    });
    const narrow = withChange(next, 'HttpApiStage', (stage) => {
      Object.assign(stage.DefaultRouteSettings, { ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 1 });
    });

    await standing.deploy({
      root: ROOT,
      template: { ...narrow, Resources: { ...narrow.Resources, Quite: queue } },
    });

    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout'] }),
    );
    sqs.destroy();
    expect(Attributes).toEqual({ VisibilityTimeout: '77' });
    expect(await bodiesIn(standing, 'ParkedQueue')).toEqual([{ kept: true }]);
    expect(await bodiesIn(standing, 'Quite')).toEqual([]);
    expect([await post(standing), await post(standing)]).toEqual([200, 429]);
  });

  it('stops before a table or a secret would go, and everything goes on as it was', async () => {
    const standing = await standUp(template);
    const { MirrorTable: _, VeltCredentials: __, ...Resources } = template.Resources;

    const refusal = standing.deploy({ root: ROOT, template: { ...template, Resources } });

    await expect(refusal).rejects.toThrow(
      /^nothing was deployed: table \S+-mirror would be deleted, secret \S+\/velt would be deleted$/,
    );
    expect(await post(standing)).toBe(200);
  });
});
