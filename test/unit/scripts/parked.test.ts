import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPark } from '../../../lib/aws/queue.ts';
import { readConfig } from '../../../lib/config.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/cloud/aws/endpoint.ts';
import { dropParked, listParked, replayParked } from '../../../scripts/parked.ts';
import type { Taken, WebhookCall } from '../../../scripts/webhook-call.ts';
import { NOW, partnerEvent } from '../../support/factories.ts';
import { oktaDelivery, oktaEvent, userCreate } from '../../support/okta-deliveries.ts';

const OKTA_BUS = 'aws.partner/okta.com/example-org/velt';
const config = readConfig({
  sources: { okta: { kind: 'okta', organization: 'acme', partnerEventSource: OKTA_BUS } },
});
const taken: Taken = { changes: 1, ignored: 0, parked: false, reasons: [] };
let endpoint: AwsEndpoint;
let sqs: SQSClient;
let queueUrl: string;

beforeEach(async () => {
  endpoint = await startAwsEndpoint({ secondMs: 100 });
  const credentials = { accessKeyId: 'local-admin', secretAccessKey: 'any' };
  sqs = new SQSClient({ endpoint: endpoint.url, region: 'us-east-1', credentials });
  queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: 'parked' }))).QueueUrl ?? '';
});

afterEach(async () => {
  sqs.destroy();
  await endpoint.close();
});

const queues = () => ({ sqs, urlOf: async () => queueUrl });
const list = () => listParked({ queues: queues() });

async function park(body: unknown, source = 'okta') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const delivery = { source, reasons: ['data: Invalid input'], contentType: 'application/json' };
  await createPark({ client: sqs, queueUrl })({ ...delivery, body: Buffer.from(text) });
}

/** Sends all that is parked to a webhook that answers so. */
async function replay(answer: () => Taken = () => taken) {
  const calls: [how: string, what: unknown][] = [];
  const webhook: WebhookCall = {
    deliver: async ({ source, contentType, body }) => {
      calls.push(['deliver', [source, contentType, body.toString()]]);
      return answer();
    },
    handOver: async (event) => {
      calls.push(['handOver', event]);
      return answer();
    },
  };
  const ids = (await list()).map(({ id }) => id);
  const replayed = await replayParked(ids, { queues: queues(), config, clock: () => NOW, webhook });
  return { calls, outcomes: replayed.map(({ outcome }) => outcome), replayed };
}

describe('what is parked', () => {
  test('is listed whole, oldest first, and stays', async () => {
    const delivery = JSON.stringify(oktaDelivery(userCreate('00uA')));
    await park('[');
    await park(delivery);

    const parked = await list();

    expect(parked.map(({ source, reasons, body }) => [source, reasons, body.toString()])).toEqual([
      ['okta', ['data: Invalid input'], '['],
      ['okta', ['data: Invalid input'], delivery],
    ]);
    expect(await list()).toEqual(parked);
  });

  test('by another version is listed as that, and is never sent', async () => {
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: '{"v":2}' }));

    expect(await list()).toMatchObject([
      { source: '?', reasons: ['only another version can read this message'] },
    ]);
    expect(await replay()).toMatchObject({ calls: [], outcomes: ['unreadable'] });
    expect(await list()).toHaveLength(1);
  });

  test('is dropped one by one', async () => {
    await park('[');
    await park('{');
    const [first, second] = await list();

    expect(await dropParked(first?.id ?? '', { queues: queues() })).toBe(true);
    expect(await dropParked('another', { queues: queues() })).toBe(false);
    expect(await list()).toEqual([second]);
  });
});

describe('a replay', () => {
  test('sends the body as it came, and takes it away once it was taken', async () => {
    const body = JSON.stringify(oktaDelivery(userCreate('00uA')));
    await park(body);

    const { calls, outcomes } = await replay();

    expect(calls).toEqual([['deliver', ['okta', 'application/json', body]]]);
    expect([outcomes, await list()]).toEqual([['taken'], []]);
  });

  test('hands over what came by EventBridge as that', async () => {
    const event = partnerEvent(oktaEvent('user.lifecycle.create', []), { source: OKTA_BUS });
    await park(event);

    const { calls, outcomes } = await replay();

    expect(calls).toEqual([['handOver', JSON.parse(JSON.stringify(event))]]);
    expect(outcomes).toEqual(['taken']);
  });

  test('sends nothing that this version cannot read, or whose source is not configured', async () => {
    await park('[');
    await park(oktaDelivery(userCreate('00uA')), 'gone');

    const { calls, outcomes } = await replay();

    expect([calls, outcomes]).toEqual([[], ['unreadable', 'unreadable']]);
    expect(await list()).toHaveLength(2);
  });

  test('leaves one where it is that the webhook does not take, and goes on with the others', async () => {
    await park(oktaDelivery(userCreate('00uA')));
    await park(oktaDelivery(userCreate('00uB')));
    let calls = 0;

    const { replayed } = await replay(() => {
      calls += 1;
      if (calls === 1) throw new Error('the webhook answered 503');
      return taken;
    });

    expect(replayed).toMatchObject([
      { outcome: 'failed', why: 'the webhook answered 503' },
      { outcome: 'taken', changes: 1 },
    ]);
    expect(await list()).toHaveLength(1);
  });

  test('of one that is parked anew leaves one message of it, and ends', async () => {
    await park(oktaDelivery(userCreate('00uA')));

    const { outcomes } = await replay(() => ({ ...taken, parked: true, reasons: ['data: Invalid input'] }));

    // The webhook, which is none here, would have put the new one there.
    expect([outcomes, await list()]).toEqual([['parked'], []]);
  });
});
