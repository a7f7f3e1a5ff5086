import {
  InvokeCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AwsEndpoint, startAwsEndpoint } from '../../../../local/cloud/aws/endpoint.ts';
import type { LambdaBackend } from '../../../../local/cloud/aws/lambda.ts';

const REGION = 'eu-central-1';
const ARN = `arn:aws:lambda:${REGION}:111122223333`;
const QUEUE = `arn:aws:sqs:${REGION}:111122223333:changes.fifo`;
let endpoint: AwsEndpoint;
let isEnabled = true;
const invoked: Parameters<LambdaBackend['invoke']>[] = [];
const opened: LambdaClient[] = [];

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ region: REGION, accountId: '111122223333' });
  endpoint.lambda.attach({
    functions: ['webhook', 'broken'],
    invoke: async (...call) => {
      invoked.push(call);
      if (call[0] === 'broken') return { error: { type: 'WorldFault', message: 'queue', trace: [] } };
      return { payload: { taken: call[1] } };
    },
    mappings: [
      {
        ...{ uuid: 'm1', eventSourceArn: QUEUE, functionArn: `${ARN}:function:deliver`, batchSize: 10 },
        state: () => (isEnabled ? 'Enabled' : 'Disabled'),
        enable: (isOn) => {
          isEnabled = isOn;
        },
      },
    ],
  });
});

afterAll(async () => {
  for (const client of opened) client.destroy();
  await endpoint.close();
});

function clientOf(accessKeyId = 'local-admin') {
  const credentials = { accessKeyId, secretAccessKey: 'any' };
  const client = new LambdaClient({ endpoint: endpoint.url, region: REGION, credentials, maxAttempts: 1 });
  opened.push(client);
  return client;
}

/** A client of a role that may do one action on one resource. */
function roleWith(Action: string, Resource: string) {
  const statements = [{ Effect: 'Allow', Action, Resource }];
  endpoint.setPrincipal(Action, { arn: `arn:aws:iam::111122223333:role/${Action}`, statements });
  return clientOf(Action);
}

const Payload = JSON.stringify({ detail: 1 });
const textOf = (payload?: Uint8Array) => JSON.parse(Buffer.from(payload ?? []).toString());

describe('Invoke', () => {
  test('answers with what the function answers, by its name or its ARN', async () => {
    for (const FunctionName of ['webhook', `${ARN}:function:webhook`]) {
      const answered = await clientOf().send(new InvokeCommand({ FunctionName, Payload }));

      expect([answered.StatusCode, answered.FunctionError]).toEqual([200, undefined]);
      expect(textOf(answered.Payload)).toEqual({ taken: { detail: 1 } });
    }
  });

  test('says that a function failed, and by what', async () => {
    const answered = await clientOf().send(new InvokeCommand({ FunctionName: 'broken', Payload }));

    expect([answered.StatusCode, answered.FunctionError]).toEqual([200, 'Unhandled']);
    expect(textOf(answered.Payload)).toMatchObject({ errorType: 'WorldFault', errorMessage: 'queue' });
  });

  test('of an event waits for nothing', async () => {
    const { StatusCode } = await clientOf().send(
      new InvokeCommand({ FunctionName: 'broken', InvocationType: 'Event', Payload }),
    );

    expect(StatusCode).toBe(202);
    expect(invoked.at(-1)).toEqual(['broken', { detail: 1 }, 'event']);
  });

  test.each([
    ['a function that is not there', 'nobody', Payload, 'ResourceNotFoundException'],
    ['a payload that is no JSON', 'webhook', '{', 'InvalidRequestContentException'],
  ])('refuses %s', async (_what, FunctionName, text, name) => {
    const invoking = clientOf().send(new InvokeCommand({ FunctionName, Payload: text }));

    await expect(invoking).rejects.toMatchObject({ name });
  });

  test('needs the permission for this function', async () => {
    const role = roleWith('lambda:InvokeFunction', `${ARN}:function:webhook`);

    await role.send(new InvokeCommand({ FunctionName: 'webhook', Payload }));
    const other = role.send(new InvokeCommand({ FunctionName: 'broken', Payload }));

    await expect(other).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('an event source', () => {
  test('is listed by its function and its queue', async () => {
    const list = async (by: object) => {
      const { EventSourceMappings = [] } = await clientOf().send(new ListEventSourceMappingsCommand(by));
      return EventSourceMappings.map(({ UUID, State, BatchSize }) => [UUID, State, BatchSize]);
    };

    for (const by of [{}, { FunctionName: 'deliver' }, { EventSourceArn: QUEUE }])
      expect(await list(by)).toEqual([['m1', 'Enabled', 10]]);
    for (const by of [{ FunctionName: 'webhook' }, { EventSourceArn: `${QUEUE}x` }])
      expect(await list(by)).toEqual([]);
  });

  test('is switched by whoever may do that', async () => {
    const role = roleWith('lambda:UpdateEventSourceMapping', `${ARN}:event-source-mapping:m1`);
    const turn = async (Enabled: boolean) =>
      (await role.send(new UpdateEventSourceMappingCommand({ UUID: 'm1', Enabled }))).State;

    expect([await turn(false), await turn(true)]).toEqual(['Disabled', 'Enabled']);
    await expect(role.send(new ListEventSourceMappingsCommand({}))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('that is not there is refused', async () => {
    const turning = clientOf().send(new UpdateEventSourceMappingCommand({ UUID: 'm2', Enabled: true }));

    await expect(turning).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
