import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll } from 'vitest';
import { type Clock, manualClock } from '../../../../local/cloud/aws/clock.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../../local/cloud/aws/endpoint.ts';
import type { Statement } from '../../../../local/cloud/aws/iam.ts';
import { creationOf } from '../../../support/dynamodb.ts';

const REGION = 'eu-central-1';
const ACCOUNT = '111122223333';
export const QUEUE_ARN = `arn:aws:sqs:${REGION}:${ACCOUNT}:changes`;
export const TABLE_ARN = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/mirror`;
export let endpoint: AwsEndpoint;
export let queueUrl: string;
export let secretArn: string;
export let roleCount = 0;
export let waitingTimers = 0;
const opened: { destroy(): void }[] = [];

/** Never moves, and counts its timers. */
export const clock: Clock = {
  ...manualClock(),
  after() {
    waitingTimers += 1;
    return () => {
      waitingTimers -= 1;
    };
  },
};

beforeAll(async () => {
  endpoint = await startAwsEndpoint({ clock, region: REGION, accountId: ACCOUNT });
  const admin = clientsOf('local-admin');
  const queue = await admin.sqs.send(new CreateQueueCommand({ QueueName: 'changes' }));
  const secret = await admin.secrets.send(new CreateSecretCommand({ Name: 'velt', SecretString: 'value' }));
  queueUrl = queue.QueueUrl as string;
  secretArn = secret.ARN as string;
  await createTable('mirror');
});

afterAll(async () => {
  for (const client of opened) client.destroy();
  await endpoint.close();
});

export function clientsOf(accessKeyId: string) {
  const config = {
    endpoint: endpoint.url,
    region: REGION,
    credentials: { accessKeyId, secretAccessKey: 'any' },
    maxAttempts: 1,
  };
  const clients = {
    sqs: new SQSClient(config),
    secrets: new SecretsManagerClient(config),
    dynamoDb: new DynamoDBClient(config),
  };
  opened.push(...Object.values(clients));
  return clients;
}

/** Clients of a new role that may do what is given, one action a resource. */
export function roleWith(...permissions: [action: string, resource: string][]) {
  roleCount += 1;
  const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/role-${roleCount}/function`;
  const statements: Statement[] = permissions.map(([Action, Resource]) => ({
    Effect: 'Allow',
    Action,
    Resource,
  }));
  endpoint.setPrincipal(`key-${roleCount}`, { arn, statements });
  return { arn, ...clientsOf(`key-${roleCount}`) };
}

export const createTable = (TableName: string) =>
  clientsOf('local-admin').dynamoDb.send(creationOf(TableName));

export const key = (name: string) => ({ pk: { S: name }, sk: { S: 'entry' } });
